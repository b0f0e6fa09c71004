"""The pictures of the README and the guides.

Run `make run` in one terminal and `.venv/bin/python -m tests.browser.picture URL` in another.
"""

import io
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.chromium import system_chromium

FOLDER = Path(__file__).parents[2] / "docs" / "images"
WIDTH_PX, HEIGHT_PX, MARGIN_PX, TOP_PX, COLOURS = 1280, 4000, 40, 56, 256
_ABOVE_PX, _LAST_S = 16, 6


@dataclass(frozen=True, slots=True)
class Picture:
    """What a file shows: a page from one heading (or its top) until another, once all of `ready` stand there."""

    file: str
    page: str
    since: str
    until: str
    ready: tuple[str, ...]


PICTURES = (
    Picture("page.png", "", "", "Where the money goes", (".decide polyline.line", ".decide polygon.band")),
    Picture("fit.png", "fit", "Every option at a glance", "With more bits, or fewer", (".stPlotlyChart",)),
    Picture("what-if.png", "what-if", "What flips it", "From another scenario to this one", (".stPlotlyChart",)),
    Picture("measurements.png", "measurements", "Used in your decision now", "What fits on this machine", ("table",)),
)


def main(url: str) -> None:
    """Each at 1280 pixels, in few colours."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=system_chromium(), headless=True)
        for picture in PICTURES:
            page = chromium.new_page(viewport={"width": WIDTH_PX, "height": HEIGHT_PX})
            page.goto(f"{url}/{picture.page}")
            seen = Image.open(io.BytesIO(_taken(page, picture)))
            few = seen.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            few.save(FOLDER / picture.file, optimize=True)
            page.close()
        chromium.close()


def _taken(page: Page, picture: Picture) -> bytes:
    for part in picture.ready:
        page.locator(part).first.wait_for()
    page.wait_for_timeout(1_000 * _LAST_S)  # the last chart is drawn
    top = _y_of(page, picture.since) - _ABOVE_PX if picture.since else TOP_PX
    height = _y_of(page, picture.until) - _ABOVE_PX - top
    clip = {"x": MARGIN_PX, "y": top, "width": WIDTH_PX - 2 * MARGIN_PX, "height": height}
    return page.screenshot(clip=clip)  # pyright: ignore[reportArgumentType]


def _y_of(page: Page, heading: str) -> float:
    box = page.get_by_role("heading", name=heading, exact=True).first.bounding_box()
    assert box is not None
    return box["y"]


if __name__ == "__main__":
    main(*sys.argv[1:] or ["http://127.0.0.1:8501"])
