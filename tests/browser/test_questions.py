"""Questions that a CFO and the review asked, each answered by a named place on a page: the place is there and says it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from calculator import load_catalog
from tests.browser.conftest import SCHEMES, Visit

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]

CATALOG = load_catalog()
DECIDE, FIT, WHAT_IF, SOURCES, MEASUREMENTS = "", "fit", "what-if", "sources", "measurements"
PLACES: dict[str, tuple[str, str]] = {
    "Which option is cheapest for the same work, by how much, how sure?": (DECIDE, "of 100 futures"),
    "When do I get my money back?": (DECIDE, "cheaper than renting from month"),
    "What must be true for the other choice?": (WHAT_IF, "What flips it"),
    "Which assumption should I argue about?": (WHAT_IF, "How far each input moves it"),
    "At what volume and price does it flip?": (WHAT_IF, "Who wins where"),
    "What hits cash, budget and expense, in which quarter?": (WHAT_IF, "Cash and budget"),
    "Buy, lease or finance?": (WHAT_IF, "Lease or buy"),
    "What if we stop early, or keep it longer?": (WHAT_IF, "If you stop earlier, or go on"),
    "How bad can it get, and is it worth testing first?": (WHAT_IF, "What to find out first"),
    "What do we pay for privacy?": (DECIDE, "Keeping your data in house costs"),
    "Mac or 4090, with odds?": (DECIDE, "Mac or PC with GPUs?"),
    "How many machines keep my target?": (FIT, "Machines"),
    "Does it fit?": (FIT, "Does it fit in memory?"),
    "Is it fast enough for eight people?": (FIT, "8 at once"),
    "Which machines are not dominated?": (FIT, "Every machine to buy: cost against speed"),
    "What changed between two scenarios?": (WHAT_IF, "From another scenario to this one"),
    "Can audit trust this?": (SOURCES, "Where does every figure come from?"),
    "How old is each price?": (SOURCES, "Prices and facts"),
    "What did the article get wrong?": (SOURCES, "The article"),
    "How good are the predictions?": (SOURCES, "Accuracy"),
    "Is my own measurement used?": (MEASUREMENTS, "Used in your decision now"),
    "What must I know before I sign?": (DECIDE, "Before you sign"),
}
"""Question: page and words that stand there."""
TWELVE = (
    *("mac-studio-m5-ultra-96", "mac-studio-m5-ultra-256", "mac-studio-m2-ultra-192-used", "dual-rtx-4090-am5"),
    *("dual-rtx-4090-threadripper", "dual-rtx-3090", "framework-desktop-strix-halo-128", "rtx-pro-6000-pc"),
    *("gmktec-evo-x2-128", "cloud-h100", "cloud-l40s", "api-same-model"),
)
"""As many options as a scenario compares."""


@pytest.mark.parametrize("page", [DECIDE, FIT, WHAT_IF, SOURCES, MEASUREMENTS])
def test_every_question_of_a_page_is_answered_on_it(visit: Open, page: str) -> None:
    seen = visit()
    if page:
        title = {FIT: "Fit & speed", WHAT_IF: "What if", SOURCES: "Sources", MEASUREMENTS: "Measurements"}[page]
        seen.page.get_by_role("link", name=title).first.click()
    for question, (place, words) in PLACES.items():
        if place == page:
            expect(seen.page.get_by_text(words).first, question).to_be_attached()


def test_cost_per_million_tokens_and_an_owned_machine_stand_in_an_options_drawer(visit: Open) -> None:
    seen = visit()
    seen.page.get_by_role("button", name="Mac Studio M5 Ultra 96 GB", exact=False).first.click()
    expect(seen.page.get_by_text("per million tokens, all in")).to_be_visible()
    expect(seen.page.get_by_label("We own it; it would sell for ($)")).to_be_visible()


@pytest.mark.parametrize("page", [FIT, WHAT_IF, SOURCES, MEASUREMENTS])
def test_other_pages_are_whole_on_a_phone_in_both_themes(visit: Open, page: str) -> None:
    seen = visit(width=390, height=844)
    title = {FIT: "Fit & speed", WHAT_IF: "What if", SOURCES: "Sources", MEASUREMENTS: "Measurements"}[page]
    seen.page.locator(".st-key-phone-pages").get_by_role("link", name=title).click()
    expect(seen.page.get_by_role("heading", level=1)).to_be_visible()
    for scheme in SCHEMES:
        seen.takes(scheme)
        assert seen.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
        assert seen.page.get_by_test_id("stException").count() == 0


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("page", [FIT, WHAT_IF])
def test_charts_of_twelve_options_name_each_and_no_name_covers_another(visit: Open, page: str, width: int) -> None:
    query = "&".join(f"options={option}" for option in TWELVE)
    seen = visit(f"?{query}", width=width)
    title = {FIT: "Fit & speed", WHAT_IF: "What if"}[page]
    menu = seen.page.locator(".st-key-phone-pages") if width == 390 else seen.page
    menu.get_by_role("link", name=title).first.click()
    if page == WHAT_IF:
        seen.page.get_by_text("All options").first.click()
    names = seen.page.locator(".js-plotly-plot .legendtext").filter(has_text="Framework Desktop")
    expect(names.first).to_be_attached()
    seen.at_rest()
    assert seen.page.locator(".js-plotly-plot").count() >= 3
    written: list[list[str]] = seen.page.evaluate(_NAMES)
    charted = [CATALOG.option(option).name for option in TWELVE if page == WHAT_IF or option not in CATALOG.apis]
    assert len(charted) == (12 if page == WHAT_IF else 11)  # an API's memory and speed are its host's
    lacking = [[name for name in charted if not _is_in(name, chart)] for chart in written]
    assert [] in lacking, min(lacking, key=len)
    assert lacking.count([]) == (1 if page == WHAT_IF else 2)  # years of stopping; memory and speeds
    assert seen.page.evaluate(_MET) == []


def _is_in(name: str, chart: list[str]) -> bool:
    """Whether a chart writes the name, alone or with a number of machines."""
    return any(re.fullmatch(rf"(\d+ x )?\(?{re.escape(name)}\)?", one) for one in chart)


_NAMES = """() => [...document.querySelectorAll(".js-plotly-plot")].map((plot) =>
    [...plot.querySelectorAll(".textpoint text, .legendtext, .annotation text")].flatMap((one) => {
        const lines = [...one.querySelectorAll("tspan.line")];
        return lines.length ? lines.map((line) => line.textContent.trim().replace(/(,| and)$/, "")) : [one.textContent.trim()];
    }))"""
"""By chart, what it writes beside its dots, in its legend, where one line may have several names, and before its rows."""

_MET = """() => [...document.querySelectorAll(".js-plotly-plot")].flatMap((plot) => {
    const found = [...plot.querySelectorAll(".legend .scrollbar")].filter((bar) => Number(bar.getAttribute("height")) > 0)
        .map(() => "a legend scrolls");
    const names = [...plot.querySelectorAll(".textpoint text, .legendtext, .annotation text")]
        .filter((one) => one.textContent.trim()).map((one) => [one.textContent, one.getBoundingClientRect()]);
    names.forEach(([name, box], place) => names.slice(place + 1).forEach(([other, its]) => {
        const apart = box.right <= its.left + 1 || its.right <= box.left + 1 || box.bottom <= its.top + 2
            || its.bottom <= box.top + 2;
        if (!apart) found.push(`${name} x ${other}`);
    }));
    return found;
})"""
"""Names of charts that cover one another, and legends that hide some of theirs."""


def test_scenario_travels_through_every_page(visit: Open) -> None:
    seen = visit("?wage_usd_per_h=120")
    for title in ("Fit & speed", "What if", "Sources", "Measurements", "Decide"):
        seen.page.get_by_role("link", name=title).first.click()
        seen.page.wait_for_url("**wage_usd_per_h=120**")
    assert "wage_usd_per_h=120" in seen.page.url
