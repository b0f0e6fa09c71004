"""A line is amount times course: laid out by month and summed in closed form it is the same number."""

import numpy as np
import pytest
from hypothesis import strategies as st

from calculator.finance.courses import Course, Once
from calculator.finance.discounting import present_value_usd as value_of_flow
from calculator.finance.ledger import Horizon, Line, Term, monthly_usd, present_value_usd, total_usd

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
