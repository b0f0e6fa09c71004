"""Running sums of a course: each later start against the sum month by month."""

import numpy as np
import pytest

from calculator.finance.courses import Course, Repeated
from calculator.finance.discounting import Timing, log_growth
from calculator.finance.ledger import Horizon, Line, Term, sums_usd
from calculator.finance.running_sums import RunningSums
from calculator.number import Picked

MONTHS = 38
GROWTH = np.array([0.3, 0.0, -0.2, 0.05])
STEP = np.array([0.03, 0.1, 0.0, -0.02])
RATE = np.array([0.08, 0.0, 0.15, 0.03])
ROWS = np.array([0, 0, 1, 2, 3, 3, 3])
FIRST = np.array([1.0, 38.0, 13.0, 25.0, 2.0, 12.0, 39.0])


def by_month(row: int, first: int, timing: Timing) -> tuple[float, float]:
    """Both sums, month by month in plain Python."""
    plain = valued = 0.0
    for month in range(first, MONTHS + 1):
        value = (1 + GROWTH[row]) ** ((month - 1) / 12) * (1 + STEP[row]) ** ((month - 1) // 12)
        time = {"month-end": month, "mid-month": month - 0.5, "annual-end": -(-month // 12) * 12}[timing]
        plain += value
        valued += value * (1 + RATE[row]) ** (-time / 12)
    return plain, valued


def table(timing: Timing) -> RunningSums:
    return RunningSums.of((GROWTH, STEP, -log_growth(RATE) / 12), months=MONTHS, timing=timing, draw_count=4)


@pytest.mark.parametrize("timing", ["month-end", "mid-month", "annual-end"])
def test_a_later_start_is_the_sum_of_its_months(timing: Timing) -> None:
    found = table(timing).since(FIRST, Picked(ROWS, np.ones(7), 4))
    assert found is not None
    both = np.asarray(found)
    for index, (row, first) in enumerate(zip(ROWS, FIRST, strict=True)):
        expected = by_month(int(row), int(first), timing)
        assert (both[0][index], both[1][index]) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_a_month_that_is_not_whole_is_left_to_the_closed_form() -> None:
    assert table("month-end").since(np.array([2.5]), Picked(np.array([0]), np.ones(1), 4)) is None


@pytest.mark.parametrize("timing", ["month-end", "mid-month", "annual-end"])
def test_ledger_reads_them_off_and_gets_what_its_closed_form_gets(timing: Timing) -> None:
    picked, whole = Picked(ROWS, np.arange(1.0, 8.0), 4), Course(GROWTH, STEP)
    horizon = Horizon(MONTHS, RATE, timing)
    found = [
        sums_usd(
            [
                Line(
                    "further",
                    "hard",
                    (Term(-7.0, _again(Course(picked.of(GROWTH), picked.of(STEP), FIRST, whole=of), picked)),),
                )
            ],
            horizon=horizon,
        )
        for of in ((whole, picked), None)
    ]
    for with_table, in_closed_form in zip(*found, strict=True):
        assert np.asarray(with_table) == pytest.approx(np.asarray(in_closed_form), rel=1e-12)


def _again(course: Course, picked: Picked) -> Repeated:
    return Repeated(lambda: course, picked, (id(course),))


def test_kept_table_is_that_of_the_same_rates_only() -> None:
    growth = np.linspace(-0.2, 0.3, 50)
    asked = {"months": 24, "timing": "month-end", "draw_count": 50}
    first = RunningSums.of((growth, 0.0, -0.004), **asked)  # type: ignore[arg-type]
    assert RunningSums.of((growth.copy(), 0.0, -0.004), **asked) is first  # type: ignore[arg-type]
    growth[7] += 0.1
    other = RunningSums.of((growth, 0.0, -0.004), **asked)  # type: ignore[arg-type]
    assert (other.plain[-1] != first.plain[-1]).nonzero()[0].tolist() == [7]
    assert RunningSums.of((growth, 0.0, -0.005), **asked) is not other  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="read-only"):
        first.plain[3, 3] = 0.0


def test_draws_that_take_the_place_of_others_in_memory_get_their_own_table() -> None:
    for number in range(200):
        rate = np.full(16, number / 1_000)
        rate.flags.writeable = False
        found = RunningSums.of((rate, 0.0, 0.0), months=13, timing="month-end", draw_count=16)
        expected = sum((1 + number / 1_000) ** (passed / 12) for passed in range(13))
        assert found.plain[-1] == pytest.approx(np.full(16, expected), rel=1e-12)


def test_table_of_two_months_by_hand() -> None:
    """44 % growth a year twice over: a month later 1.03 of it; 21 % discount a year."""
    rates = (np.array([1.03**12 - 1]), 0.5, -np.log(1.21) / 12)
    month = 1.21 ** (-1 / 12)
    found = RunningSums.of(rates, months=2, timing="month-end", draw_count=1)
    assert found.plain[:, 0].tolist() == pytest.approx([0, 1, 2.03])
    assert found.valued[:, 0].tolist() == pytest.approx([0, month, month + 1.03 * month**2])
    half = RunningSums.of(rates, months=2, timing="mid-month", draw_count=1)
    assert half.valued[:, 0].tolist() == pytest.approx([0, month**0.5, month**0.5 + 1.03 * month**1.5])
    year = RunningSums.of(rates, months=13, timing="annual-end", draw_count=1)
    assert year.valued[1, 0] == pytest.approx(1 / 1.21)
    assert year.valued[13, 0] - year.valued[12, 0] == pytest.approx(1.03**12 * 1.5 / 1.21**2)
    assert year.plain[13, 0] - year.plain[12, 0] == pytest.approx(1.03**12 * 1.5)
    with pytest.raises(ValueError, match="read-only"):
        found.plain[0, 0] = 1.0


def test_start_before_the_first_month_or_within_one_is_left_to_the_closed_form() -> None:
    sums = RunningSums(np.cumsum(np.ones((4, 3)), axis=0) - 1, np.zeros((4, 3)))
    picked = Picked(np.arange(3), np.ones(3), 3)
    found = sums.since(np.array([1.0, 2.0, 3.0]), picked)
    assert found is not None
    assert np.asarray(found[0]).tolist() == [3, 2, 1]
    assert sums.since(np.array([2.5, 1.0, 1.0]), picked) is None
    assert sums.since(np.array([0.0, 1.0, 1.0]), picked) is None
