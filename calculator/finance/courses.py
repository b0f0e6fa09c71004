"""Courses in time: in which months something is paid and how it grows, by month and summed in closed form.

A course is the same for one number and for 100,000 draws: laid out month by month (`course_values`, numbers only) or
summed over its months at once (`course_sums`). Both give the same to 1e-9.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calculator.finance.discounting import Timing, discount_months, log_growth, not_zero
from calculator.number import Number, Picked, some
from calculator.units import MONTHS_PER_YEAR


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
    `whole` is set where this is the course of some draws only: the course of all draws, from month 1, and which they are.
    """

    growth_rate: Number = 0.0
    step_rate: Number = 0.0
    first_month: Number = 1
    last_month: int | None = None
    whole: "tuple[Course, Picked] | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class Excess:
    """What grows past a limit: max(D(m) - room, 0) * price(m), with D(m) = (1+growth_rate)^((m-1)/12).

    The price is a `Course` of 1 in month 1. Counted from `first_month` to `last_month` (None: to the horizon; either
    may be one per draw). Laid out month by month even for draws, but only for those that pass the limit; D may rise
    (passed late) or fall (passed early). `whole` is set where this is the excess of some draws only: growth and price of
    all draws, and which they are.
    """

    growth_rate: Number
    room: Number
    price: "Course"
    first_month: Number = 1
    last_month: Number | None = None
    whole: "tuple[Number, Course, Picked] | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """A course that begins anew with each purchase of a draw; its sums are those of all purchases, one per draw.

    course: makes the course of the purchases, with one value for each of `picked`. weight: how often each counts.
    made_of: all that the course is made from, by which its sums are found again.
    """

    course: "Callable[[], Course | Excess | Once]"
    picked: Picked
    made_of: tuple[Any, ...]
    weight: Number = 1.0


AnyCourse = Course | Excess | Once | Repeated


def course_values(course: AnyCourse, *, months: int) -> NDArray[np.float64]:
    """The course in each month 0..months; shape [months+1], read-only. Scalars only."""
    assert not isinstance(course, Repeated)  # of draws only
    if isinstance(course, Once):
        return _once_values(int(course.month), months)
    if isinstance(course, Excess):
        last = _NO_LAST if course.last_month is None else float(course.last_month)
        counted = (float(course.first_month), last, months)
        price = course.price
        stretch = (int(price.first_month), price.last_month)
        rates = (float(course.growth_rate), float(price.growth_rate), float(price.step_rate))
        return _excess_values(rates, float(course.room), counted, stretch)
    last = months if course.last_month is None else min(course.last_month, months)
    return _course_values(float(course.growth_rate), float(course.step_rate), int(course.first_month), last, months)


@functools.lru_cache(maxsize=1024)
def _once_values(month: int, months: int) -> NDArray[np.float64]:
    values = np.zeros(months + 1)
    if month <= months:
        values[month] = 1.0
    values.flags.writeable = False
    return values


@functools.lru_cache(maxsize=4096)
def _excess_values(
    rates: tuple[float, float, float],
    room: float,
    counted: tuple[float, float, int],
    stretch: tuple[int, int | None],
) -> NDArray[np.float64]:
    growth_rate, trend_rate, step_rate = rates
    first, last, months = counted
    above = course_values(Course(growth_rate), months=months) - room
    prices = course_values(Course(trend_rate, step_rate, stretch[0], stretch[1]), months=months)
    month = np.arange(months + 1)
    values = np.maximum(above, 0.0) * prices * ((month >= first) & (month <= last))
    values.flags.writeable = False
    return values


_NO_LAST = float("inf")
"""Counted to the horizon."""


@functools.lru_cache(maxsize=1024)
def _course_values(growth_rate: float, step_rate: float, first: int, last: int, months: int) -> NDArray[np.float64]:
    values = np.zeros(months + 1)
    if first <= last:
        passed = np.arange(first - 1, last)
        exponent = log_growth(growth_rate) / MONTHS_PER_YEAR * passed
        values[first : last + 1] = np.exp(exponent + log_growth(step_rate) * (passed // MONTHS_PER_YEAR))
    values.flags.writeable = False
    return values


def course_sums(
    course: Course | Excess | Once, *, months: int, log_discount: Number, timing: Timing
) -> tuple[Number, Number]:
    """Undiscounted and discounted sum of the course over months 1..`months`; float or [draws].

    `log_discount` is the logarithm of one month's discount factor, a number or one per draw.
    """
    if isinstance(course, Once):
        alive = np.where(np.asarray(course.month) <= months, 1.0, 0.0)
        return alive, alive * np.exp(log_discount * np.asarray(course.month))
    if isinstance(course, Excess):
        return _excess_sums(course, months, log_discount, timing)
    log_month, log_step = log_growth(course.growth_rate) / MONTHS_PER_YEAR, log_growth(course.step_rate)
    last = months if course.last_month is None else min(course.last_month, months)
    before = course.first_month - 1
    plain, valued = (_Partial(log_month, log_step, log, timing) for log in (0.0, log_discount))
    before = 0 if isinstance(before, int) and before == 0 else np.minimum(before, last)
    return plain.sum(before, last), valued.sum(before, last)


def passes(course: Excess, months: int) -> NDArray[np.bool_]:
    """Whether demand stands above the limit in any counted month; one for all, or one per draw."""
    highest = np.exp(np.maximum(log_growth(course.growth_rate) / MONTHS_PER_YEAR * (months - 1), 0.0))
    until = months if course.last_month is None else course.last_month
    return np.asarray((highest > course.room) & (np.minimum(until, months) >= course.first_month))


def _excess_sums(course: Excess, horizon: int, log_discount: Number, timing: Timing) -> tuple[Number, Number]:
    months = np.arange(1, horizon + 1)
    passed, years = months - 1, (months - 1) // MONTHS_PER_YEAR
    times = discount_months(months.astype(float), timing=timing)
    price = course.price
    until = horizon if course.last_month is None else course.last_month
    rates = (course.growth_rate, course.room, price.growth_rate, price.step_rate)
    columns = (*rates, log_discount, course.first_month, until)
    shape = np.broadcast_shapes(*(np.shape(column) for column in columns))
    happens = passes(course, horizon)
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
            return total + (grown + 1) * np.expm1(rest * month) / per_month if some(rest) else total

        total = until(last) - until(before) if some(before) else until(last)
        return total * np.exp(lead * self.log_discount)
