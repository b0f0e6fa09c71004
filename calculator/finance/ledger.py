"""How is a cost written down so that one formula serves a page and 100,000 draws? As amount times course in time.

Every line of the ledger is a sum of terms `amount_usd * course`: the amount is a float or an array of draws, the
course says in which months it is paid and how it grows. For the page the course is laid out month by month
(`monthly_usd`); for draws its sum is taken in closed form (`total_usd`, `present_value_usd`). Both give the same number
to 1e-9.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calculator.finance.discounting import Timing, discount_factor, discount_months, geometric_sum, log_growth
from calculator.units import MONTHS_PER_YEAR

Number = Any
"""float, or an ndarray of draws."""
Hardness = Literal["hard", "soft"]


@dataclass(frozen=True, slots=True, eq=False)
class Once:
    """Paid once, at the end of `month`; month 0 is the purchase. Never moved by the timing convention."""

    month: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Paid in every month from `first_month` to `last_month` (None: to the horizon); 1 in month 1.

    value(m) = (1+growth_rate)^((m-1)/12) * (1+step_rate)^floor((m-1)/12): `growth_rate` moves smoothly from month to
    month (demand, price trends), `step_rate` once a year (tariffs, wages). Year 1 is never escalated. Rates per year.
    """

    growth_rate: Number = 0.0
    step_rate: Number = 0.0
    first_month: Number = 1
    last_month: Number | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """`amount_usd` (signed: outgoing negative) per unit of its course."""

    amount_usd: Number
    course: Course | Once


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


@dataclass(frozen=True)
class Horizon:
    """How long, at which rate, by which convention. Sums of one course are taken once and kept."""

    months: int
    annual_rate: Number
    timing: Timing = "month-end"
    _sums: dict[tuple[int, bool], tuple[Course | Once, Number]] = field(
        default_factory=dict[tuple[int, bool], tuple[Course | Once, Number]], repr=False
    )

    def factors(self) -> NDArray[np.float64]:
        """Discount factor of each month 0..months by the convention; shape [months+1]. Scalar rate only."""
        return discount_factor(
            discount_months(np.arange(self.months + 1), timing=self.timing), annual_rate=self.annual_rate
        )

    def total(self, course: Course | Once) -> Number:
        """Sum of the course over its months, undiscounted."""
        return self._sum(course, discounted=False)

    def present_value(self, course: Course | Once) -> Number:
        """Sum of the course times the discount factor of each month."""
        return self._sum(course, discounted=True)

    def _sum(self, course: Course | Once, *, discounted: bool) -> Number:
        key = (id(course), discounted)
        if key not in self._sums:
            # the course is kept beside its sum: an id may be reused once its object is gone
            self._sums[key] = (course, _sum(course, self, discounted=discounted))
        return self._sums[key][1]


def monthly_usd(line: Line, *, months: int) -> NDArray[np.float64]:
    """The line's signed dollars in each month 0..months; shape [months+1]. Scalars only."""
    flow = np.zeros(months + 1)
    for term in line.terms:
        flow += term.amount_usd * course_values(term.course, months=months)
    return flow


def total_usd(lines: Iterable[Line], *, horizon: Horizon) -> Number:
    """Signed nominal dollars over the horizon; float or [draws]."""
    return sum((term.amount_usd * horizon.total(term.course) for line in lines for term in line.terms), start=0.0)


def present_value_usd(lines: Iterable[Line], *, horizon: Horizon) -> Number:
    """Signed present value; float or [draws]."""
    return sum(
        (term.amount_usd * horizon.present_value(term.course) for line in lines for term in line.terms), start=0.0
    )


def course_values(course: Course | Once, *, months: int) -> NDArray[np.float64]:
    """The course in each month 0..months; shape [months+1]. Scalars only."""
    values = np.zeros(months + 1)
    if isinstance(course, Once):
        if course.month <= months:
            values[course.month] = 1.0
        return values
    first, last = int(course.first_month), months if course.last_month is None else min(int(course.last_month), months)
    if first <= last:
        passed = np.arange(first - 1, last)
        exponent = log_growth(course.growth_rate) / MONTHS_PER_YEAR * passed
        values[first : last + 1] = np.exp(exponent + log_growth(course.step_rate) * (passed // MONTHS_PER_YEAR))
    return values


def _sum(course: Course | Once, horizon: Horizon, *, discounted: bool) -> Number:
    if isinstance(course, Once):
        if course.month > horizon.months:
            return 0.0
        return discount_factor(course.month, annual_rate=horizon.annual_rate) if discounted else 1.0
    log_discount = -log_growth(horizon.annual_rate) / MONTHS_PER_YEAR if discounted else 0.0
    log_month = log_growth(course.growth_rate) / MONTHS_PER_YEAR
    log_step = log_growth(course.step_rate)
    last = horizon.months if course.last_month is None else np.minimum(course.last_month, horizon.months)
    partial = _Partial(log_month, log_step, log_discount, horizon.timing)
    if isinstance(course.first_month, int) and course.first_month == 1:
        return partial.sum(last)
    before = course.first_month - 1
    return np.where(last > before, partial.sum(last) - partial.sum(np.minimum(before, last)), 0.0)


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

    def sum(self, months: Number) -> Number:
        log_year = MONTHS_PER_YEAR * (self.log_month + self.log_discount) + self.log_step
        within = self.log_month if self.timing == "annual-end" else self.log_month + self.log_discount
        lead = {"month-end": 1.0, "mid-month": 0.5, "annual-end": float(MONTHS_PER_YEAR)}[self.timing]
        years, rest = months // MONTHS_PER_YEAR, months % MONTHS_PER_YEAR
        total = geometric_sum(log_year, years) * geometric_sum(within, MONTHS_PER_YEAR)
        if np.any(rest):
            total = total + np.exp(years * log_year) * geometric_sum(within, rest)
        return total * np.exp(lead * self.log_discount)
