"""Tax deductions of a purchase by month, and what is left on the tax books when it is sold.

A `Schedule` lists the month of each deduction and its share of the cost. Deductions fall at the ends of fiscal years;
expensing falls at the purchase. In the year of the sale the law allows a part of the year's deduction (half of it, or
by the quarter); after it, none. The gain on the sale (price less what is left on the books) is ordinary income, so
under expensing a sale brings (1 - tax) of its price.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from calculator.errors import CalculatorError
from calculator.units import MONTHS_PER_YEAR, plain_number

_MONTHS_PER_QUARTER = 3
_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Schedule:
    """Deductions as (month, share of cost), in order; `left_fraction` of the cost is still on the books at the sale."""

    deductions: tuple[tuple[int, float], ...]

    @property
    def left_fraction(self) -> float:
        """Share of the cost that has not been deducted."""
        return max(1.0 - sum(share for _, share in self.deductions), 0.0)


def fiscal_year_ends(months: int, *, start_month_of_year: int, last_month_of_year: int) -> tuple[int, ...]:
    """Months (1 is the month of purchase) in which fiscal years end, up to and beyond the horizon by one year."""
    first = (last_month_of_year - start_month_of_year) % MONTHS_PER_YEAR + 1
    return tuple(range(first, months + MONTHS_PER_YEAR + 1, MONTHS_PER_YEAR))


def fiscal_quarter(*, start_month_of_year: int, last_month_of_year: int) -> int:
    """Quarter 1..4 of the fiscal year into which the purchase falls."""
    return (start_month_of_year - last_month_of_year - 1) % MONTHS_PER_YEAR // _MONTHS_PER_QUARTER + 1


def expensed() -> Schedule:
    """The whole cost at once (bonus depreciation, section 179)."""
    return Schedule(((0, 1.0),))


def by_table(
    fractions: Sequence[float], *, months: int, year_ends: Sequence[int], sold_in_year: float | Sequence[float] = 1.0
) -> Schedule:
    """A published table: one fraction per tax year, at each fiscal year's end; in part for the year of the sale.

    `sold_in_year` is the part that year still allows: one figure, or one per quarter of the fiscal year. A machine that
    is sold in the fiscal year in which it was bought gets nothing (the law's own rule). Raises CalculatorError unless
    the fractions are not negative and sum to 1.
    """
    if any(share < 0 for share in fractions) or abs(sum(fractions) - 1) > _TOLERANCE:
        raise CalculatorError(
            f"depreciation_fractions is {list(fractions)}; each must be 0 or more and their sum 1. "
            "Enter for example 0.5, 0.3, 0.2."
        )
    deductions: list[tuple[int, float]] = []
    for index, share in enumerate(fractions):
        end = year_ends[index] if index < len(year_ends) else months + 1
        if end < months:
            deductions.append((end, share))
            continue
        if index > 0:
            deductions.append((months, share * _part(sold_in_year, end, months)))
        break
    return Schedule(tuple(deductions))


def straight_line(years: float, *, months: int, year_ends: Sequence[int]) -> Schedule:
    """The same share of every month in service, claimed at each fiscal year's end and at the sale."""
    if years <= 0:
        raise CalculatorError(
            f"depreciation_years is {plain_number(years)}; it must be above 0. Enter 5 for five years."
        )
    life = years * MONTHS_PER_YEAR
    ends = [*(end for end in year_ends if end < months), months]
    shares = [max(min(end, life) - min(start, life), 0.0) / life for start, end in zip([0, *ends], ends, strict=False)]
    return Schedule(tuple(zip(ends, shares, strict=True)))


def _part(sold_in_year: float | Sequence[float], year_end: int, months: int) -> float:
    if isinstance(sold_in_year, float | int):
        return float(sold_in_year)
    into_year = months - (year_end - MONTHS_PER_YEAR)  # 1..12: the month of the fiscal year in which it is sold
    return sold_in_year[(into_year - 1) // _MONTHS_PER_QUARTER]
