"""Tornado, switching values and the map: cases worked by hand, limits, refusals."""

from typing import Any

import numpy as np
import pytest

from calculator.catalog.routed import Routed
from calculator.cost.tco import cost_of
from calculator.errors import CalculatorError
from calculator.risk.candidates import Candidate, costs
from calculator.risk.sensitivity import switching_values, tornado, who_wins
from tests.calculator.offers import (
    API,
    OFFERS,
    SCENARIO,
    TWO,
    candidates,
)


def _central(candidate: Candidate, scenario: Any = SCENARIO, **values: float) -> float:
    assert not isinstance(candidate.option, Routed)
    found = cost_of(
        candidate.option, scenario=scenario, usage=candidate.usage, reference_api=candidate.reference_api, values=values
    )
    return found.present_value_cost_usd


def test_tornado_bars_are_the_cost_at_both_ends() -> None:
    bars = {bar.name: bar for bar in tornado(TWO)}
    bar = bars["pc_administration_h_per_year"]
    mac, pc = TWO
    assert (bar.low_value, bar.high_value) == (5, 60)
    for hours, gap in ((5.0, bar.gap_at_low_usd), (60.0, bar.gap_at_high_usd)):
        expected = _central(pc, pc_administration_h_per_year=hours) - _central(mac, pc_administration_h_per_year=hours)
        assert gap == pytest.approx(expected, rel=1e-9)


def test_tornado_is_sorted_inside_the_sliders_and_without_idle_bars() -> None:
    from calculator.risk.candidates import input_bounds

    bars = tornado(TWO)
    assert [bar.width_usd for bar in bars] == sorted((bar.width_usd for bar in bars), reverse=True)
    assert "cloud_price_trend_rate" not in {bar.name for bar in bars}
    for bar in bars:
        low, high = input_bounds(bar.name)
        assert low <= bar.low_value <= bar.central_value <= bar.high_value <= high


@pytest.mark.parametrize("months", [12, 36, 60])
def test_switching_value_plugged_back_gives_no_gap(months: int) -> None:
    scenario = SCENARIO.changed(months=months, when_full="buy-from-api")  # no machine is bought: costs have no steps
    points = [point for point in switching_values(TWO.under(scenario)) if point.value is not None]
    assert len(points) >= 3
    for point in points:
        found = costs(TWO.under(scenario), {point.name: np.array([point.value])})
        gap = found["pc"].present_value_cost_usd - found["mac"].present_value_cost_usd
        assert point.value is not None
        assert float(np.squeeze(gap)) == pytest.approx(0, abs=0.01), point.name
        assert point.winner == "pc"
        assert point.bounds[0] <= point.value <= point.bounds[1]


def test_switching_value_at_a_step_parts_the_winners_on_its_two_sides() -> None:
    # a further machine is bought where demand passes what the first can do: the gap jumps over 0 there
    points = [point for point in switching_values(TWO) if point.value is not None]
    assert points
    for point in points:
        assert point.value is not None
        step = 1e-6 * max(abs(point.value), 1e-3)
        found = costs(TWO, {point.name: np.array([point.value - step, point.value + step])})
        gap = np.asarray(found["pc"].present_value_cost_usd - found["mac"].present_value_cost_usd)
        assert gap.min() <= 0.01, point.name
        assert gap.max() >= -0.01, point.name


def test_switching_value_of_hours_is_worked_by_hand() -> None:
    # the gap is linear in the hours: gap(15) - (15 - h) * slope = 0
    mac, pc = TWO
    gap = [
        _central(pc, pc_administration_h_per_year=h) - _central(mac, pc_administration_h_per_year=h) for h in (14, 15)
    ]
    expected = 15 - gap[1] / (gap[1] - gap[0])
    (point,) = switching_values(TWO, names=["pc_administration_h_per_year"])
    assert point.value == pytest.approx(expected, rel=1e-6)
    assert point.in_range == (5 <= expected <= 60)


def test_switching_value_of_an_api_price_is_its_multiple() -> None:
    pair = candidates(OFFERS[0], OFFERS[3])
    (point,) = switching_values(pair, names=["host/llama.price_ratio"])
    own = _central(OFFERS[0])
    api = cost_of(API, scenario=SCENARIO)
    tokens = sum(
        -usd
        for entry, row in zip(api.entries, api.flows, strict=True)
        if "tokens" in entry.name
        for usd in np.array(row) * 1.1 ** (-np.arange(37) / 12)
    )
    expected = (own - (api.present_value_cost_usd - tokens)) / tokens
    if expected <= 20:
        assert point.value == pytest.approx(expected, rel=1e-6)
    else:
        assert point.value is None


def test_map_says_who_wins_where() -> None:
    hours, wages = np.linspace(0, 60, 21), np.linspace(20, 200, 19)
    found = who_wins(TWO, x=("pc_administration_h_per_year", hours), y=("wage_usd_per_h", wages))
    assert found.winner.shape == found.gap_usd.shape == (19, 21)
    mac, pc = TWO
    for row, column in ((0, 0), (18, 20), (7, 3)):
        values = {"wage_usd_per_h": float(wages[row]), "pc_administration_h_per_year": float(hours[column])}
        costs_usd = {"mac": _central(mac, **values), "pc": _central(pc, **values)}
        assert found.options[found.winner[row, column]] == min(costs_usd, key=lambda name: costs_usd[name])
        assert found.gap_usd[row, column] == pytest.approx(abs(costs_usd["mac"] - costs_usd["pc"]), rel=1e-9)
    assert found.options[found.winner[0, 0]] == "pc"
    assert found.options[found.winner[18, 20]] == "mac"


def test_map_of_one_input_is_refused() -> None:
    axis = ("wage_usd_per_h", np.array([1.0, 2.0]))
    with pytest.raises(CalculatorError, match="two different inputs"):
        who_wins(TWO, x=axis, y=axis)


def test_sensitivity_without_a_rival_is_refused() -> None:
    with pytest.raises(CalculatorError, match="only one option"):
        tornado(candidates(OFFERS[0]))
    with pytest.raises(CalculatorError, match="none of the options"):
        switching_values(candidates())


def test_unknown_input_is_refused() -> None:
    with pytest.raises(CalculatorError, match="hourly is not an input"):
        switching_values(TWO, names=["hourly"])
