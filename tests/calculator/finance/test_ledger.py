"""A line is amount times course: laid out by month and summed in closed form it is the same number."""

import numpy as np
import pytest
from hypothesis import strategies as st

from calculator.finance.courses import Course, Once
from calculator.finance.discounting import Timing
from calculator.finance.discounting import present_value_usd as value_of_flow
from calculator.finance.ledger import (
    Horizon,
    Line,
    Term,
    flows_usd,
    month_1,
    monthly_usd,
    present_value_usd,
    total_usd,
    whole_usd,
)
from calculator.number import Picked

timings = st.sampled_from(["month-end", "mid-month", "annual-end"])
rates = st.floats(-0.4, 0.6)


def test_total_of_a_level_line_is_months_times_amount() -> None:
    line = Line("x", "hard", (Term(-10.0, Course()),))
    assert total_usd([line], horizon=Horizon(36, 0.1)) == pytest.approx(-360)
    assert monthly_usd(line, months=36).sum() == pytest.approx(-360)


def test_once_is_paid_in_its_month_whatever_the_convention() -> None:
    for timing in ("month-end", "mid-month", "annual-end"):
        horizon = Horizon(36, 0.10, timing)
        assert horizon.present_value(Once(0)) == 1.0
        assert horizon.present_value(Once(36)) == pytest.approx(1.1**-3)
    assert Horizon(24, 0.1).total(Once(36)) == 0.0


def test_present_value_of_draws_is_each_draws_own() -> None:
    discount, growth = np.array([0.0, 0.05, 0.2]), np.array([-0.3, 0.0, 0.4])
    line = Line("x", "hard", (Term(np.array([-1.0, -2.0, -3.0]), Course(growth, 0.02)), Term(5.0, Once(36))))
    together = present_value_usd([line], horizon=Horizon(36, discount))
    for index in range(3):
        alone = Line("x", "hard", (Term(-1.0 - index, Course(float(growth[index]), 0.02)), Term(5.0, Once(36))))
        by_month = monthly_usd(alone, months=36)
        assert np.asarray(together)[index] == pytest.approx(
            value_of_flow(by_month.tolist(), annual_rate=float(discount[index])), rel=1e-12
        )


def test_horizon_keeps_sums_of_courses_apart() -> None:
    horizon = Horizon(36, 0.1)
    sums = [horizon.total(Course(growth_rate=rate)) for rate in (0.0, 0.1, 0.2, 0.3)]  # each object may reuse an id
    assert sums == sorted(sums)
    assert len(set(sums)) == 4


@pytest.mark.parametrize("timing", ["month-end", "mid-month", "annual-end"])
def test_flows_of_a_line_with_single_payments_add_up_to_its_sums(timing: Timing) -> None:
    line = Line("x", "hard", (Term(-10.0, Course()), Term(-100.0, Once(0)), Term(40.0, Once(24)), Term(7.0, Once(24))))
    horizon = Horizon(24, 0.1, timing)
    flow, valued = flows_usd(line, horizon=horizon)
    assert flow[[0, 1, 23, 24]].tolist() == [-100, -10, -10, 37]
    assert flow.tolist() == monthly_usd(line, months=24).tolist()
    time = {"month-end": 24, "mid-month": 23.5, "annual-end": 24}[timing]
    assert valued[0] == -100
    assert valued[24] == pytest.approx(47 / 1.1**2 - 10 * 1.1 ** (-time / 12))
    assert valued.sum() == pytest.approx(float(np.asarray(present_value_usd([line], horizon=horizon))))


def test_sums_of_some_draws_are_those_of_each_by_either_way() -> None:
    # 20 of 100 draws are enough for a table of all, one is not; and a course with an end has none
    growth, rate = np.linspace(-0.2, 0.4, 100), np.linspace(0.0, 0.2, 100)
    whole = Horizon(36, rate)
    base = Course(growth, 0.02)
    for rows in (np.arange(0, 100, 5), np.array([7])):
        picked = Picked(rows, np.ones(len(rows)), 100)
        for last in (None, 30):
            course = Course(growth[rows], 0.02, np.full(len(rows), 5.0), last, whole=(base, picked))
            some = whole.at(picked)
            total, value = some.total(course), some.present_value(course)
            for index, row in enumerate(rows):
                one, alone = Course(float(growth[row]), 0.02, 5, last), Horizon(36, float(rate[row]))
                assert np.asarray(total)[index] == pytest.approx(float(alone.total(one)), rel=1e-9)
                assert np.asarray(value)[index] == pytest.approx(float(alone.present_value(one)), rel=1e-9)


def test_month_1_and_all_months_of_terms() -> None:
    terms = (Term(-10.0, Course(step_rate=0.1)), Term(3.0, Once(1)), Term(5.0, Course(first_month=2)))
    assert month_1(terms) == -7
    assert whole_usd(terms, months=13) == pytest.approx(-12 * 10 - 11 + 3 + 12 * 5)
