"""Decision page: verdict, currencies and the same futures as on the command line."""

import json
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from calculator import Scenario, compare
from calculator.__main__ import main
from calculator.risk.monte_carlo import FULL_COUNT
from tests.views.pages import CATALOG, page, scenario_on


def test_page_opens_with_the_default_scenario_and_says_the_verdict(default_page: AppTest) -> None:
    assert scenario_on(default_page) == Scenario()
    verdicts = compare(Scenario(), CATALOG).verdicts
    assert verdicts.mac_or_pc is not None
    shown = [header.value.replace("\\", "") for header in default_page.header]
    assert shown == [verdicts.mac_or_pc.sentence, verdicts.overall.sentence]
    assert not default_page.warning
    assert not default_page.error


def test_page_shows_the_answer_without_peoples_time_and_in_another_currency() -> None:
    app = page(currencies=json.dumps({"EUR": {"per_usd": 0.5, "as_of": "2026-11-01"}}))
    shown = [markdown.value.replace("\\", "") for markdown in app.markdown]
    comparison = compare(scenario_on(app), CATALOG, as_of=date.today().isoformat(), draw_count=FULL_COUNT)
    assert comparison.verdict.hard.sentence in shown
    (converted,) = [
        text for text in shown if text.startswith("Shown in EUR at your rate of 0.5 EUR per dollar (2026-11-01)")
    ]
    for row in comparison.options:
        assert row.tco is not None
        assert f"{row.name} EUR {row.tco.present_value_cost_usd * 0.5:,.0f}" in converted


def test_page_and_command_line_draw_the_same_futures(default_page: AppTest, tmp_path: Path) -> None:
    assert main(["compare", "--json", str(tmp_path / "told.json")]) == 0
    told = json.loads((tmp_path / "told.json").read_text())
    shown = [markdown.value.replace("\\", "") for markdown in default_page.markdown]
    assert told["verdicts"]["overall"]["detail"] in shown
    assert told["verdicts"]["mac_or_pc"]["detail"] in shown


def test_invoices_come_first_where_staff_hours_are_not_counted() -> None:
    app = page(labour="without", money="cash")
    found = compare(scenario_on(app), CATALOG, as_of=date.today().isoformat(), draw_count=FULL_COUNT)
    assert found.verdicts.overall.hard.sentence in [header.value.replace("\\", "") for header in app.header]
    assert {metric.label for metric in app.metric} == {"Cost over 36 months, in cash, invoices only"}


def test_option_that_cannot_do_the_job_stands_below_with_its_reason_and_is_never_the_cheapest() -> None:
    app = page(requests_per_working_day="100000", machine_count="1")
    found = compare(scenario_on(app), CATALOG)
    unable = [option for option in found.options if not option.eligible]
    assert unable
    shown = [markdown.value.replace("\\", "") for markdown in app.markdown]
    line = shown.index("**Cannot do the job as asked**")
    for option in unable:
        reason = option.eligibility.reasons[0]
        assert next(place for place, text in enumerate(shown) if text.startswith(reason.text)) > line
    assert len(app.metric) == len(found.options) - len(unable)
    assert not [text for text in shown[line:] if "lowest cost" in text]


def test_todays_price_is_entered_in_one_step_and_taken_away_again() -> None:
    app = page(options=["mac-studio-m5-ultra-256", "cloud-h100"], prices_as_of="2029-11-26")
    app.number_input(key="today mac-studio-m5-ultra-256.price_usd").set_value(7000.0).run()
    app.number_input(key="today cloud-h100.rate_usd_per_h").set_value(2.5).run()
    assert not app.exception
    assert scenario_on(app).figures == {"mac-studio-m5-ultra-256.price_usd": 7000.0, "cloud-h100.rate_usd_per_h": 2.5}
    app.number_input(key="today cloud-h100.rate_usd_per_h").set_value(None).run()
    assert scenario_on(app).figures == {"mac-studio-m5-ultra-256.price_usd": 7000.0}


@pytest.mark.parametrize("day", ["2027-11-26", "2029-11-26"])
def test_day_of_an_address_is_the_day_of_looking_and_no_option_vanishes(day: str) -> None:
    app = page(prices_as_of=day)
    assert f"prices_as_of={day}" in app.code[0].value
    assert any(f"Prices as of {day}" in caption.value.replace("\\", "") for caption in app.caption)
    assert len(app.metric) == len([row for row in compare(Scenario(), CATALOG).options if row.eligible])


def test_page_looks_at_prices_on_the_day_of_the_clock(default_page: AppTest) -> None:
    assert f"prices_as_of={date.today().isoformat()}" in default_page.code[0].value


def test_name_from_a_link_is_never_read_as_markdown_or_html() -> None:
    app = page(name="![x](https://example.com/x.png)<b>=1+1</b>")
    texts = [element.value for element in (*app.markdown, *app.caption, *app.header, *app.subheader, *app.warning)]
    assert not [text for text in texts if "https://example.com" in text]
