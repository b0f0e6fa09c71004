"""Ranges of what options cost in their drawn futures, each found when it is asked for.

A page shows one of four ways to count money, files show all. What was found is kept as numbers; the futures themselves
(320 kB for an option) are not held, and are drawn again, the very same, where nobody else holds them any more.
"""

import weakref
from collections.abc import Callable, Mapping
from typing import Literal, get_args

from calculator.number import Range
from calculator.risk.distributions import Draws
from calculator.risk.monte_carlo import Odds, range_of

Money = Literal["total_usd", "present_value_usd", "hard_present_value_usd", "hard_total_usd"]
"""Nominal and present value, each with and without people's time."""


class DrawnCosts:
    """P10, P50 and P90 of each option's cost. May be asked from any thread."""

    def __init__(self, odds: Odds, redraw: Callable[[], Odds]) -> None:
        """redraw: draws the same futures again."""
        self._odds: Callable[[], Odds | None] = weakref.ref(odds)
        self._redraw = redraw
        self._known: dict[tuple[str, Money], Range] = {}

    def range(self, option: str, money: Money) -> Range:
        """Of one option in one way to count money. Raises KeyError for an option that was not drawn."""
        if (option, money) not in self._known:
            if (odds := self._odds()) is None:
                odds = self._redraw()
                self._known |= {(name, way): range_of(usd) for way in MONEY for name, usd in _table(odds, way).items()}
            else:
                self._known[option, money] = range_of(_table(odds, money)[option])
        return self._known[option, money]

    def __getstate__(self) -> dict[tuple[str, Money], Range]:
        """All figures as numbers: an answer may go to another process."""
        odds = self._odds() or self._redraw()
        return {(name, way): range_of(usd) for way in MONEY for name, usd in _table(odds, way).items()}

    def __setstate__(self, known: dict[tuple[str, Money], Range]) -> None:
        self._odds, self._redraw, self._known = _gone, _never, known


def _gone() -> Odds | None:
    return None


def _never() -> Odds:
    raise KeyError("an option that was not drawn")


def _table(odds: Odds, money: Money) -> Mapping[str, Draws]:
    return getattr(odds, money)


MONEY: tuple[Money, ...] = get_args(Money)
