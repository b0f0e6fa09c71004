"""The real server on a free port, and a real Chromium that notes every error and every request to another host."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, TimeoutError, expect

from tests.real_server import running_server

expect.set_options(timeout=20_000)  # other work on a small machine slows a browser; how fast it is, no test says
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """http://127.0.0.1:PORT of `streamlit run server.py`, started as `make run` does."""
    with running_server(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(scope="session")
def browser(chromium: Browser) -> BrowserContext:
    """One context with one cache for all visits: its scripts are fetched and compiled once."""
    return chromium.new_context(accept_downloads=True)


@dataclass
class Visit:
    """A page, and what went wrong on it."""

    page: Page
    errors: list[str] = field(default_factory=list[str])
    strangers: list[str] = field(default_factory=list[str])

    @property
    def decide(self) -> Locator:
        """The live body of the Decide page; Playwright looks into its shadow by itself."""
        return self.page.locator(".decide")

    def verdicts(self) -> list[str]:
        """The headlines: Mac or PC first, where there are both."""
        return self.decide.locator(".verdict:not([hidden]) h2").all_inner_texts()

    def verdict(self) -> str:
        """The first headline."""
        return self.decide.locator("h2").first.inner_text()

    def rows(self) -> list[str]:
        """What a screen reader says of each ranked row: the option, its cost, and the range."""
        return [str(bar.get_attribute("aria-label")) for bar in self.decide.locator("td.cost svg[role=img]").all()]

    def wait_for_verdict(self, changed_from: str = "") -> str:
        """The first headline once the page is complete and says another than the one given."""
        headline = self.decide.locator("h2").first
        expect(headline).to_be_visible()
        if changed_from:
            expect(headline).not_to_have_text(changed_from)
        self.at_rest()
        return self.verdict()

    def goes_to(self, title: str) -> None:
        """Open another page by its name, and wait until the server has answered: it has begun once the address changes."""
        before = urlsplit(self.page.url).path
        self.page.get_by_role("link", name=title, exact=True).first.click()
        self.page.wait_for_url(lambda url: urlsplit(url).path != before)
        self.at_rest()

    def takes(self, scheme: Literal["light", "dark"], media: Literal["screen", "print"] = "screen") -> None:
        """The theme of this scheme, on screen or on paper."""
        self.page.emulate_media(color_scheme=scheme, media=media)
        expect(self.page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
        self.at_rest()

    def at_rest(self) -> None:
        """Wait until the server has answered."""
        self.page.wait_for_selector(_AT_REST, timeout=20_000)


def choose(box: Locator, option: Locator, typed: str = "") -> None:
    """Open a list, type, and choose, as a person does: where a redraw swallowed the click, once more."""
    for patience_s in (3, 6, 12):
        box.click()
        if typed:
            box.fill(typed)
        try:
            option.click(timeout=patience_s * 1_000)
            box.page.get_by_role("listbox").wait_for(state="detached", timeout=patience_s * 1_000)
        except TimeoutError:
            box.press("Escape")
        else:
            return
    raise AssertionError(f"nothing could be chosen in {box}")


@pytest.fixture
def visit(browser: BrowserContext, server: str) -> Iterator[Callable[..., Visit]]:
    """Opens the page: visit("?months=48", width=390). On leaving, no error and no stranger may have been seen."""
    visits: list[Visit] = []

    def open_page(query: str = "", *, width: int = 1280, height: int = 900) -> Visit:
        seen = Visit(browser.new_page())
        visits.append(seen)
        seen.page.set_viewport_size({"width": width, "height": height})
        seen.page.on("console", lambda message: _note_error(message, seen))
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on("request", lambda request: _note_stranger(request.url, seen))
        seen.page.on("websocket", lambda socket: _note_stranger(socket.url, seen))
        seen.page.goto(f"{server}/{query}")
        seen.wait_for_verdict()
        return seen

    yield open_page
    for seen in visits:
        seen.page.close()
        assert not seen.errors
        assert not seen.strangers


def _note_error(message: ConsoleMessage, seen: Visit) -> None:
    if message.type == "error":
        seen.errors.append(message.text)


def _note_stranger(url: str, seen: Visit) -> None:
    if urlsplit(url).scheme in ("http", "https", "ws", "wss") and urlsplit(url).hostname != "127.0.0.1":
        seen.strangers.append(url)
