"""Money spent by month in drawn futures: against plain sums, and the last month against the closed form."""

import itertools
import math

import numpy as np
import pytest

from calculator.finance import spent_by_month
from calculator.finance.courses import AnyCourse, Course, Excess, Once, Repeated
from calculator.finance.discounting import Timing
from calculator.finance.ledger import Horizon, Line, Term, calendar_usd, discounted_usd, monthly_usd, sums_usd
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


def again(course: Course | Excess | Once, *, weight: Number = 1.0) -> Repeated:
    """The course of each purchase."""
    return Repeated(lambda: course, PICKED, (id(course),), weight)


LINES = (
    Line("hardware", "hard", (Term(USD, Once(0)), Term(-50.0, Once(np.array([5.0, 1.0, 38.0, 99.0]))))),
    Line("resale", "hard", (Term(40.0, Once(MONTHS)),), kind="sale"),
    Line("power", "hard", (Term(USD, PRICE), Term(-2.0, Course(0.1, STEP, first_month=13, last_month=30)))),
    Line("rest", "hard", (Term(USD, Excess(GROWTH, 0.9, PRICE)), Term(-9.0, Excess(0.4, 1.2, Course(0.02), 3, 20)))),
    Line("care", "soft", (Term(-11.0, Course()),)),
    Line(
        "further",
        "hard",
        (Term(-6.0, again(Course(GROWTH[PICKED.rows], 0.0, np.array([2.0, 14.0, 26.0, 10_000.0])))),),
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


def test_what_is_paid_in_advance_is_spent_in_the_month_that_it_pays_for() -> None:
    buy = Line("buy", "hard", (Term(-100.0, Once(0)),))
    lease = Line("lease", "hard", (Term(-10.0, Once(0)), Term(-10.0, Course(last_month=2))), in_advance=True)
    spent = table((buy, lease), horizon=Horizon(3, 0.0), draw_count=2, discounted=True)
    assert spent.T.tolist() == [[100.0, 110.0, 120.0, 130.0]] * 2
    alone = table((lease,), horizon=Horizon(3, 0.0), draw_count=2, discounted=False)
    assert alone.T.tolist() == [[0.0, 10.0, 20.0, 30.0]] * 2


@pytest.mark.parametrize("discounted", [True, False])
def test_payments_in_advance_leave_the_last_month_and_follow_the_ledgers_calendar(discounted: bool) -> None:
    terms = (Term(USD, Once(0)), Term(USD, Course(last_month=MONTHS - 1)))
    early, horizon = Line("lease", "hard", terms, in_advance=True), Horizon(MONTHS, RATE)
    spent = table((*LINES, early), horizon=horizon, draw_count=4, discounted=discounted)
    assert spent[-1] == pytest.approx(-np.asarray(sums_usd((*LINES, early), horizon=horizon)[discounted]), rel=1e-12)
    added = spent - table(LINES, horizon=horizon, draw_count=4, discounted=discounted)
    for draw in range(4):
        one = Line("x", "hard", tuple(Term(float(USD[draw]), term.course) for term in terms), in_advance=True)
        alone = Horizon(MONTHS, float(RATE[draw]))
        flow = discounted_usd(one, horizon=alone) if discounted else monthly_usd(one, months=MONTHS)
        assert added[:, draw] == pytest.approx(-np.cumsum(calendar_usd(one, flow.tolist())), rel=1e-9, abs=1e-9)


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


def plain_months(term: Term, *, months: int, rates: Draws, timing: Timing, draw_count: int) -> Draws:
    """One term in every month and draw, discounted, by loops and the definitions alone; shape [months+1, draws]."""
    paid = np.zeros((months + 1, draw_count))
    repeated = term.course if isinstance(term.course, Repeated) else None
    rows = range(draw_count) if repeated is None else repeated.picked.rows.tolist()
    alike = [1.0] * draw_count if repeated is None else (repeated.picked.counts * repeated.weight).tolist()
    course = term.course if not isinstance(term.course, Repeated) else term.course.course()
    for at, (draw, count) in enumerate(zip(rows, alike, strict=True)):
        usd = count * one_draw(term.amount_usd, draw)
        if isinstance(course, Once):
            month = one_draw(course.month, at)
            if math.ceil(month) <= months:
                paid[math.ceil(month), draw] += usd * (1 + rates[draw]) ** (-month / 12)
            continue
        for month in range(1, months + 1):
            years = {"month-end": month / 12, "mid-month": (month - 0.5) / 12, "annual-end": float(-(-month // 12))}
            paid[month, draw] += usd * _of_month(course, at, month) * (1 + rates[draw]) ** -years[timing]
    return paid


def _of_month(course: Course | Excess, at: int, month: int) -> float:
    last = None if course.last_month is None else one_draw(course.last_month, at)
    if month < one_draw(course.first_month, at) or (last is not None and month > last):
        return 0.0
    grown = (1 + one_draw(course.growth_rate, at)) ** ((month - 1) / 12)
    if isinstance(course, Excess):
        return max(grown - one_draw(course.room, at), 0.0) * _of_month(course.price, at, month)
    return grown * (1 + one_draw(course.step_rate, at)) ** ((month - 1) // 12)


WHOLE = Course(GROWTH, STEP)
SOME = PICKED.rows
WEIGHT = np.array([0.5, 1.0, 2.0, 0.25])
STARTS = np.array([2.0, 14.0, 26.0, 10_000.0])
WITH_TABLE = {
    "from month 1": Term(USD, WHOLE),
    "a plain number": Term(-3.0, Course(0.1, 0.02)),
    "later, all alike": Term(USD, Course(GROWTH, STEP, first_month=5)),
    "later, each by itself": Term(USD, Course(GROWTH, STEP, first_month=STARTS)),
    "number, each by itself": Term(-2.0, Course(GROWTH, STEP, first_month=STARTS)),
    "some draws": Term(USD, again(Course(GROWTH[SOME], STEP[SOME], STARTS, whole=(WHOLE, PICKED)))),
    "number of some": Term(-2.0, again(Course(GROWTH[SOME], STEP[SOME], STARTS, whole=(WHOLE, PICKED)), weight=WEIGHT)),
    "some draws from month 1": Term(USD, again(Course(GROWTH[SOME], STEP[SOME], whole=(WHOLE, PICKED)))),
}
LAID_OUT = {
    "with an end": Term(USD, Course(GROWTH, STEP, last_month=20)),
    "from month 0": Term(USD, Course(GROWTH, STEP, first_month=np.array([0.0, 1.0, 2.0, 40.0]))),
    "some without the whole": Term(USD, again(Course(GROWTH[SOME], 0.0, STARTS))),
    "excess": Term(USD, Excess(GROWTH, 0.9, PRICE, 3, np.array([30.0, 20.0, 38.0, 50.0]))),
    "excess of some": Term(USD, again(Excess(GROWTH[SOME], USD / -100, Course(0.02), STARTS))),
}
ONCE = {
    "at the purchase": Term(USD, Once(0)),
    "at the end": Term(-5.0, Once(MONTHS)),
    "after the end": Term(USD, Once(MONTHS + 1)),
    "within a month": Term(USD, Once(np.array([0.0, 2.25, 3.75, 37.5]))),
    "within one month, all alike": Term(USD, Once(2.25)),
    "some within a month": Term(USD, again(Once(np.array([0.5, 12.0, 37.5, 38.5])), weight=WEIGHT)),
    "some at once": Term(-4.0, again(Once(7))),
}
WAYS: list[tuple[Term, int]] = [
    *((term, 1) for term in WITH_TABLE.values()),
    *((term, 0) for term in (*LAID_OUT.values(), *ONCE.values())),
]


@pytest.fixture(name="tables")
def _tables(monkeypatch: pytest.MonkeyPatch) -> list[AnyCourse]:
    """The courses of which running sums were asked for."""
    asked: list[AnyCourse] = []
    of = Horizon.running

    def running(self: Horizon, course: Course, draw_count: int) -> object:
        asked.append(course)
        return of(self, course, draw_count)

    monkeypatch.setattr(Horizon, "running", running)
    return asked


@pytest.mark.parametrize("discounted", [True, False])
@pytest.mark.parametrize(
    ("term", "table_count"), WAYS, ids=[key.replace(" ", "-") for key in (*WITH_TABLE, *LAID_OUT, *ONCE)]
)
def test_each_kind_of_term_is_what_loops_make_of_it(
    term: Term, table_count: int, discounted: bool, tables: list[AnyCourse]
) -> None:
    """By running sums where there are some, else laid out; twice, since amounts of several lines add up."""
    rates = RATE if discounted else np.zeros(4)
    lines = (Line("a", "hard", (term,)), Line("b", "soft", (Term(-1.5, term.course),)))
    for timing in TIMINGS:
        horizon = Horizon(MONTHS, RATE, timing)
        found = table(lines, horizon=horizon, draw_count=4, discounted=discounted)
        alone = [
            plain_months(one, months=MONTHS, rates=rates, timing=timing, draw_count=4)
            for line in lines
            for one in line.terms
        ]
        assert found == pytest.approx(-np.cumsum(sum(alone), axis=0), rel=1e-9, abs=1e-9)
    assert len(tables) == table_count * len(TIMINGS)


@pytest.mark.parametrize(("most", "is_laid_out"), [(MONTHS * 4, False), (MONTHS * 4 - 1, True)])
def test_larger_table_than_may_be_kept_is_laid_out_piece_by_piece(
    most: int, is_laid_out: bool, tables: list[AnyCourse], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spent_by_month, "MOST_CELLS", most)
    monkeypatch.setattr(spent_by_month, "_PIECE", 3)  # one draw is left for the second piece
    terms = tuple(WITH_TABLE.values())
    for timing in TIMINGS:
        lines = (Line("all", "hard", terms),)
        found = table(lines, horizon=Horizon(MONTHS, RATE, timing), draw_count=4, discounted=True)
        alone = [plain_months(one, months=MONTHS, rates=RATE, timing=timing, draw_count=4) for one in terms]
        assert found == pytest.approx(-np.cumsum(sum(alone), axis=0), rel=1e-9, abs=1e-9)
    assert (not tables) == is_laid_out


def test_start_within_a_month_costs_in_each_piece_what_the_closed_form_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spent_by_month, "_PIECE", 3)
    starts = np.array([2.5, 1.0, 7.25, math.inf])
    courses = (Course(GROWTH, 0.0, starts), Course(0.1, 0.0, 2.5), Course(0.1, 0.0, starts))
    for course, rate in itertools.product(courses, (RATE, 0.08)):
        line = Line("late", "hard", (Term(USD, course),))
        found = table((line,), horizon=Horizon(12, rate), draw_count=4, discounted=True)
        for months in (1, 5, 12):
            value = np.asarray(sums_usd((line,), horizon=Horizon(months, rate))[1])
            assert found[months] == pytest.approx(-value, rel=1e-9, abs=1e-9)


def test_one_draw_is_laid_out_like_many() -> None:
    term = Term(-7.0, Excess(0.5, 1.1, Course(0.02), last_month=30))
    (found,) = table((Line("x", "hard", (term,)),), horizon=Horizon(MONTHS, 0.08), draw_count=1, discounted=True).T
    alone = plain_months(term, months=MONTHS, rates=np.array([0.08]), timing="month-end", draw_count=1)
    assert found == pytest.approx(-np.cumsum(alone[:, 0]), rel=1e-9)
