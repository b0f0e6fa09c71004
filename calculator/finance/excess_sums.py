"""Sums of what grows past a limit, for all draws and any limit: read off running sums of the demand and of its price.

Many limits share one demand and one price: each part of a week, each machine that comes later. Laid out month by month
they cost a month's arithmetic each; with one table of all months each costs a difference of four of its cells.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from calculator.finance.courses import Course, Excess, passes
from calculator.finance.discounting import Timing, log_growth
from calculator.finance.running_sums import MOST_CELLS, RunningSums
from calculator.number import Number
from calculator.units import MONTHS_PER_YEAR


@dataclass(slots=True, eq=False)
class _Shared:
    """What all limits on one demand at one price share: the draws that were laid out so far, then the table."""

    growth: Number
    price: Course
    laid_out_count: int = 0
    table: "ExcessSums | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class ExcessTables:
    """Tables of one horizon, by growth and price. `log_discount`: the logarithm of one month's discount factor."""

    months: int
    log_discount: Number
    timing: Timing
    _known: dict[tuple[int, int, int], _Shared] = field(default_factory=dict[tuple[int, int, int], _Shared], repr=False)

    def sums(self, course: Excess) -> tuple[Number, Number] | None:
        """Both sums of the course, read off its table; None while laying it out month by month costs less.

        The first limits are laid out, for those draws that pass them. Once these are as many as all draws, that has cost
        about as much as the table, and the table is made.
        """
        growth, price, picked = course.whole or (course.growth_rate, course.price, None)
        values = (growth, price.growth_rate, price.step_rate, self.log_discount, course.room, course.first_month)
        draw_count = max(np.size(value) for value in values) if picked is None else picked.draw_count
        if draw_count < _FEW or self.months * draw_count > MOST_CELLS:
            return None
        # growth and price are kept beside their ids: an id may be reused once its object is gone
        key = (id(growth), id(price.growth_rate), id(price.step_rate))
        shared = self._known.setdefault(key, _Shared(growth, price))
        if shared.table is None:
            shared.laid_out_count += int(np.count_nonzero(passes(course, self.months)))
            if shared.laid_out_count <= draw_count:
                return None
            shared.table = ExcessSums.of(
                growth, price, self.log_discount, months=self.months, timing=self.timing, draw_count=draw_count
            )
        return shared.table.sums(course, None if picked is None else picked.rows)


_FEW = 64
"""Draws below which a limit is always laid out."""
_LEAST = 1e-300  # a limit of nothing is passed in every month


@dataclass(frozen=True, slots=True, eq=False)
class ExcessSums:
    """Running sums of D(m) * price(m) and of price(m), of all draws, with D(m) = (1+growth)^((m-1)/12).

    D only rises or only falls, so it stands above a limit in one stretch of months a..b, and there
    sum of max(D - room, 0) * price = sum of D * price - room * sum of price, each a difference of two running sums.
    `log_month` is ln(D(m+1) / D(m)), a number or one per draw.
    """

    demand: RunningSums
    price: RunningSums
    log_month: Number

    @classmethod
    def of(
        cls, growth: Number, price: Course, log_discount: Number, *, months: int, timing: Timing, draw_count: int
    ) -> "ExcessSums":
        """From the growth of demand per year, the course of the price and the logarithm of one month's discount."""
        both = (1 + np.asarray(growth)) * (1 + np.asarray(price.growth_rate)) - 1
        demand, alone = (
            RunningSums.of((rate, price.step_rate, log_discount), months=months, timing=timing, draw_count=draw_count)
            for rate in (both, price.growth_rate)
        )
        return cls(demand, alone, log_growth(growth) / MONTHS_PER_YEAR)

    def sums(self, course: Excess, rows: NDArray[np.int64] | None = None) -> tuple[Number, Number]:
        """Undiscounted and discounted sum of `course`, whose demand and price are those of the table.

        `rows` are the draws to which the values of the course belong; without them, all draws in their order.
        """
        months, draw_count = self.price.plain.shape[0] - 1, self.price.plain.shape[1]
        rows = np.arange(draw_count, dtype=np.int64) if rows is None else rows
        before, last = (
            np.broadcast_to(month, rows.shape).astype(np.intp) for month in self._stretch(course, rows, months)
        )
        room = np.broadcast_to(np.where(last > before, course.room, 0.0), rows.shape)
        return tuple(  # pyright: ignore[reportReturnType] - two of them
            np.maximum(demand[last, rows] - demand[before, rows] - room * (price[last, rows] - price[before, rows]), 0)
            for demand, price in ((self.demand.plain, self.price.plain), (self.demand.valued, self.price.valued))
        )

    def _stretch(self, course: Excess, rows: NDArray[np.int64], months: int) -> tuple[Number, Number]:
        """The month before the first and the last month in which demand is above the limit and counted."""
        log = self.log_month if np.ndim(self.log_month) == 0 else np.asarray(self.log_month)[rows]
        room = np.asarray(course.room)
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = np.log(np.maximum(room, _LEAST)) / log  # months after the first in which D is the room
        begins = np.where(log > 0, np.floor(crossing) + 2, 1.0)
        ends = np.where(log > 0, months, np.where(log < 0, np.ceil(crossing), np.where(room < 1, months, 0)))
        until = months if course.last_month is None else course.last_month
        last = np.clip(np.minimum(ends, np.floor(until)), 0, months)
        before = np.maximum(begins, np.ceil(course.first_month)) - 1
        return np.clip(before, 0, last), last
