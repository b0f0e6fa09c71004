"""Equal service: what a machine misses is bought or stays unmet, and lost hours count once."""

import dataclasses
from typing import Any, Literal

import numpy as np
import pytest

from calculator.cost.bill import administration, monthly_extra, setup
from calculator.cost.inputs import Inputs
from calculator.cost.tco import Tco, charges_of, cost_of
from calculator.finance.courses import Once
from calculator.finance.ledger import monthly_usd
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
    tco = _cost(MAC, MAC_USAGE, FLAT)
    assert "overflow to API" not in tco.lines
    assert tco.remarks == ()


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


def test_setup_and_administration_are_hours_at_the_wage() -> None:
    inputs = Inputs(FLAT.changed(wage_usd_per_h=95))
    one, three = setup(inputs, setup_h=4), setup(inputs, setup_h=4, count=3, at=Once(5))
    assert (one.name, one.hardness, one.kind) == ("setup", "soft", "running")
    assert monthly_usd(one, months=12)[0] == -380
    assert monthly_usd(three, months=12).tolist() == [0, 0, 0, 0, 0, -1_140, *[0] * 7]
    assert one.inputs == {"setup_h": 4, "wage_usd_per_h": 95, "machine_count": 1}
    care = administration(inputs, care=("mac_administration_h_per_year", 6.0))
    assert monthly_usd(care, months=3).tolist() == [0, -47.5, -47.5, -47.5]
    assert care.inputs == {"mac_administration_h_per_year": 6.0, "wage_usd_per_h": 95, "machine_count": 1}
    later = administration(inputs, care=("h", 6.0), count=2, first_month=3)
    assert monthly_usd(later, months=3).tolist() == [0, 0, 0, -95]


def test_wage_of_administration_grows_each_year() -> None:
    care = administration(Inputs(FLAT.changed(wage_escalation_rate=0.1, wage_usd_per_h=100)), care=("h", 12.0))
    assert monthly_usd(care, months=13)[12:].tolist() == pytest.approx([-100, -110])


@pytest.mark.parametrize("name", ["space", "software"])
def test_sum_per_month_that_a_person_adds_is_a_line_only_where_there_is_one(name: Literal["space", "software"]) -> None:
    assert monthly_extra(Inputs(FLAT), name) == []
    (line,) = monthly_extra(Inputs(FLAT.changed(**{f"{name}_usd_per_month": 40, "inflation_rate": 0.05})), name)
    assert line.name == name
    assert monthly_usd(line, months=13)[[1, 12, 13]].tolist() == pytest.approx([-40, -40, -42])


def test_overflow_says_what_is_missed_and_at_which_price() -> None:
    tco = _cost(MAC, HALF, FLAT)
    (entry,) = [line for line in tco.entries if line.name == "overflow to API"]
    seen = entry.inputs
    assert seen["missed_month_1_fraction"] == pytest.approx(0.5)
    assert seen["capacity_ratio"] == pytest.approx(0.5)
    assert seen["availability_fraction"] == 1.0
    assert seen["input_mtok_per_month"] == pytest.approx(4200 * 3800 / 1e6)
    assert seen["output_usd_per_mtok"] == 0.6
    assert tco.served_here_fraction == pytest.approx(0.5)
    assert tco.bought_fraction == pytest.approx(0.5)


def test_overflow_of_draws_leaves_out_what_only_explains_it() -> None:
    drawn = Inputs(FLAT, {"wage_usd_per_h": np.array([60.0, 90.0])})
    charges = charges_of(MAC, inputs=drawn, usage=HALF, reference_api=TARIFF)
    (entry,) = [line for line in charges.lines if line.name == "overflow to API"]
    assert "missed_month_1_fraction" not in entry.inputs
