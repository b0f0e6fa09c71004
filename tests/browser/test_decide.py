"""The Decide page in a real browser: what a person does there, and that every figure on it is the same one."""

import re
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, expect

from calculator import Scenario, compare, load_catalog
from calculator.risk.monte_carlo import FULL_COUNT
from calculator.scenario.presets import preset
from tests.browser.conftest import Visit
from tests.calculator.report.pdf_text import page_texts
from tests.real_server import free_port, running_server
from views.decide_frame import decide_frame

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]
TWO = ("mac-studio-m5-ultra-96", "dual-rtx-4090-am5")
THEME = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]


def frame_of(scenario: Scenario) -> dict[str, Any]:
    """What the page must show: the prices of today, all futures."""
    return decide_frame(compare(scenario, load_catalog(), as_of=date.today().isoformat(), draw_count=FULL_COUNT))


def dollars(usd: float) -> str:
    return f"{'-' if round(usd) < 0 else ''}${abs(round(usd)):,}"


def headlines(frame: dict[str, Any]) -> list[str]:
    return [", ".join(filter(None, (verdict["title"], verdict["amount"]))) for verdict in frame["verdicts"]]


def spoken_rows(frame: dict[str, Any]) -> list[str]:
    said: list[str] = []
    for row in frame["rows"]:
        if "usd" in row and row["state"] != "no":
            low, usd, high = row["usd"]
            said.append(f"{row['name']}: {dollars(usd)}, {dollars(low)} to {dollars(high)} in 8 of 10 futures")
    return said


def shows(seen: Visit, scenario: Scenario) -> None:
    """The page shows this scenario's answer: headlines, rows and both charts say the same figures."""
    frame = frame_of(scenario)
    rows = [row for row in frame["rows"] if "usd" in row and row["state"] != "no"]
    expect(seen.decide.locator(".verdict:not([hidden]) h2")).to_have_text(headlines(frame))
    seen.at_rest()
    assert seen.rows() == spoken_rows(frame)
    spent, parts = (chart.get_attribute("aria-label") or "" for chart in seen.decide.locator(".chart svg").all())
    seen.decide.locator(".chart").first.scroll_into_view_if_needed()
    expect(seen.decide.locator("polygon.band")).to_have_count(min(2, len(rows)))
    for row in rows:
        assert f"{row['name']} {dollars(row['usd'][1])}" in parts
        assert f"{row['name']} {dollars(row['by_month'][-1])}" in spent
        assert abs(row["by_month"][-1] - row["usd"][1]) <= 1


def query(seen: Visit) -> dict[str, list[str]]:
    return parse_qs(urlsplit(seen.page.url).query)


def slider(seen: Visit, label: str) -> Locator:
    return seen.page.get_by_role("slider", name=f"{label}, slider")


def focused_label(seen: Visit) -> str:
    """The name of what has the focus, within the shadow tree too."""
    return seen.page.evaluate(
        """() => { let at = document.activeElement;
        while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
        return at?.getAttribute("aria-label") || at?.labels?.[0]?.textContent || at?.textContent || ""; }"""
    )


def test_page_opens_with_the_default_answer_and_a_bare_address(visit: Open) -> None:
    seen = visit()
    shows(seen, Scenario())
    assert query(seen) == {}
    expect(seen.decide.locator(".changes")).to_have_text(re.compile("^Example “.*unchanged$"))


def test_arrow_of_a_row_never_stands_on_a_line_of_its_own(visit: Open) -> None:
    shown = (
        visit()
        .decide.locator("button.name")
        .evaluate_all("buttons => buttons.map((one) => getComputedStyle(one, '::after').content)")
    )
    assert shown
    assert all(content.startswith('"\u00a0\u203a"') for content in shown)


def test_slider_moved_by_keys_changes_verdict_and_address_and_reload_back_and_forward_follow(visit: Open) -> None:
    seen = visit()
    slider(seen, "Hourly rate").focus()
    for _ in range(3):
        seen.page.keyboard.press("ArrowRight")
    seen.page.wait_for_url(re.compile(r"wage_usd_per_h=110$"))
    moved = Scenario(wage_usd_per_h=110)
    shows(seen, moved)
    assert focused_label(seen) == "Hourly rate, slider"
    expect(seen.page.get_by_role("spinbutton", name="Hourly rate")).to_have_value("110")
    expect(seen.decide.locator(".changes summary")).to_have_text(re.compile("^1 change from"))

    seen.page.go_back()
    shows(seen, Scenario())
    expect(seen.page.get_by_role("spinbutton", name="Hourly rate")).to_have_value("95")
    seen.page.go_forward()
    shows(seen, moved)
    seen.page.reload()
    shows(seen, moved)
    assert query(seen) == {"wage_usd_per_h": ["110"]}


def test_verdict_follows_the_thumb_before_it_is_let_go(visit: Open) -> None:
    seen = visit()
    before = seen.verdicts()
    thumb = slider(seen, "Requests a working day").bounding_box()
    assert thumb is not None
    y = thumb["y"] + thumb["height"] / 2
    seen.page.mouse.move(thumb["x"] + 9 + (thumb["width"] - 18) * 0.1, y)
    with seen.page.expect_response(re.compile("/api/decide.json")):
        seen.page.mouse.down()
        seen.page.mouse.move(thumb["x"] + thumb["width"] * 0.3, y)
    seen.page.mouse.move(thumb["x"] + thumb["width"] * 0.5, y)
    expect(seen.decide.locator("h2").last).not_to_have_text(before[1])
    assert query(seen) == {}
    seen.page.mouse.up()
    seen.page.wait_for_url(re.compile("requests_per_working_day="))
    requests = float(query(seen)["requests_per_working_day"][0])
    assert 900 <= requests <= 1100
    shows(seen, Scenario(requests_per_working_day=requests))


def test_typed_number_beyond_the_sliders_end_counts(visit: Open) -> None:
    seen = visit()
    box = seen.page.get_by_role("spinbutton", name="Hourly rate")
    box.fill("750")
    box.press("Enter")
    seen.page.wait_for_url(re.compile("wage_usd_per_h=750"))
    shows(seen, Scenario(wage_usd_per_h=750))


def test_permanent_link_gives_the_same_answer_to_another_person(visit: Open, server: str) -> None:
    seen = visit("?months=48&options=cloud-h100&options=mac-studio-m5-ultra-256")
    seen.page.get_by_text("Permanent link").click()
    link = seen.page.get_by_test_id("stCode").inner_text()
    assert "months=48" in link
    assert "catalogue_hash=" in link
    chromium = seen.page.context.browser
    assert chromium is not None
    context = chromium.new_context()
    other = Visit(context.new_page())
    other.page.goto(f"{server}/?{urlsplit(link).query}")
    other.wait_for_verdict()
    assert other.verdicts() == seen.verdicts()
    assert other.rows() == seen.rows()
    assert other.page.get_by_test_id("stAlert").count() == 0
    context.close()


def test_example_opens_in_the_same_tab_and_its_chip_is_pressed(visit: Open) -> None:
    seen = visit("?months=48")
    chip = seen.decide.get_by_role("button", name=preset("article").name)
    expect(chip).to_have_attribute("aria-pressed", "false")
    chip.click()
    seen.page.wait_for_url(re.compile(r"\?preset=article$"))
    shows(seen, preset("article"))
    expect(chip).to_have_attribute("aria-pressed", "true")
    seen.decide.get_by_role("combobox", name="More examples").select_option("rag-assistant")
    seen.page.wait_for_url(re.compile(r"\?preset=rag-assistant$"))
    shows(seen, preset("rag-assistant"))


def test_quote_of_ones_own_is_counted_and_an_emptied_one_is_ours_again(visit: Open) -> None:
    seen = visit()
    name, option = "Mac Studio M5 Ultra 96 GB", "mac-studio-m5-ultra-96"
    seen.decide.get_by_role("button", name=name, exact=True).click()
    price = seen.page.get_by_role("spinbutton", name="Price before tax ($)")
    price.fill("3000")
    price.press("Tab")
    seen.page.wait_for_url(re.compile("figures="))
    shows(seen, Scenario(figures={f"{option}.price_usd": 3000}))
    expect(price).to_have_value("3000")
    owned = seen.page.get_by_role("spinbutton", name="We own it; it would sell for ($)")
    owned.fill("2500")
    owned.press("Tab")
    seen.page.wait_for_url(re.compile("already_own_usd="))
    price.fill("")
    price.press("Tab")
    seen.page.wait_for_url(lambda url: "figures=" not in url)
    shows(seen, Scenario(already_own_usd={option: 2500}))


def test_box_that_is_drawn_anew_while_one_stands_in_it_is_emptied_whole(visit: Open) -> None:
    """Its text was selected, and is again: a Delete that comes after the drawing left "000" of 3000, a price of 0."""
    option = "mac-studio-m5-ultra-96"
    seen = visit(f"?figures=%7B%22{option}.price_usd%22%3A3000%7D")
    seen.decide.get_by_role("button", name="Mac Studio M5 Ultra 96 GB", exact=True).click()
    price = seen.page.get_by_role("spinbutton", name="Price before tax ($)")
    price.focus()
    seen.page.evaluate(
        """() => { let at = document.activeElement;
        while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
        const box = at.getRootNode().querySelector("#case-wage_usd_per_h");
        box.value = 120; box.dispatchEvent(new Event("change")); }"""
    )
    seen.page.wait_for_url(re.compile("wage_usd_per_h=120"))
    shows(seen, Scenario(wage_usd_per_h=120, figures={f"{option}.price_usd": 3000}))
    seen.page.keyboard.press("Delete")
    expect(price).to_have_value("")


def test_box_says_what_counts_where_less_than_nothing_is_entered(visit: Open) -> None:
    option = "mac-studio-m5-ultra-96"
    seen = visit()
    seen.decide.get_by_role("button", name="Mac Studio M5 Ultra 96 GB", exact=True).click()
    price = seen.page.get_by_role("spinbutton", name="Price before tax ($)")
    expect(price).to_have_attribute("placeholder", "ours: 5,499")
    price.fill("-5")
    price.press("Enter")
    seen.page.wait_for_url(re.compile("figures="))
    shows(seen, Scenario(figures={f"{option}.price_usd": 0}))
    expect(price).to_have_value("0")


def test_price_with_tax_counts_without_it(visit: Open) -> None:
    seen = visit("?sales_tax_fraction=0.19")
    seen.decide.get_by_role("button", name="Mac Studio M5 Ultra 96 GB", exact=True).click()
    gross = seen.page.get_by_role("spinbutton", name="Or with 19 % tax in it ($)")
    gross.fill("3570")
    gross.press("Tab")
    seen.page.wait_for_url(re.compile("figures="))
    shows(seen, Scenario(sales_tax_fraction=0.19, figures={"mac-studio-m5-ultra-96.price_usd": 3000}))
    expect(gross).to_have_value("3570")
    expect(seen.page.get_by_role("spinbutton", name="Price before tax ($)")).to_have_value("3000")


def test_answer_that_arrives_while_somebody_types_takes_nothing_away(visit: Open) -> None:
    seen = visit(f"?options={TWO[0]}&options={TWO[1]}")
    seen.decide.locator(f"[data-row={TWO[0]}]").click()
    price = seen.page.get_by_role("spinbutton", name="Price before tax ($)")
    price.focus()
    seen.page.keyboard.type("30")
    seen.page.evaluate(
        """() => { let at = document.activeElement;
        while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
        const box = at.getRootNode().querySelector("#case-wage_usd_per_h");
        box.value = 120; box.dispatchEvent(new Event("change")); }"""
    )
    seen.page.wait_for_url(re.compile("wage_usd_per_h=120"))
    shows(seen, Scenario(options=TWO, wage_usd_per_h=120))
    assert focused_label(seen) == "Price before tax ($)"
    expect(price).to_have_value("30")
    seen.page.keyboard.press("End")
    seen.page.keyboard.type("00")
    seen.page.keyboard.press("Tab")
    seen.page.wait_for_url(re.compile("figures="))
    shows(seen, Scenario(options=TWO, wage_usd_per_h=120, figures={f"{TWO[0]}.price_usd": 3000}))


def test_reset_takes_a_change_back_and_reset_all_the_rest(visit: Open) -> None:
    seen = visit("?months=48&wage_usd_per_h=120&electricity_usd_per_kwh=0.3")
    seen.decide.locator(".changes summary").click()
    seen.decide.get_by_role("button", name="Reset Hourly rate").click()
    seen.page.wait_for_url(lambda url: "wage" not in url)
    shows(seen, Scenario(months=48, electricity_usd_per_kwh=0.3))
    seen.decide.get_by_role("button", name="Reset all").click()
    seen.page.wait_for_url(lambda url: "?" not in url)
    shows(seen, Scenario())


def test_one_click_mends_a_reason(visit: Open) -> None:
    seen = visit("?leaves_house_fraction_max=0")
    shows(seen, Scenario(leaves_house_fraction_max=0))
    below = seen.decide.locator("tr.below", has_text="Hosted API")
    expect(below).to_contain_text("100 % of the work leaves the house")
    below.get_by_role("button", name="Allow all work to leave the house").click()
    seen.page.wait_for_url(re.compile("leaves_house_fraction_max=1"))
    shows(seen, Scenario(leaves_house_fraction_max=1))


def test_one_option_far_beyond_the_others_is_cut_off_with_its_amount(visit: Open) -> None:
    near = "options=api-same-model&options=mac-studio-m5-ultra-96"
    far = f"?{near}&options=mac-studio-m2-ultra-192-used&demand_growth_rate=0.5"
    seen = visit(far)
    (mark,) = seen.decide.locator(".amount.beyond").all_text_contents()
    assert re.fullmatch(r"» \$[\d,]+", mark)
    assert any(mark.removeprefix("» ") in row for row in seen.rows())
    assert visit(f"?{near}").decide.locator(".amount.beyond").count() == 0


def test_option_is_added_and_left_out(visit: Open) -> None:
    seen = visit("?options=mac-studio-m5-ultra-96&options=cloud-h100")
    seen.decide.get_by_role("combobox", name="Add an option").select_option("dgx-spark")
    seen.page.wait_for_url(re.compile("options=dgx-spark"))
    assert set(query(seen)["options"]) == {"mac-studio-m5-ultra-96", "cloud-h100", "dgx-spark"}
    expect(seen.decide.locator("[data-row]")).to_have_count(3)
    seen.decide.locator("[data-row=cloud-h100]").click()
    seen.decide.get_by_role("button", name="Leave this option out").click()
    seen.page.wait_for_url(lambda url: "cloud-h100" not in url)
    expect(seen.decide.locator("[data-row]")).to_have_count(2)
    assert "cloud-h100" not in {row.get_attribute("data-row") for row in seen.decide.locator("[data-row]").all()}


@pytest.mark.parametrize("labour", ["with", "without"])
@pytest.mark.parametrize("money", ["present-value", "cash"])
def test_money_switch_changes_headline_rows_and_charts_to_the_same_figures(
    visit: Open, money: Any, labour: Any
) -> None:
    seen = visit()
    if money == "cash":
        seen.decide.get_by_text("Cash", exact=True).click()
        seen.page.wait_for_url(re.compile("money=cash"))
    if labour == "without":
        seen.decide.get_by_label("Count staff hours").uncheck()
        seen.page.wait_for_url(re.compile("labour=without"))
    shows(seen, Scenario(money=money, labour=labour))
    expect(seen.decide.get_by_label("Count staff hours")).to_be_checked(checked=labour == "with")


def test_values_that_cannot_be_used_are_named(visit: Open) -> None:
    seen = visit("?wage_usd_per_h=NaN&resale_fraction=1.4&model=gpt-9&colour=red")
    shows(seen, Scenario())
    said = seen.page.get_by_test_id("stAlert").all_inner_texts()
    assert len(said) == 4
    for name, sentence in zip(("wage_usd_per_h", "resale_fraction", "model", "colour"), said, strict=True):
        assert sentence.startswith(name)
    assert "Enter 0.7 for 70 %" in said[1]


def test_phone_shows_the_answer_without_sideways_scroll_and_its_sheet_opens(visit: Open) -> None:
    seen = visit(width=390, height=844)
    assert seen.page.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert seen.page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    sheet = seen.decide.locator("button.sheet")
    expect(sheet).to_contain_text(seen.verdicts()[-1].split(",")[0])
    expect(slider(seen, "Hourly rate")).to_be_hidden()
    sheet.click()
    expect(sheet).to_have_attribute("aria-expanded", "true")
    slider(seen, "Hourly rate").focus()
    seen.page.keyboard.press("ArrowRight")
    seen.page.wait_for_url(re.compile("wage_usd_per_h=100"))
    shows_phone = headlines(frame_of(Scenario(wage_usd_per_h=100)))
    expect(seen.decide.locator(".verdict:not([hidden]) h2")).to_have_text(shows_phone)
    sheet.click()
    expect(slider(seen, "Hourly rate")).to_be_hidden()
    own = next(row for row in frame_of(Scenario(wage_usd_per_h=100))["rows"] if row["kind"] == "to buy")
    seen.decide.locator(f"[data-row={own['id']}]").click()
    drawer = seen.decide.locator("tr.drawer")  # a phone has no columns for the speeds
    expect(drawer).to_contain_text(f"First word in the busiest hour: {own['wait'][0]} ({own['wait'][1]}).")
    expect(drawer).to_contain_text(f"Each person gets an estimated {own['stream']} tokens/s.")
    assert seen.page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_chart_of_spending_on_a_phone_draws_and_names_every_option_that_can_do_the_job(visit: Open) -> None:
    seen = visit(width=390, height=844)
    able = [row for row in frame_of(Scenario())["rows"] if "by_month" in row]
    assert len(able) > 4
    expect(seen.decide.locator("polyline.line")).to_have_count(len(able))
    listed = seen.decide.locator(".legend.lines > span")
    expect(listed).to_have_count(len(able))
    assert [text.rsplit("$", 1)[0].strip() for text in listed.all_inner_texts()] == [row["name"] for row in able]
    drawn, sampled = (
        [(line.evaluate("(one) => getComputedStyle(one).stroke"), line.get_attribute("style")) for line in found.all()]
        for found in (seen.decide.locator("polyline.line"), listed.locator("line"))
    )
    assert drawn == sampled


@pytest.mark.parametrize("width", [390, 1280])
def test_no_letter_of_a_chart_is_cut_off(visit: Open, width: int) -> None:
    seen = visit(width=width, height=844)
    cut = seen.decide.evaluate(
        """(body) => [...body.querySelectorAll(".chart svg, td.cost svg")].flatMap((svg) => {
        const frame = svg.getBoundingClientRect();
        return [...svg.querySelectorAll("text:not(.hidden)")].filter((text) => {
            const box = text.getBoundingClientRect();
            return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1);
        }).map((text) => text.textContent); })"""
    )
    assert not cut


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_chart_has_the_colours_of_the_mode(visit: Open, mode: Any) -> None:
    seen = visit("?options=mac-studio-m5-ultra-256&options=cloud-h100")
    seen.page.emulate_media(color_scheme=mode)
    seen.page.reload()
    seen.wait_for_verdict()
    colours = dict(zip(("blue", "violet", "orange", "green"), THEME[mode]["chartCategoricalColors"], strict=False))
    for row in [
        row for row in frame_of(Scenario(options=("mac-studio-m5-ultra-256", "cloud-h100")))["rows"] if "usd" in row
    ]:
        rgb = tuple(int(colours[row["hue"]][i : i + 2], 16) for i in (1, 3, 5))
        line = seen.decide.locator("polyline.line").nth([name.split(":")[0] for name in seen.rows()].index(row["name"]))
        expect(line).to_have_css("stroke", f"rgb{rgb}")
    paper = THEME[mode]["backgroundColor"]
    expect(seen.page.get_by_test_id("stApp")).to_have_css(
        "background-color", f"rgb{tuple(int(paper[i : i + 2], 16) for i in (1, 3, 5))}"
    )


def test_everything_can_be_done_with_the_keyboard_alone(visit: Open) -> None:
    seen = visit(f"?options={TWO[0]}&options={TWO[1]}")
    for _ in range(80):
        seen.page.keyboard.press("Tab")
        if focused_label(seen) == "Mac Studio M5 Ultra 96 GB":
            break
    assert focused_label(seen) == "Mac Studio M5 Ultra 96 GB"
    seen.page.keyboard.press("Enter")
    expect(seen.decide.locator("tr.drawer")).to_be_visible()
    assert focused_label(seen) == "Mac Studio M5 Ultra 96 GB"
    seen.page.keyboard.press("Tab")
    assert focused_label(seen) == "Price before tax ($)"
    seen.page.keyboard.type("3000")
    seen.page.keyboard.press("Tab")
    seen.page.wait_for_url(re.compile("figures="))
    shows(seen, Scenario(options=TWO, figures={f"{TWO[0]}.price_usd": 3000}))
    assert focused_label(seen) == "Or with 7.25 % tax in it ($)"  # nothing is lost while somebody types
    for _ in range(40):
        seen.page.keyboard.press("Tab")
        if focused_label(seen) == "Hourly rate, slider":
            break
    seen.page.keyboard.press("ArrowRight")
    seen.page.wait_for_url(re.compile("wage_usd_per_h=100"))


def test_print_holds_every_option_with_its_total(visit: Open) -> None:
    seen = visit()
    text = " ".join(page_texts(seen.page.pdf(prefer_css_page_size=True)))
    frame = frame_of(Scenario())
    for row in frame["rows"]:
        assert row["name"].split(" (")[0][:24] in text
        if "usd" in row and row["state"] != "no":
            assert dollars(row["usd"][1]) in text
    for verdict in frame["verdicts"]:
        assert verdict["title"] in text


def test_link_below_the_notes_opens_all_of_them_for_the_same_case(visit: Open) -> None:
    seen = visit("?months=48&wage_usd_per_h=120")
    seen.decide.get_by_role("link", name=re.compile(r"See all \d+ notes on Sources")).click()
    seen.page.wait_for_url(re.compile(r"/sources\?.*months=48"))
    expect(seen.page.get_by_role("heading", name="Where does every figure come from?")).to_be_visible()
    expect(seen.page.get_by_role("radio", name="Prices and facts")).to_be_checked()
    assert "wage_usd_per_h=120" in seen.page.url


def test_value_that_is_set_while_the_server_is_away_is_in_the_address_once_it_is_back(
    chromium: Browser, tmp_path: Path
) -> None:
    """The browser connects again by itself; what was done meanwhile is then said again. Its console is full of errors."""
    port = free_port()
    with running_server(tmp_path, port=port) as url:
        page = chromium.new_page()
        page.goto(url)
        seen = Visit(page)
        seen.wait_for_verdict()
    rate = page.get_by_role("spinbutton", name="Hourly rate")
    rate.fill("110")
    rate.press("Tab")
    assert "wage_usd_per_h" not in page.url
    with running_server(tmp_path, port=port):
        expect(page).to_have_url(re.compile("wage_usd_per_h=110"), timeout=60_000)
        expect(page.get_by_role("spinbutton", name="Hourly rate")).to_have_value("110")
        shows(seen, Scenario(wage_usd_per_h=110))
    page.close()


def test_names_of_options_are_whole_in_both_charts_where_there_is_room(visit: Callable[..., Visit]) -> None:
    page = visit().page
    said = page.eval_on_selector_all("svg text", "found => found.map((one) => one.textContent)")
    assert not [text for text in said if "\u2026" in text]
    for name in ("2x RTX 4090, Threadripper Pro (the article's)", "7 x Mac Studio M2 Ultra 192 GB (used, 2023)"):
        assert len([text for text in said if name in text]) == 2  # at the line's end, and beside the bar
    overlap = """() => [...document.querySelectorAll("svg")].flatMap((svg) => [...svg.querySelectorAll("text")].filter(
        (text) => text.getBoundingClientRect().right > svg.getBoundingClientRect().right + 1).map((text) => text.textContent))"""
    assert page.evaluate(overlap) == []
