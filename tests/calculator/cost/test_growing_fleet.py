"""Further machines of draws, reckoned only where they come: the same dollars as the ledger of each future by itself."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.cost.growing_fleet import (
    NEVER,
    BusyStretch,
    GrowingFleet,
    Purchases,
    always_busy,
    always_busy_by_purchase,
    full_months,
    purchases_of,
)
from calculator.cost.inputs import Inputs
from calculator.cost.tco import cost_draws, cost_of
from calculator.finance.courses import Course, Excess
from calculator.finance.ledger import Horizon
from calculator.number import Picked
from calculator.scenario.scenario import Lease
from calculator.service.usage import QuietHours
from tests.calculator.offers import CLOUD, MAC, MAC_USAGE, PC, PC_USAGE, SCENARIO, TARIFF

CATALOG = load_catalog()
RENTED_USAGE = dataclasses.replace(MAC_USAGE, quiet=QuietHours(1, 0.4, 0.9))
HELD: list[tuple[Any, Any, dict[str, Any]]] = [
    (MAC, MAC_USAGE, {}),
    (PC, PC_USAGE, {}),
    (PC, PC_USAGE, {"already_own_usd": {"pc": 5_000.0}}),
    (MAC, MAC_USAGE, {"leases": {"mac": Lease(usd_per_month=300, in_advance=True, buyout_usd=1_000)}}),
    (CLOUD, RENTED_USAGE, {}),
    (CLOUD, RENTED_USAGE, {"cloud_rate": "reserved", "reserved_upfront_fraction": 0.4}),
    (CLOUD, RENTED_USAGE, {"cloud_rate": "spot"}),
    (CLOUD, RENTED_USAGE, {"rental": "always-on"}),
]
EXTRAS = {
    "electrical_work_usd": 800,
    "warranty_usd": 500,
    "disposal_usd": 100,
    "insurance_rate": 0.02,
    "space_usd_per_month": 40,
    "demand_charge_usd_per_kw_month": 10,
    "peak_hours_fraction": 0.5,
    "peak_price_ratio": 3,
    "downtime_usd_per_h": 25,
    "cloud_price_trend_rate": -0.1,
}
RATES = {
    "demand_growth_rate": (-0.5, 4.0),
    "requests_per_working_day": (0.0, 9_000.0),
    "wage_usd_per_h": (20.0, 200.0),
    "wage_escalation_rate": (-0.02, 0.08),
    "electricity_escalation_rate": (-0.02, 0.1),
    "inflation_rate": (0.0, 0.06),
    "care_growth_rate": (0.0, 0.1),
    "failure_growth_rate": (0.0, 0.2),
    "discount_rate": (0.0, 0.2),
    "availability_fraction": (0.9, 1.0),
    "tax_rate": (0.0, 0.4),
    "insurance_rate": (0.0, 0.05),
    "mac.decode_speed_ratio": (0.5, 2.0),
    "mac.price_usd": (5_000.0, 15_000.0),
    "pc.prefill_speed_ratio": (0.5, 2.0),
    "cloud.rate_usd_per_h": (1.0, 5.0),
}


@given(
    held=st.sampled_from(HELD),
    seed=st.integers(0, 2**32 - 1),
    months=st.integers(12, 84),
    room=st.sampled_from([0.04, 0.5, 3.5, 6.0, 40.0]),
    count=st.integers(1, 3),
    tax=st.sampled_from(["none", "expense", "straight-line", "macrs-half-year"]),
    timing=st.sampled_from(["month-end", "mid-month", "annual-end"]),
    off_hours=st.sampled_from(["off", "idle"]),
    drawn=st.sets(st.sampled_from(sorted(RATES)), min_size=1),
)
@example(
    held=next(one for one in HELD if one[1].quiet is not None),
    seed=0,
    months=12,
    room=6.0,
    count=3,
    tax="none",
    timing="month-end",
    off_hours="off",
    drawn={
        "requests_per_working_day",
        "demand_growth_rate",
        "availability_fraction",
        "care_growth_rate",
        "discount_rate",
        "cloud.rate_usd_per_h",
    },
)
@settings(max_examples=60, deadline=None)
def test_draws_cost_what_the_ledger_of_each_does(  # noqa: PLR0917 - hypothesis gives each by name
    held: tuple[Any, Any, dict[str, Any]],
    seed: int,
    months: int,
    room: float,
    count: int,
    tax: str,
    timing: Any,
    off_hours: str,
    drawn: set[str],
) -> None:
    option, usage, terms = held
    usage = dataclasses.replace(usage, capacity_ratio=room, machine_count=count)
    scenario = SCENARIO.changed(
        when_full="buy-another", months=months, tax_mode=tax, timing=timing, off_hours=off_hours, **EXTRAS, **terms
    )
    random = np.random.default_rng(seed)
    values = {name: random.uniform(*RATES[name], size=5) for name in sorted(drawn)}
    if "demand_growth_rate" in values:
        values["demand_growth_rate"][0] = 0.0
    inputs = Inputs(scenario, values, CATALOG.tax)
    horizon = Horizon(months, inputs.discount_rate, timing)
    found = cost_draws(option, inputs=inputs, horizon=horizon, usage=usage, reference_api=TARIFF)
    for index in range(5):
        one = cost_of(
            option,
            scenario=scenario,
            usage=usage,
            reference_api=TARIFF,
            values={name: float(each[index]) for name, each in values.items()},
            tax_tables=CATALOG.tax,
        )
        dollars = (one.total_cost_usd, one.present_value_cost_usd, one.hard_present_value_cost_usd)
        draws = (found.total_cost_usd, found.present_value_cost_usd, found.hard_present_value_cost_usd)
        for drawn_usd, usd in zip(draws, dollars, strict=True):
            assert np.broadcast_to(drawn_usd, (5,))[index] == pytest.approx(usd, rel=1e-9, abs=1e-6)


DOUBLING = GrowingFleet(one=1.0, count=1, further=3, growth=1.0, highest=8.0)
"""Demand of one machine that doubles every year; in month 37 it is eight times that of month 1."""


def months_of(fleet: GrowingFleet) -> list[float]:
    return [float(month) for month in full_months(fleet)]


def test_further_machine_is_needed_in_the_month_after_demand_meets_the_room() -> None:
    """2^((m-1)/12) passes 1 in month 2, 2 in month 14 (month 13 meets it), 3 in month 21 (2.997 in month 20)."""
    assert months_of(DOUBLING) == [2, 14, 21]
    assert months_of(dataclasses.replace(DOUBLING, count=2, further=1)) == [14]
    assert months_of(dataclasses.replace(DOUBLING, one=0.4)) == [1, 1, 5]  # 0.4, 0.8 and 1.2 = 2^(3.16/12)


@pytest.mark.parametrize("highest", [2.0, 2.0 * (1 - 1e-10), 2.0 * (1 + 1e-10)])
def test_demand_that_ends_at_the_room_but_for_rounding_needs_no_machine(highest: float) -> None:
    assert months_of(dataclasses.replace(DOUBLING, highest=highest)) == [2, NEVER, NEVER]


def test_demand_that_does_not_grow_needs_a_further_machine_at_once_or_never() -> None:
    for growth in (0.0, -0.5):
        assert months_of(GrowingFleet(0.75, 1, 2, growth, 1.0)) == [1, NEVER]
        assert months_of(GrowingFleet(1.0, 1, 1, growth, 8.0)) == [NEVER]  # whatever its highest is taken for
    assert months_of(GrowingFleet(2.0, 1, 1, 1e-9, 8.0)) == [NEVER]  # in eight billion months
    assert months_of(GrowingFleet(0.0, 1, 2, 1.0, 8.0)) == [1, 1]
    assert NEVER > 84  # the longest plan


def inputs_of(draws: int, months: int = 37) -> Inputs:
    return Inputs(SCENARIO.changed(months=months), {"demand_growth_rate": np.zeros(draws)}, CATALOG.tax)


def test_purchases_of_draws_are_those_of_a_loop_over_months() -> None:
    one, growth = np.array([1.0, 1.0, 0.4, 0.3, 2.5, 9.0]), np.array([1.0, 0.0, 1.0, 0.0, 0.5, 1.0])
    highest = np.maximum(1.0, (1 + growth) ** 3)
    fleet = GrowingFleet(one, 1, 9, growth, highest)
    expected: dict[tuple[int, int], int] = {}
    for draw in range(6):
        for further in range(9):
            demand = ((1 + growth[draw]) ** ((month - 1) / 12) for month in range(1, 38))
            above = (month for month, of in enumerate(demand, 1) if of > one[draw] * (1 + further) * (1 + 1e-9))
            if (month := next(above, None)) is not None:
                expected[draw, month] = expected.get((draw, month), 0) + 1
    found = purchases_of(inputs_of(6), fleet=fleet)
    assert found is not None
    keys = list(zip(found.picked.rows.tolist(), found.months.tolist(), strict=True))
    assert dict(zip(keys, found.picked.counts.tolist(), strict=True)) == expected
    assert set(found.picked.rows.tolist()) == {0, 2, 3, 4}
    there = [1 + sum(expected[key] for key in keys[: at + 1] if key[0] == keys[at][0]) for at in range(len(keys))]
    assert found.machine_counts.tolist() == there
    firsts = [at == 0 or keys[at - 1][0] != keys[at][0] for at in range(len(keys))]
    assert found.is_first().tolist() == firsts
    assert not found.picked.rows.flags.writeable
    assert found.picked.draw_count == 6


def test_no_purchases_where_no_machine_comes_within_the_plan() -> None:
    growth, highest = np.array([1.0, 0.0]), np.array([8.0, 1.0])
    fleet = GrowingFleet(1.0, 1, 3, growth, highest)
    assert purchases_of(inputs_of(2), fleet=dataclasses.replace(fleet, one=8.0)) is None
    assert purchases_of(inputs_of(2), fleet=dataclasses.replace(fleet, further=0)) is None
    found = purchases_of(inputs_of(2, months=14), fleet=fleet)
    assert found is not None
    assert found.months.tolist() == [2, 14]  # the third would come in month 21


def stretch_of(stretch: BusyStretch) -> tuple[Any, ...]:
    excess = stretch.excess
    return tuple(np.asarray(one).tolist() for one in (excess.room, excess.first_month, excess.last_month))


def test_stretches_in_which_machines_are_always_busy_by_hand() -> None:
    """A machine takes 2 in its hours and larger batches; 1.5 fills its hours. A second one comes in month 14."""
    fleet, full = GrowingFleet(2.0, 1, 1, 1.0, 3.5), (14.0,)
    first, second = always_busy(1.5, fleet, full=full)
    assert stretch_of(first) == (1.5, 1, 13)
    assert stretch_of(second) == (3.0, 14, None)
    assert isinstance(first.excess, Excess)
    assert first.excess.growth_rate == 1.0
    # the last one is told whenever another is, since demand may stay above its capacity
    assert len(always_busy(1.5, dataclasses.replace(fleet, highest=2.5), full=full)) == 2
    assert always_busy(2.0, fleet, full=full) == ()  # larger batches gain nothing
    (alone,) = always_busy(1.9, fleet, full=())
    assert stretch_of(alone) == (1.9, 1, None)
    assert always_busy(1.9, dataclasses.replace(fleet, highest=1.9), full=()) == ()
    (late,) = always_busy(2.5, dataclasses.replace(fleet, highest=4.5), full=full)
    assert stretch_of(late) == (4.0, 14, None)
    some = dataclasses.replace(fleet, highest=np.array([1.0, 1.6]), growth=np.array([0.0, 0.2]))
    assert len(always_busy(1.5, some, full=())) == 1  # one draw is enough


def test_stretches_of_draws_run_from_purchase_to_purchase_by_hand() -> None:
    fleet = GrowingFleet(2.0, 1, 3, np.array([1.0, 0.0, 0.5]), np.array([8.5, 1.0, 3.5]))
    picked = Picked(np.array([0, 0, 2]), np.array([1.0, 2.0, 1.0]), 3)
    purchases = Purchases(picked, np.array([5.0, 9.0, 4.0]), np.array([2.0, 4.0, 2.0]))
    before, after = always_busy_by_purchase(1.5, fleet, purchases)
    assert before.picked is None
    assert stretch_of(before) == (1.5, 1, [4, NEVER, 3])
    assert after.picked is not None
    assert stretch_of(after) == ([3.0, 6.0, 3.0], [5, 9, 4], [8, NEVER, NEVER])
    assert after.picked.counts.tolist() == [1, 1, 1]  # the stretch is the fleet's, however many came at once
    assert np.asarray(after.excess.growth_rate).tolist() == [1.0, 1.0, 0.5]
    calm = dataclasses.replace(fleet, highest=np.array([6.0, 1.0, 3.0]))
    _, some = always_busy_by_purchase(1.5, calm, purchases)
    assert stretch_of(some)[0] == [3.0, math.inf, math.inf]  # 6 and 3 are met just so
    (only,) = always_busy_by_purchase(2.0, fleet, purchases)
    assert stretch_of(only)[0] == [math.inf, 8.0, math.inf]  # all four are there, and demand is 8.5
    assert always_busy_by_purchase(2.0, calm, purchases) == ()
    assert always_busy_by_purchase(1.5, dataclasses.replace(fleet, highest=np.full(3, 1.5)), purchases) == ()


def test_course_of_purchases_begins_with_each_and_knows_that_of_the_draw() -> None:
    growth = np.array([0.1, 0.2, 0.3])
    picked = Picked(np.array([2, 0]), np.array([1.0, 1.0]), 3)
    of_draw = Course(growth, 0.02)
    found = Purchases(picked, np.array([5.0, 9.0]), np.array([2.0, 2.0])).course(of_draw, months_free=12)
    course = found.course()
    assert isinstance(course, Course)
    assert np.asarray(course.growth_rate).tolist() == [0.3, 0.1]
    assert np.asarray(course.first_month).tolist() == [17.0, 21.0]
    assert course.whole == (of_draw, picked)
    assert found.picked is picked
