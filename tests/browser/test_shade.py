"""The shade of the first chart in a real browser: asked for where somebody can see it, and of the answer on the page."""

import io
import json
import re
import time
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from pypdf import PdfReader

from calculator import Scenario, compare, load_catalog
from calculator.risk.monte_carlo import FULL_COUNT
from calculator.scenario.presets import preset
from tests.browser.conftest import Visit
from tests.calculator.report.pdf_text import page_texts
from views.bands import shade_of

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]
SHADE = re.compile(r"/api/shade\.json")
LONGER_THAN_A_REST_MS = 1_500
SHADE_OPACITY = 0.18
"""As the style sheet has it; nothing else on the page has the same."""
LEFT_ALONE_MS = 8_000
MISSING = "The areas that cover 8 of 10 futures are missing"
HIDE = """(is) => { Object.defineProperty(document, "visibilityState", { value: is, configurable: true });
    document.dispatchEvent(new Event("visibilitychange")); }"""


def bands_of(scenario: Scenario) -> dict[str, Any]:
    """What must be drawn: the prices of today, all futures."""
    found = compare(scenario, load_catalog(), as_of=date.today().isoformat(), draw_count=FULL_COUNT)
    return json.loads(json.dumps(shade_of(found)["bands"]))


def asked_on(page: Page) -> list[str]:
    """Addresses of the shades that the page asks for from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if SHADE.search(request.url) else None)
    return asked


def to_chart(seen: Visit) -> None:
    seen.decide.locator(".chart").first.scroll_into_view_if_needed()


def shades(seen: Visit, scenario: Scenario) -> None:
    """Both shades stand behind the lines, and each edge is this scenario's, all in one scale."""
    bands = bands_of(scenario)
    drawn = seen.decide.locator("polygon.band")
    expect(drawn).to_have_count(len(bands))
    heights, amounts = list[float](), list[float]()
    for polygon, (low, high) in zip(drawn.all(), bands.values(), strict=True):
        heights += [float(point.split(",")[1]) for point in (polygon.get_attribute("points") or "").split()]
        amounts += [*low, *reversed(high)]
    slope, start = np.polyfit(amounts, heights, 1)
    assert slope < 0
    assert np.abs(slope * np.array(amounts) + start - np.array(heights)).max() < 0.15


def move(seen: Visit, key: str = "ArrowRight") -> None:
    """The hourly rate by one step of its slider."""
    seen.page.get_by_role("slider", name="Hourly rate, slider").press(key)


def opacities(content: bytes) -> set[float]:
    """Opacities of fills that are used on a PDF's pages."""

    def of(resources: Any) -> set[float]:
        own = {float(state.get_object().get("/ca", 1)) for state in resources.get("/ExtGState", {}).values()}
        forms = (form.get_object() for form in resources.get("/XObject", {}).values())
        return own.union(*(of(form["/Resources"].get_object()) for form in forms if "/Resources" in form))

    pages = PdfReader(io.BytesIO(content)).pages
    return {round(one, 4) for page in pages for one in of(page["/Resources"].get_object())}


def text_of(printed: bytes) -> str:
    return " ".join(" ".join(page_texts(printed)).split())


def test_first_screen_asks_for_no_shade_at_rest_nor_after_a_move(visit: Open) -> None:
    seen = visit()
    asked = asked_on(seen.page)
    move(seen)
    seen.page.wait_for_url(re.compile("wage_usd_per_h=100"))
    seen.at_rest()
    seen.page.wait_for_timeout(LONGER_THAN_A_REST_MS)
    assert asked == []
    expect(seen.decide.locator("polyline.line").first).to_be_attached()
    expect(seen.decide.locator("polygon.band")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1280])
def test_shade_comes_with_the_chart_and_follows_each_answer_at_rest(visit: Open, width: int) -> None:
    seen = visit("?preset=article", width=width)
    to_chart(seen)
    shades(seen, preset("article"))
    asked = asked_on(seen.page)
    with seen.page.expect_response(SHADE) as answered:
        if width > 760:
            move(seen)
        else:  # a phone has its controls in a sheet, and the switch above
            seen.decide.get_by_text("Cash", exact=True).click()
            to_chart(seen)
    moved = preset("article")
    moved = moved.changed(wage_usd_per_h=moved.wage_usd_per_h + 5) if width > 760 else moved.changed(money="cash")
    assert answered.value.json()["bands"] == bands_of(moved)
    shades(seen, moved)
    assert parse_qs(urlsplit(asked[-1]).query) == parse_qs(urlsplit(seen.page.url).query)


def test_while_a_control_moves_no_shade_is_drawn_and_the_axis_stays(visit: Open) -> None:
    seen = visit(height=1800)
    shades(seen, Scenario())
    ticks = seen.decide.locator(".chart").first.locator("text.tick")
    before = ticks.all_inner_texts()
    thumb = seen.page.get_by_role("slider", name="Hourly rate, slider").bounding_box()
    assert thumb is not None
    y = thumb["y"] + thumb["height"] / 2
    seen.page.mouse.move(thumb["x"] + thumb["width"] * 0.38, y)
    asked = asked_on(seen.page)
    with seen.page.expect_response(re.compile(r"/api/decide\.json")):
        seen.page.mouse.down()
        seen.page.mouse.move(thumb["x"] + thumb["width"] * 0.39, y)
    expect(seen.decide.locator("polygon.band")).to_have_count(0)
    seen.page.wait_for_timeout(LONGER_THAN_A_REST_MS)
    assert asked == []
    assert ticks.all_inner_texts() == before
    seen.page.mouse.up()
    seen.page.wait_for_url(re.compile("wage_usd_per_h="))
    rate = float(parse_qs(urlsplit(seen.page.url).query)["wage_usd_per_h"][0])
    shades(seen, Scenario(wage_usd_per_h=rate))


def test_one_shade_is_asked_for_at_a_time_and_the_newest_stays(visit: Open) -> None:
    seen = visit(height=1800)
    shades(seen, Scenario())
    asked, first = asked_on(seen.page), list[Route]()

    def hold(route: Route) -> None:
        if first:
            route.continue_()
        else:
            first.append(route)

    seen.page.route(SHADE, hold)
    for rate in (100, 105, 110):
        move(seen)
        seen.page.wait_for_url(re.compile(f"wage_usd_per_h={rate}"))
        seen.at_rest()
        seen.page.wait_for_timeout(LONGER_THAN_A_REST_MS)
        assert len(asked) == 1
    with seen.page.expect_response(re.compile("/api/shade.*wage_usd_per_h=110")):
        first[0].continue_()
    shades(seen, Scenario(wage_usd_per_h=110))
    assert len(asked) == 2


def test_shade_of_an_answer_that_stays_is_asked_for_once(visit: Open) -> None:
    seen = visit(height=1800)
    shades(seen, Scenario())
    asked = asked_on(seen.page)
    seen.page.get_by_text("More settings: demand").click()
    seen.page.get_by_role("tab", name="Time", exact=True).click()
    seen.at_rest()
    seen.page.set_viewport_size({"width": 1100, "height": 1800})
    seen.page.wait_for_timeout(LONGER_THAN_A_REST_MS)
    shades(seen, Scenario())
    assert asked == []


def test_shade_of_another_answer_is_not_drawn(visit: Open) -> None:
    """As where another measurement was stored between the page's answer and this one."""
    seen = visit()
    asked = asked_on(seen.page)

    def other(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"id": "0123456789ab"})

    seen.page.route(SHADE, other)
    with seen.page.expect_response(SHADE):
        to_chart(seen)
    seen.page.wait_for_timeout(LONGER_THAN_A_REST_MS)
    expect(seen.decide.locator("polygon.band")).to_have_count(0)
    assert len(asked) == 1
    seen.page.unroute(SHADE)
    move(seen)
    to_chart(seen)
    shades(seen, Scenario(wage_usd_per_h=100))


def test_page_that_nobody_looks_at_asks_when_somebody_does(visit: Open) -> None:
    seen = visit()
    asked = asked_on(seen.page)
    seen.page.evaluate(HIDE, "hidden")
    to_chart(seen)
    seen.page.wait_for_timeout(LONGER_THAN_A_REST_MS)
    assert asked == []
    seen.page.evaluate(HIDE, "visible")
    shades(seen, Scenario())


@pytest.mark.parametrize(("status", "said"), [(503, {"retry-after": "1"}), (429, {"retry-after": "1"}), (422, {})])
def test_busy_server_is_asked_again_and_one_that_cannot_draw_it_is_not(
    visit: Open, status: int, said: dict[str, str]
) -> None:
    seen = visit()
    asked = asked_on(seen.page)
    seen.page.route(SHADE, lambda route: route.fulfill(status=status, headers=said, json={"error": ""}), times=2)
    with seen.page.expect_response(SHADE):
        to_chart(seen)
    if status == 422:
        seen.page.wait_for_timeout(2 * LONGER_THAN_A_REST_MS)
        assert len(asked) == 1
        expect(seen.decide.locator("polygon.band")).to_have_count(0)
    else:
        shades(seen, Scenario())
        assert len(asked) == 3
    seen.errors.clear()  # a browser notes each status of this kind


@pytest.mark.parametrize("query", ["", "?wage_usd_per_h=NaN&colour=red&months=48"])
def test_page_left_alone_has_the_shade_on_paper_though_the_chart_was_never_in_sight(visit: Open, query: str) -> None:
    seen = visit(query)
    with seen.page.expect_response(SHADE, timeout=LEFT_ALONE_MS + 10_000):
        pass
    shades(seen, Scenario(months=48 if query else 36))
    asked = asked_on(seen.page)
    printed = seen.page.pdf(prefer_css_page_size=True)
    assert SHADE_OPACITY in opacities(printed)
    said = text_of(printed)
    assert "The shaded areas cover 8 of 10 futures of the two cheapest options." in said
    assert MISSING not in said
    assert asked == []


@pytest.mark.parametrize(
    ("query", "shaded", "ringed"),
    [
        ("", "The shaded areas cover 8 of 10 futures of the two cheapest options;", True),
        (
            "?options=mac-studio-m5-ultra-96&options=cloud-h100",
            "The shaded areas cover 8 of 10 futures of both options;",
            True,
        ),
        ("?options=mac-studio-m5-ultra-96", "The shaded area covers 8 of 10 futures of this option;", False),
    ],
)
def test_caption_names_the_options_that_have_a_shade_and_a_ring_only_where_there_is_one(
    visit: Open, query: str, shaded: str, ringed: bool
) -> None:
    decide = visit(query).decide
    caption = decide.locator("p.caption", has_text="The drop at the end is the resale.")
    expect(caption).to_contain_text(shaded, use_inner_text=True)
    expect(decide.locator("circle.ring")).to_have_count(int(ringed))
    assert ("A ring marks" in caption.inner_text()) == ringed


@pytest.mark.parametrize("hangs", [False, True])
def test_page_is_printed_at_once_without_a_shade_that_cannot_be_had_and_says_so(
    browser: BrowserContext, server: str, *, hangs: bool
) -> None:
    page = browser.new_page()
    page.route(SHADE, lambda route: None if hangs else route.abort())
    page.goto(server)
    seen = Visit(page)
    with page.expect_request(SHADE, timeout=LEFT_ALONE_MS + 10_000):
        seen.wait_for_verdict()
    began = time.monotonic()
    printed = page.pdf(prefer_css_page_size=True)
    assert time.monotonic() - began < 10  # a request that the browser waits for would never end
    assert MISSING in text_of(printed)
    assert SHADE_OPACITY not in opacities(printed)
    assert len(PdfReader(io.BytesIO(printed)).pages) > 1
    expect(seen.decide.locator("polyline.line").first).to_be_attached()
    page.close()
