"""A line is amount times course: laid out by month and summed in closed form it is the same number."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.finance import ledger
from calculator.finance.courses import AnyCourse, Course, Excess, Once, Repeated
from calculator.finance.discounting import Timing
from calculator.finance.discounting import present_value_usd as value_of_flow
from calculator.finance.kept_draws import KeptDraws
from calculator.finance.ledger import (
    Horizon,
    Line,
    Term,
    calendar_usd,
    discounted_usd,
    flows_usd,
    month_1,
    monthly_usd,
    present_value_usd,
    sums_usd,
    total_usd,
    whole_usd,
)
from calculator.number import Number, Picked

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


def test_horizon_is_told_by_its_question_alone() -> None:
    horizon = Horizon(36, 0.1)
    horizon.total(Course(0.2))
    assert repr(horizon) == "Horizon(months=36, annual_rate=0.1, timing='month-end')"


def test_factors_of_months_by_hand_and_read_only() -> None:
    factors = Horizon(2, 0.21).factors()
    assert factors.tolist() == pytest.approx([1.0, 1.21 ** (-1 / 12), 1.21 ** (-1 / 6)])
    with pytest.raises(ValueError, match="read-only"):
        factors[0] = 2.0


def test_line_without_single_payments_is_discounted_month_by_month() -> None:
    line = Line("rent", "hard", (Term(-100.0, Course()), Term(-10.0, Course(first_month=2))))
    horizon = Horizon(2, 0.21)
    flow, valued = flows_usd(line, horizon=horizon)
    assert flow.tolist() == [0, -100, -110]
    assert valued.tolist() == pytest.approx([0, -100 * 1.21 ** (-1 / 12), -110 * 1.21 ** (-1 / 6)])
    assert discounted_usd(line, horizon=horizon).tolist() == valued.tolist()


def test_amounts_of_one_course_add_up_over_terms_and_lines() -> None:
    course = Course()
    lines = [
        Line("a", "hard", (Term(-10.0, course), Term(3.0, course))),
        Line("b", "soft", (Term(-20.0, course), Term(-1.0, Course()))),
    ]
    assert total_usd(lines, horizon=Horizon(12, 0.0)) == pytest.approx(12 * (-10 + 3 - 20 - 1))
    picked = Picked(np.array([0, 2]), np.array([1.0, 4.0]), 3)
    again = Repeated(Course, picked, ("a month",))
    both = Line("c", "hard", (Term(np.array([-5.0, 9.0, -7.0]), again), Term(-1.0, again)))
    total, value = sums_usd([*lines, both], horizon=Horizon(12, 0.0))
    assert np.asarray(total).tolist() == pytest.approx([-336 - 72, -336, -336 - 4 * 96])
    assert np.asarray(value).tolist() == pytest.approx(np.asarray(total).tolist())


def test_what_purchases_come_to_is_summed_by_draw_and_weight_and_kept_for_the_same_only() -> None:
    made: list[str] = []

    def again(name: str, weight: Number = 1.0) -> Repeated:
        def once() -> Once:
            made.append(name)
            return Once(np.array([0.0, 1.0, 12.0]))

        return Repeated(once, picked, (name, weight), weight)

    picked = Picked(np.array([0, 0, 2]), np.array([1.0, 2.0, 4.0]), 3)
    rate = np.array([0.0, 0.5, 0.21])
    rate.flags.writeable = False
    for _ in range(2):
        horizon = Horizon(12, rate)
        assert np.asarray(horizon.total(again("a"))).tolist() == [3, 0, 4]
        assert np.asarray(horizon.present_value(again("a"))).tolist() == pytest.approx([3, 0, 4 / 1.21])
    assert made == ["a"]
    halves = np.array([0.5, 0.25, 0.5])
    halves.flags.writeable = False
    assert np.asarray(Horizon(12, rate).total(again("a", halves))).tolist() == [1, 0, 2]
    assert np.asarray(Horizon(11, rate).total(again("a"))).tolist() == [3, 0, 0]
    assert np.asarray(Horizon(12, rate.copy()).total(again("a"))).tolist() == [3, 0, 4]
    assert made == ["a"] * 4


GROWTH = np.linspace(0.0, 0.5, 80)


@pytest.fixture(name="summed")
def _summed(monkeypatch: pytest.MonkeyPatch) -> list[AnyCourse]:
    """The courses that were summed in closed form or month by month, with no sums kept from earlier."""
    asked: list[AnyCourse] = []
    of = ledger.course_sums

    def course_sums(course: Course | Excess | Once, **rest: Any) -> object:
        asked.append(course)
        return of(course, **rest)

    monkeypatch.setattr(ledger, "course_sums", course_sums)
    monkeypatch.setattr(ledger, "_SUMS", KeptDraws[Any](most=8))
    monkeypatch.setattr(ledger, "_PLAIN_SUMS", KeptDraws[Any](most=8))
    return asked


def test_sums_of_draws_or_numbers_are_found_again_and_those_of_some_or_of_drawn_months_are_not_kept(
    summed: list[AnyCourse],
) -> None:
    rate = np.full(80, 0.1)
    for _ in range(2):
        for course in (Course(GROWTH), Course(0.1), Once(np.arange(80.0)), Once(3)):
            Horizon(36, rate).total(course)
        Horizon(36, 0.1).total(Course(GROWTH))  # one rate, many growths
        Horizon(36, 0.1).total(Course(0.1))  # one number
        Horizon(36, 0.1).total(Course(0.1, 0.0, np.arange(80.0)))  # one rate from many months on
    assert len(summed) == 6 + 2
    assert Horizon(36, 0.1).total(Course(0.1)) != Horizon(36, 0.1).total(Course(0.1, 0.0, 2))
    assert Horizon(36, 0.1).total(Course(0.1)) != Horizon(24, 0.1).total(Course(0.1))
    summed.clear()
    picked = Picked(np.array([3, 4]), np.ones(2), 80)
    for _ in range(2):
        Horizon(36, rate).at(picked).total(Course(GROWTH[picked.rows]))
    assert len(summed) == 2


def _of_some(count: int, *, last: int | None = None, start: float = 5.0) -> tuple[Course, Picked]:
    picked = Picked(np.arange(count), np.ones(count), 80)
    base = Course(GROWTH)
    return Course(GROWTH[:count], 0.0, np.full(count, start), last, whole=(base, picked)), picked


def test_an_eighth_of_the_draws_is_read_off_the_table_of_all(
    summed: list[AnyCourse], monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_summed(count: int, *, last: int | None = None, start: float = 5.0) -> bool:
        summed.clear()
        course, picked = _of_some(count, last=last, start=start)
        found = Horizon(36, 0.0).at(picked).total(course)
        months = np.arange(1, 37)
        paid = (months >= start) & (months <= (last or 36))
        by_hand = [(paid * (1 + rate) ** ((months - 1) / 12)).sum() for rate in GROWTH[:count]]
        assert found == pytest.approx(by_hand, rel=1e-9)
        return bool(summed)

    assert is_summed(9)  # of 80
    assert not is_summed(10)
    assert is_summed(80, last=30)
    for most, expected in ((36 * 80, False), (36 * 80 - 1, True)):
        monkeypatch.setattr(ledger, "MOST_CELLS", most)
        assert is_summed(40) == expected


def test_second_limit_of_many_draws_is_read_off_the_horizons_table(summed: list[AnyCourse]) -> None:
    growth, price = GROWTH + 0.1, Course(0.02)
    horizon, months = Horizon(36, 0.0), np.arange(1, 37)
    picked = Picked(np.array([1, 79]), np.ones(2), 80)
    courses = [Excess(growth, room, price) for room in (1.0, 1.05, 1.1)]
    some = Excess(growth[picked.rows], 1.2, price, whole=(growth, price, picked))
    for course, within in (*((one, horizon) for one in courses), (some, horizon.at(picked))):
        rates = np.asarray(course.growth_rate)[:, None]
        by_hand = np.maximum((1 + rates) ** ((months - 1) / 12) - course.room, 0) * 1.02 ** ((months - 1) / 12)
        assert within.total(course) == pytest.approx(by_hand.sum(axis=1), rel=1e-9)
    assert summed == courses[:1]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_calendar_of_what_is_paid_in_advance_is_a_month_later_and_sums_to_the_same(paid: list[float]) -> None:
    flow = [*paid, 0.0]  # in advance, nothing stands at the end of the last month
    advance, due = (Line("lease", "hard", (), in_advance=is_early) for is_early in (True, False))
    assert calendar_usd(due, flow) == flow
    assert calendar_usd(advance, flow) == [0.0, *paid]
