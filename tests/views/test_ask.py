"""Widgets of the scenario: every field has one, and every one reaches the scenario."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from calculator import Scenario, compare
from calculator.decision.comparison import Comparison
from calculator.scenario.presets import preset, preset_names, preset_purposes
from calculator.scenario.scenario import ANOTHER_SIZE, knobs
from tests.views.pages import CATALOG, page, scenario_on, widget
from views.link import write_link

ANSWERS = [
    row
    for row in json.loads((Path(__file__).parents[1] / "fixtures" / "version_1" / "answers.json").read_text("utf-8"))
    if row["name"] in ("default", "article", "growth-buy-another", "lease-tax")
]


def test_every_knob_has_a_widget_and_every_widget_reaches_the_scenario() -> None:
    app = page()
    expected: dict[str, Any] = {}
    for name, knob in knobs().items():
        if name == "model":
            continue
        field = widget(app, name)
        number: Any = Scenario.model_fields[name].annotation
        if name == "machine_count":
            expected[name] = 3
        elif field.type == "selectbox":
            expected[name] = next(choice for choice in field.options if choice != knob.default)
        elif number is str:
            expected[name] = "2027-03"
        else:
            low, high = field.min, field.max
            expected[name] = number(low + (high - low) / 4)
        field.set_value(expected[name])
    widget(app, "name").set_value("Board meeting")
    widget(app, "options").set_value(["dual-rtx-4090-threadripper", "cloud-h100"])
    app.run()
    assert not app.exception
    scenario = scenario_on(app)
    for name, value in expected.items():
        assert getattr(scenario, name) == value, name
    assert set(scenario.typed) == expected.keys() - {"money", "labour"}
    assert scenario.name == "Board meeting"
    assert scenario.options == ("dual-rtx-4090-threadripper", "cloud-h100")


@pytest.mark.parametrize("name", ["wage_usd_per_h", "electricity_usd_per_kwh"])
def test_primary_slider_changes_the_costs(default_page: AppTest, name: str) -> None:
    app = page()
    before = {metric.value for metric in app.metric}
    app.slider(key=name).set_value(2 * knobs()[name].default).run()
    assert not app.exception
    after = {metric.value for metric in app.metric}
    assert after != before
    expected = compare(Scenario().changed(**{name: 2 * knobs()[name].default}), CATALOG)
    assert {float(value) for value in after} == values_usd(expected)


@pytest.mark.parametrize("model", [*CATALOG.models][:: max(1, len(CATALOG.models) // 6)])
def test_page_answers_for_a_model_of_the_list(model: str) -> None:
    app = page(model=model)
    assert scenario_on(app).model == model


def test_another_size_asks_for_its_parameters() -> None:
    app = page()
    app.selectbox(key="model").set_value(ANOTHER_SIZE).run()
    assert not app.exception
    app.number_input(key="another_size_b").set_value(3000.0).run()
    assert not app.exception
    assert scenario_on(app).another_size_b == 3000.0
    assert scenario_on(app).model == ANOTHER_SIZE


def test_address_fills_the_widgets_in_the_models_own_units() -> None:
    app = page(resale_fraction="0.333", wage_usd_per_h="137.3", months="48", options=["cloud-h100", "api-same-model"])
    scenario = scenario_on(app)
    assert (scenario.resale_fraction, scenario.wage_usd_per_h, scenario.months) == (0.333, 137.3, 48)
    assert scenario.options == ("cloud-h100", "api-same-model")
    assert not app.warning


def test_value_beyond_the_sliders_end_widens_it() -> None:
    app = page(wage_usd_per_h="750")
    assert scenario_on(app).wage_usd_per_h == 750.0
    assert app.slider(key="wage_usd_per_h").max == 1000.0
    assert not app.warning


def test_no_option_chosen_says_what_is_compared() -> None:
    app = page()
    widget(app, "options").set_value([]).run()
    assert not app.exception
    assert "Choose at least one option" in app.warning[0].value
    assert scenario_on(app).options == Scenario().options


@pytest.mark.parametrize("name", preset_names())
def test_preset_opens_as_it_is(default_page: AppTest, name: str) -> None:
    scenario = preset(name)
    start = next(text.value for text in default_page.markdown if "](?schema_version=2" in text.value)
    address = next(
        part for part in start.split("](?")[1:] if parse_qs(part.split(")")[0])["name"] == [scenario.name]
    ).split(")")[0]
    assert preset_purposes()[name] in start.replace("\\", "")
    app = page(**parse_qs(address, keep_blank_values=True))
    assert scenario_on(app) == scenario
    assert not app.warning
    assert {float(metric.value) for metric in app.metric} == values_usd(compare(scenario, CATALOG))


def values_usd(comparison: Comparison) -> set[float]:
    """What the cards show first by default: the present value of those that can do the job."""
    return {row.tco.present_value_cost_usd for row in comparison.options if row.eligible and row.tco is not None}


def test_value_typed_in_the_address_counts_even_where_it_is_the_default() -> None:
    wage = Scenario().wage_usd_per_h
    app = page(wage_usd_per_h=f"{wage:g}")
    for _ in range(2):  # Streamlit takes the default out of the address; that it was typed stays
        assert scenario_on(app) == Scenario(wage_usd_per_h=wage)
        app.run()
    assert app.query_params["typed"] in ("wage_usd_per_h", ["wage_usd_per_h"])


def test_value_that_a_person_puts_back_to_the_default_counts_as_typed() -> None:
    app = page()
    wage = Scenario().wage_usd_per_h
    app.slider(key="wage_usd_per_h").set_value(wage + 5).run()
    app.slider(key="wage_usd_per_h").set_value(wage).run()
    app.selectbox(key="machine_count").set_value(2).run()
    assert not app.exception
    assert scenario_on(app) == Scenario(wage_usd_per_h=wage, machine_count=2)


def test_default_that_a_link_names_without_its_being_typed_is_not() -> None:
    text = write_link(Scenario(), catalogue_hash=CATALOG.hash)
    app = page(**parse_qs(text, keep_blank_values=True))
    assert scenario_on(app.run()) == Scenario()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("on_days_per_year", 365),
        ("reserved_context_tokens", 8192),
        ("machine_count", 2),
        ("when_down", "buy-from-api"),
        ("off_hours", "idle"),
        ("api_host", "cheapest"),
        ("money", "cash"),
        ("labour", "without"),
        ("weight_class", "best-that-fits"),
        ("leaves_house_fraction_max", 0.0),
    ],
)
def test_field_of_schema_2_opens_from_an_address(name: str, value: Any) -> None:
    app = page(**{name: str(value)})
    assert scenario_on(app) == Scenario.parse({name: value})
    assert not app.warning


@pytest.mark.parametrize("then", ANSWERS, ids=lambda row: row["name"])
def test_link_of_version_1_opens_as_it_was_meant_and_stays_so(then: dict[str, Any]) -> None:
    app = page(**parse_qs(then["link"], keep_blank_values=True))
    meant = Scenario.parse(then["scenario"])
    assert scenario_on(app) == meant
    assert scenario_on(app.run()) == meant
    again = page(**app.query_params)  # what a reload, or a copy of the address, opens
    assert scenario_on(again) == meant


def test_hosted_model_that_the_address_names_is_compared() -> None:
    named = "api:anthropic/claude-opus-5-5"
    app = page(options=["mac-studio-m5-ultra-96", named])
    assert scenario_on(app).options == ("mac-studio-m5-ultra-96", named)
    assert not app.warning
