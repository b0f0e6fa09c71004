"""Charts in a real browser: no line hides another, and every text can be read in both themes, on screen and on paper."""

import json
import re
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import SCHEMES, Visit
from tests.contrast import contrast

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]


def test_of_two_lines_that_lie_on_each_other_the_second_is_dashed(visit: Open) -> None:
    pair = ("dual-rtx-4090-am5", "dual-rtx-4090-threadripper")
    prices = json.dumps({f"{option}.price_usd": 9_000 for option in pair})
    seen = visit(f"?options={pair[0]}&options={pair[1]}&figures={quote(prices)}")
    lines = seen.decide.locator("polyline.line")
    expect(lines).to_have_count(2)
    dashes = [line.evaluate("(one) => getComputedStyle(one).strokeDasharray") for line in lines.all()]
    assert ["8px" in dash for dash in dashes] == [False, True]


def test_of_three_lines_that_are_one_each_is_seen_a_third_of_the_way(visit: Open) -> None:
    boxes = {f"box-{number}": {"chip": "nvidia-rtx-4090", "chip_count": 2, "price_usd": 9_000} for number in (1, 2, 3)}
    seen = visit(f"?options={','.join(boxes)}&own_options={quote(json.dumps(boxes))}")
    lines = seen.decide.locator("polyline.line")
    expect(lines).to_have_count(3)
    dashes = [line.evaluate("(one) => getComputedStyle(one).strokeDasharray") for line in lines.all()]
    assert dashes[1:] == ["8px, 16px", "0px, 8px, 8px, 8px"]
    assert len({line.get_attribute("points") for line in lines.all()}) == 1


LEAST = 4.5
"""WCAG 2 of text, level AA."""
TEXTS = """texts => texts.filter(one => one.getBoundingClientRect().width
    && [...one.childNodes].some(part => part.nodeType === Node.TEXT_NODE && part.data.trim())).map(one => {
    const style = getComputedStyle(one);
    return [one.textContent, style.fill, style.stroke];
})"""
PLOTLYS = ".main-svg text, .main-svg tspan"
PATIENCE = 50  # tenths of a second
MEDIA: tuple[Literal["screen", "print"], ...] = ("screen", "print")
PAGES = {"": ".decide svg text, .decide svg tspan", "Fit & speed": PLOTLYS, "What if": PLOTLYS}


def hexadecimal(colour: str) -> str:
    """rgb(1, 2, 3) or color(srgb 0.1 0.2 0.3) as #rrggbb; what is painted over nothing has no colour."""
    parts = [float(part) * (255 if colour.startswith("color(") else 1) for part in re.findall(r"[\d.]+", colour)[:3]]
    return f"#{''.join(f'{round(part):02x}' for part in parts)}"


def pale(seen: Visit, texts: Locator) -> list[tuple[str, str, str]]:
    """Texts that do not stand out, their colour and what is behind them."""
    ground = hexadecimal(seen.page.get_by_test_id("stApp").evaluate("one => getComputedStyle(one).backgroundColor"))
    found = texts.evaluate_all(TEXTS)
    assert len(found) > 10
    on_ground = [
        (text, hexadecimal(fill), hexadecimal(edge) if fill == "rgb(255, 255, 255)" else ground)  # white on a map
        for text, fill, edge in found
    ]
    return [one for one in on_ground if contrast(one[1], one[2]) < LEAST]


@pytest.mark.parametrize("page", PAGES)
def test_every_text_of_a_chart_stands_out_in_both_themes(visit: Open, page: str) -> None:
    seen = visit(height=2_400)
    if page:
        seen.goes_to(page)
    texts = seen.page.locator(PAGES[page])
    expect(texts.first).to_be_visible()
    for scheme in SCHEMES:
        for media in MEDIA:
            seen.takes(scheme, media)
            for _ in range(PATIENCE):  # a chart is drawn again a moment after its page has the other theme
                if not pale(seen, texts):
                    break
                seen.page.wait_for_timeout(100)
            assert not pale(seen, texts), (scheme, media)


@pytest.mark.parametrize("media", ["screen", "print"])
def test_where_nothing_can_do_the_job_no_chart_is_announced(visit: Open, media: Any) -> None:
    seen = visit("?options=mac-mini-m6-24&model=qwen3-32b&weight_class=16-bit")
    assert seen.wait_for_verdict() == "Nothing here can do the job"
    seen.page.emulate_media(media=media)
    expect(seen.decide.locator(".chart")).to_have_count(2)
    for said in ("Total spent, month by month", "8 of 10 futures", "Where the money goes", "to the right of the line"):
        assert not any(one.is_visible() for one in seen.decide.get_by_text(said).all()), said


IN_SIGHT = """texts => texts.map(one => {
    const [text, whole] = [one.getBoundingClientRect(), one.ownerSVGElement.getBoundingClientRect()];
    return [one.textContent, text.left >= whole.left - 1 && text.right <= whole.right + 1];
})"""
LONG = "Our refurbished tower with four very old but still reliable RTX 3090 cards from the office on the second floor"


@pytest.mark.parametrize("width", [1280, 390])
def test_no_text_of_a_chart_is_cut_off_whatever_an_option_is_called(visit: Open, width: int) -> None:
    box = {"box": {"chip": "nvidia-rtx-3090", "chip_count": 4, "price_usd": 6200, "name": LONG}}
    seen = visit(f"?options=box&options=api-same-model&own_options={quote(json.dumps(box))}", width=width)
    seen.decide.locator(".chart").last.scroll_into_view_if_needed()
    found: list[tuple[str, bool]] = seen.decide.locator(".chart svg text").evaluate_all(IN_SIGHT)
    assert any(text.startswith("Our refurbished") and text.endswith("\u2026") for text, _ in found if "$" not in text)
    assert [text for text, is_whole in found if not is_whole] == []
    dots = seen.decide.locator(".options .option").evaluate_all(
        """rows => rows.map(row => {
        const dot = row.querySelector(".swatch").getBoundingClientRect();
        return dot.top + dot.height / 2 - row.querySelector("button").getBoundingClientRect().top;
        })"""
    )
    assert all(4 <= middle <= 16 for middle in dots)  # in the first line of the name, which is 20 px high


def test_short_amounts_at_the_marks_have_one_decimal(visit: Open) -> None:
    marks = visit("?preset=article").decide.locator(".amount.small, .end-amount").all_text_contents()
    assert "$2.0k" in marks
    assert all(re.fullmatch(r"-?\$(\d{1,3}|\d{1,2}\.\dk|\d{3}k)", text) for text in marks)


def test_zero_at_the_edge_of_a_phone_is_whole(visit: Open) -> None:
    seen = visit("?options=api-same-model", width=390)
    ticks = seen.decide.locator(".chart").last.locator(".tick").evaluate_all(IN_SIGHT)
    assert ticks[0] == ["$0", True]
