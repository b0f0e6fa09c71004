"""Crossings: the value of an input at which the gap between two options, known on a grid, is 0."""

from collections.abc import Mapping, Sequence
from itertools import compress, pairwise

import numpy as np

from calculator.risk.distributions import Draws

_BESIDE = 3
"""Points on each side of the crossing."""
_STRAIGHT = 1e-9
"""Of the whole gap's change: by so much may its steps differ."""
_SMOOTH = 1e-8
"""Of the grid: as far apart two neighbouring curves may put the crossing of a smooth gap."""


def brackets_of(
    gaps: Mapping[str, Draws], points: Mapping[str, Draws], *, middle: int
) -> dict[str, tuple[float, float]]:
    """The two points between which the gap first turns negative, seen from the value now (`middle`); the nearer
    side."""
    found: dict[str, tuple[float, float]] = {}
    for name, gap in compress(gaps.items(), _turn(gaps)):
        grid = points[name]
        sides = [(gap[middle::-1], grid[middle::-1]), (gap[middle:], grid[middle:])]
        steps = [
            (first, float(values[first - 1]), float(values[first]))
            for row, values in sides
            for first in [int(np.argmax(row < 0))]
            if first > 0
        ]
        if steps:
            _, before, after = min(steps)
            found[name] = (before, after)
    return found


def straight_crossings(
    brackets: Mapping[str, tuple[float, float]],
    gaps: Mapping[str, Draws],
    points: Mapping[str, Draws],
    *,
    middle: int,
) -> dict[str, float]:
    """The crossings of those inputs whose gap is a straight line on that side of the value now (`middle`)."""
    found: dict[str, float] = {}
    for name, ends in brackets.items():
        side = slice(middle, None) if ends[1] > points[name][middle] else slice(None, middle + 1)
        at = straight_crossing(points[name][side], gaps[name][side])
        if at is not None and min(ends) < at < max(ends):  # not at the value now: two that cost the same have no side
            found[name] = at
    return found


def crossing(grid: Draws, gap: Draws) -> tuple[tuple[float, float], float]:
    """The two points between which the gap first turns negative, and the value between them at which it is 0 on the
    straight line."""
    step = max(int(np.argmax(gap < 0)), 1)
    before, after = (float(value) for value in grid[step - 1 : step + 1])
    left, right = (float(usd) for usd in gap[step - 1 : step + 1])
    return (before, after), before + (after - before) * (left / (left - right) if left > 0 > right else 0.5)


def straight_crossing(grid: Draws, gap: Draws) -> float | None:
    """The value at which a gap is 0 that is a straight line over equal steps; None where it is not, or has no 0."""
    steps = np.diff(gap)
    slope = float(gap[-1] - gap[0])
    if not slope or not np.ptp(steps) <= _STRAIGHT * abs(slope):
        return None
    return float(grid[0] - gap[0] * (grid[-1] - grid[0]) / slope)


def smooth_crossing(grid: Draws, gap: Draws) -> float | None:
    """The value at which a smooth gap is 0, by inverse interpolation of fourth order (Lagrange); else None.

    Two neighbouring fives of points around the crossing must say the same to 1e-8 of the grid: at a kink or a step
    they do not, and near an end of the grid there are too few.
    """
    step = max(int(np.argmax(gap < 0)), 1)
    first, last = step - _BESIDE, step + _BESIDE
    if first < 0 or last > len(grid):
        return None
    usd, values = gap[first:last].tolist(), grid[first:last].tolist()
    if not all(one > other for one, other in pairwise(usd)):
        return None
    left, right = _at_zero(values[:-1], usd[:-1]), _at_zero(values[1:], usd[1:])
    is_smooth = abs(left - right) <= _SMOOTH * abs(float(grid[-1] - grid[0]))
    return (left + right) / 2 if is_smooth else None


def _at_zero(values: Sequence[float], usd: Sequence[float]) -> float:
    """The value at 0 dollars of the polynomial through these points, value over dollars."""
    total = 0.0
    for place, (value, own) in enumerate(zip(values, usd, strict=True)):
        weight = 1.0
        for other_place, other in enumerate(usd):
            if other_place != place:
                weight *= other / (other - own)
        total += value * weight
    return total


def _turn(gaps: Mapping[str, Draws]) -> list[bool]:
    """Whether each of the gaps, all of one length, is negative anywhere."""
    return [bool(one) for one in np.any(np.array(list(gaps.values())) < 0, axis=-1)] if gaps else []
