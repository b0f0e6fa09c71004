"""No serious or critical violation of accessibility on any page, on a desk and a phone, by the rules of axe-core."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from tests.browser.conftest import SCHEMES, Visit

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]
PAGES = {
    "": "Mac or PC with GPUs?",
    "fit": "Does it fit in memory?",
    "what-if": "What flips it",
    "sources": "Where does every figure come from?",
    "measurements": "Used in your decision now",
}
TITLES = {"fit": "Fit & speed", "what-if": "What if", "sources": "Sources", "measurements": "Measurements"}


def violations(seen: Visit) -> list[str]:
    """Rule, weight and the first places of each serious or critical violation."""
    found: list[dict[str, Any]] = Axe().run(seen.page).response["violations"]
    return [
        f"{one['impact']}: {one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def turn_to(seen: Visit, page: str) -> None:
    """To another page, by the row of pages that this width shows."""
    phone = seen.page.locator(".st-key-phone-pages")
    (phone if phone.is_visible() else seen.page).get_by_role("link", name=TITLES[page]).first.click()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [1280, 390])
def test_page_has_no_serious_violation_in_either_theme(visit: Open, page: str, width: int) -> None:
    seen = visit(width=width)
    if page:
        turn_to(seen, page)
    expect(seen.page.get_by_text(PAGES[page]).first).to_be_attached()
    for scheme in SCHEMES:
        seen.takes(scheme)
        assert not violations(seen), scheme


def wide_table(visit: Open) -> tuple[Visit, Locator]:
    """A phone on Fit, and its table of every option."""
    seen = visit(width=390)
    turn_to(seen, "fit")
    table = seen.page.get_by_role("region", name="Each option's memory").first
    expect(table).to_be_attached()
    seen.at_rest()
    return seen, table


def test_a_wide_table_is_scrolled_with_the_keyboard_on_a_phone(visit: Open) -> None:
    seen, table = wide_table(visit)
    table.focus()
    seen.page.keyboard.press("ArrowRight")
    seen.page.wait_for_function("one => one.scrollLeft > 0", arg=table.element_handle())


def test_the_edge_of_a_wide_table_fades_until_it_is_scrolled_to_its_end_and_a_narrow_one_never(visit: Open) -> None:
    seen, table = wide_table(visit)
    shows = "one => getComputedStyle(one).maskSize === '100% 100%'"  # all of the mask, its faded edge included
    assert table.evaluate("one => one.scrollWidth > one.clientWidth")
    assert table.evaluate(shows)
    table.evaluate("one => { one.scrollLeft = one.scrollWidth; }")
    seen.page.wait_for_function(f"one => !({shows})(one)", arg=table.element_handle())
    seen.page.set_viewport_size({"width": 1280, "height": 900})
    seen.page.wait_for_function(
        f"one => one.scrollWidth <= one.clientWidth && !({shows})(one)", arg=table.element_handle()
    )


def test_folded_settings_and_an_options_drawer_have_no_serious_violation(visit: Open) -> None:
    seen = visit()
    seen.decide.locator("[data-row]").first.click()
    expect(seen.decide.locator("tr.drawer")).to_be_visible()
    seen.page.get_by_text("More settings: demand").click()
    expect(seen.page.get_by_role("tab", name="Demand")).to_be_visible()
    seen.at_rest()
    assert not violations(seen)


def test_a_button_without_a_name_is_seen(visit: Open) -> None:
    seen = visit()
    seen.page.evaluate("document.querySelector('[data-testid=stApp]').append(document.createElement('button'))")
    assert any("button-name" in one for one in violations(seen))
