"""Sheets Demand and Cash flow: quantities of the engine, and the payments that follow from them by formula."""

# pyright: reportUnknownMemberType=false

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calculator.decision.comparison import Comparison
from calculator.finance.discounting import discount_factor, discount_months
from calculator.finance.ledger import Kind, calendar_usd
from calculator.report.ledger_csv import month_dates
from calculator.report.live_lines import Flow, LiveLine, LiveOption, Part, index_values, is_taxed_by
from calculator.report.live_parts import STEPS, TRENDS, Index
from calculator.report.workbook_inputs import DISCOUNT, TAX, LiveInput
from calculator.report.workbook_page import STAMPED, Book, Page
from calculator.units import MONTHS_PER_YEAR

FIRST_MONTH = 8
"""The column of month 0 on both sheets."""
TOTAL, VALUE = 6, 7
"""The columns of a payment's sum and of its present value."""
_HEAD = 3
_NOT_DISCOUNT = "live, but for the discount rate"


@dataclass(frozen=True, slots=True)
class Rows:
    """Where things stand: rows of the price indexes and discount factors, and of each option's payments and tokens."""

    index: dict[Index, int]
    by_convention: int
    to_the_day: int
    served: dict[str, int]
    flows: dict[str, tuple[int, int]]
    """First and last row of each option on the sheet Cash flow."""


def write_flows(
    book: Book, comparison: Comparison, options: list[LiveOption], inputs: list[LiveInput]
) -> tuple[Page, Page, Rows]:
    """Both sheets; the months stand in the same columns, so that a payment reads the quantity above it."""
    months = comparison.scenario.months
    demand = book.page(
        "Demand",
        note="Quantities are stamped: machines, hours, kWh and million tokens that the engine found. The unit price is "
        "live. Quantity x unit price x growth of the price = payment; what comes in has a negative quantity.",
        widths={0: 26, 1: 30, 2: 24, 3: 18, 4: 10, 5: 26, 6: 14, 7: 14},
    )
    head = ["Option", "Name", "Line", "Paid", "Unit", "Price grows with", "Unit price", ""]
    _head(demand, head, comparison)
    values = {one.key: one.value for one in inputs}
    indexes: dict[Index, int] = {}
    row = _HEAD + 2
    for key in (*STEPS, *TRENDS):
        if key in values:
            indexes[key] = row
            _write_index(demand, row, key, values[key], months=months)
            row += 1
    by_convention, to_the_day = row, row + 1
    _write_factors(demand, by_convention, comparison)
    row += 3
    places: dict[int, int] = {}
    for option in options:
        for line in option.lines:
            for part in line.parts:
                places[id(part)] = row
                _label(demand, row, option, line.line.name, part.product.unit)
                demand.text(row, 3, paid_words(line))
                _write_quantity(demand, row, part, calendar_usd(line.line, part.quantity.tolist()), values)
                row += 1
    served: dict[str, int] = {}
    row += 1
    for option in options:
        served[option.candidate.option.id] = row
        _label(demand, row, option, "tokens served", "Mtok")
        _write_row(demand, row, option.served_mtok.tolist())
        row += 1
    rows = Rows(indexes, by_convention, to_the_day, served, {})
    return demand, _write_payments(demand, comparison, options, rows=rows, places=places), rows


def paid_words(line: LiveLine) -> str:
    """When a line is paid, in words; Checks read them off the sheet."""
    return f"{'once' if line.is_once else 'monthly'}{', in advance' if line.line.in_advance else ''}"


def _write_payments(
    demand: Page, comparison: Comparison, options: list[LiveOption], *, rows: Rows, places: dict[int, int]
) -> Page:
    page = demand.book.page(
        "Cash flow",
        note="Money of the day; outgoing is negative. A payment stands in its calendar month; month 0 is the purchase, "
        "on the first day of month 1. Present value by the discount factors of the sheet Demand; what is paid in "
        "advance, by those of the month before.",
        widths={0: 26, 1: 30, 2: 24, 3: 8, 4: 18, 5: 18, 6: 14, 7: 14},
    )
    _head(page, ["Option", "Name", "Line", "Dollars", "Paid", "Formula", "Sum", "Present value"], comparison)
    months, row = comparison.scenario.months, _HEAD + 2
    factors = {once: _factors(comparison, is_once=once) for once in (True, False)}
    for option in options:
        first = row
        where = {id(line): first + offset for offset, line in enumerate(option.lines)}
        for line in option.lines:
            formula = _formulas(line, option, comparison, page=page, demand=demand, rows=rows, places=places, at=where)
            _label(page, row, option, line.line.name, line.line.hardness)
            page.text(row, 4, paid_words(line))
            page.text(row, 5, STAMPED if formula is None else "live" if line.follows_discount else _NOT_DISCOUNT)
            for month, usd in enumerate(calendar_usd(line.line, line.flow.tolist())):
                if formula is None:
                    page.number(row, FIRST_MONTH + month, usd, "money")
                else:
                    page.formula(row, FIRST_MONTH + month, formula[month], usd)
            flows = page.span((row, FIRST_MONTH), (row, FIRST_MONTH + months))
            page.formula(row, TOTAL, f"=SUM({flows})", float(line.flow.sum()))
            early = line.line.in_advance
            valued = page.span((row, FIRST_MONTH + early), (row, FIRST_MONTH + months))
            factor_row = rows.to_the_day if line.is_once else rows.by_convention
            factor = demand.span((factor_row, FIRST_MONTH), (factor_row, FIRST_MONTH + months - early))
            value = float(line.flow @ factors[line.is_once])
            page.formula(row, VALUE, f"=SUMPRODUCT({valued},{factor})", value)
            row += 1
        rows.flows[option.candidate.option.id] = (first, row - 1)
        row += 1
    return page


def _formulas(
    line: LiveLine,
    option: LiveOption,
    comparison: Comparison,
    *,
    page: Page,
    demand: Page,
    rows: Rows,
    places: dict[int, int],
    at: dict[int, int],
) -> list[str] | None:
    """The formula of each month; None for a line that is stamped."""
    months = range(comparison.scenario.months + 1)
    if line.line.kind == "tax" and not option.is_stamped:
        tax = _TaxFormula(line, option, page, at)
        return [tax.of(FIRST_MONTH + month, month) for month in months]
    if not line.parts:
        return None

    def product(part: Part, column: int) -> str:
        row, index = places[id(part)], part.product.index
        growth = f"*{demand.at(rows.index[index], column, fixed_row=True)}" if index else ""
        return f"{demand.at(row, column)}*{demand.at(row, TOTAL, fixed_column=True)}{growth}"

    return [f"=-({'+'.join(product(part, FIRST_MONTH + month) for part in line.parts)})" for month in months]


@dataclass(frozen=True, slots=True)
class _TaxFormula:
    """Tax lines from the payments above them, as cost/tax_lines.py reckons them."""

    line: LiveLine
    option: LiveOption
    page: Page
    rows: dict[int, int]

    def of(self, column: int, month: int) -> str:
        """The formula of one month."""
        tax = self.page.book.name_for(TAX)
        name, seen = self.line.line.name, self.line.line.inputs
        cost = f"-({self._sum(self._of('capital'), FIRST_MONTH)})"
        if name == "tax on depreciation":
            return f"={tax}*{float(seen.get(f'share_month_{month}', 0.0))!r}*({cost})"
        if name != "tax on sale":
            return f"=-{tax}*({self._sum(self._paid(), column)})"
        if month != len(self.line.flow) - 1:
            return "=0"
        return f"=-{tax}*({self._sum(self._of('sale'), column)}-{self._left_fraction()!r}*({cost}))"

    def _left_fraction(self) -> float:
        """Share of what was bought that is left on the books at the sale."""
        left = float(self.line.line.inputs["left_on_books_usd"])
        books = next((one.line for one in self.option.lines if one.line.name == "tax on depreciation"), None)
        cost = 0.0 if books is None else float(books.inputs.get("cost_usd", books.inputs.get("worth_usd", 0.0)))
        return left / cost if cost else 0.0

    def _paid(self) -> list[LiveLine]:
        """Costs that are deducted when paid, of the same kind of dollars and paid in the same way."""
        own = self.line
        return [one for one in self.option.lines if is_taxed_by(own.line, one.line) and one.is_once == own.is_once]

    def _of(self, kind: Kind) -> list[LiveLine]:
        return [one for one in self.option.lines if one.line.kind == kind]

    def _sum(self, lines: Sequence[LiveLine], column: int) -> str:
        return "+".join(self.page.at(self.rows[id(one)], column) for one in lines) or "0"


def _head(page: Page, titles: list[str], comparison: Comparison) -> None:
    dates = month_dates(comparison.scenario)
    page.head(_HEAD, [*titles, *(f"{month}" for month in range(len(dates)))])
    page.sheet.freeze_panes(_HEAD + 2, FIRST_MONTH)
    for month, day in enumerate(dates):
        page.number(_HEAD, FIRST_MONTH + month, float(month), "head")
        page.text(_HEAD + 1, FIRST_MONTH + month, day[:7])


def _label(page: Page, row: int, option: LiveOption, line: str, last: str) -> None:
    entry = option.candidate.option
    page.text(row, 0, entry.id)
    page.text(row, 1, entry.name)
    page.text(row, 2, line)
    page.text(row, 3 if page.title == "Cash flow" else 4, last)


def _write_index(page: Page, row: int, key: Index, rate: float, *, months: int) -> None:
    page.text(row, 2, f"growth by {key.replace('_', ' ')}")
    name = page.book.name_for(key)
    for month, value in enumerate(index_values(rate, index=key, months=months).tolist()):
        at = page.at(_HEAD, FIRST_MONTH + month, fixed_row=True)
        passed = f"MAX({at}-1,0)/{MONTHS_PER_YEAR}"
        exponent = f"INT({passed})" if key in STEPS else f"({passed})"
        page.formula(row, FIRST_MONTH + month, f"=(1+{name})^{exponent}", value, "factor")


def _write_factors(page: Page, row: int, comparison: Comparison) -> None:
    """Discount factors by the convention of timing, and below them to the day, for what is paid once."""
    name = page.book.name_for(DISCOUNT)
    timing = comparison.scenario.timing
    for offset, (label, once) in enumerate((("discount factor, monthly", False), ("discount factor, once", True))):
        page.text(row + offset, 2, label)
        for month, factor in enumerate(_factors(comparison, is_once=once).tolist()):
            at = page.at(_HEAD, FIRST_MONTH + month, fixed_row=True)
            time = at
            if not once and timing == "mid-month":
                time = f"MAX({at}-0.5,0)"
            elif not once and timing == "annual-end":
                time = f"ROUNDUP({at}/{MONTHS_PER_YEAR},0)*{MONTHS_PER_YEAR}"
            formula = f"=(1+{name})^(-{time}/{MONTHS_PER_YEAR})"
            page.formula(row + offset, FIRST_MONTH + month, formula, factor, "factor")


def _factors(comparison: Comparison, *, is_once: bool) -> Flow:
    scenario = comparison.scenario
    times = discount_months(
        np.arange(scenario.months + 1, dtype=float), timing="month-end" if is_once else scenario.timing
    )
    return np.asarray(discount_factor(times, annual_rate=scenario.discount_rate))


def _write_quantity(page: Page, row: int, part: Part, quantity: Sequence[float], values: dict[str, float]) -> None:
    product = part.product
    page.text(row, 5, product.index.replace("_", " "))
    price = 1.0
    for factor in product.factors:
        price *= factor.of(values[factor.key])
    formula = "*".join(factor.formula(page.book.name_for(factor.key)) for factor in product.factors)
    page.formula(row, TOTAL, f"={formula}", price, "number")
    _write_row(page, row, [-amount for amount in quantity])


def _write_row(page: Page, row: int, flow: Sequence[float]) -> None:
    for month, amount in enumerate(flow):
        page.number(row, FIRST_MONTH + month, amount + 0.0)
