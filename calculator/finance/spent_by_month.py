"""Money spent up to each month in drawn futures: the ledger's lines, for all draws at once.

The ledger's closed form gives the sum over all months in one step and is what ranges and odds rest on. A chart wants the
sum up to every month. What a course comes to up to each month is kept as running sums, which a move that changes no
growth finds again; then a month costs one product per course. What has no running sums is laid out month by month. The
last month is the closed form's own sum to 1e-9.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from calculator.finance.courses import Course, Excess, Once, Repeated, course_sums
from calculator.finance.discounting import discount_months, log_growth
from calculator.finance.ledger import Horizon, Line, grouped
from calculator.finance.running_sums import MOST_CELLS
from calculator.number import Number, Picked, larger
from calculator.units import MONTHS_PER_YEAR

Draws = NDArray[np.float64]
Table = NDArray[np.float64]


def spent_by_month_usd(
    lines: Iterable[Line], *, horizon: Horizon, draw_count: int, discounted: bool
) -> Iterator[Draws]:
    """Positive dollars spent by the end of month 0, 1, ... N in turn, each of shape [draws].

    spent(m) = -sum over months 0..m and all lines of amount * course(month) * v^t(month), with v = 1 where `discounted`
    is False. Income makes it fall. Months are the calendar's, as those of `calendar_usd`: what is paid in advance falls
    into the month that it pays for. The rates of the horizon are one number, or one per draw.
    """
    due, early = list[Line](), list[Line]()
    for line in lines:
        (early if line.in_advance else due).append(line)
    spent = _spent_in_time(due, horizon=horizon, draw_count=draw_count, discounted=discounted)
    if not early:
        return spent
    before = _spent_in_time(early, horizon=horizon, draw_count=draw_count, discounted=discounted)
    return (usd + paid for usd, paid in zip(spent, chain([np.zeros(draw_count)], before), strict=False))


def _spent_in_time(lines: Iterable[Line], *, horizon: Horizon, draw_count: int, discounted: bool) -> Iterator[Draws]:
    """The same by the end of month m at which the ledger has each payment."""
    read_off = _ReadOff(horizon, draw_count, discounted)
    laid_out = None
    for picked, of_course in _by_draws(lines):
        left = list(read_off.left_over(of_course, picked))
        if not left:
            continue
        laid_out = np.zeros((horizon.months + 1, draw_count)) if laid_out is None else laid_out
        within, count = (horizon, draw_count) if picked is None else (horizon.at(picked), picked.rows.size)
        for start in range(0, count, _PIECE):
            piece = slice(start, start + _PIECE)
            paid = _LaidOut(within, discounted, piece).paid(left)
            if picked is None:
                laid_out[:, piece] += paid
            else:
                some = Picked(picked.rows[piece], picked.counts[piece], draw_count)
                for month, of_some in enumerate(np.broadcast_to(paid, (horizon.months + 1, some.rows.size))):
                    if of_some.any():
                        laid_out[month] += some.added(of_some)
    return read_off.spent_usd(laid_out)


def _by_draws(lines: Iterable[Line]) -> Iterable[tuple[Picked | None, list[tuple[Course | Excess | Once, Number]]]]:
    """The dollars of each course by the draws that it concerns: all of them, or one for each purchase."""
    found: dict[int, tuple[Picked | None, list[tuple[Course | Excess | Once, Number]]]] = {}
    for course, usd in grouped(lines):
        picked, alone = (course.picked, course.course()) if isinstance(course, Repeated) else (None, course)
        each = picked.of(usd) * course.weight if picked and isinstance(course, Repeated) else usd
        found.setdefault(id(picked), (picked, []))[1].append((alone, each))
    return found.values()


@dataclass(frozen=True, slots=True)
class _OfMonth:
    """Dollars that come in one month: of all draws, and of some rows each."""

    of_all: list[Number] = field(default_factory=list[Number])
    of_some: list[tuple[NDArray[np.intp], Draws]] = field(default_factory=list[tuple[NDArray[np.intp], Draws]])

    def added_to(self, usd: Draws) -> None:
        """Add them all in place."""
        for one in self.of_all:
            usd += one
        for rows, some in self.of_some:
            np.add.at(usd, rows, some)


_Months = dict[int, _OfMonth]


@dataclass(frozen=True, slots=True)
class _ReadOff:
    """What is spent up to each month: what is paid in one month, signed, and courses by their running sums S.

    A course from month f on comes to usd * (S(m) - S(f-1)) by month m. All that follow one S are added up before they
    are multiplied: (sum of usd that began by m) * S(m), and what S(f-1) takes off is paid in month f.
    """

    horizon: Horizon
    draw_count: int
    discounted: bool
    _paid: _Months = field(default_factory=dict[int, _OfMonth])
    _begun: dict[int, tuple[Table, _Months]] = field(default_factory=dict[int, tuple[Table, _Months]])

    def left_over(
        self, of_course: Iterable[tuple[Course | Excess | Once, Number]], picked: Picked | None
    ) -> Iterator[tuple[Course | Excess, Number]]:
        """Count the dollars of these courses; those that come back have to be laid out."""
        for course, usd in of_course:
            if isinstance(course, Once):
                self._note(self._paid, np.ceil(course.month), usd * self._once_factor(course, picked), picked)
            elif isinstance(course, Course) and self._has_running_sums(course, picked):
                self._count(course, usd, picked)
            else:
                yield course, usd

    def _has_running_sums(self, course: Course, picked: Picked | None) -> bool:
        first = course.first_month
        return (
            course.last_month is None
            and self.horizon.months * self.draw_count <= MOST_CELLS
            and (picked is None) == (course.whole is None)
            and not _is_broken(first)
            and bool(np.min(first) >= 1)
        )

    def _count(self, course: Course, usd: Number, picked: Picked | None) -> None:
        found = self.horizon.running(course if course.whole is None else course.whole[0], self.draw_count)
        sums = found.valued if self.discounted else found.plain
        _, begun = self._begun.setdefault(id(sums), (sums, {}))
        before = np.minimum(np.asarray(course.first_month) - 1, self.horizon.months).astype(np.intp)
        rows = slice(None) if before.ndim == 0 else np.arange(self.draw_count)
        self._note(begun, before + 1, usd, picked)
        self._note(self._paid, before + 1, -usd * sums[before, rows if picked is None else picked.rows], picked)

    def spent_usd(self, laid_out: Table | None) -> Iterator[Draws]:
        """Positive dollars up to each month; `laid_out` are further signed dollars of each month."""
        paid, product = np.zeros(self.draw_count), np.empty(self.draw_count)
        levels = {key: np.zeros(self.draw_count) for key in self._begun}
        for month in range(self.horizon.months + 1):
            if laid_out is not None:
                paid += laid_out[month]
            if month in self._paid:
                self._paid[month].added_to(paid)
            spent = -paid
            for key, (sums, begun) in self._begun.items():
                if month in begun:
                    begun[month].added_to(levels[key])
                spent -= np.multiply(levels[key], sums[month], out=product)
            yield spent

    def _once_factor(self, course: Once, picked: Picked | None) -> Number:
        if not self.discounted:
            return 1.0
        log = self.horizon.log_discount
        return np.exp((picked.of(log) if picked else log) * np.asarray(course.month))

    def _note(self, into: _Months, month: Number | NDArray[np.intp], usd: Number, picked: Picked | None) -> None:
        """Dollars of all draws in one month, or of each draw or those picked in its own; none after the horizon."""
        if np.ndim(month) == 0 and picked is None:
            into.setdefault(int(month), _OfMonth()).of_all.append(usd)
            return
        rows = np.arange(self.draw_count) if picked is None else picked.rows
        each = np.broadcast_to(usd * (1.0 if picked is None else picked.counts), rows.shape)
        # small integers are sorted by counting
        months = np.minimum(np.broadcast_to(month, rows.shape), self.horizon.months + 1).astype(np.int16)
        order = np.argsort(months, kind="stable")
        begins = np.searchsorted(months[order], np.arange(self.horizon.months + 2))
        for number, (start, end) in enumerate(pairwise(begins.tolist())):
            if start < end:
                some = order[start:end]
                into.setdefault(number, _OfMonth()).of_some.append((rows[some], each[some]))


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

    def paid(self, of_course: Iterable[tuple[Course | Excess, Number]]) -> Number:
        """Signed dollars of all courses in each month; what the convention times is discounted in one step."""
        timed: Number = 0.0
        exact: Number = 0.0
        for course, whole_usd in of_course:
            usd = self._cut(whole_usd)
            if _is_broken(course.first_month):
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
        # up to month 0 it may be one number, where it is one per draw later
        rows = np.broadcast_arrays(*(np.atleast_1d(pair[1 if self.discounted else 0]) for pair in sums))
        table = np.diff(np.stack(rows), axis=0, prepend=0.0)
        return table[:, self.piece] if table.shape[1] > 1 else table


_PIECE = 1_024
"""Draws laid out at a time: their months stay in the processor's cache."""


def _is_broken(first_month: Number) -> bool:
    """Whether a start is not the start of a month; infinite is never."""
    months = np.asarray(first_month, dtype=float)
    return bool(np.any(np.isfinite(months) & (months != np.floor(months))))
