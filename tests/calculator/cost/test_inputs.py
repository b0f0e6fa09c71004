"""Inputs: an attribute for every number of the scenario, replaced by draws or trial values."""

import typing

import numpy as np
import pytest

from calculator.cost import inputs as module
from calculator.cost.inputs import Inputs, ScenarioNumbers
from calculator.scenario.scenario import Scenario
from tests.calculator.offers import MAC, SCENARIO


def test_inputs_declare_every_number_of_the_scenario_and_nothing_else() -> None:
    numbers = [name for name, field in Scenario.model_fields.items() if field.annotation in (int, float)]
    assert list(ScenarioNumbers.__annotations__) == numbers


def test_inputs_without_draws_are_the_scenarios_own() -> None:
    found = Inputs(SCENARIO)
    for name in ScenarioNumbers.__annotations__:
        assert getattr(found, name) == getattr(SCENARIO, name), name
    assert not found.drawn


def test_inputs_take_what_is_given_in_place_of_the_scenarios() -> None:
    draws = np.array([60.0, 120.0])
    found = Inputs(SCENARIO, {"wage_usd_per_h": draws, "mac.price_usd": 9_000.0})
    assert found.wage_usd_per_h is draws
    assert found.drawn
    assert found.electricity_usd_per_kwh == SCENARIO.electricity_usd_per_kwh
    assert found.of("mac", "price_usd", MAC.purchase_price().price_usd) == 9_000.0


def test_lines_of_numbers_bring_what_explains_them_unless_the_inputs_are_brief() -> None:
    assert Inputs(SCENARIO).explains
    assert not Inputs(SCENARIO, brief=True).explains
    assert not Inputs(SCENARIO, {"wage_usd_per_h": np.array([60.0, 120.0])}).explains


def test_figure_of_an_option_is_the_given_one_then_the_persons_then_the_catalogues() -> None:
    own = SCENARIO.changed(options=("mac",), figures={"mac.price_usd": 8_000})
    price = MAC.purchase_price().price_usd
    assert Inputs(SCENARIO).of("mac", "price_usd", price) == 10_000
    assert Inputs(own).of("mac", "price_usd", price) == 8_000
    assert Inputs(own, {"mac.price_usd": 7_000.0}).of("mac", "price_usd", price) == 7_000


def test_name_that_no_scenario_has_is_refused() -> None:
    with pytest.raises(AttributeError):
        getattr(Inputs(SCENARIO), "wage_usd_per_hour")  # noqa: B009 - a misspelt name


def test_course_is_the_same_object_for_the_same_rates_and_month() -> None:
    found = Inputs(SCENARIO)
    assert found.course(step="inflation_rate") is found.course(step="inflation_rate")
    assert found.course(step="inflation_rate") is not found.course(step="inflation_rate", first_month=2)
    drawn = found.course(first_month=np.array([1.0, 13.0]))
    assert np.array_equal(drawn.first_month, [1.0, 13.0])


def test_course_of_two_rates_grows_by_both() -> None:
    found = Inputs(SCENARIO, {"demand_growth_rate": 0.2, "api_price_trend_rate": -0.3})
    course = found.course(growth="demand_growth_rate", growth_and="api_price_trend_rate")
    assert course.growth_rate == pytest.approx(1.2 * 0.7 - 1)


def test_rates_of_a_course_are_numbers_of_the_scenario() -> None:
    names = {name for kind in (module.Growth, module.Step) for name in typing.get_args(kind) if name}
    assert names <= set(ScenarioNumbers.__annotations__)


def test_draws_are_counted_by_the_longest_value() -> None:
    whole = Inputs(SCENARIO, {"wage_usd_per_h": np.array([60.0, 90.0, 120.0])})
    assert whole.drawn
    assert (whole.draw_count, Inputs(SCENARIO).draw_count) == (3, 1)


def test_speeds_of_a_person_stand_in_the_usage_and_not_here() -> None:
    own = SCENARIO.changed(figures={"mac.decode_speed_ratio": 2.0}, options=("mac",))
    assert Inputs(own).of("mac", "decode_speed_ratio", 1.0) == 1.0
    assert Inputs(own.changed(rules=1)).of("mac", "decode_speed_ratio", 1.0) == 2.0
    assert Inputs(own, {"mac.decode_speed_ratio": 3.0}).of("mac", "decode_speed_ratio", 1.0) == 3.0


def test_what_all_options_make_alike_is_made_once_for_the_same_inputs_only() -> None:
    first, second, made = Inputs(Scenario()), Inputs(Scenario()), list[str]()
    for inputs in (first, first, second):
        assert inputs.once("name", lambda: made.append("") or 7) == 7
    assert first.once("other", lambda: 8) == 8
    assert len(made) == 2


def test_inputs_are_shown_as_the_question_and_what_is_given_without_what_is_kept_of_them() -> None:
    found = Inputs(SCENARIO, {"wage_usd_per_h": 60.0})
    found.once("something", lambda: 1)
    found.course(growth="demand_growth_rate")
    assert repr(found) == f"Inputs(scenario={SCENARIO!r}, given={{'wage_usd_per_h': 60.0}})"
