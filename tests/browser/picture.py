"""The README's picture of the page.

Run `make run` in one terminal and `.venv/bin/python -m tests.browser.picture URL` in another.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.chromium import system_chromium

TARGET = Path(__file__).parents[2] / "docs" / "images" / "page.png"
WIDTH_PX, HEIGHT_PX, MARGIN_PX, TOP_PX, COLOURS = 1280, 4000, 40, 56, 128


def main(url: str) -> None:
    """From the examples to the end of the first chart, at 1280 pixels, in few colours."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=system_chromium(), headless=True)
        page = chromium.new_page(viewport={"width": WIDTH_PX, "height": HEIGHT_PX})
        page.goto(url)
        page.locator(".decide polyline.line").first.wait_for()
        page.locator(".decide polygon.band").first.wait_for()
        page.wait_for_timeout(3_000)
        below = page.get_by_role("heading", name="Where the money goes").bounding_box()
        assert below is not None
        clip = {"x": MARGIN_PX, "y": TOP_PX, "width": WIDTH_PX - 2 * MARGIN_PX, "height": below["y"] - TOP_PX}
        picture = page.screenshot(clip=clip)  # pyright: ignore[reportArgumentType]
        chromium.close()
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        TARGET, optimize=True
    )


if __name__ == "__main__":
    main(*sys.argv[1:] or ["http://127.0.0.1:8501"])
