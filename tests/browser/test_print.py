"""A printed page is dark on white, whichever theme the screen has."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from calculator import Scenario, load_catalog
from tests.browser.conftest import SCHEMES, Visit
from tests.calculator.report.pdf_text import page_texts
from views.evidence import option_rows, scenario_rows

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]
COLOURS = """one => [getComputedStyle(one).color, getComputedStyle(one).fill, getComputedStyle(one).backgroundColor]"""
DARKEST_GROUND, LIGHTEST_INK = 230, 120  # of 255
PATIENCE = 50  # tenths of a second


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
        seen.goes_to(page)
    seen.at_rest()
    return seen


def test_tables_and_texts_of_a_chart_are_dark_on_white_on_paper(visit: Open) -> None:
    seen = printed(visit, "Fit & speed", "light")
    cells = (".matrix td", ".matrix thead th", ".small-table td", "[data-testid=stMain] h1")
    marks = (".main-svg .xtick text", ".main-svg .legendtext")
    for place in (*cells, *marks):
        expect(seen.page.locator(place).first).to_be_attached()
    for scheme in SCHEMES:
        seen.takes(scheme)
        for _ in range(PATIENCE):  # a chart is drawn again a moment after its page has the other theme
            is_dark_ink = shades(seen.page.locator(marks[0]).first)[1][0] < LIGHTEST_INK
            if is_dark_ink == (scheme == "light"):
                break
            seen.page.wait_for_timeout(100)
        assert is_dark_ink == (scheme == "light")
        seen.takes(scheme, "print")
        for place in cells:
            (ink, _), _, (ground, alpha) = shades(seen.page.locator(place).first)
            assert ink < LIGHTEST_INK, (scheme, place)
            assert ground > DARKEST_GROUND or alpha == 0, (scheme, place)
        for place in marks:
            _, (ink, _), _ = shades(seen.page.locator(place).first)
            assert ink < LIGHTEST_INK, (scheme, place)
        for place in ("body", "[data-testid=stApp]"):
            assert shades(seen.page.locator(place))[2] == (255, 1)


def test_the_live_body_is_dark_on_white_on_paper(visit: Open) -> None:
    seen = printed(visit, "", "light")
    for scheme in SCHEMES:
        seen.takes(scheme, "print")
        assert shades(seen.decide.locator("h2").first)[0][0] < LIGHTEST_INK, scheme
        assert shades(seen.decide.locator("p.note a, .sign a").first)[0][0] < LIGHTEST_INK, scheme


def test_every_input_stands_on_paper_with_its_source(visit: Open) -> None:
    seen = printed(visit, "Sources", "dark")
    expect(seen.page.locator("[class*=st-key-printed-only] .small-table").first).to_be_attached()
    text = "".join("".join(page_texts(seen.page.pdf(prefer_css_page_size=True))).split())  # a line may end at a hyphen
    rows = scenario_rows(Scenario(), catalog=load_catalog())
    assert len(rows) > 30
    for column in ("Input", "Range", "Source", "Link"):
        assert [row[column] for row in rows if "".join(row[column].split()) not in text] == []
    expect(
        seen.page.locator("[class*=st-key-printed-only] .small-table").first
    ).to_be_hidden()  # the screen has its own
    seen.page.emulate_media(color_scheme="dark", media="print")
    assert shades(seen.page.locator("[class*=st-key-printed-only] .small-table td").first)[0][0] < LIGHTEST_INK
    expect(seen.page.get_by_test_id("stDataFrame").first).to_be_hidden()


def test_what_stands_in_an_empty_field_is_dark_on_paper(visit: Open) -> None:
    seen = printed(visit, "What if", "dark")
    field = seen.page.get_by_placeholder("it goes back")
    expect(field).to_be_attached()
    seen.page.emulate_media(color_scheme="dark", media="print")
    for part in ("color", "webkitTextFillColor"):
        colour = field.evaluate(f"one => getComputedStyle(one, '::placeholder').{part}")
        assert max(map(int, re.findall(r"\d+", colour)[:3])) < LIGHTEST_INK


WITH_ITS_CHART = {  # a page's headings, each with the last words of the chart below it
    "What if": {"How far each input moves it": "resale market index", "Who wins where": "Requests a working day"},
    "Fit & speed": {"How fast, and where it gets slow": "people answered at once"},
}


@pytest.mark.parametrize("page", WITH_ITS_CHART)
def test_no_heading_and_no_control_is_parted_from_its_chart_on_paper(visit: Open, page: str) -> None:
    seen = printed(visit, page, "light")
    for words in WITH_ITS_CHART[page].values():
        expect(seen.page.get_by_text(words, exact=True).last).to_be_attached()
    for patience_ms in (200, 1_000, 5_000):  # a busy machine lays out a chart a moment after it is there
        sheets = page_texts(seen.page.pdf(prefer_css_page_size=True))
        found = [
            [words in sheet for sheet in sheets if heading in sheet] for heading, words in WITH_ITS_CHART[page].items()
        ]
        if all(one == [True] for one in found):
            break
        seen.page.wait_for_timeout(patience_ms)
    assert found == [[True]] * len(WITH_ITS_CHART[page])


def test_heading_of_decides_first_chart_stays_with_it_where_the_sheet_ends_between_them(visit: Open) -> None:
    seen = visit("?options=api-same-model&options=mac-studio-m5-ultra-96")
    sheets = page_texts(seen.page.pdf(prefer_css_page_size=True))
    assert ["2 years" in sheet for sheet in sheets if "Total spent, month by month" in sheet] == [True]


def test_decide_on_paper_says_what_was_asked_and_what_was_changed(visit: Open) -> None:
    seen = visit("?wage_usd_per_h=313&concurrent_request_count=1")
    text = " ".join(" ".join(page_texts(seen.page.pdf(prefer_css_page_size=True))).split())
    wage = "Hourly rate: $313 an hour (was $95 an hour)"
    for words in ("options should serve", "for one person at once?", "2 changes from", wage):
        assert words in text
    expect(seen.decide.locator(".asked")).to_be_hidden()


def test_what_is_folded_is_unfolded_on_paper_and_a_folded_tool_is_left_out(visit: Open) -> None:
    seen = printed(visit, "Sources", "light")
    seen.page.get_by_role("radio", name="Prices and facts").click()
    fold = seen.page.get_by_test_id("stExpander").filter(has_text="Mac Studio M5 Ultra 256 GB").first
    expect(fold).to_be_visible()
    seen.at_rest()
    assert fold.locator("details").get_attribute("open") is None
    text = "".join("".join(page_texts(seen.page.pdf(prefer_css_page_size=True))).split())
    catalog = load_catalog()
    for option in Scenario().options:
        for row in option_rows(option, scenario=Scenario(), catalog=catalog):
            assert "".join(row["Note"].split()) in text
    seen.goes_to("Fit & speed")
    tool = seen.page.get_by_text("Would fine-tuning fit?")
    expect(tool).to_be_visible()
    seen.page.emulate_media(media="print")
    expect(tool).to_be_hidden()
    expect(seen.page.get_by_text("that nothing beats, and the")).to_be_visible()
