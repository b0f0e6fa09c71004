"""A rented GPU: rate times paid hours, reservations, spot, worked by hand."""

import dataclasses
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from calculator import Scenario, compare, load_catalog
from calculator.cost.inputs import Inputs
from calculator.cost.rented import rate_remark
from calculator.cost.tco import Tco, cost_draws, cost_of
from calculator.finance.ledger import Horizon, Line
from calculator.service.usage import QuietHours
from tests.calculator.offers import (
    API,
    CLOUD,
    PC_USAGE,
    SCENARIO,
    TARIFF,
    known,
)

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


def _flow(tco: Tco, line: str) -> tuple[float, ...]:
    return dict(zip([entry.name for entry in tco.entries], tco.flows, strict=True))[line]


def _entry(tco: Tco, name: str) -> Line:
    return next(line for line in tco.entries if line.name == name)


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


def test_rented_gpu_that_demand_outgrows_is_rented_once_more_from_that_month() -> None:
    # 3.5 times the demand of month 1 fits; at 300 % a year D(m) = 4^((m-1)/12) passes 3.5 in month 12, 7 in 18, ...
    growing = FLAT.changed(demand_growth_rate=3.0, cloud_price_trend_rate=0.0, when_full="buy-another")
    tco = _cost(CLOUD, dataclasses.replace(PC_USAGE, capacity_ratio=3.5), growing)
    assert "overflow to API" not in tco.lines
    flow = _flow(tco, "further rental")
    each = 3 * 10.1 * 21  # dollars an hour, paid hours a day, days a month
    for month in range(1, 37):
        machines = max(1, math.ceil(4 ** ((month - 1) / 12) / 3.5 - 1e-9))
        assert flow[month] == pytest.approx(-(machines - 1) * each)


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
    discounts = [
        _entry(_cost(one, PC_USAGE, scenario), "rental").inputs.get("reserved_discount_fraction")
        for one in (CLOUD, offer)
    ]
    assert discounts == [0.35, None]


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
    scenario = FLAT.changed(cloud_rate="spot", spot_interruption_fraction=0.1)
    bill = -_cost(API, None, FLAT).lines["input tokens"] - _cost(API, None, FLAT).lines["output tokens"]
    lines = _cost(offer, PC_USAGE, scenario).lines
    assert lines["overflow to API"] == pytest.approx(-0.1 * bill)
    assert lines["rental"] == pytest.approx(-10.1 * 21 * 36)  # billed as if it were there
    lose = scenario.changed(downtime_usd_per_h=7, availability_fraction=0.9, when_down="lose")
    lost = _cost(offer, PC_USAGE, lose).lines
    assert lost["downtime"] == pytest.approx(-(1 - 0.9 * 0.9) * 210 * 7 * 36)
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


@pytest.mark.parametrize(("discount_rate", "is_cheaper"), [(0.05, False), (0.08, True)])
def test_last_months_on_demand_are_held_against_a_commitment_by_what_both_are_worth_on_its_first_day(
    discount_rate: float, is_cheaper: bool
) -> None:
    """Eight months at 2,190 are 17,520, paid month by month; a commitment paid at once is 12 x 1.95 x 730 = 17,082."""
    worth = sum(3 * 730 / (1 + discount_rate) ** (month / 12) for month in range(1, 9))
    assert (worth < 12 * 1.95 * 730) is is_cheaper
    terms = {"months": 20, "rental": "always-on", "reserved_upfront_fraction": 1.0, "discount_rate": discount_rate}
    flow = _flow(_cost(CLOUD, PC_USAGE, RESERVED.changed(**terms)), "rental")
    assert flow[13:] == pytest.approx([-3 * 730 if is_cheaper else 0.0] * 8)


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


@pytest.mark.parametrize(
    ("cloud_rate", "code", "says"),
    [
        ("on-demand", None, ""),
        ("serverless", None, ""),
        ("spot", "no-such-rate", "A rented GPU: no spot rate is known, so its on-demand rate is taken. Enter yours:"),
        (
            "reserved",
            "no-reserved-rate",
            "A rented GPU: no reserved rate is known, so its on-demand rate less 30% is taken. Enter yours:",
        ),
    ],
)
def test_rate_that_nobody_published_is_said_with_what_is_taken(cloud_rate: str, code: str | None, says: str) -> None:
    scenario = SCENARIO.changed(cloud_rate=cloud_rate, reserved_discount_fraction=0.3)
    found = rate_remark(CLOUD, scenario=scenario)
    assert (found.code if found else None) == code
    assert found is None or found.text.startswith(says)
    own = scenario.changed(figures={"cloud.rate_usd_per_h": 2.0}, options=("cloud",))
    assert rate_remark(CLOUD, scenario=own) is None


def test_quiet_hours_pay_for_the_machines_that_they_need() -> None:
    # two machines in the busiest hour, one in the other 0.9 of the hours: (2 + 9) / 20 of two all the time
    usage = dataclasses.replace(PC_USAGE, machine_count=2, quiet=QuietHours(1, 0.4, 0.9))
    (entry,) = [line for line in _cost(CLOUD, usage, FLAT).entries if line.name == "rental"]
    paid = 10.1 * 21 * 3 * 2
    assert _cost(CLOUD, usage, FLAT).lines["rental"] == pytest.approx(-paid * 0.55 * 36)
    assert entry.inputs["rented_h_ratio"] == pytest.approx(0.55)
    assert entry.formula.endswith("* machines * share of them that the quiet hours need")
    always = FLAT.changed(rental="always-on")
    (entry,) = [line for line in _cost(CLOUD, usage, always).entries if line.name == "rental"]
    assert _cost(CLOUD, usage, always).lines["rental"] == pytest.approx(-730 * 3 * 2 * 36)
    assert "rented_h_ratio" not in entry.inputs


@pytest.mark.parametrize(("quiet", "share"), [(None, 1.0), (QuietHours(1, 0.4, 0.9), 0.1)])
def test_further_machine_is_rented_from_its_month_for_the_hours_that_need_it(
    quiet: QuietHours | None, share: float
) -> None:
    # 210 of 41 busy hours: 5.12 times the demand; at 100 % a year the 29th month needs a second one, the quiet hours
    # with 0.4 of its demand none
    usage = dataclasses.replace(PC_USAGE, quiet=quiet)
    scenario = FLAT.changed(when_full="buy-another", demand_growth_rate=1.0)
    flow = _flow(_cost(CLOUD, usage, scenario), "further rental")
    month = math.floor(12 * math.log2(210 / 41)) + 2
    assert flow[month - 1] == 0
    assert flow[month] == pytest.approx(-10.1 * 21 * 3 * share)
    assert sum(flow) == pytest.approx(flow[month] * (37 - month))
    entry = next(line for line in _cost(CLOUD, usage, scenario).entries if line.name == "further rental")
    assert entry.inputs["first_month_of_1"] == month
    assert ("quiet_h_fraction" in entry.inputs) == (quiet is not None)
    always = _flow(_cost(CLOUD, usage, scenario.changed(rental="always-on")), "further rental")
    assert always[month] == pytest.approx(-730 * 3)


def test_serverless_machine_is_paid_by_the_second_and_grows_by_itself() -> None:
    found = _cost(CLOUD, PC_USAGE, FLAT.changed(cloud_rate="serverless", demand_growth_rate=2.0))
    assert not [name for name in found.lines if name.startswith(("overflow", "further"))]
    assert found.served_here_fraction == 1.0


def test_quiet_hours_rent_their_further_machine_from_the_month_in_which_they_need_it() -> None:
    # 5.12 times the demand; the quiet hours with 0.9 of it need the second machine at 5.69 times, two months later
    usage = dataclasses.replace(PC_USAGE, quiet=QuietHours(1, 0.9, 0.8))
    scenario = FLAT.changed(when_full="buy-another", demand_growth_rate=1.0)
    flow = _flow(_cost(CLOUD, usage, scenario), "further rental")
    busiest, quiet = (math.floor(12 * math.log2(210 / 41 / ratio)) + 2 for ratio in (1.0, 0.9))
    paid = -10.1 * 21 * 3
    assert quiet > busiest
    assert flow[busiest - 1] == 0
    assert flow[busiest] == pytest.approx(0.2 * paid)
    assert flow[quiet] == pytest.approx(paid)
    entry = next(line for line in _cost(CLOUD, usage, scenario).entries if line.name == "further rental")
    assert entry.inputs["first_quiet_month_of_1"] == quiet
