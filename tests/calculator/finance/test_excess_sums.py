"""Sums above a limit: read off the table, against plain Python month by month; when the table takes over."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from calculator.finance.courses import Course, Excess, course_sums
from calculator.finance.discounting import Timing, log_growth
from calculator.finance.excess_sums import ExcessSums, ExcessTables
from calculator.number import Picked

MONTHS = 38
GROWTH = np.array([0.3, 0.0, -0.2, 10.0, -0.9, 1e-9])
TREND = np.array([-0.3, 0.1, 0.0, -0.95, 1.0, 0.0])
STEP = 0.03
RATE = np.array([0.08, 0.0, 0.15, -0.5, 1.0, 0.03])
DRAWS = 10_000


def by_month(row: int, room: float, first: int, last: int, timing: Timing) -> tuple[float, float]:
    """Both sums, month by month in plain Python."""
    plain = valued = 0.0
    for month in range(max(first, 1), min(last, MONTHS) + 1):
        above = max((1 + GROWTH[row]) ** ((month - 1) / 12) - room, 0.0)
        price = (1 + TREND[row]) ** ((month - 1) / 12) * (1 + STEP) ** ((month - 1) // 12)
        time = {"month-end": month, "mid-month": month - 0.5, "annual-end": -(-month // 12) * 12}[timing]
        plain += above * price
        valued += above * price * (1 + RATE[row]) ** (-time / 12)
    return plain, valued


@pytest.mark.parametrize("timing", ["month-end", "mid-month", "annual-end"])
@given(
    row=st.integers(0, len(GROWTH) - 1),
    room=st.floats(0, 1e4) | st.sampled_from([0.0, 1.0, 1.3, 0.8, float("inf")]) | st.floats(0.5, 1.5),
    first=st.integers(1, MONTHS + 3),
    last=st.integers(1, MONTHS + 3) | st.none(),
)
def test_sum_above_a_limit_is_that_of_its_months(
    timing: Timing, row: int, room: float, first: int, last: int | None
) -> None:
    price = Course(TREND, STEP)
    table = ExcessSums.of(GROWTH, price, -log_growth(RATE) / 12, months=MONTHS, timing=timing, draw_count=len(GROWTH))
    course = Excess(GROWTH[[row]], np.array([room]), price, np.array([float(first)]), last)
    plain, valued = table.sums(course, np.array([row]))
    expected = by_month(row, room, first, MONTHS if last is None else last, timing)
    whole = by_month(row, 0.0, 1, MONTHS, timing)  # a difference of two sums is as exact as the larger one
    assert np.asarray(plain)[0] == pytest.approx(expected[0], rel=1e-9, abs=1e-9 * whole[0])
    assert np.asarray(valued)[0] == pytest.approx(expected[1], rel=1e-9, abs=1e-9 * whole[1])


Draws = NDArray[np.float64]


def drawn(seed: int = 1) -> tuple[Draws, Course, Draws, Draws]:
    """Growth, price, discount and limit of many draws."""
    random = np.random.default_rng(seed)
    growth, trend = random.uniform(-0.3, 0.6, DRAWS), random.uniform(-0.4, 0.1, DRAWS)
    return (
        growth,
        Course(trend, 0.02),
        np.asarray(-log_growth(random.uniform(0, 0.2, DRAWS)) / 12),
        random.uniform(0.2, 2, DRAWS),
    )


def test_table_takes_over_when_as_many_draws_as_there_are_were_laid_out() -> None:
    growth, price, log_discount, room = drawn()
    tables = ExcessTables(MONTHS, log_discount, "month-end")
    asked = [tables.sums(Excess(growth, room * factor, price)) for factor in (1.0, 1.0, 0.5, 0.7)]
    assert [found is None for found in asked] == [True, False, False, False]
    for factor, found in zip((1.0, 0.5, 0.7), asked[1:], strict=True):
        laid_out = course_sums(
            Excess(growth, room * factor, price), months=MONTHS, log_discount=log_discount, timing="month-end"
        )
        np.testing.assert_allclose(np.asarray(found), np.asarray(laid_out), rtol=1e-9, atol=1e-9)


def test_limits_that_nobody_passes_never_make_a_table() -> None:
    growth, price, log_discount, _ = drawn()
    tables = ExcessTables(MONTHS, log_discount, "month-end")
    assert [tables.sums(Excess(growth, np.full(DRAWS, 1e6), price)) for _ in range(20)] == [None] * 20


def test_some_draws_are_read_off_the_table_of_all() -> None:
    growth, price, log_discount, room = drawn()
    rows = np.sort(np.random.default_rng(2).integers(0, DRAWS, 3 * DRAWS))
    picked = Picked(rows, np.ones(rows.size), DRAWS)
    first = np.random.default_rng(3).integers(1, 30, rows.size).astype(float)
    course = Excess(growth[rows], room[rows], Course(np.asarray(price.growth_rate)[rows], 0.02), first, first + 5)
    tables = ExcessTables(MONTHS, log_discount, "mid-month")
    found = tables.sums(
        Excess(course.growth_rate, course.room, course.price, first, first + 5, (growth, price, picked))
    )
    laid_out = course_sums(course, months=MONTHS, log_discount=log_discount[rows], timing="mid-month")
    assert found is not None
    np.testing.assert_allclose(np.asarray(found), np.asarray(laid_out), rtol=1e-9, atol=1e-9)


def test_few_draws_are_laid_out() -> None:
    tables = ExcessTables(MONTHS, 0.0, "month-end")
    assert [tables.sums(Excess(0.5, 0.1, Course())) for _ in range(9)] == [None] * 9


def test_months_begun_and_ended_count_whole_or_not_at_all() -> None:
    """From month 2.5 it is counted from month 3 on, to month 5.5 to month 5."""
    price = Course(TREND, STEP)
    table = ExcessSums.of(GROWTH, price, -log_growth(RATE) / 12, months=MONTHS, timing="month-end", draw_count=6)
    for row in range(6):
        broken = Excess(GROWTH[[row]], np.array([0.4]), price, np.array([2.5]), np.array([5.5]))
        plain, valued = table.sums(broken, np.array([row]))
        expected = by_month(row, 0.4, 3, 5, "month-end")
        assert (np.asarray(plain)[0], np.asarray(valued)[0]) == pytest.approx(expected, rel=1e-9, abs=1e-9)
