"""Flip points of What if: at which value of one input the answer changes, as Decide has it, and what "Set it" sets."""

import math
from dataclasses import replace

from calculator.decision.comparison import Comparison, Verdict
from calculator.decision.stand_ins import without_exchanges
from calculator.risk.candidates import Candidates
from calculator.risk.flips import decides_count
from calculator.risk.sensitivity import SwitchPoint, switching_values

_MOST_FLIPS = 8
_FARTHEST = 5.0  # a value further away is another world
_LEAST_STEP = 0.001  # beyond a switching value of 0


def verdict_on(pair: tuple[str, str], comparison: Comparison) -> Verdict | None:
    """The verdict of Decide on these two; none where the page leaves out the staff hours that verdicts count."""
    if comparison.scenario.labour == "without":
        return None
    both = (comparison.verdicts.mac_or_pc, comparison.verdicts.overall)
    return next((one for one in both if one and (one.cheapest, one.next) == pair), None)


def flip_points(
    candidates: Candidates, every: Candidates, found: Verdict | None, *, pair: tuple[str, str] | None
) -> list[SwitchPoint]:
    """Values of one input at which the answer flips, within its range or at most five times away, likely ones first.

    An input that Decide has searched with machines sized anew has Decide's value; a flip that only exchanges one
    machine for another of its kind is none. `every`: all that can do the job; `pair`: the two of "Mac or PC", if that is
    the question.
    """
    exact = {flip.name: flip for flip in found.flips} if found is not None else {}
    points: list[SwitchPoint] = []
    for point in switching_values(candidates):
        if point.value is None or not (point.in_range or _is_near(point.central_value, point.value)):
            continue
        if (flip := exact.get(point.name)) is not None:
            points.append(replace(point, value=flip.at, in_range=flip.inside_range))
        elif found is None or not (decides_count(point.name) and point.in_range):
            points.append(point)
    return (points if pair is None else without_exchanges(points, every, pair=pair))[:_MOST_FLIPS]


def _is_near(now: float, at: float) -> bool:
    """Whether one value is of the other's sign and at most five times as large or as small."""
    return now * at > 0 and 1 / _FARTHEST <= at / now <= _FARTHEST


def beyond(point: SwitchPoint) -> float:
    """The next value beyond the switching one with three digits that one would type, within the input's bounds."""
    assert point.value is not None
    away = 1.0 if point.value > point.central_value else -1.0
    step = 10.0 ** (math.floor(math.log10(abs(point.value))) - 2) if point.value else _LEAST_STEP
    low, high = point.bounds
    value = (math.floor(point.value / step) + 1 if away > 0 else math.ceil(point.value / step) - 1) * step
    return min(max(float(f"{value:.6g}"), low), high)
