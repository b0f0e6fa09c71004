"""Books of a purchase: cash, capital and operating expense by fiscal quarter and year.

On the books a machine is written down from the month it is bought to what it is expected to bring, in equal parts or by
another method; so over the whole life the expense equals the cash, only at other times. Leases and rents are
operating expense.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calculator.finance.depreciation import (
    declining_balance_usd,
    fixed_share_usd,
    straight_line_usd,
    sum_of_years_usd,
)
from calculator.units import MONTHS_PER_YEAR

Method = Literal["straight-line", "sum-of-years", "declining-balance", "fixed-share"]
_MONTHS_PER_QUARTER = 3


@dataclass(frozen=True, slots=True)
class Period:
    """One fiscal quarter or year; positive dollars. `label` is FY2027 or FY2027 Q1, named by the year it ends in.

    `capital_usd` is cash for machines, `operating_usd` cash for running, `staff_usd` people's time, `sale_usd` cash
    from the sale. `depreciation_usd` is the write-down; expense = operating + staff + depreciation + tax.
    """

    label: str
    capital_usd: float
    operating_usd: float
    staff_usd: float
    sale_usd: float
    tax_usd: float
    depreciation_usd: float
    expense_usd: float


@dataclass(frozen=True, slots=True)
class MonthlyFlows:
    """Positive dollars of months 0..N by kind; month 0, the purchase, belongs to the first month."""

    capital_usd: Sequence[float]
    operating_usd: Sequence[float]
    staff_usd: Sequence[float]
    sale_usd: Sequence[float]
    tax_usd: Sequence[float]


def periods(
    flows: MonthlyFlows,
    *,
    start: tuple[int, int],
    last_month_of_year: int,
    by_quarter: bool,
    method: Method = "straight-line",
) -> tuple[Period, ...]:
    """Fold monthly dollars into fiscal periods.

    `start` is (year, month) of month 1. What is bought in a month is written down by `method` from then to month N,
    less its share of the sale (in proportion to what it cost).
    """
    capital_usd, sale_usd = flows.capital_usd, flows.sale_usd
    months = len(capital_usd) - 1
    written_down = np.zeros(months + 1)
    spent, sold = sum(capital_usd), sum(sale_usd)
    if spent:
        for month, usd in enumerate(capital_usd[:-1]):
            written_down[month + 1 :] += _write_down(usd, usd * sold / spent, months=months - month, method=method)
        written_down[-1] += capital_usd[-1] * (1 - sold / spent)
    else:
        written_down[1:] = -sold / months
    labels = month_labels(months, start=start, last_month_of_year=last_month_of_year, by_quarter=by_quarter)
    kinds = (capital_usd, flows.operating_usd, flows.staff_usd, sale_usd, flows.tax_usd)
    columns = [np.asarray(flow, dtype=float) for flow in kinds]
    found: list[Period] = []
    for label in dict.fromkeys(labels):
        rows = [index for index, one in enumerate(labels) if one == label]
        capital, operating, staff, sale, tax = (float(column[rows].sum()) for column in columns)
        down = float(written_down[rows].sum())
        found.append(Period(label, capital, operating, staff, sale, tax, down, operating + staff + tax + down))
    return tuple(found)


def _write_down(cost_usd: float, salvage_usd: float, *, months: int, method: Method) -> NDArray[np.float64]:
    """The deduction of each month in service; shape [months]. They sum to cost - salvage, the last one takes the rest.

    Yearly amounts, a twelfth in each month. A machine expected to bring more than it cost is written up in equal parts.
    """
    if not cost_usd:
        return np.zeros(months)
    years = -(-months // MONTHS_PER_YEAR)
    if method == "straight-line" or not 0 < salvage_usd < cost_usd:
        level = straight_line_usd(cost_usd, salvage_usd=salvage_usd, years=months / MONTHS_PER_YEAR)
        return np.full(months, level / MONTHS_PER_YEAR)
    yearly: list[float] = []
    for year in range(1, years + 1):
        if method == "sum-of-years":
            yearly.append(sum_of_years_usd(cost_usd, salvage_usd=salvage_usd, years=years, year=year))
        elif method == "declining-balance":
            yearly.append(declining_balance_usd(cost_usd, salvage_usd=salvage_usd, years=years, year=year))
        else:
            yearly.append(fixed_share_usd(cost_usd, salvage_usd=salvage_usd, years=years, year=year))
    down = np.repeat(yearly, MONTHS_PER_YEAR)[:months] / MONTHS_PER_YEAR
    down[-1] += cost_usd - salvage_usd - down.sum()
    return down


def month_labels(months: int, *, start: tuple[int, int], last_month_of_year: int, by_quarter: bool) -> list[str]:
    """The fiscal quarter or year of each month 0..N, as FY2027 Q1 or FY2027; the purchase belongs to the first month."""
    return [_label(max(month, 1), start, last_month_of_year, by_quarter) for month in range(months + 1)]


def _label(month: int, start: tuple[int, int], last_month_of_year: int, by_quarter: bool) -> str:
    calendar = start[1] - 1 + month - 1  # months since January of the start year
    into_year = (calendar - last_month_of_year) % MONTHS_PER_YEAR  # 0 is the first month of the fiscal year
    ends = calendar + MONTHS_PER_YEAR - 1 - into_year
    year = start[0] + ends // MONTHS_PER_YEAR
    return f"FY{year} Q{into_year // _MONTHS_PER_QUARTER + 1}" if by_quarter else f"FY{year}"
