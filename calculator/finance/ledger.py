"""Lines of a ledger as amount times course in time: one formula for a page and for 100,000 draws.

Every line of the ledger is a sum of terms `amount_usd * course`: the amount is a float or an array of draws, the
course says in which months it is paid and how it grows. For the page the course is laid out month by month
(`monthly_usd`); for draws its sum is taken in closed form (`total_usd`, `present_value_usd`). Both give the same number
to 1e-9.
"""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calculator.finance.discounting import Timing, discount_factor, discount_months, log_growth, not_zero
from calculator.number import Number, Picked
from calculator.units import MONTHS_PER_YEAR

Hardness = Literal["hard", "soft"]
Kind = Literal["capital", "running", "sale", "tax", "later capital", "later sale"]
"""How the tax and the profit-and-loss statement treat a line: capital is depreciated, the sale is set against it.

`later` is what is bought after the start: capital in the books, but for tax taken as deducted (and taxed) when paid.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Once:
    """Paid once, at the end of `month` (or of one month per draw); month 0 is the purchase; none after the horizon.

    Never moved by the timing convention.
    """

    month: Number = 0


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Paid in every month from `first_month` to `last_month` (None: to the horizon); 1 in month 1.

    value(m) = (1+growth_rate)^((m-1)/12) * (1+step_rate)^floor((m-1)/12): `growth_rate` moves smoothly from month to
    month (demand, price trends), `step_rate` once a year (tariffs, wages). Year 1 is never escalated. Rates per year.
    """

    growth_rate: Number = 0.0
    step_rate: Number = 0.0
    first_month: Number = 1
    last_month: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Excess:
    """What grows past a limit: max(D(m) - room, 0) * price(m), with D(m) = (1+growth_rate)^((m-1)/12).

    The price is a `Course` of 1 in month 1. Counted from `first_month` to `last_month` (None: to the horizon; either
    may be one per draw). Laid out month by month even for draws, but only for those that pass the limit; D may rise
    (passed late) or fall (passed early).
    """

    growth_rate: Number
    room: Number
    price: "Course"
    first_month: Number = 1
    last_month: Number | None = None


AnyCourse = Course | Excess | Once


@dataclass(frozen=True, slots=True)
class Term:
    """`amount_usd` (signed: outgoing negative) per unit of its course.

    `picked` is set where amount and course are those of some draws only: then one value for each of these.
    """

    amount_usd: Number
    course: AnyCourse
    picked: Picked | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger; hard dollars leave the bank, soft dollars are people's time.

    `formula` is the arithmetic in words, `inputs` the numbers that went into it: what `explain` prints.
    """

    name: str
    hardness: Hardness
    terms: tuple[Term, ...]
    formula: str = ""
    inputs: Mapping[str, Number] = field(default_factory=dict[str, Number])
    kind: Kind = "running"


@dataclass(frozen=True)
class Horizon:
    """How long, at which rate, by which convention. Sums of one course are taken once and kept."""

    months: int
    annual_rate: Number
    timing: Timing = "month-end"
    _sums: dict[int, tuple[AnyCourse, tuple[Number, Number]]] = field(
        default_factory=dict[int, tuple[AnyCourse, tuple[Number, Number]]], repr=False
    )

    @functools.cached_property
    def log_discount(self) -> Number:
        """ln of one month's discount factor."""
        return -log_growth(self.annual_rate) / MONTHS_PER_YEAR

    def factors(self) -> NDArray[np.float64]:
        """Discount factor of each month 0..months by the convention; shape [months+1], read-only. Scalar rate only."""
        return _factors(self.months, float(self.annual_rate), self.timing)

    def at(self, picked: Picked) -> "Horizon":
        """The same for some of the draws."""
        return Horizon(self.months, picked.of(self.annual_rate), self.timing)

    def total(self, course: AnyCourse) -> Number:
        """Sum of the course over its months, undiscounted."""
        return self._both(course)[0]

    def present_value(self, course: AnyCourse) -> Number:
        """Sum of the course times the discount factor of each month."""
        return self._both(course)[1]

    def _both(self, course: AnyCourse) -> tuple[Number, Number]:
        if id(course) not in self._sums:
            # the course is kept beside its sums: an id may be reused once its object is gone
            self._sums[id(course)] = (course, _sums(course, self))
        return self._sums[id(course)][1]


@functools.lru_cache(maxsize=64)
def _factors(months: int, annual_rate: float, timing: Timing) -> NDArray[np.float64]:
    times = discount_months(np.arange(months + 1, dtype=float), timing=timing)
    factors = np.asarray(discount_factor(times, annual_rate=annual_rate))
    factors.flags.writeable = False
    return factors


def monthly_usd(line: Line, *, months: int) -> NDArray[np.float64]:
    """The line's signed dollars in each month 0..months; shape [months+1]. Scalars only."""
    flow = np.zeros(months + 1)
    for term in line.terms:
        flow += term.amount_usd * course_values(term.course, months=months)
    return flow


def discounted_usd(line: Line, *, horizon: Horizon) -> NDArray[np.float64]:
    """The line's signed present value by the month in which it is paid; shape [months+1]. Scalars only."""
    flow = np.zeros(horizon.months + 1)
    by_convention, exact = horizon.factors(), _factors(horizon.months, float(horizon.annual_rate), "month-end")
    for term in line.terms:
        factors = exact if isinstance(term.course, Once) else by_convention
        flow += term.amount_usd * course_values(term.course, months=horizon.months) * factors
    return flow


def total_usd(lines: Iterable[Line], *, horizon: Horizon) -> Number:
    """Signed nominal dollars over the horizon; float or [draws]."""
    return sums_usd(lines, horizon=horizon)[0]


def present_value_usd(lines: Iterable[Line], *, horizon: Horizon) -> Number:
    """Signed present value; float or [draws]."""
    return sums_usd(lines, horizon=horizon)[1]


def sums_usd(lines: Iterable[Line], *, horizon: Horizon) -> tuple[Number, Number]:
    """Signed nominal dollars and present value at once; amounts of one course are added before they are multiplied.

    Terms of some draws only are summed among themselves, and added to their draws at the end.
    """
    groups: dict[int, tuple[Picked | None, dict[int, tuple[AnyCourse, Number]]]] = {}
    for line in lines:
        for term in line.terms:
            _, of_course = groups.setdefault(id(term.picked), (term.picked, {}))
            known = of_course.get(id(term.course))
            usd = term.amount_usd if known is None else known[1] + term.amount_usd
            of_course[id(term.course)] = (term.course, usd)
    total: Number = 0.0
    value: Number = 0.0
    for picked, of_course in groups.values():
        within = horizon if picked is None else horizon.at(picked)
        plain = sum((usd * within.total(course) for course, usd in of_course.values()), start=0.0)
        valued = sum((usd * within.present_value(course) for course, usd in of_course.values()), start=0.0)
        total = total + (plain if picked is None else picked.added(plain))
        value = value + (valued if picked is None else picked.added(valued))
    return total, value


def course_values(course: AnyCourse, *, months: int) -> NDArray[np.float64]:
    """The course in each month 0..months; shape [months+1], read-only. Scalars only."""
    if isinstance(course, Once):
        return _once_values(int(course.month), months)
    if isinstance(course, Excess):
        above = course_values(Course(course.growth_rate), months=months) - float(course.room)
        month = np.arange(months + 1)
        last = months if course.last_month is None else course.last_month
        counted = (month >= course.first_month) & (month <= last)
        return np.maximum(above, 0.0) * course_values(course.price, months=months) * counted
    last = months if course.last_month is None else min(course.last_month, months)
    return _course_values(float(course.growth_rate), float(course.step_rate), int(course.first_month), last, months)


def month_1(terms: Iterable[Term]) -> float:
    """What the terms come to in month 1. Scalars only."""
    return float(sum(term.amount_usd * course_values(term.course, months=1)[1] for term in terms))


def whole_usd(terms: Iterable[Term], *, months: int) -> float:
    """What the terms come to over all months, undiscounted. Scalars only."""
    return float(sum(term.amount_usd * course_values(term.course, months=months).sum() for term in terms))


@functools.lru_cache(maxsize=1024)
def _once_values(month: int, months: int) -> NDArray[np.float64]:
    values = np.zeros(months + 1)
    if month <= months:
        values[month] = 1.0
    values.flags.writeable = False
    return values


@functools.lru_cache(maxsize=1024)
def _course_values(growth_rate: float, step_rate: float, first: int, last: int, months: int) -> NDArray[np.float64]:
    values = np.zeros(months + 1)
    if first <= last:
        passed = np.arange(first - 1, last)
        exponent = log_growth(growth_rate) / MONTHS_PER_YEAR * passed
        values[first : last + 1] = np.exp(exponent + log_growth(step_rate) * (passed // MONTHS_PER_YEAR))
    values.flags.writeable = False
    return values


def _sums(course: AnyCourse, horizon: Horizon) -> tuple[Number, Number]:
    """Undiscounted and discounted sum of the course; float or [draws]."""
    if isinstance(course, Once):
        alive = np.where(np.asarray(course.month) <= horizon.months, 1.0, 0.0)
        return alive, alive * discount_factor(course.month, annual_rate=horizon.annual_rate)
    log_discount = horizon.log_discount
    if isinstance(course, Excess):
        return _excess_sums(course, horizon, log_discount)
    log_month, log_step = log_growth(course.growth_rate) / MONTHS_PER_YEAR, log_growth(course.step_rate)
    last = horizon.months if course.last_month is None else min(course.last_month, horizon.months)
    before = course.first_month - 1
    plain, valued = (_Partial(log_month, log_step, log, horizon.timing) for log in (0.0, log_discount))
    before = 0 if isinstance(before, int) and before == 0 else np.minimum(before, last)
    return plain.sum(before, last), valued.sum(before, last)


def _excess_sums(course: Excess, horizon: Horizon, log_discount: Number) -> tuple[Number, Number]:
    months = np.arange(1, horizon.months + 1)
    passed, years = months - 1, (months - 1) // MONTHS_PER_YEAR
    times = discount_months(months.astype(float), timing=horizon.timing)
    price = course.price
    until = horizon.months if course.last_month is None else course.last_month
    rates = (course.growth_rate, course.room, price.growth_rate, price.step_rate)
    columns = (*rates, log_discount, course.first_month, until)
    shape = np.broadcast_shapes(*(np.shape(column) for column in columns))
    highest = np.exp(np.maximum(log_growth(course.growth_rate) / MONTHS_PER_YEAR * passed[-1], 0.0))
    happens = (highest > course.room) & (np.minimum(until, horizon.months) >= course.first_month)
    concerned = np.flatnonzero(np.broadcast_to(happens, shape))
    total, valued = np.zeros(shape), np.zeros(shape)
    for start in range(0, concerned.size, _ROWS):
        rows = concerned[start : start + _ROWS]
        # what is the same in all draws stays one row, so that its powers are taken once
        growth, room, trend, step, log, first, last = (
            np.asarray(column).reshape(-1)[rows][:, None] if np.shape(column) == shape else np.reshape(column, (1, 1))
            for column in columns
        )
        counted = (months >= first) & (months <= last)
        prices = counted * np.exp(log_growth(trend) / MONTHS_PER_YEAR * passed + log_growth(step) * years)
        values = prices * np.exp(log * times)
        if growth.size == 1 and float(growth.item()) == 0.0:  # the same in every month
            above = np.maximum(1.0 - room, 0.0).reshape(-1)
            sums = above * prices.sum(axis=1), above * values.sum(axis=1)
        else:
            above = np.maximum(np.exp(log_growth(growth) / MONTHS_PER_YEAR * passed) - room, 0.0)
            sums = (above * prices).sum(axis=1), (above * values).sum(axis=1)
        total.reshape(-1)[rows], valued.reshape(-1)[rows] = sums
    return total, valued


_ROWS = 4096  # draws laid out month by month at a time: they stay in the processor's cache


@dataclass(frozen=True, slots=True)
class _Partial:
    """Sum over months 1..n of G^(m-1) E^floor((m-1)/12) v^t(m), in closed form by whole years and a rest.

    With K = (G v)^12 E, Y = n div 12, p = n mod 12:  lead * [geom(K, Y) * geom(q, 12) + K^Y * geom(q, p)], where
    month-end: q = G v, lead = v; mid-month: lead = v^(1/2); annual-end: q = G, lead = v^12.
    """

    log_month: Number
    log_step: Number
    log_discount: Number
    timing: Timing

    def sum(self, before: Number, last: int) -> Number:
        """Over months before+1..last."""
        log_year = MONTHS_PER_YEAR * (self.log_month + self.log_discount) + self.log_step
        within = self.log_month if self.timing == "annual-end" else self.log_month + self.log_discount
        lead = {"month-end": 1.0, "mid-month": 0.5, "annual-end": float(MONTHS_PER_YEAR)}[self.timing]
        year, month = not_zero(log_year), not_zero(within)
        per_year, per_month = np.expm1(year), np.expm1(month)
        a_year = np.expm1(MONTHS_PER_YEAR * month) / per_month

        def until(months: Number) -> Number:
            years, rest = months // MONTHS_PER_YEAR, months % MONTHS_PER_YEAR
            grown = np.expm1(years * year)
            total = grown / per_year * a_year
            return total + (grown + 1) * np.expm1(rest * month) / per_month if np.any(rest) else total

        total = until(last) - until(before) if np.any(before) else until(last)
        return total * np.exp(lead * self.log_discount)
