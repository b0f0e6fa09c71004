"""One number type for a float and an array of draws, a range of three, and operations that Python spells in two ways.

A float stays a float (no NumPy call, so the page's scalars are fast); an array is treated element by element.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from calculator.errors import ScenarioError
from calculator.units import plain_number

Number = float | NDArray[np.float64]
"""One value, or one per draw."""
Kept = TypeVar("Kept")
Condition = bool | NDArray[np.bool_]
"""Whether something holds: once, or for each draw."""


@dataclass(frozen=True, slots=True)
class Range:
    """About P10, P50 and P90 of one quantity, in `unit`."""

    low: float
    central: float
    high: float
    unit: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Picked:
    """Some of `draw_count` draws, for what happens in a few of them only: it is reckoned for those alone.

    rows: the draw of each. counts: how many alike each stands for. most_kept: how many sums are kept.
    """

    rows: NDArray[np.int64]
    counts: NDArray[np.float64]
    draw_count: int
    most_kept: int = 16
    _known: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = field(
        default_factory=dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]], repr=False
    )
    _kept: dict[tuple[Hashable, ...], tuple[tuple[Any, ...], Any]] = field(
        default_factory=dict[tuple[Hashable, ...], tuple[tuple[Any, ...], Any]], repr=False
    )

    def of(self, value: Number) -> Number:
        """The values of these draws; a number stays one. Of an array that nobody can change they are picked once."""
        if not isinstance(value, np.ndarray) or not value.ndim:
            return value
        if value.flags.writeable or value.base is not None:
            return value.take(self.rows)
        known = self._known.get(id(value))
        if known is None:
            picked = value.take(self.rows)
            picked.flags.writeable = False
            known = (value, picked)  # the array is held, so that no other one takes its place in memory meanwhile
            if len(self._known) >= _MOST_PICKED:
                self._known.clear()
            self._known[id(value)] = known
        return known[1]

    def kept(self, values: tuple[Any, ...], compute: Callable[[], Kept]) -> Kept:
        """What was made of these values for these draws; made now where it is not known.

        Arrays are known again as the same objects. Where one of them may still be changed, nothing is kept.
        """
        if any(isinstance(one, np.ndarray) and (one.flags.writeable or one.base is not None) for one in values):
            return compute()
        key = tuple([id(cast("object", one)) if isinstance(one, np.ndarray) else one for one in values])
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= self.most_kept:
                self._kept.clear()
            found = self._kept[key] = (values, compute())  # arrays are held, so that no other takes their place
        return found[1]

    def sums(self, values: tuple[Any, ...], compute: Callable[[], Sequence[Number]]) -> list[NDArray[np.float64]]:
        """What each of those made of these values, one for each of these, comes to in every draw; read-only.

        Kept as `kept` keeps: where these are few they are kept themselves, which takes a hundredth of the room of all
        draws and is added up in no time.
        """
        if self.are_few:
            return [self._sum(one) for one in self.kept(values, compute)]
        return self.kept(values, lambda: [self._sum(one) for one in compute()])

    @property
    def are_few(self) -> bool:
        """Whether these take much less room than all draws."""
        return self.rows.size * _FEW < self.draw_count

    def about_bytes(self, *, values: int, sums: int) -> int:
        """About how many bytes these take with so many values of each and so many sums kept."""
        return 8 * (values * self.rows.size + sums * (self.rows.size if self.are_few else self.draw_count))

    def forget_values(self) -> None:
        """Let go of the picked values; they are picked again where they are asked for."""
        self._known.clear()

    def _sum(self, value: Number) -> NDArray[np.float64]:
        found = self.added(value)
        found.flags.writeable = False
        return found

    def added(self, value: Number) -> NDArray[np.float64]:
        """What the values, one for each of these, come to in every draw."""
        return np.bincount(self.rows, weights=self.counts * value, minlength=self.draw_count).astype(
            np.float64, copy=False
        )


def larger(a: Number, b: Number) -> Number:
    """The larger of two, element by element."""
    return np.maximum(a, b) if isinstance(a, np.ndarray) or isinstance(b, np.ndarray) else max(a, b)


def smaller(a: Number, b: Number) -> Number:
    """The smaller of two, element by element."""
    return np.minimum(a, b) if isinstance(a, np.ndarray) or isinstance(b, np.ndarray) else min(a, b)


def where(condition: Condition, a: Number, b: Number) -> Number:
    """a where the condition holds, else b. Both are computed: guard divisions before."""
    if isinstance(condition, np.ndarray):
        return np.where(condition, a, b)
    return a if condition else b


def exp(a: Number) -> Number:
    """e^a."""
    return np.exp(a) if isinstance(a, np.ndarray) else math.exp(a)


def log(a: Number) -> Number:
    """Natural logarithm."""
    return np.log(a) if isinstance(a, np.ndarray) else math.log(a)


def root(a: Number) -> Number:
    """Square root."""
    return np.sqrt(a) if isinstance(a, np.ndarray) else math.sqrt(a)


def some(value: Number) -> bool:
    """Whether a number, or any of its draws, is not 0."""
    return bool(value.any()) if isinstance(value, np.ndarray) else bool(value)


def require(
    name: str, value: Number, *, above: float | None = None, low: float | None = None, high: float | None = None
) -> None:
    """Refuse a value, or an array with a value, that is not finite or out of bounds: one sentence (ScenarioError)."""
    least, most = (float(np.min(value)), float(np.max(value))) if isinstance(value, np.ndarray) else (value, value)
    if not (-math.inf < least and most < math.inf):
        raise ScenarioError(f"{name} is {plain_number(most)}; it must be a finite number.")
    if above is not None and not least > above:
        raise ScenarioError(f"{name} is {plain_number(least)}; it must be above {plain_number(above)}.")
    if low is not None and least < low:
        raise ScenarioError(f"{name} is {plain_number(least)}; it must be at least {plain_number(low)}.")
    if high is not None and most > high:
        raise ScenarioError(f"{name} is {plain_number(most)}; it must be at most {plain_number(high)}.")


_FEW = 4
"""Fewer than one of so many draws."""
_MOST_PICKED = 32
"""Arrays of which the picked values are kept: an option reads about twenty."""
