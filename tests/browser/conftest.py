"""The real server on a free port, and a real Chromium that notes every error and every request to another host."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import any_chromium, system_chromium

ROOT = Path(__file__).parents[2]
START_S = 60


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """http://127.0.0.1:PORT of `streamlit run server.py`, started as `make run` does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "server.py", "--server.port", str(port), "--server.headless", "true"],
            cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, env={**os.environ, "HOME": str(log.parent)},
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(url, process, log)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=10)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server stopped:\n{log.read_text()}"
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"no healthy server within {START_S} s:\n{log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if any_chromium() is None:
        pytest.fail("No Chromium was found. Run `make test`, which installs one.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=system_chromium(), headless=True)
        yield chromium
        chromium.close()


@dataclass
class Visit:
    """A page, and what went wrong on it."""

    page: Page
    errors: list[str] = field(default_factory=list[str])
    strangers: list[str] = field(default_factory=list[str])

    def verdict(self) -> str:
        """The sentence at the top."""
        return self.page.get_by_role("heading", level=2).first.inner_text()

    def wait_for_verdict(self, changed_from: str = "") -> str:
        """The verdict once it is drawn, and is another than the one given."""
        self.page.wait_for_function(
            "old => { const h = document.querySelector('h2'); return h && h.innerText && h.innerText !== old }",
            arg=changed_from,
            timeout=20_000,
        )
        return self.verdict()


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Callable[..., Visit]]:
    """Opens the page: visit("?months=48", width=390, dark=True). On leaving, no error and no stranger may have been seen."""
    visits: list[Visit] = []

    def open_page(query: str = "", *, width: int = 1280, height: int = 900, dark: bool = False) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", accept_downloads=True
        )
        seen = Visit(context.new_page())
        visits.append(seen)
        seen.page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        context.on("request", lambda request: _note_stranger(request.url, seen))
        seen.page.goto(f"{server}/{query}")
        seen.wait_for_verdict()
        return seen

    yield open_page
    for seen in visits:
        seen.page.context.close()
        assert not seen.errors
        assert not seen.strangers


def _note_stranger(url: str, seen: Visit) -> None:
    if urlsplit(url).scheme in ("http", "https", "ws", "wss") and urlsplit(url).hostname != "127.0.0.1":
        seen.strangers.append(url)
