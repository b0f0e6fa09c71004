"""Candidates: their ranges, their costs and what may be varied."""

import dataclasses

import numpy as np
import pytest

from calculator.errors import CalculatorError
from calculator.evidence import Quantity
from calculator.risk.candidates import Candidate, cost_usd, costs, input_bounds, input_label, spreads_of
from calculator.risk.monte_carlo import simulate
from tests.calculator.offers import (
    ALL,
    API,
    CATALOG,
    DEFAULTS,
    MAC,
    MAC_USAGE,
    OFFERS,
    PC,
    PC_USAGE,
    SCENARIO,
    TARIFF,
    TWO,
    candidates,
)


def test_ranges_of_options_use_the_same_tariff_for_option_and_overflow() -> None:
    spreads = spreads_of(ALL)
    assert "host/llama.input_usd_per_mtok" in spreads
    assert isinstance(DEFAULTS["wage_usd_per_h"], Quantity)
    half = dataclasses.replace(MAC_USAGE, served_fraction=0.5)
    bought = SCENARIO.changed(when_full="buy-from-api")
    pair = candidates(Candidate(MAC, half, TARIFF), Candidate(API), Candidate(PC, PC_USAGE, TARIFF), scenario=bought)
    dear = costs(pair, {"host/llama.input_usd_per_mtok": np.array([0.2, 2.0])})
    assert np.asarray(dear["api"].total_cost_usd)[1] > np.asarray(dear["api"].total_cost_usd)[0]
    assert np.asarray(dear["mac"].total_cost_usd)[1] > np.asarray(dear["mac"].total_cost_usd)[0]
    assert float(np.ptp(dear["pc"].total_cost_usd)) == 0.0


def test_cost_of_one_case_is_that_of_a_draw() -> None:
    values = {"wage_usd_per_h": 90.0, "mac.price_usd": 7_000.0, "mac.decode_watt_ratio": 1.2, "demand_growth_rate": 0.4}
    drawn = costs(ALL, {name: np.array([value]) for name, value in values.items()})
    for option in ("mac", "pc", "cloud", "api"):
        expected = np.asarray(drawn[option].present_value_cost_usd).item()
        assert cost_usd(ALL.only((option,)), values) == pytest.approx(expected, rel=1e-12)


def test_ranges_of_the_scenario_that_are_known_are_taken() -> None:
    found = spreads_of(TWO)
    wage = dataclasses.replace(found["wage_usd_per_h"], high=1_000.0)
    taken = spreads_of(TWO, of_scenario={"wage_usd_per_h": wage})
    assert taken["wage_usd_per_h"] is wage
    assert "discount_rate" not in taken
    assert taken["mac.price_usd"] == found["mac.price_usd"]


def test_candidates_are_counted_run_through_and_taken_apart() -> None:
    assert len(ALL) == 4
    assert [one.option.id for one in ALL] == ["mac", "pc", "cloud", "api"]
    assert [one.option.id for one in ALL.only(("api", "mac"))] == ["mac", "api"]
    assert not candidates()


def test_candidates_under_another_scenario_keep_their_options_and_rules() -> None:
    longer = ALL.under(SCENARIO.changed(months=60))
    assert (longer.options, longer.rules) == (ALL.options, ALL.rules)
    assert longer.scenario.months == 60
    assert longer.cost(longer.options[0]).months == 60


def test_rules_of_drawing_are_those_of_the_candidates_catalogue() -> None:
    rules = dataclasses.replace(CATALOG.distributions, seed=7, correlations=())
    other = dataclasses.replace(TWO, rules=rules)
    assert simulate(other, count=64).seed == 7
    assert not np.array_equal(
        simulate(other, count=64).inputs["wage_usd_per_h"], simulate(TWO, count=64).inputs["wage_usd_per_h"]
    )


def test_speeds_are_drawn_as_multiples_of_the_central_one() -> None:
    found = spreads_of(candidates(OFFERS[0]))["mac.decode_speed_ratio"]
    assert (found.low, found.central, found.high) == (20 / 25, 1.0, 28 / 25)


def test_watts_of_draws_are_the_ratio_times_the_usages() -> None:
    only = candidates(OFFERS[0])
    doubled = costs(only, {"mac.idle_watt_ratio": 2.0})["mac"].total_cost_usd
    stated = costs(only, {"mac.idle_w": 2 * MAC_USAGE.idle_w})["mac"].total_cost_usd
    assert doubled == pytest.approx(stated)


def test_input_is_named_in_words_and_bounded_by_its_slider() -> None:
    assert input_label("mac.price_usd") == "price ($) of mac"
    assert input_label("mac.setup_h", {"mac": "Mac Studio"}) == "setup hours of Mac Studio"
    assert input_label("api_price_trend_rate") == "API price trend"
    assert input_label("Host/a-model.input_usd_per_mtok") == "price of input tokens ($ per million) of the API of Host"
    assert input_bounds("mac.decode_speed_ratio") == (0.05, 20.0)
    with pytest.raises(CalculatorError, match="not an input"):
        input_bounds("mac.colour")
