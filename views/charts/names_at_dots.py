"""Where the names of dots are written, so that none runs through another name, on a screen and on a phone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

_PLOT_WIDTHS_PX = (235, 320, 480, 680, 960)
_PLOT_HEIGHT_PX = 340
_LETTER_PX, _DOT_PX, _GAP_PX = 5.4, 6.0, 8.0
_RISE_PX = {"top": (8.0, 23.0), "middle": (-6.0, 8.0), "bottom": (-21.0, -6.0)}
"""Of a name over, beside and under its dot: its lower and its upper edge, from the middle of the dot."""
_LEFT_PX, _RIGHT_PX = 8.0, 52.0
"""How far a name may reach beyond the plot: to the marks of the y axis, and to the edge of the figure."""
_NO_NAME, _LEAVES = 100.0, 1000.0
"""Costs beside one for each dot that a name covers: a name left out is worse, one that is cut at the edge worst."""
_MOST_STEPS = 20_000
NOWHERE = ""
"""The side of a name that finds no room and is left out."""


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


@dataclass(frozen=True, slots=True)
class _Place:
    """A name on one side of its dot: its box on each plane, and what it costs to write it there."""

    side: str
    boxes: tuple[_Box, ...]
    cost: float

    def meets(self, other: "_Place") -> bool:
        """Whether the two names meet on any plane."""
        return any(mine.meets(theirs) for mine, theirs in zip(self.boxes, other.boxes, strict=True))


def name_sides(dots: Sequence[Dot]) -> list[str]:
    """The side of each dot, in plotly's words, on which its name meets no other name, and fewest dots.

    Checked on plots that are 235, 320, 480, 680 and 960 px wide, from a phone to a wide page; between them names may
    meet. The side towards the middle of the x axis is preferred, over the dot and then under it. NOWHERE is the side of a name
    for which there is no room. A dot without a name has the side that would be preferred. Letters are taken to be
    equally wide.
    """
    sides = [_preferred(dot, dots)[0] for dot in dots]
    named = [place for place, dot in enumerate(dots) if dot.name]
    planes = [_Plane.over(dots, width_px=width) for width in _PLOT_WIDTHS_PX] if dots else []
    search = _Search([_places(dots[place], dots, planes) for place in named])
    search.step([], 0.0)
    for place, found in zip(named, search.best, strict=True):
        sides[place] = found.side if found is not None else NOWHERE
    return sides


@dataclass(slots=True)
class _Search:
    """The cheapest place for each name such that no two meet; a branch that costs as much as the best one is cut."""

    places: list[list[_Place]]
    best: list[_Place | None] = field(default_factory=list["_Place | None"])
    least: float = math.inf
    steps: int = 0

    def step(self, chosen: list[_Place | None], cost: float) -> None:
        """Place the next name in every way that may still be cheaper than the best one found."""
        self.steps += 1
        if cost >= self.least or self.steps > _MOST_STEPS:
            return
        if len(chosen) == len(self.places):
            self.best, self.least = list(chosen), cost
            return
        for place in self.places[len(chosen)]:
            if not any(other is not None and place.meets(other) for other in chosen):
                self.step([*chosen, place], cost + place.cost)
        self.step([*chosen, None], cost + _NO_NAME)


def _places(dot: Dot, dots: Sequence[Dot], planes: Sequence["_Plane"]) -> list[_Place]:
    """Each side of the dot, cheapest first; of those that cost the same the preferred one."""
    found: list[_Place] = []
    for rank, side in enumerate(_preferred(dot, dots)):
        boxes = tuple(plane.name_box(dot, side) for plane in planes)
        cost = 0.001 * rank
        for plane, box in zip(planes, boxes, strict=True):
            cost += sum(box.meets(plane.dot_box(other)) for other in dots)
            if box.left < -_LEFT_PX or box.right > plane.width_px + _RIGHT_PX:
                cost += _LEAVES
        found.append(_Place(side, boxes, cost))
    return sorted(found, key=lambda place: place.cost)


def _preferred(dot: Dot, dots: Sequence[Dot]) -> tuple[str, ...]:
    middle = math.sqrt(min(one.x for one in dots) * max(one.x for one in dots))
    inner, outer = ("right", "left") if dot.x < middle else ("left", "right")
    corners = (f"top {inner}", f"bottom {inner}", f"top {outer}", f"bottom {outer}")
    return (*corners, f"middle {inner}", f"middle {outer}", "top center", "bottom center")


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
        wide = _LETTER_PX * len(dot.name)
        rise, across = side.split()
        start = {"right": x + _GAP_PX, "left": x - _GAP_PX - wide, "center": x - wide / 2}[across]
        low, high = _RISE_PX[rise]
        return _Box(start, start + wide, y + low, y + high)
