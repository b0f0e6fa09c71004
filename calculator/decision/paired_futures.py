"""Paired futures of a comparison: the gap between two options, chances and middles, each found once.

They do not change between the frames of one question: what would turn the verdict is added to a page at rest, and
nothing else.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from calculator.number import Range
from calculator.risk.distributions import Draws
from calculator.risk.monte_carlo import Odds, range_of

Found = TypeVar("Found")


class PairedFutures:
    """The options' costs in the same futures; `hard`: without people's time. Dollars in present value."""

    def __init__(self, odds: Odds) -> None:
        self.odds = odds
        self._ranges: dict[Hashable, Range] = {}
        self._numbers: dict[Hashable, float] = {}

    def difference_usd(self, dearer: str, cheaper: str, *, hard: bool = False) -> Range:
        """P10, P50 and P90 of what the first costs more than the second, future by future."""
        table = self._table(hard)

        def found() -> Range:
            return range_of(np.asarray(table[dearer]) - np.asarray(table[cheaper]))

        return _once(self._ranges, (dearer, cheaper, hard), found)

    def chance(self, option: str, options: Sequence[str], *, hard: bool = False) -> float:
        """Share of the futures in which the option costs least of these; in a tie it does."""
        table = self._table(hard)

        def found() -> float:
            least: Draws = np.stack([table[name] for name in options]).min(axis=0)
            return float(np.mean(table[option] <= least))

        return _once(self._numbers, (option, *options, hard), found)

    def median_usd(self, option: str) -> float:
        """The middle of the option's futures."""
        return _once(self._numbers, option, lambda: float(np.median(self.odds.present_value_usd[option])))

    def _table(self, hard: bool) -> Mapping[str, Draws]:
        return self.odds.hard_present_value_usd if hard else self.odds.present_value_usd


def _once(known: dict[Hashable, Found], key: Hashable, found: Callable[[], Found]) -> Found:
    if key not in known:
        known[key] = found()
    return known[key]
