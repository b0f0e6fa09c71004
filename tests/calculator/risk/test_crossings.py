"""Crossings: smooth gaps are read off at once and exactly; kinks, steps and ends of the grid are left to a finer one."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from calculator.risk.crossings import brackets_of, crossing, smooth_crossing, straight_crossing, straight_crossings

GRID = np.linspace(1.0, 1.5, 33)
Gap = Callable[[np.ndarray], np.ndarray]


@pytest.mark.parametrize(
    ("gap", "at"),
    [
        (lambda x: 5 - 4 * x, 1.25),
        (lambda x: 1.69 - x**2, 1.3),
        (lambda x: np.exp(-x) - math.exp(-1.2), 1.2),
        (lambda x: 1 / x - 1 / 1.4, 1.4),
        (lambda x: 900 * 0.6**x - 900 * 0.6**1.33, 1.33),
    ],
)
def test_smooth_gap_is_0_where_it_says(gap: Gap, at: float) -> None:
    assert smooth_crossing(GRID, gap(GRID)) == pytest.approx(at, abs=5e-9)
    assert smooth_crossing(GRID[::-1], gap(GRID[0] + GRID[-1] - GRID[::-1])) == pytest.approx(2.5 - at, abs=5e-9)


@pytest.mark.parametrize(
    "gap",
    [
        lambda x: np.where(x < 1.26, 5.01 - 4 * x, 7.53 - 6 * x),  # bends beside the crossing
        lambda x: np.where(x < 1.25, 1.0, -1.0),
        lambda x: np.where(x < 1.25, 3 - 2 * x, 1 - 2 * x),
        lambda x: 4 * (1.499 - x),  # at an end
        lambda x: 4 * (1.001 - x),
        lambda x: (1.25 - x) * (1 + 0.9 * np.sin(200 * x)),  # falls and rises
    ],
)
def test_gap_with_a_kink_a_step_or_too_near_an_end_is_left_to_a_finer_grid(gap: Gap) -> None:
    assert smooth_crossing(GRID, gap(GRID)) is None


@given(at=st.floats(1.06, 1.44), slope=st.floats(0.1, 1e5), bend=st.floats(-0.2, 0.2))
@example(at=1.25, slope=1.0, bend=0.0)
def test_what_is_read_off_lies_where_the_straight_line_puts_it_on_a_finer_grid(
    at: float, slope: float, bend: float
) -> None:
    def gap(x: np.ndarray) -> np.ndarray:
        return -slope * ((x - at) + bend * (x - at) ** 2)

    (before, after), roughly = crossing(GRID, gap(GRID))
    fine = np.linspace(before, after, 33)
    _, exactly = crossing(fine, gap(fine))
    found = smooth_crossing(GRID, gap(GRID))
    assert before <= roughly <= after
    assert found is not None
    is_between = bool(np.all(gap(fine) != 0))  # on a point of the grid the straight line has only one side
    assert found == pytest.approx(exactly if is_between else at, abs=1e-7)
    assert float(gap(np.array(found))) == pytest.approx(0.0, abs=slope * 5e-9)


def test_straight_line_between_the_two_points_and_their_middle_where_there_is_none() -> None:
    grid = np.array([0.0, 1.0, 2.0, 3.0])
    assert crossing(grid, np.array([3.0, 1.0, -1.0, -3.0])) == ((1.0, 2.0), 1.5)
    assert crossing(grid, np.array([3.0, 2.0, -1.0, 5.0])) == ((1.0, 2.0), pytest.approx(1 + 2 / 3))
    assert crossing(grid, np.array([0.0, -1.0, -1.0, -1.0])) == ((0.0, 1.0), 0.5)


@given(at=st.floats(-1e3, 1e3), slope=st.floats(1e-3, 1e6), low=st.floats(-50, 50), width=st.floats(0.1, 1e3))
def test_straight_line_is_read_off_exactly(at: float, slope: float, low: float, width: float) -> None:
    grid = np.linspace(low, low + width, 5)
    found = straight_crossing(grid, slope * (at - grid))
    assert found == pytest.approx(at, abs=1e-9 * (abs(at) + abs(low) + width))


@pytest.mark.parametrize(
    "usd", [[4.0, 2.0, 0.0, -2.0, -4.000001], [3.0, 3.0, 3.0, 3.0, 3.0], [1.0, 1.0, -1.0, -1.0, -1.0]]
)
def test_what_is_not_straight_is_not_read_off(usd: list[float]) -> None:
    assert straight_crossing(np.arange(5.0), np.array(usd)) is None


def test_nearest_side_is_taken_and_a_straight_side_is_read_off() -> None:
    grid = np.arange(-4.0, 5.0)
    points: dict[str, np.ndarray] = dict.fromkeys(("bends", "falls", "rises", "stays", "both"), grid)
    gaps = {
        "bends": 6 - 0.6 * grid * np.abs(grid),
        "falls": 5 - 2 * grid,
        "rises": 7 + 2 * grid,
        "stays": 1 + 0 * grid,
        "both": np.where(grid < 0, 1 + grid, 3 - grid),
    }
    brackets = brackets_of(gaps, points, middle=4)
    assert brackets == {"bends": (3, 4), "falls": (2, 3), "rises": (-3, -4), "both": (-1, -2)}
    assert straight_crossings(brackets, gaps, points, middle=4) == {"falls": 2.5, "rises": -3.5}
    tied = {"tied": -2 * grid}
    ends = brackets_of(tied, {"tied": grid}, middle=4)
    assert ends == {"tied": (0, 1)}
    assert straight_crossings(ends, tied, {"tied": grid}, middle=4) == {}
    assert straight_crossing(grid, np.where(grid > 3, np.nan, 5 - 2 * grid)) is None
    assert brackets_of({}, {}, middle=4) == {}
