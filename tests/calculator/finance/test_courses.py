"""Courses: laid out by month and summed in closed form they are the same numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.finance.courses import Course, Excess, Once, course_sums, course_values, passes
from calculator.finance.discounting import Timing
from calculator.finance.ledger import Horizon

timings = st.sampled_from(["month-end", "mid-month", "annual-end"])
rates = st.floats(-0.4, 0.6)


def test_course_grows_by_step_each_year_and_not_in_the_first() -> None:
    # pitfall 3: year 1 is never escalated; 2 % a year from month 13 on
    values = course_values(Course(step_rate=0.02), months=36)
    assert values[1] == values[12] == 1.0
    assert values[13] == values[24] == pytest.approx(1.02)
    assert values[25] == pytest.approx(1.02**2)
    assert values[0] == 0.0


def test_course_grows_smoothly_with_its_growth_rate() -> None:
    # demand: 21 % a year is (1.21)^(1/12) a month from month 2 on: after a year exactly 1.21
    values = course_values(Course(growth_rate=0.21), months=24)
    assert values[1] == 1.0
    assert values[13] == pytest.approx(1.21)
    assert values[7] == pytest.approx(1.1)


@given(
    growth=rates,
    step=rates,
    rate=rates,
    first=st.integers(1, 90),
    last=st.integers(1, 90),
    months=st.integers(12, 84),
    timing=timings,
)
def test_course_sums_are_the_same_in_closed_form_and_by_month(
    *, growth: float, step: float, rate: float, first: int, last: int, months: int, timing: Timing
) -> None:
    course, horizon = Course(growth, step, first, last), Horizon(months, rate, timing)
    values = course_values(course, months=months)
    scale = max(1.0, float(np.abs(values).sum()))
    assert horizon.total(course) == pytest.approx(float(values.sum()), abs=1e-9 * scale)
    discounted = float(values @ horizon.factors())
    assert horizon.present_value(course) == pytest.approx(discounted, abs=1e-9 * max(scale, discounted))


@given(growth=rates, trend=rates, rate=rates, room=st.floats(0.05, 5), months=st.integers(12, 84), timing=timings)
def test_excess_is_what_passes_the_limit(
    *, growth: float, trend: float, rate: float, room: float, months: int, timing: Timing
) -> None:
    course, horizon = Excess(growth, room, Course(trend, 0.03)), Horizon(months, rate, timing)
    expected = [
        max((1 + growth) ** ((month - 1) / 12) - room, 0)
        * (1 + trend) ** ((month - 1) / 12)
        * 1.03 ** ((month - 1) // 12)
        for month in range(1, months + 1)
    ]
    assert course_values(course, months=months)[1:] == pytest.approx(expected, abs=1e-9 * max(1.0, *expected))
    assert float(horizon.total(course)) == pytest.approx(sum(expected), rel=1e-9, abs=1e-9)
    drawn = Excess(np.array([growth, growth]), np.array([room, 1e9]), Course(trend, 0.03))
    assert Horizon(months, np.array([rate, rate]), timing).present_value(drawn) == pytest.approx(
        [float(horizon.present_value(course)), 0.0], rel=1e-9, abs=1e-9
    )


@given(growth=st.floats(-0.5, 2.0), room=st.floats(0.1, 3.0), first=st.integers(1, 40), last=st.integers(1, 40))
def test_excess_is_counted_in_its_months_only(growth: float, room: float, first: int, last: int) -> None:
    course, horizon = Excess(growth, room, Course(-0.1, 0.03), first, last), Horizon(36, 0.1)
    flow = course_values(course, months=36)
    for month in range(37):
        demand, price = (1 + growth) ** ((month - 1) / 12), 0.9 ** ((month - 1) / 12) * 1.03 ** ((month - 1) // 12)
        expected = max(demand - room, 0.0) * price if first <= month <= last and month else 0.0
        assert flow[month] == pytest.approx(expected, abs=1e-12)
    drawn = Excess(growth, room, Course(-0.1, 0.03), np.array([first, 1]), np.array([last, 36]))
    assert np.asarray(horizon.total(drawn))[0] == pytest.approx(flow.sum(), rel=1e-9, abs=1e-12)
    assert np.asarray(horizon.present_value(drawn))[0] == pytest.approx(
        flow @ 1.1 ** (-np.arange(37) / 12), rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("month", [0, 7, 36])
def test_once_is_paid_once_within_the_horizon_and_worth_its_month(month: int) -> None:
    log = math.log(1.1) / 12
    plain, valued = course_sums(Once(month), months=36, log_discount=-log, timing="annual-end")
    assert plain == 1.0
    assert valued == pytest.approx(1.1 ** (-month / 12))
    plain, valued = course_sums(Once(37), months=36, log_discount=-log, timing="month-end")
    assert (plain, valued) == (0.0, 0.0)


def test_excess_passes_where_demand_stands_above_the_limit_in_a_counted_month() -> None:
    # D(12) = 2^(11/12) = 1.888
    assert passes(Excess(1.0, 1.88, Course()), 12).item()
    assert not passes(Excess(1.0, 1.89, Course()), 12).item()
    assert passes(Excess(-0.5, 0.99, Course()), 12).item()
    assert not passes(Excess(-0.5, 1.0, Course()), 12).item()
    assert not passes(Excess(1.0, 0.5, Course(), 13), 12).item()
    assert passes(Excess(1.0, 0.5, Course(), 12, 12), 12).item()
    assert not passes(Excess(1.0, 0.5, Course(), 5, 4), 12).item()
    drawn = passes(Excess(np.array([0.0, 1.0]), 1.5, Course()), 12)
    assert drawn.tolist() == [False, True]


def test_values_of_a_course_cannot_be_written_to_as_they_are_shared() -> None:
    for course in (Course(0.1), Excess(0.1, 0.5, Course())):
        with pytest.raises(ValueError, match="read-only"):
            course_values(course, months=12)[1] = 5.0


@pytest.mark.parametrize("timing", ["month-end", "mid-month", "annual-end"])
def test_sums_of_many_draws_are_those_of_each(timing: Timing) -> None:
    # more draws than are laid out at a time
    count = 5_000
    growth, room = np.linspace(-0.2, 1.0, count), np.linspace(2.0, 0.5, count)
    drawn = Horizon(24, 0.1, timing)
    total, value = (
        drawn.total(Excess(growth, room, Course(0.05))),
        drawn.present_value(Excess(growth, room, Course(0.05))),
    )
    for index in (0, 2_500, 4_095, 4_096, count - 1):
        one = Excess(float(growth[index]), float(room[index]), Course(0.05))
        assert np.asarray(total)[index] == pytest.approx(float(drawn.total(one)), rel=1e-9, abs=1e-12)
        assert np.asarray(value)[index] == pytest.approx(float(drawn.present_value(one)), rel=1e-9, abs=1e-12)


def test_months_of_a_single_payment_by_hand() -> None:
    assert course_values(Once(), months=2).tolist() == [1, 0, 0]
    assert course_values(Once(3), months=5).tolist() == [0, 0, 0, 1, 0, 0]
    assert course_values(Once(5), months=5).tolist() == [0, 0, 0, 0, 0, 1]
    assert course_values(Once(6), months=5).tolist() == [0, 0, 0, 0, 0, 0]
    with pytest.raises(ValueError, match="read-only"):
        course_values(Once(3), months=5)[0] = 1.0


def test_sums_of_single_payments_of_draws_by_hand() -> None:
    log = np.log([1.1, 1.2]) / 12
    plain, valued = course_sums(Once(np.array([12, 37])), months=36, log_discount=-log, timing="mid-month")
    assert np.asarray(plain).tolist() == [1, 0]
    assert np.asarray(valued).tolist() == pytest.approx([1 / 1.1, 0])


@pytest.mark.parametrize("growth", [0.0, 0.5])
def test_excess_of_one_growth_above_many_limits_is_that_of_each(growth: float) -> None:
    room, first = np.array([0.25, 0.75, 2.0, 0.5]), np.array([1.0, 4.0, 1.0, 13.0])
    plain, valued = course_sums(
        Excess(growth, room, Course(0.1, 0.02), first, 20.0), months=24, log_discount=-0.01, timing="month-end"
    )
    for draw in range(4):
        flow = course_values(Excess(growth, float(room[draw]), Course(0.1, 0.02), float(first[draw]), 20.0), months=24)
        assert np.asarray(plain)[draw] == pytest.approx(flow.sum())
        assert np.asarray(valued)[draw] == pytest.approx(flow @ np.exp(-0.01 * np.arange(25)))


@pytest.mark.parametrize("timing", ["month-end", "mid-month", "annual-end"])
def test_draws_that_begin_in_different_months_each_count_from_their_own(timing: Timing) -> None:
    # one begins at once, one within the first year, one a whole year later; 30 months, discounted month by month
    growth, step, rate, first_months = 0.1, 0.03, 0.08, np.array([1, 8, 13])
    log_discount = -math.log1p(rate) / 12
    plain, valued = course_sums(Course(growth, step, first_months), months=30, log_discount=log_discount, timing=timing)
    for index, first in enumerate((1, 8, 13)):
        paid = {m: (1 + growth) ** ((m - 1) / 12) * (1 + step) ** ((m - 1) // 12) for m in range(first, 31)}
        when = {"month-end": lambda m: m, "mid-month": lambda m: m - 0.5, "annual-end": lambda m: -(-m // 12) * 12}
        today = sum(usd * (1 + rate) ** (-when[timing](month) / 12) for month, usd in paid.items())
        assert np.ravel(plain)[index] == pytest.approx(sum(paid.values()), rel=1e-12)
        assert np.ravel(valued)[index] == pytest.approx(today, rel=1e-12)
