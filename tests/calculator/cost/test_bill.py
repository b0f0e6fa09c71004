"""Equal service: what a machine misses is bought or stays unmet, and lost hours count once."""

import dataclasses
from typing import Any

import pytest

from calculator.cost.tco import Tco, cost_of
from tests.calculator.offers import API, MAC, MAC_USAGE, SCENARIO, TARIFF

FLAT = SCENARIO.changed(
    when_full="buy-from-api",
    when_down="buy-from-api",
    electricity_escalation_rate=0,
    wage_escalation_rate=0,
    inflation_rate=0,
    api_price_trend_rate=0,
    cloud_price_trend_rate=0,
    demand_growth_rate=0,
)


def _cost(option: Any, usage: Any, scenario: Any = SCENARIO, reference: Any = TARIFF, **values: float) -> Tco:
    return cost_of(option, scenario=scenario, usage=usage, reference_api=reference, values=values)


HALF = dataclasses.replace(MAC_USAGE, prefill_h_per_month=70, decode_h_per_month=140, served_fraction=0.5)


def test_overflow_is_bought_at_the_reference_price() -> None:
    lines = _cost(MAC, HALF, FLAT).lines
    api = _cost(API, None, FLAT).lines
    assert lines["overflow to API"] == pytest.approx(0.5 * (api["input tokens"] + api["output tokens"]))
    assert lines["energy decode"] == pytest.approx(-0.25 * 140 * 0.145 * 36)


def test_overflow_is_nothing_where_everything_is_served() -> None:
    assert "overflow to API" not in _cost(MAC, MAC_USAGE, FLAT).lines


def test_overflow_without_a_price_stays_unmet_and_is_said() -> None:
    tco = _cost(MAC, HALF, FLAT, reference=None)
    assert [remark.code for remark in tco.remarks] == ["unmet-demand"]
    assert tco.served_tokens == pytest.approx(0.5 * 4200 * 4200 * 36)


def test_requests_of_an_outage_are_bought_or_lost_and_its_hours_have_a_price_in_both() -> None:
    away = FLAT.changed(availability_fraction=0.9)
    bought = _cost(MAC, MAC_USAGE, away)
    assert bought.lines["overflow to API"] < 0
    assert bought.served_here_fraction == pytest.approx(0.9)
    assert bought.bought_fraction == pytest.approx(0.1)
    lost = _cost(MAC, MAC_USAGE, away.changed(when_down="lose"))
    assert "overflow to API" not in lost.lines
    assert lost.served_tokens == pytest.approx(0.9 * bought.served_tokens)
    for free in (bought, lost):
        priced = _cost(
            MAC, MAC_USAGE, away.changed(when_down="buy-from-api" if free is bought else "lose", downtime_usd_per_h=50)
        )
        assert priced.lines["downtime"] == pytest.approx(-0.1 * 210 * 50 * 36)
        assert priced.total_cost_usd == pytest.approx(free.total_cost_usd + 0.1 * 210 * 50 * 36)


def test_price_of_an_hour_without_is_continuous_at_nothing() -> None:
    for when_down in ("lose", "buy-from-api"):
        away = FLAT.changed(availability_fraction=0.97, when_down=when_down)
        none, hardly = (_cost(MAC, MAC_USAGE, away.changed(downtime_usd_per_h=usd)).total_cost_usd for usd in (0, 1e-6))
        assert hardly == pytest.approx(none, abs=0.01)
