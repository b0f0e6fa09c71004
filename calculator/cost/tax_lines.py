"""Tax lines of an option: relief for running costs, for staff time and for depreciation, and tax on the sale.

Running costs are deducted when they are paid: what is paid in advance has a line of its own, so that its relief falls
into the calendar month of the payment. What is bought is deducted by the scenario's schedule. A machine one has
already is taken as fully deducted: keeping it forgoes its sale price less the tax on that sale.
"""

import functools
import itertools

from calculator.catalog.tax import TaxTables
from calculator.cost.bill import scaled
from calculator.cost.inputs import Inputs
from calculator.cost.when import AT_ONCE
from calculator.errors import CalculatorError, CatalogError
from calculator.evidence import Remark
from calculator.finance.courses import Once
from calculator.finance.depreciation import declining_then_straight
from calculator.finance.ledger import Hardness, Kind, Line, Term, whole_usd
from calculator.finance.tax import Schedule, by_table, expensed, fiscal_quarter, fiscal_year_ends, straight_line
from calculator.number import Number
from calculator.scenario.scenario import Scenario

AS_PAID: tuple[Kind, ...] = ("running", "later capital", "later sale")
"""Payments that are deducted from tax when they are made."""
_LAST_QUARTER = 4
_MACRS_YEARS = 5
_PRINTED = 5.1e-5  # the table is printed to 0.01 %
_YEAR_DIGITS = 5  # "YYYY-" before the month in start_month


def tax_lines(lines: tuple[Line, ...], *, inputs: Inputs, owned: bool = False) -> tuple[Line, ...]:
    """The tax lines that follow from an option's other lines; none where the scenario leaves tax out."""
    scenario = inputs.scenario
    if scenario.tax_mode == "none":
        return ()
    rate = inputs.tax_rate
    schedule = expensed() if owned else schedule_of(scenario, tables=inputs.tax_tables)
    found: list[Line] = []
    names: dict[Hardness, str] = {"hard": "tax on running costs", "soft": "tax on staff time"}
    for (hardness, name), is_early in itertools.product(names.items(), (False, True)):
        as_paid = [line for line in lines if line.kind in AS_PAID and line.hardness == hardness]
        # version 0.1 had one line for all of them
        paid = [line for line in as_paid if (line.in_advance and scenario.rules != 1) == is_early]
        terms = tuple(term for line in paid for term in scaled(line.terms, -rate))
        if terms:
            says = "tax rate * costs of the month, deducted when paid"
            seen: dict[str, Number] = {"tax_rate": rate}
            if not inputs.drawn:
                every = (term for line in paid for term in line.terms)
                seen["costs_of_all_months_usd"] = -whole_usd(every, months=scenario.months)
            called = f"{name} paid in advance" if is_early else name
            found.append(Line(called, hardness, terms, says, seen, kind="tax", in_advance=is_early))
    cost = sum((-term.amount_usd for line in lines if line.kind == "capital" for term in line.terms), start=0.0)
    capital = [line for line in lines if line.kind == "capital"]
    if capital:
        relief = tuple(
            Term(rate * share * cost, Once(month) if month else AT_ONCE) for month, share in schedule.deductions
        )
        seen = {
            "tax_rate": rate,
            "worth_usd" if owned else "cost_usd": cost,
            **{f"share_month_{m}": share for m, share in schedule.deductions},
        }
        says = "tax rate * cost * share deducted in that month"
        if owned:
            says = "tax rate * what it would bring today: the tax on the sale that is forgone"
        found.append(Line("tax on depreciation", "hard", relief, says, seen, kind="tax"))
    price = sum((term.amount_usd for line in lines if line.kind == "sale" for term in line.terms), start=0.0)
    if any(line.kind == "sale" for line in lines):
        left = schedule.left_fraction * cost
        taxed = (Term(-rate * (price - left), Once(scenario.months)),)
        seen = {"tax_rate": rate, "sale_usd": price, "left_on_books_usd": left}
        says = "-tax rate * (net sale - what is left on the tax books)"
        found.append(Line("tax on sale", "hard", taxed, says, seen, kind="tax"))
    return tuple(found)


def schedule_of(scenario: Scenario, *, tables: TaxTables | None = None) -> Schedule:
    """When the scenario's purchase is deducted. Raises CalculatorError for MACRS without the published tables."""
    months, mode = scenario.months, scenario.tax_mode
    start = int(scenario.start_month[_YEAR_DIGITS:])
    ends = fiscal_year_ends(months, start_month_of_year=start, last_month_of_year=scenario.fiscal_year_end_month)
    if mode == "expense":
        return expensed()
    if mode == "straight-line":
        return straight_line(scenario.depreciation_years, months=months, year_ends=ends)
    if mode == "custom":
        return by_table(scenario.depreciation_fractions, months=months, year_ends=ends)
    if tables is None:
        raise CalculatorError(f"tax_mode is {mode!r}, which needs the published percentages. Pass catalog.tax.")
    convention, table = mode.removeprefix("macrs-"), _checked(tables)
    row = convention if convention == "half-year" else f"mid-quarter-{_quarter(scenario)}"
    return by_table(table.macrs[row], months=months, year_ends=ends, sold_in_year=table.sold_in_year[convention])


def tax_remark(scenario: Scenario) -> Remark | None:
    """What to check where a purchase of the last quarter is deducted by the half-year table; None elsewhere."""
    if scenario.tax_mode != "macrs-half-year" or _quarter(scenario) != _LAST_QUARTER:
        return None
    text = (
        "The purchase falls into the last quarter of the fiscal year. If more than 40 % of that year's equipment does, "
        "the law requires the mid-quarter table instead of the half-year one."
    )
    return Remark(code="mid-quarter", text=text, level="info")


def _quarter(scenario: Scenario) -> int:
    start = int(scenario.start_month[_YEAR_DIGITS:])
    return fiscal_quarter(start_month_of_year=start, last_month_of_year=scenario.fiscal_year_end_month)


@functools.lru_cache(maxsize=8)
def _checked(table: TaxTables) -> TaxTables:
    """The table, each row held against the method behind it. Raises CatalogError where one is misprinted."""
    for name, row in table.macrs.items():
        _, _, quarter = name.rpartition("-")
        first = (2 * (_LAST_QUARTER - int(quarter)) + 1) / (2 * _LAST_QUARTER) if quarter.isdigit() else 0.5
        computed = declining_then_straight(_MACRS_YEARS, first_year=first)
        if len(row) != len(computed) or any(abs(a - b) > _PRINTED for a, b in zip(row, computed, strict=True)):
            said = ", ".join(f"{share:.4f}" for share in computed)
            raise CatalogError(
                f"tax.toml: macrs.{name} is {row}; the method gives {said}. Copy the published row again."
            )
    return table
