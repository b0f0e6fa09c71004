"""Odds: the deterministic answer without width, chunks, pairing, and a table made by hand."""

from typing import Any

import numpy as np
import pytest

from calculator.catalog.routed import Routed
from calculator.cost.tco import cost_of
from calculator.errors import CalculatorError
from calculator.risk.candidates import Candidate, Candidates, costs, spreads_of
from calculator.risk.distributions import Spread
from calculator.risk.monte_carlo import Odds, range_of, ranges, simulate
from tests.calculator.offers import (
    ALL,
    SCENARIO,
    TWO,
    three,
)


def _central(candidate: Candidate, scenario: Any = SCENARIO, **values: float) -> float:
    assert not isinstance(candidate.option, Routed)
    found = cost_of(
        candidate.option, scenario=scenario, usage=candidate.usage, reference_api=candidate.reference_api, values=values
    )
    return found.present_value_cost_usd


def _certain(among: Candidates = ALL) -> dict[str, Spread]:
    found = spreads_of(among)
    return {name: Spread(spread.central, spread.central, spread.central) for name, spread in found.items()}


def test_odds_without_width_are_the_deterministic_answer() -> None:
    odds = simulate(ALL, count=64, spreads=_certain())
    for candidate in ALL:
        name = candidate.option.id
        assert three(odds.present_value(name)) == pytest.approx([_central(candidate)] * 3, rel=1e-9)
    assert odds.cheapest_probability()["api"] == 1.0


def test_odds_of_values_drawn_at_their_centre_are_the_deterministic_answer() -> None:
    spreads = spreads_of(ALL)
    found = costs(ALL, {name: np.full(5, spread.central) for name, spread in spreads.items()})
    for candidate in ALL:
        assert found[candidate.option.id].present_value_cost_usd == pytest.approx([_central(candidate)] * 5, rel=1e-9)


def test_odds_are_the_same_in_chunks_and_in_one() -> None:
    many = simulate(ALL, count=20_000)
    first = costs(ALL, many.inputs)
    for name, usd in many.present_value_usd.items():
        assert np.array_equal(usd, first[name].present_value_cost_usd)


def test_odds_are_paired() -> None:
    # pitfall 28: both machines meet the same wage, so their difference varies less than independent draws would
    odds = simulate(TWO.under(SCENARIO.changed(pc_administration_h_per_year=15)), count=4096)
    mac, pc = odds.present_value_usd["mac"], odds.present_value_usd["pc"]
    assert np.var(pc - mac) < 0.9 * (np.var(pc) + np.var(mac))
    low, middle, high = three(odds.difference("pc", "mac"))
    assert low < middle < high
    assert three(odds.difference("mac", "pc")) == pytest.approx((-high, -middle, -low))


def test_odds_sum_to_one_and_follow_a_hand_made_table() -> None:
    table = {"a": np.array([1.0, 5.0, 2.0, 2.0]), "b": np.array([2.0, 1.0, 3.0, 9.0])}
    odds = Odds(table, table, table, table, {}, {}, 0)
    assert odds.cheapest_probability() == {"a": 0.75, "b": 0.25}
    assert odds.expected_regret_usd() == {"a": 1.0, "b": 2.25}
    assert odds.worst_tenth_usd() == {"a": 5.0, "b": 9.0}


def test_fast_ranges_are_close_to_many_draws() -> None:
    smooth = ALL.under(SCENARIO.changed(when_full="buy-from-api"))  # no machine is bought in the last tenth of futures
    fast = ranges(smooth)
    many = simulate(smooth, count=20_000)
    for name in ("mac", "pc", "cloud", "api"):
        assert three(fast.present_value(name)) == pytest.approx(three(many.present_value(name)), rel=0.08)


def test_simulation_of_one_draw_is_refused() -> None:
    with pytest.raises(CalculatorError, match="at least 2 draws"):
        simulate(ALL, count=1)


def test_paired_differences_and_chances_follow_a_hand_made_table() -> None:
    table = {"a": np.array([1.0, 5.0, 2.0, 2.0]), "b": np.array([2.0, 1.0, 2.0, 9.0])}
    hard = {"a": np.array([1.0, 1.0, 1.0, 1.0]), "b": np.array([0.0, 0.0, 0.0, 5.0])}
    odds = Odds(table, table, hard, hard, {}, {}, 0)
    assert odds.cheaper_chance("a", "b") == 0.625  # two of four, and half of the one in which they are alike
    assert odds.cheaper_chance("b", "a") == 0.375
    assert odds.cheaper_chance("a", "b", hard=True) == 0.25
    assert odds.difference("b", "a").central == 0.5  # of 1, -4, 0, 7
    assert odds.difference("b", "a", hard=True).central == -1.0
    assert odds.median_winner() == odds.median_winner(hard=False)
    assert odds.median_winner(hard=True) == "b"


@pytest.mark.parametrize("count", [0, 1, 2, 15])
def test_too_few_futures_are_refused_with_a_sentence(count: int) -> None:
    with pytest.raises(CalculatorError, match=f"need at least 16 draws, and {count} were asked for"):
        ranges(ALL, count=count)
    assert len(ranges(ALL, count=16).present_value_usd["mac"]) == 16


@pytest.mark.parametrize("count", [16, 64, 999, 1_000, 1_234, 10_000])
def test_tenths_are_numpys_own_to_the_last_bit(count: int) -> None:
    values = np.random.default_rng(count).lognormal(9.0, 0.7, count)
    found = range_of(values)
    assert (found.low, found.central, found.high) == tuple(np.quantile(values, (0.1, 0.5, 0.9)).tolist())
