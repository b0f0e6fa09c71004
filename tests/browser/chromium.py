"""Chromium for the browser tests: the system's, else Playwright's own. Exit code 1 if there is neither."""

import shutil
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def system_chromium() -> str | None:
    """The path of an installed Chromium or Chrome, or None."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    return found or (str(_MAC) if _MAC.exists() else None)


def any_chromium() -> str | None:
    """The system's, else the one that `playwright install chromium` has put in its cache, else None."""
    if path := system_chromium():
        return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    sys.exit(any_chromium() is None)
