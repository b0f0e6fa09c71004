"""For all tests: hypothesis judges results, not times. On a shared machine a slow example is no failure."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import any_chromium, system_chromium

settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests: a process holds one Playwright at a time."""
    if any_chromium() is None:
        pytest.fail("No Chromium was found. Run `make test`, which installs one.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system_chromium(), headless=True)
        yield browser
        browser.close()


def pytest_configure() -> None:
    """Programs that tests start and end with Ctrl-C must hear it: a shell that starts the tests in the background has
    it ignored, and whatever is started from there ignores it, too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Power cuts are played first: after thousands of other tests in one process the played file system finds its file
    locked (seen twice, 2026-11-27; the cause is not known), and a process of its own is what the store has, too."""
    items.sort(key=lambda item: item.path.name != "test_loss.py")
