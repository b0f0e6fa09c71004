"""Money spent up to each month in drawn futures: the ledger's lines laid out month by month, for all draws at once.

The ledger's closed form gives the sum over all months in one step and is what ranges and odds rest on. A chart wants the
sum up to every month: here each course is laid out once for all draws, which costs about two closed forms instead of one
for each month. The last month is the closed form's own sum to 1e-9.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from calculator.finance.courses import AnyCourse, Course, Excess, Once, course_sums
from calculator.finance.discounting import discount_months, log_growth
from calculator.finance.ledger import Horizon, Line, grouped
from calculator.number import Number, Picked, larger
from calculator.units import MONTHS_PER_YEAR

Table = NDArray[np.float64]


def spent_by_month_usd(lines: Iterable[Line], *, horizon: Horizon, draw_count: int, discounted: bool) -> Table:
    """Positive dollars spent by the end of each month 0..N; shape [months+1, draws].

    spent(m) = -sum over months 0..m and all lines of amount * course(month) * v^t(month), with v = 1 where `discounted`
    is False. Income makes it fall. The rates of the horizon are one number, or one per draw.
    """
    flows = np.zeros((horizon.months + 1, draw_count))
    for picked, of_course in grouped(lines):
        within, count = (horizon, draw_count) if picked is None else (horizon.at(picked), picked.rows.size)
        for start in range(0, count, _PIECE):
            piece = slice(start, min(start + _PIECE, count))
            paid = _LaidOut(within, discounted, piece).paid(of_course)
            if picked is None:
                flows[:, piece] -= paid
            else:
                some = Picked(picked.rows[piece], picked.counts[piece], draw_count)
                for month, of_some in enumerate(np.broadcast_to(paid, (horizon.months + 1, some.rows.size))):
                    if of_some.any():
                        flows[month] -= some.added(of_some)
    return np.cumsum(flows, axis=0, out=flows)


@dataclass(frozen=True, slots=True)
class _LaidOut:
    """Courses of one horizon by month, for one piece of the draws; shapes [months+1, draws], or [months+1, 1] where all
    draws are alike."""

    horizon: Horizon
    discounted: bool
    piece: slice
    _powers: dict[tuple[int, bool], tuple[Number, Table]] = field(
        default_factory=dict[tuple[int, bool], tuple[Number, Table]]
    )

    def paid(self, of_course: Iterable[tuple[AnyCourse, Number]]) -> Number:
        """Signed dollars of all courses in each month; what the convention times is discounted in one step."""
        timed: Number = 0.0
        exact: Number = 0.0
        for course, whole_usd in of_course:
            usd = self._cut(whole_usd)
            if isinstance(course, Once):
                exact = exact + usd * self._once(course)
            elif _is_broken(course.first_month):
                exact = exact + usd * self._by_differences(course)
            else:
                timed = timed + usd * self._values(course)
        if not self.discounted:
            return timed + exact
        times = discount_months(self._month, timing=self.horizon.timing)
        return timed * np.exp(self._log_discount * times) + exact

    def _cut(self, value: Number) -> Number:
        """The values of this piece of the draws; a number stays one."""
        return value[self.piece] if isinstance(value, np.ndarray) and value.size > 1 else value

    @property
    def _log_discount(self) -> Number:
        return self._cut(self.horizon.log_discount)

    @property
    def _month(self) -> Table:
        return np.arange(self.horizon.months + 1, dtype=float)[:, None]

    def _once(self, course: Once) -> Table:
        month = self._cut(course.month)
        paid = np.asarray(self._month == np.ceil(month), dtype=float)
        if not self.discounted or not np.any(month):
            return paid
        return paid * np.exp(self._log_discount * np.asarray(month))

    def _values(self, course: Course | Excess) -> Table:
        values = self._above(course) if isinstance(course, Excess) else self._grown(course)
        last: Number = self.horizon.months if course.last_month is None else self._cut(course.last_month)
        counted = (self._month >= larger(self._cut(course.first_month), 1.0)) & (self._month <= last)
        return values * counted

    def _grown(self, course: Course) -> Table:
        return self._power(course.growth_rate, yearly=False) * self._power(course.step_rate, yearly=True)

    def _above(self, course: Excess) -> Table:
        return np.maximum(self._power(course.growth_rate, yearly=False) - self._cut(course.room), 0.0) * self._grown(
            course.price
        )

    def _power(self, rate: Number, *, yearly: bool) -> Table:
        """(1 + rate)^((m-1)/12), or by whole years; taken once for each rate."""
        key = (id(rate), yearly)
        if key not in self._powers:
            length = MONTHS_PER_YEAR if yearly else 1
            steps = np.maximum(np.arange(self.horizon.months + 1) - 1, 0) // length
            per_step = log_growth(self._cut(rate)) / (MONTHS_PER_YEAR / length)
            powers: Table = np.exp(per_step * np.arange(float(self.horizon.months))[: steps.max() + 1, None])
            # the rate is kept beside its powers: an id may be reused once its object is gone
            self._powers[key] = (rate, powers[steps])
        return self._powers[key][1]

    def _by_differences(self, course: Course | Excess) -> Table:
        """A course that begins within a month, from its closed form up to each month."""
        sums = [
            course_sums(course, months=months, log_discount=self.horizon.log_discount, timing=self.horizon.timing)
            for months in range(self.horizon.months + 1)
        ]
        rows = [np.atleast_1d(np.asarray(pair[1 if self.discounted else 0], dtype=float)) for pair in sums]
        table = np.diff(np.stack(rows), axis=0, prepend=0.0)
        return table[:, self.piece] if table.shape[1] > 1 else table


_PIECE = 1_024
"""Draws laid out at a time: their months stay in the processor's cache."""


def _is_broken(first_month: Number) -> bool:
    """Whether a start is not the start of a month; infinite is never."""
    months = np.asarray(first_month, dtype=float)
    return bool(np.any(np.isfinite(months) & (months != np.floor(months))))
