"""Paired futures of a comparison: the gap between two options, chances and middles, each found once.

A page at rest asks the same question as its last live frame, and adds only what would turn the verdict.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np

from calculator.number import Range
from calculator.risk.monte_carlo import Odds

Found = TypeVar("Found")


class PairedFutures:
    """The options' costs in the same futures; `hard`: without people's time. Dollars in present value."""

    def __init__(self, odds: Odds) -> None:
        self.odds = odds
        self._ranges: dict[Hashable, Range] = {}
        self._numbers: dict[Hashable, float] = {}

    def difference_usd(self, dearer: str, cheaper: str, *, hard: bool = False) -> Range:
        """P10, P50 and P90 of what the first costs more than the second, future by future."""
        key = (dearer, cheaper, hard)
        return _once(self._ranges, key, lambda: self.odds.difference(dearer, cheaper, hard=hard))

    def chance(self, option: str, options: Sequence[str], *, hard: bool = False) -> float:
        """Share of the futures in which the option costs least of these; in a tie it does."""

        def found() -> float:
            table = self.odds.hard_present_value_usd if hard else self.odds.present_value_usd
            mine = table[option]
            is_least = np.ones(mine.shape, dtype=np.bool_)
            for name in options:
                if name != option:
                    is_least &= mine <= table[name]
            return np.count_nonzero(is_least) / mine.size

        return _once(self._numbers, (option, *options, hard), found)

    def median_usd(self, option: str) -> float:
        """The middle of the option's futures."""
        return _once(self._numbers, option, lambda: self.odds.present_value(option).central)


def _once(known: dict[Hashable, Found], key: Hashable, found: Callable[[], Found]) -> Found:
    if key not in known:
        known[key] = found()
    return known[key]
