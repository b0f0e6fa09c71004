"""Depreciation methods: the deduction of each year, and fractions of the cost per tax year that sum to one.

The percentages of the United States' MACRS system are a published table and are taken from it (catalog/tax.toml), never
computed: spreadsheets' declining-balance functions miss its switch and its rounding.
"""

from calculator.errors import CalculatorError
from calculator.units import plain_number


def straight_line_usd(cost_usd: float, *, salvage_usd: float, years: float) -> float:
    """Deduction of each year: (cost - salvage) / years."""
    return (cost_usd - salvage_usd) / years


def sum_of_years_usd(cost_usd: float, *, salvage_usd: float, years: int, year: int) -> float:
    """Deduction of one year: (cost - salvage) * years left / (1 + 2 + ... + years)."""
    return (cost_usd - salvage_usd) * (years - year + 1) * 2 / (years * (years + 1))


def declining_balance_usd(
    cost_usd: float, *, salvage_usd: float, years: float, year: int, factor: float = 2.0
) -> float:
    """Deduction of one year at a constant share of the balance, factor / years, never below the salvage value."""
    balance = cost_usd
    deduction = 0.0
    for _ in range(year):
        deduction = min(balance * factor / years, max(balance - salvage_usd, 0.0))
        balance -= deduction
    return deduction


def fixed_share_usd(cost_usd: float, *, salvage_usd: float, years: int, year: int, first_months: int = 12) -> float:
    """Deduction of one year at the share 1 - (salvage/cost)^(1/years), rounded to three places, with a part first year.

    The rounding is part of the method (spreadsheets' DB). The last, extra year takes the months that the first left
    out.
    """
    share = round(1 - (salvage_usd / cost_usd) ** (1 / years), 3)
    deduction = cost_usd * share * first_months / _MONTHS
    deducted = deduction
    for current in range(2, year + 1):
        part = (_MONTHS - first_months) / _MONTHS if current == years + 1 else 1.0
        deduction = (cost_usd - deducted) * share * part
        deducted += deduction
    return deduction


def declining_then_straight(years: int, *, first_year: float, factor: float = 2.0) -> tuple[float, ...]:
    """Fractions per tax year of declining balance that switches to straight line where that deducts more.

    `first_year` is the share of the first year in service (1/2 for the half-year convention). The check on the
    published MACRS table: every row of its five-year class to 0.01 %.
    """
    if not 0 < first_year <= 1:
        raise CalculatorError(
            f"first_year is {plain_number(first_year)}; it must lie in 0..1. Enter 0.5 for the half-year convention."
        )
    fractions = [factor / years * first_year]
    left, remaining = 1 - fractions[0], years - first_year
    while remaining > _LEAST:
        fractions.append(left * min(max(factor / years, 1 / remaining), 1.0))
        left, remaining = left - fractions[-1], remaining - 1
    return tuple(fractions)


_MONTHS = 12
_LEAST = 1e-9
