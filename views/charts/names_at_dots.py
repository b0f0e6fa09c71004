"""Where the names of dots are written, so that none runs through another dot or name, on a screen and on a phone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_PLOT_WIDTHS_PX = (320, 900)
_PLOT_HEIGHT_PX = 360
_LETTER_PX, _LINE_PX, _DOT_PX, _GAP_PX = 6.0, 13.0, 6.0, 6.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A place on a logarithmic x and a linear y that begins at 0; "" has no name written."""

    x: float
    y: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    right: float
    low: float
    high: float

    def meets(self, other: "_Box") -> bool:
        """Whether the two have a place in common."""
        return self.left < other.right and other.left < self.right and self.low < other.high and other.low < self.high


def name_sides(dots: Sequence[Dot]) -> list[str]:
    """The side of each dot, in plotly's words, on which its name meets fewest dots and names.

    The side towards the middle of the x axis is tried first, over the dot and then under it: there no name leaves the
    page. Letters are taken to be equally wide.
    """
    sides = [_inward(dot, dots)[0] for dot in dots]
    planes = [_Plane.over(dots, width_px=width) for width in _PLOT_WIDTHS_PX] if dots else []
    taken = [[plane.dot_box(dot) for dot in dots] for plane in planes]
    for place, dot in enumerate(dots):
        if not dot.name:
            continue

        def hits(side: str, dot: Dot = dot) -> float:
            return sum(plane.hits(plane.name_box(dot, side), boxes) for plane, boxes in zip(planes, taken, strict=True))

        sides[place] = min(_inward(dot, dots), key=hits)
        for plane, boxes in zip(planes, taken, strict=True):
            boxes.append(plane.name_box(dot, sides[place]))
    return sides


def _inward(dot: Dot, dots: Sequence[Dot]) -> tuple[str, ...]:
    middle = math.sqrt(min(one.x for one in dots) * max(one.x for one in dots))
    inner, outer = ("right", "left") if dot.x < middle else ("left", "right")
    return f"top {inner}", f"bottom {inner}", f"top {outer}", f"bottom {outer}"


@dataclass(frozen=True, slots=True)
class _Plane:
    """From values to pixels."""

    width_px: float
    first_x: float
    decades: float
    most_y: float

    @classmethod
    def over(cls, dots: Sequence[Dot], *, width_px: float) -> "_Plane":
        logs = [math.log10(dot.x) for dot in dots]
        return cls(width_px, min(logs), (max(logs) - min(logs)) or 1.0, max(dot.y for dot in dots) or 1.0)

    def _at(self, dot: Dot) -> tuple[float, float]:
        across = self.width_px * (math.log10(dot.x) - self.first_x) / self.decades
        return across, _PLOT_HEIGHT_PX * dot.y / self.most_y

    def dot_box(self, dot: Dot) -> _Box:
        x, y = self._at(dot)
        return _Box(x - _DOT_PX, x + _DOT_PX, y - _DOT_PX, y + _DOT_PX)

    def name_box(self, dot: Dot, side: str) -> _Box:
        x, y = self._at(dot)
        wide = _GAP_PX + _LETTER_PX * len(dot.name)
        left, right = (x + _GAP_PX, x + wide) if side.endswith("right") else (x - wide, x - _GAP_PX)
        low = y + _GAP_PX if side.startswith("top") else y - _GAP_PX - _LINE_PX
        return _Box(left, right, low, low + _LINE_PX)

    def hits(self, box: _Box, others: Sequence[_Box]) -> float:
        """How many boxes it meets; leaving the page counts as much as all of them."""
        leaves = box.left < -_GAP_PX or box.right > self.width_px + _GAP_PX
        return sum(box.meets(other) for other in others) + (len(others) if leaves else 0)
