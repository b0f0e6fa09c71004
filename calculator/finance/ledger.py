"""Lines of a ledger as amount times course in time: one formula for a page and for 100,000 draws.

Every line of the ledger is a sum of terms `amount_usd * course`: the amount is a float or an array of draws, the
course says in which months it is paid and how it grows. For the page the course is laid out month by month
(`monthly_usd`); for draws its sum is taken in closed form (`total_usd`, `present_value_usd`). Both give the same number
to 1e-9.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calculator.finance.courses import AnyCourse, Course, Excess, Once, Repeated, course_sums, course_values
from calculator.finance.discounting import Timing, discount_factor, discount_months, log_growth
from calculator.finance.excess_sums import ExcessTables
from calculator.finance.kept_draws import KeptDraws, read_only
from calculator.finance.running_sums import MOST_CELLS, RunningSums
from calculator.number import Number, Picked
from calculator.units import MONTHS_PER_YEAR

Hardness = Literal["hard", "soft"]
Kind = Literal["capital", "running", "sale", "tax", "later capital", "later sale"]
"""How the tax and the profit-and-loss statement treat a line: capital is depreciated, the sale is set against it.

`later` is what is bought after the start: capital in the books, but for tax taken as deducted (and taxed) when paid.
"""


@dataclass(frozen=True, slots=True)
class Term:
    """`amount_usd` (signed: outgoing negative) per unit of its course."""

    amount_usd: Number
    course: AnyCourse


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger; hard dollars leave the bank, soft dollars are people's time.

    `formula` is the arithmetic in words, `inputs` the numbers that went into it: what `explain` prints. `in_advance`:
    what stands at month m is paid on the first day of month m + 1.
    """

    name: str
    hardness: Hardness
    terms: tuple[Term, ...]
    formula: str = ""
    inputs: Mapping[str, Number] = field(default_factory=dict[str, Number])
    kind: Kind = "running"
    in_advance: bool = False


@dataclass(frozen=True)
class Horizon:
    """How long, at which rate, by which convention. Sums of one course are taken once and kept."""

    months: int
    annual_rate: Number
    timing: Timing = "month-end"
    whole: "Horizon | None" = field(default=None, repr=False)
    _sums: dict[int, tuple[AnyCourse, tuple[Number, Number]]] = field(
        default_factory=dict[int, tuple[AnyCourse, tuple[Number, Number]]], repr=False
    )
    _running: dict[int, tuple[AnyCourse, RunningSums]] = field(
        default_factory=dict[int, tuple[AnyCourse, RunningSums]], repr=False
    )

    _of_some: "dict[int, tuple[Picked, Horizon]]" = field(
        default_factory=dict[int, "tuple[Picked, Horizon]"], repr=False
    )

    @functools.cached_property
    def log_discount(self) -> Number:
        """ln of one month's discount factor; read-only."""
        return read_only(-log_growth(self.annual_rate) / MONTHS_PER_YEAR)

    def factors(self) -> NDArray[np.float64]:
        """Discount factor of each month 0..months by the convention; shape [months+1], read-only. Scalar rate only."""
        return _factors(self.months, float(self.annual_rate), self.timing)

    def at(self, picked: Picked) -> "Horizon":
        """The same for some of the draws."""
        if id(picked) not in self._of_some:
            some = Horizon(self.months, picked.of(self.annual_rate), self.timing, whole=self)
            self._of_some[id(picked)] = (picked, some)
        return self._of_some[id(picked)][1]

    def total(self, course: AnyCourse) -> Number:
        """Sum of the course over its months, undiscounted."""
        return self._both(course)[0]

    def present_value(self, course: AnyCourse) -> Number:
        """Sum of the course times the discount factor of each month."""
        return self._both(course)[1]

    def _both(self, course: AnyCourse) -> tuple[Number, Number]:
        if id(course) not in self._sums:
            # the course is kept beside its sums: an id may be reused once its object is gone
            found = self._repeated(course) if isinstance(course, Repeated) else self._once(course)
            self._sums[id(course)] = (course, found)
        return self._sums[id(course)][1]

    def _once(self, course: Course | Excess | Once) -> tuple[Number, Number]:
        if isinstance(course, Excess):
            return self._sums_of_excess(course)
        return self._sums_of_some(course) or self._closed_form(course)

    def _repeated(self, course: Repeated) -> tuple[Number, Number]:
        """The sums over all purchases of each draw; the last ones are kept, because a move of dollars changes none."""
        picked = course.picked

        def of_each() -> tuple[Number, Number]:
            total, value = self.at(picked)._once(course.course())
            return course.weight * total, course.weight * value

        total, value = picked.sums((*course.made_of, self.annual_rate, self.months, self.timing), of_each)
        return total, value

    def _closed_form(self, course: Course | Once) -> tuple[Number, Number]:
        """The sums of all draws are kept: a move that changes neither growth nor rate finds them again."""
        if self.whole is not None:
            return self._summed(course)
        rates = (course.month,) if isinstance(course, Once) else (course.growth_rate, course.step_rate)
        counted = () if isinstance(course, Once) else (course.first_month, course.last_month)
        is_drawn = any(isinstance(value, np.ndarray) for value in (*rates, self.annual_rate))
        if not is_drawn and any(isinstance(value, np.ndarray) for value in counted):
            return self._summed(course)
        return (_SUMS if is_drawn else _PLAIN_SUMS).answer(
            *(*rates, *counted, self.annual_rate, self.months, self.timing), compute=lambda: self._summed(course)
        )

    def _summed(self, course: Course | Excess | Once) -> tuple[Number, Number]:
        total, value = course_sums(course, months=self.months, log_discount=self.log_discount, timing=self.timing)
        return read_only(total), read_only(value)

    def _sums_of_some(self, course: Course | Once) -> tuple[Number, Number] | None:
        """The same, read off the running sums of all draws; None where the closed form is the shorter way."""
        if (
            self.whole is None
            or not isinstance(course, Course)
            or course.whole is None
            or course.last_month is not None
        ):
            return None
        base, picked = course.whole
        if picked.rows.size * _WORTH_A_TABLE < picked.draw_count or self.months * picked.draw_count > MOST_CELLS:
            return None
        return self.whole.running(base, picked.draw_count).since(course.first_month, picked)

    @functools.cached_property
    def excess(self) -> ExcessTables:
        """Tables of demand above any limit, one for each growth and price."""
        return ExcessTables(self.months, self.log_discount, self.timing)

    def _sums_of_excess(self, course: Excess) -> tuple[Number, Number]:
        """The same of demand above a limit: read off a table of all draws, or laid out month by month. Kept, too."""

        def summed() -> tuple[Number, Number]:
            total, value = (self.whole or self).excess.sums(course) or self._summed(course)
            return read_only(total), read_only(value)

        if self.whole is not None or not isinstance(course.growth_rate, np.ndarray):
            return summed()
        price, counted = course.price, (course.first_month, course.last_month)
        rates = (course.growth_rate, price.growth_rate, price.step_rate, self.annual_rate)
        return _SUMS.answer(*rates, course.room, *counted, self.months, self.timing, compute=summed)

    def running(self, course: Course, draw_count: int) -> RunningSums:
        """Sums of the course of all draws up to each month; taken once and kept."""
        if id(course) not in self._running:
            found = RunningSums.of(
                (course.growth_rate, course.step_rate, self.log_discount),
                months=self.months,
                timing=self.timing,
                draw_count=draw_count,
            )
            self._running[id(course)] = (course, found)
        return self._running[id(course)][1]


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


def calendar_usd(line: Line, flow: Sequence[float]) -> list[float]:
    """A line's `flow` of months 0..N by the calendar month in which each payment falls; the sum stays.

    What is paid in advance stands at the end of the month before, and falls into the month that it pays for.
    """
    return [0.0, *flow[:-1]] if line.in_advance else list(flow)


def discounted_usd(line: Line, *, horizon: Horizon) -> NDArray[np.float64]:
    """The line's signed present value by the month in which it is paid; shape [months+1]. Scalars only."""
    return flows_usd(line, horizon=horizon)[1]


def flows_usd(line: Line, *, horizon: Horizon) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both at once: the line's signed dollars by month, and their present values. Scalars only."""
    timed, exact = np.zeros(horizon.months + 1), None
    for term in line.terms:
        usd = term.amount_usd * course_values(term.course, months=horizon.months)
        if isinstance(term.course, Once):
            exact = usd if exact is None else exact + usd
        else:
            timed += usd
    by_convention = timed * horizon.factors()
    if exact is None:
        return timed, by_convention
    to_the_day = _factors(horizon.months, float(horizon.annual_rate), "month-end")
    return timed + exact, by_convention + exact * to_the_day


def total_usd(lines: Iterable[Line], *, horizon: Horizon) -> Number:
    """Signed nominal dollars over the horizon; float or [draws]."""
    return sums_usd(lines, horizon=horizon)[0]


def present_value_usd(lines: Iterable[Line], *, horizon: Horizon) -> Number:
    """Signed present value; float or [draws]."""
    return sums_usd(lines, horizon=horizon)[1]


def sums_usd(lines: Iterable[Line], *, horizon: Horizon) -> tuple[Number, Number]:
    """Signed nominal dollars and present value at once; amounts of one course are added before they are multiplied."""
    of_course = grouped(lines)
    amounts = [usd for _, usd in of_course]
    return (
        _products_added(amounts, [horizon.total(course) for course, _ in of_course]),
        _products_added(amounts, [horizon.present_value(course) for course, _ in of_course]),
    )


def _products_added(amounts: Sequence[Number], sums: Sequence[Number]) -> Number:
    """The sum of the products; of draws in one array, however many there are."""
    total: Number = 0.0
    for usd, of_course in zip(amounts, sums, strict=True):
        product = usd * of_course
        if isinstance(total, np.ndarray) and total.ndim:
            np.add(total, product, out=total)
        else:
            total = total + product
    return total


def grouped(lines: Iterable[Line]) -> list[tuple[AnyCourse, Number]]:
    """The dollars of each course of all lines, added up."""
    found: dict[int, tuple[AnyCourse, Number]] = {}
    for line in lines:
        for term in line.terms:
            known = found.get(id(term.course))
            usd = term.amount_usd if known is None else known[1] + term.amount_usd
            found[id(term.course)] = (term.course, usd)
    return list(found.values())


def month_1(terms: Iterable[Term]) -> float:
    """What the terms come to in month 1. Scalars only."""
    return float(sum(term.amount_usd * course_values(term.course, months=1)[1] for term in terms))


def whole_usd(terms: Iterable[Term], *, months: int) -> float:
    """What the terms come to over all months, undiscounted. Scalars only."""
    return float(sum(term.amount_usd * course_values(term.course, months=months).sum() for term in terms))


_WORTH_A_TABLE = 8  # running sums of all draws cost about as much as the closed form of an eighth of them
_SUMS: KeptDraws[tuple[Number, Number]] = KeptDraws(most=128)
"""Sums of one course each: 160 kB of 10,000 draws, 20 MB in all."""
_PLAIN_SUMS: KeptDraws[tuple[Number, Number]] = KeptDraws(most=512)
"""The same where nothing is drawn: two numbers each."""
