"""A rented GPU: rate times paid hours, reservations, spot, worked by hand."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from calculator import Scenario, compare, load_catalog
from calculator.cost.inputs import Inputs
from calculator.cost.tco import Tco, cost_draws, cost_of
from calculator.finance.ledger import Horizon
from tests.calculator.offers import (
    API,
    CLOUD,
    PC_USAGE,
    SCENARIO,
    TARIFF,
    known,
)

FLAT = SCENARIO.changed(
    electricity_escalation_rate=0,
    wage_escalation_rate=0,
    inflation_rate=0,
    api_price_trend_rate=0,
    cloud_price_trend_rate=0,
    demand_growth_rate=0,
)


def _cost(option: Any, usage: Any, scenario: Any = SCENARIO, reference: Any = TARIFF, **values: float) -> Tco:
    return cost_of(option, scenario=scenario, usage=usage, reference_api=reference, values=values)


def _flow(tco: Tco, line: str) -> tuple[float, ...]:
    return dict(zip([entry.name for entry in tco.entries], tco.flows, strict=True))[line]


CATALOG = load_catalog()


def test_lines_of_a_rented_gpu_are_those_worked_by_hand() -> None:
    lines = _cost(CLOUD, PC_USAGE, FLAT).lines
    # 10 h on + 6 min start-up = 10.1 h a day, 21 days a month, 3 $/h
    assert lines["rental"] == pytest.approx(-10.1 * 21 * 3 * 36)
    assert lines["storage"] == pytest.approx(-200 * 0.1 * 36)
    assert lines["administration"] == pytest.approx(-10 / 12 * 95 * 36)
    always = _cost(CLOUD, PC_USAGE, FLAT.changed(rental="always-on")).lines
    assert always["rental"] == pytest.approx(-730 * 3 * 36)


def test_rental_is_billed_in_whole_steps() -> None:
    by_hour = CLOUD.model_copy(
        update={"billing_minutes": CLOUD.billing_minutes.model_copy(update={"low": 60, "central": 60, "high": 60})}
    )
    assert _cost(by_hour, PC_USAGE, FLAT).lines["rental"] == pytest.approx(-11 * 21 * 3 * 36)


def test_rented_gpu_never_buys_a_further_machine() -> None:
    scenario = FLAT.changed(demand_growth_rate=3.0)
    again = _cost(CLOUD, PC_USAGE, scenario.changed(when_full="buy-another"))
    assert again.lines == _cost(CLOUD, PC_USAGE, scenario).lines


def test_rental_takes_the_rate_that_is_asked_for() -> None:
    spot = CLOUD.rates[0].model_copy(update={"kind": "spot", "rate_usd_per_h": known(1.0, "USD/h")})
    offer = CLOUD.model_copy(update={"rates": (*CLOUD.rates, spot)})
    assert _cost(offer, PC_USAGE, FLAT.changed(cloud_rate="spot")).lines["rental"] == pytest.approx(-10.1 * 21 * 36)
    without = _cost(CLOUD, PC_USAGE, FLAT.changed(cloud_rate="spot"))  # no spot rate: on demand, and never taken away
    assert without.lines == _cost(CLOUD, PC_USAGE, FLAT).lines


def test_reservation_is_paid_around_the_clock_at_the_price_of_its_first_day() -> None:
    # 3.00 less 35 % = 1.95 for 730 h; prices fall by 20 % a year, fixed for the 12 months of each commitment
    scenario = FLAT.changed(cloud_rate="reserved", cloud_price_trend_rate=-0.2)
    month = 1.95 * 730
    flow = _flow(_cost(CLOUD, PC_USAGE, scenario), "rental")
    assert flow[1] == flow[12] == pytest.approx(-month)
    assert flow[13] == flow[24] == pytest.approx(-month * 0.8)
    assert sum(flow) == pytest.approx(-12 * month * (1 + 0.8 + 0.64))
    listed = CLOUD.rates[0].model_copy(update={"kind": "reserved", "rate_usd_per_h": known(1.5, "USD/h")})
    offer = CLOUD.model_copy(update={"rates": (*CLOUD.rates, listed)})  # a rate of its own needs no discount
    assert _flow(_cost(offer, PC_USAGE, scenario), "rental")[1] == pytest.approx(-1.5 * 730)
    own = scenario.changed(options=("cloud",), figures={"cloud.rate_usd_per_h": 2.0})
    assert _flow(_cost(CLOUD, PC_USAGE, own), "rental")[1] == pytest.approx(-2.0 * 730)


def test_reservation_paid_at_once_moves_money_to_the_start_of_each_commitment() -> None:
    monthly = FLAT.changed(cloud_rate="reserved", months=36)
    half = monthly.changed(reserved_upfront_fraction=0.5)
    tco = _cost(CLOUD, PC_USAGE, half)
    once = {month: usd for month, usd in enumerate(_flow(tco, "reservation")) if usd}
    year = 1.95 * 730 * 12
    assert once == {month: pytest.approx(-year / 2) for month in (0, 12, 24)}
    assert tco.total_cost_usd == pytest.approx(_cost(CLOUD, PC_USAGE, monthly).total_cost_usd)
    assert tco.present_value_cost_usd > _cost(CLOUD, PC_USAGE, monthly).present_value_cost_usd


def test_reservation_was_paid_to_its_end_when_one_stopped_before() -> None:
    # version 0.1: 18 months need two commitments of 12; the six months left of the second fall due with the last
    flow = _flow(_cost(CLOUD, PC_USAGE, FLAT.changed(cloud_rate="reserved", months=18, rules=1)), "rental")
    assert flow[17] == pytest.approx(-1.95 * 730)
    assert flow[18] == pytest.approx(-1.95 * 730 * 7)


def test_spot_machine_that_is_taken_away_buys_what_it_misses_or_counts_lost_hours() -> None:
    spot = CLOUD.rates[0].model_copy(update={"kind": "spot", "rate_usd_per_h": known(1.0, "USD/h")})
    offer = CLOUD.model_copy(update={"rates": (*CLOUD.rates, spot)})
    scenario = FLAT.changed(cloud_rate="spot", spot_interruption_fraction=0.1, when_down="buy-from-api")
    bill = -_cost(API, None, FLAT).lines["input tokens"] - _cost(API, None, FLAT).lines["output tokens"]
    lines = _cost(offer, PC_USAGE, scenario).lines
    assert lines["overflow to API"] == pytest.approx(-0.1 * bill)
    assert lines["rental"] == pytest.approx(-10.1 * 21 * 36)  # billed as if it were there
    priced = scenario.changed(downtime_usd_per_h=7, availability_fraction=0.9)
    both, lost = (_cost(offer, PC_USAGE, priced.changed(when_down=when)).lines for when in ("buy-from-api", "lose"))
    assert lost["downtime"] == both["downtime"] == pytest.approx(-(1 - 0.9 * 0.9) * 210 * 7 * 36)
    assert both["overflow to API"] == pytest.approx(-(1 - 0.9 * 0.9) * bill)
    assert "overflow to API" not in lost


def test_hour_and_month_are_never_confused() -> None:
    # pitfall 13: an hourly rate around the clock is 730 hours a month, 8,760 a year: not once a month (730 times too
    # cheap)
    around = Scenario(rental="always-on", cloud_price_trend_rate=0.0, months=12, options=("cloud-h100",))
    row = compare(around, CATALOG).options[0]
    assert row.tco is not None
    rate = CATALOG.clouds["cloud-h100"].rate().rate_usd_per_h.central
    assert row.tco.lines["rental"] == pytest.approx(-8760 * rate)


RESERVED = FLAT.changed(cloud_rate="reserved")


def test_months_beyond_the_last_commitment_are_paid_on_demand_where_that_is_cheaper() -> None:
    # one month of 10.1 paid hours on 21 days at 3 dollars is 636; twelve months of a commitment 17,082
    flow = _flow(_cost(CLOUD, PC_USAGE, RESERVED.changed(months=13)), "rental")
    assert flow[12] == pytest.approx(-1.95 * 730)
    assert flow[13] == pytest.approx(-3 * 10.1 * 21)
    # around the clock eleven months cost 11 * 2,190 on demand: one more commitment is cheaper, and its last month
    # falls due with the eleventh, at its value then
    always = RESERVED.changed(months=23, rental="always-on")
    flow = _flow(_cost(CLOUD, PC_USAGE, always), "rental")
    month = 1.95 * 730
    assert flow[22] == pytest.approx(-month)
    assert flow[23] == pytest.approx(-month * (1 + (1 + always.discount_rate) ** (-1 / 12)))


@pytest.mark.parametrize("upfront", [0.0, 0.5])
@pytest.mark.parametrize("rental", ["working-hours", "always-on"])
def test_reserved_rental_never_costs_less_for_longer(rental: str, upfront: float) -> None:
    terms = {"cloud_rate": "reserved", "rental": rental, "reserved_upfront_fraction": upfront}
    found = [_cost(CLOUD, PC_USAGE, SCENARIO.changed(months=months, **terms)) for months in range(12, 49)]
    for shorter, longer in pairwise(found):
        assert longer.lines["rental"] + longer.lines.get("reservation", 0) <= (
            shorter.lines["rental"] + shorter.lines.get("reservation", 0) + 1e-6
        )
        assert longer.present_value_cost_usd >= shorter.present_value_cost_usd - 1e-6


def test_reserved_rental_of_draws_is_that_of_each_draw() -> None:
    scenario = SCENARIO.changed(months=20, cloud_rate="reserved", rental="always-on")
    rates = np.array([0.0, 0.4, 0.7])  # discounts: the months that are left are on demand in the first
    inputs = Inputs(scenario, {"reserved_discount_fraction": rates})
    horizon = Horizon(20, scenario.discount_rate)
    drawn = cost_draws(CLOUD, inputs=inputs, horizon=horizon, usage=PC_USAGE, reference_api=TARIFF)
    alone = [
        _cost(CLOUD, PC_USAGE, scenario, reserved_discount_fraction=float(rate)).present_value_cost_usd
        for rate in rates
    ]
    assert drawn.present_value_cost_usd == pytest.approx(alone, rel=1e-9)
