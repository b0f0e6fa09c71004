"""Money spent by month in drawn futures: against plain sums, and the last month against the closed form."""

import numpy as np
import pytest

from calculator.finance.courses import Course, Excess, Once
from calculator.finance.discounting import Timing
from calculator.finance.ledger import Horizon, Line, Term, discounted_usd, monthly_usd, sums_usd
from calculator.finance.spent_by_month import Draws, spent_by_month_usd
from calculator.number import Number, Picked

MONTHS = 38
GROWTH = np.array([0.3, 0.0, -0.2, 0.05])
STEP = np.array([0.03, 0.1, 0.0, -0.02])
RATE = np.array([0.08, 0.0, 0.15, 0.03])
USD = np.array([-100.0, -20.0, -3.0, -7.0])
TIMINGS: tuple[Timing, ...] = ("month-end", "mid-month", "annual-end")
PRICE = Course(GROWTH, STEP)
PICKED = Picked(np.array([0, 2, 2, 3]), np.array([1.0, 2.0, 1.0, 3.0]), 4)
LINES = (
    Line("hardware", "hard", (Term(USD, Once(0)), Term(-50.0, Once(np.array([5.0, 1.0, 38.0, 99.0]))))),
    Line("resale", "hard", (Term(40.0, Once(MONTHS)),), kind="sale"),
    Line("power", "hard", (Term(USD, PRICE), Term(-2.0, Course(0.1, STEP, first_month=13, last_month=30)))),
    Line("rest", "hard", (Term(USD, Excess(GROWTH, 0.9, PRICE)), Term(-9.0, Excess(0.4, 1.2, Course(0.02), 3, 20)))),
    Line("care", "soft", (Term(-11.0, Course()),)),
    Line(
        "further",
        "hard",
        (Term(-6.0, Course(GROWTH[PICKED.rows], 0.0, np.array([2.0, 14.0, 26.0, 10_000.0])), PICKED),),
    ),
)


def table(lines: tuple[Line, ...], *, horizon: Horizon, draw_count: int, discounted: bool) -> Draws:
    """All months below each other; shape [months+1, draws]."""
    found = spent_by_month_usd(lines, horizon=horizon, draw_count=draw_count, discounted=discounted)
    return np.stack(list(found))


def one_draw(value: Number, draw: int) -> float:
    return float(value[draw]) if isinstance(value, np.ndarray) and value.size > 1 else float(value)


@pytest.mark.parametrize("discounted", [True, False])
@pytest.mark.parametrize("timing", TIMINGS)
def test_last_month_is_the_closed_forms_sum(timing: Timing, discounted: bool) -> None:
    horizon = Horizon(MONTHS, RATE, timing)
    spent = table(LINES, horizon=horizon, draw_count=4, discounted=discounted)
    assert spent.shape == (MONTHS + 1, 4)
    assert spent[-1] == pytest.approx(-np.asarray(sums_usd(LINES, horizon=horizon)[discounted]), rel=1e-12)


@pytest.mark.parametrize("discounted", [True, False])
@pytest.mark.parametrize("timing", TIMINGS)
def test_every_month_of_one_draw_is_the_ledgers_own(timing: Timing, discounted: bool) -> None:
    """The plain lines of one draw, laid out by the page's ledger, which is other code."""
    spent = table(LINES[:3], horizon=Horizon(MONTHS, RATE, timing), draw_count=4, discounted=discounted)
    for draw in range(4):
        horizon = Horizon(MONTHS, float(RATE[draw]), timing)
        own = [
            Line("x", "hard", (Term(one_draw(term.amount_usd, draw), _of_one(term.course, draw)),))
            for line in LINES[:3]
            for term in line.terms
        ]
        flows = [discounted_usd(one, horizon=horizon) if discounted else monthly_usd(one, months=MONTHS) for one in own]
        assert spent[:, draw] == pytest.approx(-np.cumsum(np.sum(flows, axis=0)), rel=1e-12, abs=1e-9)


def _of_one(course: object, draw: int) -> Once | Course:
    if isinstance(course, Once):
        return Once(int(one_draw(course.month, draw)))
    assert isinstance(course, Course)
    rates = one_draw(course.growth_rate, draw), one_draw(course.step_rate, draw)
    return Course(*rates, course.first_month, course.last_month)


def test_spent_by_hand() -> None:
    lines = (
        Line("buy", "hard", (Term(-100.0, Once(0)), Term(30.0, Once(3)))),
        Line("rent", "hard", (Term(-10.0, Course()),)),
    )
    spent = table(lines, horizon=Horizon(3, 0.0), draw_count=2, discounted=True)
    assert spent.T.tolist() == [[100.0, 110.0, 120.0, 100.0]] * 2


def test_every_month_is_what_a_shorter_plan_would_have_come_to() -> None:
    spent = table(LINES, horizon=Horizon(MONTHS, RATE), draw_count=4, discounted=True)
    for month in (1, 12, 13, 37):
        assert spent[month] == pytest.approx(-np.asarray(sums_usd(LINES, horizon=Horizon(month, RATE))[1]), rel=1e-12)


def test_course_that_begins_within_a_month_keeps_its_closed_sum() -> None:
    lines = (Line("late", "hard", (Term(-5.0, Course(GROWTH, 0.0, np.array([2.5, 1.0, 7.25, 3.0]))),)),)
    horizon = Horizon(MONTHS, RATE)
    for discounted in (True, False):
        spent = table(lines, horizon=horizon, draw_count=4, discounted=discounted)
        assert spent[-1] == pytest.approx(-np.asarray(sums_usd(lines, horizon=horizon)[discounted]), rel=1e-12)


def test_many_draws_are_the_same_as_few() -> None:
    """More draws than one piece holds: every draw stands for itself."""
    many = np.tile(USD, 700)
    lines = (Line("power", "hard", (Term(many, Course(np.tile(GROWTH, 700))),)),)
    spent = table(lines, horizon=Horizon(12, np.tile(RATE, 700)), draw_count=2_800, discounted=True)
    few = (Line("power", "hard", (Term(USD, Course(GROWTH)),)),)
    assert np.array_equal(spent[:, 2_796:], spent[:, :4])
    assert spent[:, :4] == pytest.approx(
        table(few, horizon=Horizon(12, RATE), draw_count=4, discounted=True), rel=1e-12
    )
