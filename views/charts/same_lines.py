"""Lines that lie on one another: equal ones are drawn once under all their names, others are dashed where one hides one."""

import math
from collections.abc import Hashable, Sequence
from itertools import pairwise

Points = dict[float, float]
ON_TOP = "8px,8px"
"""Dash of a line that lies on an earlier one: both colours are seen in turn."""
_NEAR = 1 / 200
"""Of the axis: less than the width of a line."""


def drawn_once(keys: Sequence[Hashable], names: Sequence[str]) -> list[tuple[int, str]]:
    """The place of each different line, and the names of all that equal it, one under the other.

    >>> drawn_once(["x", "y", "x"], ["A", "B", "C"])
    [(0, 'A and<br>C'), (1, 'B')]
    """
    equal: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        equal.setdefault(key, []).append(place)
    return [(places[0], _listed([names[place] for place in places])) for places in equal.values()]


def on_top(lines: Sequence[Points], *, is_log: bool = False) -> list[bool]:
    """Whether each line runs on an earlier one from one of its points to the next, so that it would hide it."""
    drawn = [{x: math.log(y) if is_log else y for x, y in line.items() if y > 0 or not is_log} for line in lines]
    heights = [y for line in drawn for y in line.values()]
    span = max(heights, default=0.0) - min(heights, default=0.0)
    if not is_log:
        span = max(span, *heights, 0.0)  # the axis begins at zero
    return [any(_runs_on(line, other, _NEAR * span) for other in drawn[:place]) for place, line in enumerate(drawn)]


def _runs_on(line: Points, other: Points, near: float) -> bool:
    shared = [abs(line[x] - other[x]) <= near for x in sorted(line.keys() & other.keys())]
    return any(one and following for one, following in pairwise(shared))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{',<br>'.join(names[:-1])} and<br>{names[-1]}"
