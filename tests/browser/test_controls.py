"""Every control changes what a person sees: those beside the answer, and those under "More settings"."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Route, expect

from calculator.scenario.presets import preset
from calculator.scenario.scenario import knobs
from tests.browser.conftest import Visit, choose
from tests.browser.test_decide import query, slider
from tests.views.test_ask import NEEDS
from views.ask import SECTION_TITLES
from views.decide_form import FIELDS_BESIDE, label_of

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]
PATIENCE = 100  # tenths of a second
FRAME = re.compile("/api/decide.json")
CHOICES = {"model": "qwen3-30b-a3b", "weight_class": "8-bit"}


def everything_shown(seen: Visit) -> str:
    """Headlines, rows and both charts in words."""
    charts = [chart.get_attribute("aria-label") or "" for chart in seen.decide.locator(".chart svg").all()]
    cells = seen.decide.locator("table.options tbody").inner_text()
    return "\n".join((*seen.verdicts(), *seen.rows(), *charts, cells))


def becomes(seen: Visit, wanted: str) -> None:
    """Wait until the page shows that again: the address changes a moment before the frame that belongs to it."""
    for _ in range(PATIENCE):
        if everything_shown(seen) == wanted:
            return
        seen.page.wait_for_timeout(100)
    assert everything_shown(seen) == wanted


@pytest.mark.parametrize("name", FIELDS_BESIDE)
def test_every_control_beside_the_answer_changes_it_and_its_own_value_alone(visit: Open, name: str) -> None:
    seen = visit()
    before = everything_shown(seen)
    if name in CHOICES:
        seen.decide.get_by_role("combobox", name=label_of(name), exact=True).select_option(CHOICES[name])
    else:
        slider(seen, label_of(name)).focus()
        seen.page.keyboard.press("PageUp")
        seen.page.keyboard.press("PageUp")
    seen.page.wait_for_url(re.compile(rf"\?{name}=[^&]+$"))
    seen.at_rest()
    assert everything_shown(seen) != before
    expect(seen.decide.locator(".changes summary")).to_have_text(re.compile("^1 change from"))
    seen.decide.locator(".changes summary").click()
    seen.decide.get_by_role("button", name=f"Reset {label_of(name)}", exact=True).click()
    seen.page.wait_for_url(lambda url: "?" not in url)
    seen.at_rest()
    becomes(seen, before)


LINES = """labels => labels.map(label => {
    const lines = [], walk = document.createTreeWalker(label, NodeFilter.SHOW_TEXT), word = document.createRange();
    while (walk.nextNode()) for (const found of walk.currentNode.data.matchAll(/\\S+/g)) {
        word.setStart(walk.currentNode, found.index);
        word.setEnd(walk.currentNode, found.index + found[0].length);
        const top = word.getBoundingClientRect().top;
        if (lines.length && Math.abs(lines.at(-1)[0] - top) < 6) lines.at(-1).push(found[0]);
        else lines.push([top, found[0]]);
    }
    return lines.map(([, ...words]) => words.join(" "));
})"""


@pytest.mark.parametrize("width", [1280, 1100, 390])
def test_labels_break_outside_brackets_and_leave_no_single_word(visit: Open, width: int) -> None:
    seen = visit(width=width)
    if width == 390:
        seen.decide.locator("button.sheet").click()
    labels: list[list[str]] = seen.decide.locator(".field label").evaluate_all(LINES)
    assert [" ".join(lines) for lines in labels] == [label_of(name) for name in FIELDS_BESIDE]
    for lines in labels:
        assert all(line.count("(") == line.count(")") for line in lines)
        assert len(lines) == 1 or " " in lines[-1]


def test_choosing_another_size_is_one_change_and_one_reset_takes_it_back(visit: Open) -> None:
    seen = visit("?model=another-size&another_size_b=13&options=cloud-h100,mac-studio-m5-ultra-96&months=48")
    seen.page.wait_for_url(lambda url: "options=cloud-h100&options=mac-studio-m5-ultra-96" in url)
    changes = seen.decide.locator(".changes")
    expect(changes.locator("summary")).to_have_text(re.compile("^3 changes from"))
    changes.locator("summary").click()
    expect(changes).to_contain_text("Model: Another size, 13 billion parameters")
    changes.get_by_role("button", name="Reset Model", exact=True).click()
    seen.page.wait_for_url(lambda url: "model" not in url and "another_size_b" not in url)
    expect(changes.locator("summary")).to_have_text(re.compile("^2 changes from"))


def unfolded(seen: Visit) -> None:
    seen.page.get_by_text("More settings: demand").click()
    expect(seen.page.get_by_role("tab", name="Demand")).to_be_visible()


def test_every_tab_of_more_settings_shows_its_fields(visit: Open) -> None:
    seen = visit()
    unfolded(seen)
    fields = [
        knob for name, knob in knobs().items() if name not in (*FIELDS_BESIDE, "money", "labour", "another_size_b")
    ]
    for section in dict.fromkeys(knob.section for knob in fields):
        seen.page.get_by_role("tab", name=SECTION_TITLES[section], exact=True).click()
        for knob in (knob for knob in fields if knob.section == section):
            expect(seen.page.locator(f".st-key-more-{knob.name}")).to_be_visible()


@pytest.mark.parametrize("name", ["prompt_tokens", "months", "discount_rate", "peak_hours_fraction", "pue_ratio"])
def test_number_of_more_settings_reaches_address_and_answer(visit: Open, name: str) -> None:
    knob, needs = knobs()[name], NEEDS.get(name, {})
    seen = visit(f"?{urlencode(needs)}" if needs else "")
    before = everything_shown(seen)
    unfolded(seen)
    seen.page.get_by_role("tab", name=SECTION_TITLES[knob.section], exact=True).click()
    box = seen.page.locator(f".st-key-more-{name} input")
    value: Any = round((knob.low + (knob.high - knob.low) / 4) * knob.shown)
    box.fill(str(value))
    box.press("Enter")
    seen.page.wait_for_url(re.compile(rf"{name}="))
    seen.at_rest()
    assert float(query(seen)[name][0]) == pytest.approx(value / knob.shown)
    expect(seen.decide.locator(".changes summary")).to_have_text(re.compile(f"^{len(needs) + 1} change"))
    assert everything_shown(seen) != before
    expect(box).to_have_value(str(value))


def test_unfolded_settings_follow_an_example_a_reset_and_the_way_back(visit: Open) -> None:
    seen = visit("?months=48")
    unfolded(seen)
    seen.page.get_by_role("tab", name="Time", exact=True).click()
    months = seen.page.locator(".st-key-more-months input")
    expect(months).to_have_value("48")
    seen.decide.locator(".changes summary").click()
    seen.decide.get_by_role("button", name="Reset Months").click()
    expect(months).to_have_value("36")
    seen.page.get_by_role("tab", name="Demand", exact=True).click()
    days = seen.page.locator(".st-key-more-working_days_per_year input")
    now = days.input_value()
    seen.decide.get_by_role("button", name=preset("team-24-7").name).click()
    expect(days).to_have_value(f"{preset('team-24-7').working_days_per_year:g}")
    assert days.input_value() != now
    seen.page.go_back()
    expect(days).to_have_value(now)


def test_choice_of_more_settings_reaches_address_and_answer(visit: Open) -> None:
    seen = visit()
    before = everything_shown(seen)
    unfolded(seen)
    seen.page.get_by_role("tab", name="Cloud and API", exact=True).click()
    rate = seen.page.locator(".st-key-more-cloud_rate").get_by_role("combobox")
    rate.click()
    rate.fill("reserved")
    rate.press("Enter")
    seen.page.wait_for_url(re.compile(r"\?cloud_rate=reserved$"))
    seen.at_rest()
    assert everything_shown(seen) != before


def test_figures_follow_the_thumb_where_the_page_replaces_a_value_of_the_address(visit: Open) -> None:
    seen = visit("?resale_fraction=1.4&colour=red&months=48")
    with seen.page.expect_response(FRAME) as answered:
        slider(seen, "Hourly rate").press("ArrowRight")
    assert answered.value.status == 200
    assert answered.value.json()["months"] == 48
    seen.page.wait_for_url(re.compile("wage_usd_per_h=100"))
    assert query(seen)["colour"] == ["red"]


def test_frame_that_comes_after_the_thumb_has_come_to_rest_is_read_to_its_end(visit: Open) -> None:
    seen, held = visit(), list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    seen.page.route(FRAME, hold)
    with seen.page.expect_request(FRAME):
        slider(seen, "Hourly rate").press("ArrowRight")
    seen.page.wait_for_url(re.compile("wage_usd_per_h="))
    seen.at_rest()
    answer = everything_shown(seen)
    with seen.page.expect_event("requestfinished", lambda asked: FRAME.search(asked.url) is not None, timeout=10_000):
        held[0].continue_()
    assert everything_shown(seen) == answer


def test_machine_of_ones_own_stands_in_the_rows_and_leaves_them(visit: Open) -> None:
    seen = visit("?options=mac-studio-m5-ultra-96&options=cloud-h100")
    unfolded(seen)
    seen.page.get_by_role("tab", name="Options", exact=True).click()
    seen.page.get_by_label("Its name").fill("Four 3090s")
    chip = seen.page.get_by_role("combobox", name="Chip or card")
    choose(chip, seen.page.get_by_role("option", name=re.compile("3090")).first, "3090")
    seen.page.get_by_role("spinbutton", name="How many").fill("4")
    seen.page.get_by_role("spinbutton", name="Price ($)", exact=True).fill("9000")
    seen.page.get_by_role("button", name="Add it").click()
    expect(seen.decide.get_by_role("button", name="Four 3090s")).to_be_visible()
    assert "four-3090s" in query(seen)["options"]
    seen.page.get_by_role("button", name="Remove four-3090s").click()
    expect(seen.decide.locator("[data-row]")).to_have_count(2)
    assert "own_options" not in query(seen)


def test_every_control_has_a_name_that_a_screen_reader_says(visit: Open) -> None:
    seen = visit()
    seen.decide.locator("[data-row]").first.click()
    expect(seen.decide.locator("tr.drawer")).to_be_visible()
    nameless = seen.decide.evaluate(
        """(body) => [...body.querySelectorAll("button, input, select")]
        .filter((one) => !(one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length))
        .map((one) => one.outerHTML)"""
    )
    assert not nameless
    pictures = seen.decide.evaluate(
        """(body) => [...body.querySelectorAll("svg")]
        .filter((one) => one.getAttribute("aria-hidden") !== "true" && !one.getAttribute("aria-label"))
        .map((one) => one.outerHTML.slice(0, 200))"""
    )
    assert not pictures
