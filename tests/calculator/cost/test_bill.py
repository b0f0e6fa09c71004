"""Equal service: what a machine misses is bought or stays unmet, and lost hours count once."""

import dataclasses
from typing import Any

import pytest

from calculator.cost.tco import Tco, cost_of
from tests.calculator.offers import API, MAC, MAC_USAGE, SCENARIO, TARIFF

FLAT = SCENARIO.changed(
    electricity_escalation_rate=0,
    wage_escalation_rate=0,
    inflation_rate=0,
    api_price_trend_rate=0,
    cloud_price_trend_rate=0,
    demand_growth_rate=0,
    when_full="buy-from-api",
    when_down="buy-from-api",
)


def _cost(option: Any, usage: Any, scenario: Any = SCENARIO, reference: Any = TARIFF, **values: float) -> Tco:
    return cost_of(option, scenario=scenario, usage=usage, reference_api=reference, values=values)


HALF = dataclasses.replace(MAC_USAGE, prefill_h_per_month=70, decode_h_per_month=140, served_fraction=0.5)


def test_overflow_is_bought_at_the_reference_price() -> None:
    lines = _cost(MAC, HALF, FLAT).lines
    api = _cost(API, None, FLAT).lines
    assert lines["overflow to API"] == pytest.approx(0.5 * (api["input tokens"] + api["output tokens"]))
    assert lines["energy decode"] == pytest.approx(-0.25 * 140 * 0.135 * 36)


def test_overflow_is_nothing_where_everything_is_served() -> None:
    assert "overflow to API" not in _cost(MAC, MAC_USAGE, FLAT).lines


def test_overflow_without_a_price_stays_unmet_and_is_said() -> None:
    tco = _cost(MAC, HALF, FLAT, reference=None)
    assert [remark.code for remark in tco.remarks] == ["unmet-demand"]
    assert tco.served_tokens == pytest.approx(0.5 * 4200 * 4200 * 36)


def test_outage_is_bought_or_lost_never_both_and_its_hours_are_priced_in_either() -> None:
    # pitfall 18; 4,200 requests a month of 3,800 tokens in at $0.20 and 400 out at $0.60 per million
    bill = 4200 * (3800 * 0.2 + 400 * 0.6) / 1e6 * 36
    out = FLAT.changed(availability_fraction=0.9)
    bought = _cost(MAC, MAC_USAGE, out).lines
    assert bought["overflow to API"] == pytest.approx(-0.1 * bill)
    assert "downtime" not in bought
    for when_down in ("lose", "buy-from-api"):
        priced = _cost(MAC, MAC_USAGE, out.changed(when_down=when_down, downtime_usd_per_h=50))
        assert priced.lines["downtime"] == pytest.approx(-0.1 * 210 * 50 * 36)
        assert ("overflow to API" in priced.lines) == (when_down == "buy-from-api")
        assert priced.served_tokens == pytest.approx((0.9 if when_down == "lose" else 1.0) * 4200 * 4200 * 36)
