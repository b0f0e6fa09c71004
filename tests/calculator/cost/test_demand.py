"""Demand and load: growth past the capacity, busy hours, and no demand at all."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from calculator.cost.demand import Load
from calculator.cost.inputs import Inputs
from calculator.cost.tco import Tco, cost_of
from calculator.finance.courses import course_values
from calculator.service.usage import Usage
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


def test_demand_that_grows_past_the_machine_overflows_from_then_on() -> None:
    # 60 of 210 hours busy: 3.5 times the demand fits. At 300 % growth a year D(m) = 4^((m-1)/12) passes 3.5 in month 12
    tco = _cost(MAC, MAC_USAGE, FLAT.changed(demand_growth_rate=3.0))
    flow = dict(zip([line.name for line in tco.entries], tco.flows, strict=True))["overflow to API"]
    assert flow[11] == 0
    assert flow[12] < 0
    per_month = 4200 * (3800 * 0.2 + 400 * 0.6) / 1e6
    assert flow[30] == pytest.approx(-(4 ** (29 / 12) - 3.5) * per_month)


def test_machines_cost_the_same_past_saturation_but_for_the_api() -> None:
    # a break-even volume may not exist: past saturation both sides grow with the API price alone
    def gap(requests: float) -> float:
        own = _cost(MAC, MAC_USAGE, FLAT, requests_per_working_day=requests).present_value_cost_usd
        return own - _cost(API, None, FLAT, requests_per_working_day=requests).present_value_cost_usd

    assert gap(2_000) == pytest.approx(gap(20_000), abs=1e-6)


def test_requests_and_speed_scale_the_busy_hours() -> None:
    once, twice = _cost(MAC, MAC_USAGE, FLAT), _cost(MAC, MAC_USAGE, FLAT, requests_per_working_day=400)
    assert twice.lines["energy decode"] == pytest.approx(2 * once.lines["energy decode"])
    faster = _cost(MAC, MAC_USAGE, FLAT, **{"mac.decode_speed_ratio": 2.0})
    assert faster.lines["energy decode"] == pytest.approx(0.5 * once.lines["energy decode"])
    assert faster.lines["energy idle"] < once.lines["energy idle"]  # more hours idle


def test_no_demand_gives_no_cost_per_token_but_a_cost() -> None:
    tco = _cost(MAC, Usage(on_h_per_month=210, idle_w=10), FLAT.changed(requests_per_working_day=0))
    assert np.isnan(tco.usd_per_mtok)
    assert "no-tokens" in [remark.code for remark in tco.remarks]
    assert tco.total_cost_usd > 5_000


def test_month_is_a_twelfth_of_a_year() -> None:
    # pitfall 13: 36 months of an always-on 10 W are 3 * 8,760 h, not 36 * 30 days
    asleep = Usage(on_h_per_month=0, sleep_w=10)
    tco = _cost(MAC, asleep, FLAT.changed(requests_per_working_day=0))
    assert tco.energy_kwh == pytest.approx(0.01 * 8760 * 3)


@pytest.mark.parametrize("growth", [0.0, 0.5, -0.3])
@pytest.mark.parametrize("speed", [0.2, 0.6, 1.0])
def test_parts_of_the_day_are_busy_for_what_they_take_and_never_beyond_the_hours_on(
    growth: float, speed: float
) -> None:
    usage = dataclasses.replace(
        MAC_USAGE, capacity_ratio=0.4, quiet_capacity_ratio=1.3, peak_fraction=0.2, when_full="buy-from-api"
    )
    scenario = SCENARIO.changed(demand_growth_rate=growth, when_full="buy-from-api", months=36)
    given = {"mac.decode_speed_ratio": speed, "mac.prefill_speed_ratio": speed}
    load = Load.of("mac", Inputs(scenario, given), usage, may_grow=True)
    busy = load.busy_hours()
    flows = [
        sum(np.asarray(term.amount_usd) * course_values(term.course, months=36)[1:] for term in terms)
        for terms in (busy["prefill"], busy["decode"])
    ]
    demand = (1 + growth) ** (np.arange(36) / 12)
    taken = 0.2 * np.minimum(demand, 0.4 * speed) + 0.8 * np.minimum(demand, 1.3 * speed)
    expected = np.minimum(taken * (load.prefill_h + load.decode_h), load.working_h)
    assert np.asarray(sum(flows)) == pytest.approx(expected, rel=1e-9)
