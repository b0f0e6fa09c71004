"""Charts of the memo and the HTML report as SVG text: cost with its range, and money spent month by month.

Drawn for paper: light, no scripts, names at the line ends. Every text is escaped.
"""

import itertools
import math
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from calculator.units import MONTHS_PER_YEAR, digits

COLOURS = ("#1f4e9c", "#b4530a", "#2f7d4f", "#7a3e9d", "#857000")
_GREY, _INK, _MUTE, _FAINT = "#8a8f99", "#1d2330", "#565d6b", "#e3e6ec"
_NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_TICKS = 5
_ROW, _TOP, _EDGE = 36, 6, 8
_HIDES = 1.0  # less than the width of a line
_DASH = 6  # a line over others covers half as much as the one before, so that the later ones never cover an earlier one
_SIZE, _SMALL, _NAME_SIGNS = 12.0, 11.0, 20


@dataclass(frozen=True, slots=True)
class CostBar:
    """One option: its base case, and P10 and P90 where they are known, with the words beside the dot."""

    name: str
    base: float
    low: float | None
    high: float | None
    says: str


@dataclass(frozen=True, slots=True)
class Course:
    """Money spent up to each month 0..N, with P10 and P90 of the futures where they are drawn."""

    name: str
    spent: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


def nice_ticks(low: float, high: float, *, count: int = _TICKS) -> list[float]:
    """Round numbers from at most `low` to at least `high`, about `count` of them: steps of 1, 2 or 5 times ten^n.

    Always two at least, so that an axis has a length, however close `low` and `high` are.
    """
    span = max(high - low, 1e-9)
    raw = span / max(count - 1, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * one for one in (1, 2, 5, 10) if power * one >= raw * (1 - 1e-12))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, max(last, first + 1) + 1)]


def amount_words(value: float, mark: str = "$") -> str:
    """A short amount for an axis: $0, $500, $12k, $1.5M."""
    sign, size = ("-" if value < 0 else ""), abs(value)
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if size >= limit:
            return f"{sign}{mark}{digits(size / limit, 3)}{unit}"
    return f"{sign}{mark}{digits(size, 3)}"


def cost_chart(bars: Sequence[CostBar], *, mark: str = "$", font: str = "sans-serif", width: int = 430) -> str:
    """A row per option: its name and amount, below them a dot at the base case and a bar from P10 to P90."""
    if not bars:
        return ""
    ends = [value for bar in bars for value in (bar.base, bar.low, bar.high) if value is not None]
    ticks = nice_ticks(min(0.0, *ends), max(ends))
    height = _TOP + _ROW * len(bars) + 22

    def x(value: float) -> float:
        return _EDGE + (value - ticks[0]) / (ticks[-1] - ticks[0]) * (width - 2 * _EDGE)

    parts: list[str] = []
    for tick in ticks:
        parts.append(_line((x(tick), _TOP - 4), (x(tick), height - 20), colour=_FAINT))
        anchor = "start" if tick == ticks[0] else "end" if tick == ticks[-1] else "middle"
        parts.append(_text(x(tick), height - 6, amount_words(tick, mark), anchor=anchor, size=_SMALL, colour=_MUTE))
    for row, bar in enumerate(bars):
        top, colour = _TOP + _ROW * row, COLOURS[0] if row == 0 else _GREY
        y = top + 23
        parts.append(_text(_EDGE, top + 11, bar.name, bold=row == 0))
        parts.append(_text(width - _EDGE, top + 11, bar.says, anchor="end", size=_SMALL, bold=row == 0))
        if bar.low is not None and bar.high is not None:
            wide = 'stroke-width="7" stroke-opacity="0.35" stroke-linecap="round"'
            parts.append(_line((x(bar.low), y), (x(bar.high), y), colour=colour, more=wide))
        parts.append(f'<circle cx="{x(bar.base):.1f}" cy="{y}" r="4.5" fill="{colour}"/>')
    return _svg(parts, width=width, height=height, font=font, label="Cost of each option with its range")


def spend_chart(courses: Sequence[Course], *, mark: str = "$", font: str = "sans-serif", width: int = 430) -> str:
    """Money spent, month by month, with each name at the end of its line."""
    if not courses:
        return ""
    height, left, right, top, bottom = 270, 46, 150, 10, 24
    months = len(courses[0].spent) - 1
    values = [value for course in courses for value in (*course.spent, *course.low, *course.high)]
    ticks = nice_ticks(min(0.0, *values), max(values) or 1.0)

    def x(month: float) -> float:
        return left + month / max(months, 1) * (width - left - right)

    def y(value: float) -> float:
        return height - bottom - (value - ticks[0]) / (ticks[-1] - ticks[0]) * (height - top - bottom)

    parts: list[str] = []
    for tick in ticks:
        parts.append(_line((left, y(tick)), (width - right, y(tick)), colour=_FAINT))
        parts.append(_text(left - 6, y(tick) + 3.5, amount_words(tick, mark), anchor="end", size=_SMALL, colour=_MUTE))
    for month in range(0, months + 1, MONTHS_PER_YEAR):
        says = f"month {month}" if month == MONTHS_PER_YEAR else f"{month}"
        parts.append(_text(x(month), height - 6, says, anchor="middle", size=_SMALL, colour=_MUTE))
    for number, course in enumerate(courses):
        edges = [*enumerate(course.low), *reversed(list(enumerate(course.high)))]
        band = " ".join(f"{x(month):.1f},{y(value):.1f}" for month, value in edges)
        if band:
            parts.append(f'<polygon points="{band}" fill="{COLOURS[number % len(COLOURS)]}" fill-opacity="0.15"/>')
    at = _spread([y(course.spent[-1]) for course in courses], apart=30.0, least=top + 8, most=height - bottom - 14)
    turns: list[int] = []
    for number, (course, end) in enumerate(zip(courses, at, strict=True)):
        colour = COLOURS[number % len(COLOURS)]
        line = " ".join(f"{x(month):.1f},{y(value):.1f}" for month, value in enumerate(course.spent))
        under = [
            turn
            for turn, other in zip(turns, courses[:number], strict=True)
            if _runs_on(map(y, course.spent), map(y, other.spent))
        ]
        turns.append(max(under) + 1 if under else 0)
        dash = f' stroke-dasharray="{_DASH} {_DASH * (2 ** turns[-1] - 1)}"' if under else ""
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        for offset, words in enumerate(textwrap.wrap(course.name, _NAME_SIGNS, max_lines=2, placeholder=" ...")):
            place = end + 4 + 13 * offset
            parts.append(_text(width - right + 7, place, words, size=_SMALL, colour=colour, bold=number == 0))
    return _svg(parts, width=width, height=height, font=font, label="Money spent month by month")


def _runs_on(heights: Iterable[float], others: Iterable[float]) -> bool:
    """Whether a line lies on another in most months, so that it would hide it."""
    near = [abs(height - other) < _HIDES for height, other in zip(heights, others, strict=True)]
    return 2 * sum(near) > len(near)


def _line(start: tuple[float, float], end: tuple[float, float], *, colour: str, more: str = "") -> str:
    (x1, y1), (x2, y2) = start, end
    return f'<line x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}" stroke="{colour}" {more}/>'


def _spread(wanted: list[float], *, apart: float, least: float, most: float) -> list[float]:
    """Places near those wanted, none nearer to another than `apart`, all between `least` and `most` where they fit."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    found = list(wanted)
    for before, index in itertools.pairwise(order):
        found[index] = max(found[index], found[before] + apart)
    limit = most
    for index in reversed(order):
        found[index] = min(found[index], limit)
        limit = found[index] - apart
    return [max(place, least) for place in found]


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", size: float = _SIZE, colour: str = _INK, bold: bool = False
) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{weight}>'
        f"{xml_text(text)}</text>"
    )


def xml_text(text: str) -> str:
    """Text as XML may hold it: control characters and non-characters, which no XML can say, become a space.

    >>> xml_text("a\\x07b < c")
    'a b &lt; c'
    """
    return escape(_NOT_XML.sub(" ", text))


def _svg(parts: list[str], *, width: int, height: int, font: str, label: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="{xml_text(font)}" '
        f'role="img" aria-label="{xml_text(label)}">{"".join(parts)}</svg>'
    )
