"""Lines that lie on one another: equal ones are drawn once under all their names, others are dashed so that each is seen."""

import math
from collections.abc import Hashable, Sequence
from itertools import pairwise

Points = dict[float, float]
_DASH_PX = 8
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


def dashes(lines: Sequence[Points], *, is_log: bool = False) -> list[str]:
    """The dash of each line that runs on an earlier one from one of its points to the next; the earliest is whole, and
    "" is one that runs alone.

    Lines that run together from their first point on take turns: of three, each is seen a third of the way. Lines that
    meet later start their dashes anywhere, so each covers half as much as the one before: whatever lies where, the
    later ones together never cover an earlier one.

    >>> line = {1.0: 50.0, 2.0: 40.0}
    >>> dashes([line, line, line]), dashes([line, line]), dashes([line, {1.0: 9.0, 2.0: 8.0}])
    (['solid', '8px,16px', '0px,8px,8px,8px'], ['solid', '8px,8px'], ['', ''])
    """
    drawn = [{x: math.log(y) if is_log else y for x, y in line.items() if y > 0 or not is_log} for line in lines]
    heights = [y for line in drawn for y in line.values()]
    span = max(heights, default=0.0) - min(heights, default=0.0)
    if not is_log:
        span = max(span, *heights, 0.0)  # the axis begins at zero
    near = _NEAR * span
    turns: list[int] = []
    for place, line in enumerate(drawn):
        turns.append(max((turns[one] + 1 for one in range(place) if _runs_on(line, drawn[one], near)), default=0))
    found = ["solid" if turn == 0 else f"{_DASH_PX}px,{_DASH_PX * (2**turn - 1)}px" for turn in turns]
    for group in _together(drawn, near):
        if len(group) == 1:
            found[group[0]] = ""
        elif all(_starts_on(drawn[group[0]], drawn[one], near) for one in group[1:]):
            for turn, place in enumerate(group[1:], start=1):
                found[place] = _in_turn(turn, len(group))
    return found


def _together(lines: Sequence[Points], near: float) -> list[list[int]]:
    """The places of lines that run on one another, by group, each in the order in which they are drawn."""
    groups: list[list[int]] = []
    for place, line in enumerate(lines):
        met = [group for group in groups if any(_runs_on(line, lines[other], near) for other in group)]
        groups = [
            *(group for group in groups if group not in met),
            [*sorted(one for group in met for one in group), place],
        ]
    return groups


def _in_turn(turn: int, count: int) -> str:
    """The dash of the line that comes after `turn` others of `count`: a dash of no length shifts it."""
    before, after = _DASH_PX * (turn - 1), _DASH_PX * (count - turn)
    return f"0px,{before}px,{_DASH_PX}px,{after}px" if before else f"{_DASH_PX}px,{after}px"


def _starts_on(line: Points, other: Points, near: float) -> bool:
    """Whether both begin at the same point and never part while both run."""
    if not line or not other or min(line) != min(other):
        return False
    return all(abs(line[x] - other[x]) <= near for x in line.keys() & other.keys())


def _runs_on(line: Points, other: Points, near: float) -> bool:
    shared = [abs(line[x] - other[x]) <= near for x in sorted(line.keys() & other.keys())]
    return any(one and following for one, following in pairwise(shared))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{',<br>'.join(names[:-1])} and<br>{names[-1]}"
