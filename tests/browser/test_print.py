"""A printed page is dark on white, whichever theme the screen has."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]
COLOURS = """one => [getComputedStyle(one).color, getComputedStyle(one).fill, getComputedStyle(one).backgroundColor]"""
DARKEST_GROUND, LIGHTEST_INK = 230, 120  # of 255


def shades(one: Locator) -> list[tuple[float, float]]:
    """Brightness 0..255 and opacity of an element's ink, fill and ground."""
    found: list[tuple[float, float]] = []
    for colour in one.evaluate(COLOURS):
        *parts, alpha = [*map(float, re.findall(r"[\d.]+", colour)), 1.0][:4]
        found.append((sum(parts) / 3 * (255 if colour.startswith("color(") else 1), alpha))
    return found


def printed(visit: Open, page: str, scheme: Any) -> Visit:
    seen = visit()
    seen.page.emulate_media(color_scheme=scheme)
    if page:
        seen.page.get_by_role("link", name=page, exact=True).first.click()
    seen.at_rest()
    return seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_tables_and_texts_of_a_chart_are_dark_on_white_on_paper(visit: Open, scheme: Any) -> None:
    seen = printed(visit, "Fit & speed", scheme)
    cells = (".matrix td", ".matrix thead th", ".small-table td", "[data-testid=stMain] h1")
    marks = (".main-svg .xtick text", ".main-svg .legendtext")
    for place in (*cells, *marks):
        expect(seen.page.locator(place).first).to_be_attached()
    seen.page.emulate_media(color_scheme=scheme, media="print")
    for place in cells:
        (ink, _), _, (ground, alpha) = shades(seen.page.locator(place).first)
        assert ink < LIGHTEST_INK, place
        assert ground > DARKEST_GROUND or alpha == 0, place
    for place in marks:
        _, (ink, _), _ = shades(seen.page.locator(place).first)
        assert ink < LIGHTEST_INK, place
    for place in ("body", "[data-testid=stApp]"):
        assert shades(seen.page.locator(place))[2] == (255, 1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_live_body_and_a_grid_of_cells_are_dark_on_white_on_paper(visit: Open, scheme: Any) -> None:
    seen = printed(visit, "", scheme)
    seen.page.emulate_media(color_scheme=scheme, media="print")
    assert shades(seen.decide.locator("h2").first)[0][0] < LIGHTEST_INK
    assert shades(seen.decide.locator("p.note a, .sign a").first)[0][0] < LIGHTEST_INK
    seen.page.emulate_media(color_scheme=scheme, media="screen")
    seen.page.get_by_role("link", name="Sources", exact=True).first.click()
    grid = seen.page.get_by_test_id("stDataFrameResizable").first
    expect(grid).to_be_visible()
    seen.at_rest()
    seen.page.emulate_media(color_scheme=scheme, media="print")
    picture = Image.open(io.BytesIO(grid.screenshot())).convert("L")
    counts = picture.histogram()
    assert sum(counts[DARKEST_GROUND:]) > 0.75 * sum(counts)  # the ground
    assert sum(counts[:LIGHTEST_INK]) > 0  # the words
    assert sum(counts[:LIGHTEST_INK]) < 0.2 * sum(counts)
