"""Live lines of one option: each line of its ledger as quantities of the engine times prices that a person may change.

The quantities are the engine's own flows at unit prices: every price of a part is 1, every other price 0, no price
moves. What the parts then come to at the real prices is held against the ledger; a line that does not follow is
stamped: its flows stand as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calculator.catalog.routed import Routed
from calculator.cost.bill import Charges
from calculator.cost.inputs import Inputs
from calculator.cost.parts import charges_of_parts
from calculator.cost.tax_lines import AS_PAID
from calculator.cost.tco import charges_of
from calculator.decision.comparison import Comparison
from calculator.finance.courses import Once, course_values
from calculator.finance.ledger import Line, Term
from calculator.report.live_parts import STEPS, TRENDS, Index, Product, products_of
from calculator.report.live_prices import price_of
from calculator.risk.candidate import cost_part
from calculator.risk.candidates import Candidate, Candidates
from calculator.units import MONTHS_PER_YEAR

Flow = NDArray[np.float64]
_OPTIONAL = (
    *("electrical_work_usd", "warranty_usd", "disposal_usd", "insurance_rate", "space_usd_per_month"),
    *("software_usd_per_month", "demand_charge_usd_per_kw_month", "downtime_usd_per_h"),
)
"""Prices whose lines the ledger leaves out where they are 0; in the workbook they wait for one."""
_SAME = 1e-10
_DISCOUNT = "discount_rate"
_ANOTHER = 0.13  # another discount rate, to see whether the payments themselves follow it


@dataclass(frozen=True, slots=True)
class Part:
    """One product of a line and its quantity per month 0..N, signed as the ledger."""

    product: Product
    quantity: Flow


@dataclass(frozen=True, slots=True)
class LiveLine:
    """One line, as paid: once (discounted to the day) or month by month (by the convention of timing).

    flow: signed dollars per month, the ledger's. parts: what it is the sum of; empty where it is stamped.
    follows_discount: whether its payments stay the same at another discount rate; a reservation that outlasts the
    horizon is settled at its value on that day.
    """

    line: Line
    is_once: bool
    flow: Flow
    parts: tuple[Part, ...]
    follows_discount: bool = True


@dataclass(frozen=True, slots=True)
class LiveOption:
    """The lines of one option, and the million tokens that it serves each month."""

    candidate: Candidate
    lines: tuple[LiveLine, ...]
    served_mtok: Flow

    @property
    def is_stamped(self) -> bool:
        """Whether all its payments stand as they are: an option that is routed to two others, each with its demand."""
        return bool(self.candidate.parts)


def live_options(comparison: Comparison) -> list[LiveOption]:
    """Every option that can do the job, in the order of the comparison."""
    candidates = comparison.candidates
    return [_stamped(one, candidates) if one.parts else _live(one, candidates) for one in candidates]


def index_values(rate: float, *, index: Index, months: int) -> Flow:
    """How a price moves over months 0..N: once a year (1+r)^floor((m-1)/12), or each month (1+r)^((m-1)/12)."""
    passed = np.maximum(np.arange(months + 1) - 1, 0)
    if index in STEPS:
        return (1 + rate) ** (passed // MONTHS_PER_YEAR)
    return (1 + rate) ** (passed / MONTHS_PER_YEAR) if index in TRENDS else np.ones(months + 1)


def value_of(part: Part, values: Mapping[str, float], *, months: int) -> Flow:
    """Signed dollars per month of one part at these prices."""
    factor = 1.0
    for one in part.product.factors:
        factor *= one.of(values[one.key])
    index = part.product.index
    return part.quantity * factor * index_values(values[index] if index else 0.0, index=index, months=months)


def is_taxed_by(tax: Line, line: Line) -> bool:
    """Whether `line` is deducted when it is paid, and in this tax line: the same dollars, paid as early."""
    return line.kind in AS_PAID and (line.hardness, line.in_advance) == (tax.hardness, tax.in_advance)


def _live(candidate: Candidate, candidates: Candidates) -> LiveOption:
    scenario, months = candidates.scenario, candidates.scenario.months
    engine = _Engine(candidate, candidates)
    lines = engine.charges({key: 1.0 for key in _OPTIONAL if not getattr(scenario, key)}).lines
    products = {line.name: products_of(line, candidate=candidate, scenario=scenario) for line in lines}
    keys = {key for known in products.values() for one in known for key in _keys(one)}
    values = {key: price_of(key, candidate=candidate, scenario=scenario).value for key in keys}
    elsewhere = scenario.discount_rate + _ANOTHER
    found: list[LiveLine] = []
    for line in lines:
        for is_once in (True, False):
            flow = engine.flow(line, {}, is_once=is_once)
            parts = _parts(line, products[line.name], engine=engine, is_once=is_once, keys=keys)
            computed = sum((value_of(part, values, months=months) for part in parts), start=np.zeros(months + 1))
            follows = np.allclose(computed, flow, rtol=_SAME, atol=_SAME * float(np.abs(flow).max()))
            if parts or flow.any() or _is_tax_of_some(line, found, is_once=is_once):
                same = np.array_equal(flow, engine.flow(line, {_DISCOUNT: elsewhere}, is_once=is_once))
                found.append(LiveLine(line, is_once, flow, parts if follows else (), same))
    served = engine.charges({}).served
    return LiveOption(candidate, tuple(found), _flow(served, is_once=None, months=months))


def _stamped(candidate: Candidate, candidates: Candidates) -> LiveOption:
    """A routed option: its parts' payments as they are, and what both serve."""
    months = candidates.scenario.months
    charges = _Engine(candidate, candidates).charges({})
    found = [
        LiveLine(line, is_once, flow, (), follows_discount=False)
        for line in charges.lines
        for is_once in (True, False)
        if (flow := _flow(line.terms, is_once=is_once, months=months)).any()
    ]
    return LiveOption(candidate, tuple(found), _flow(charges.served, is_once=None, months=months))


def _is_tax_of_some(line: Line, lines: list[LiveLine], *, is_once: bool) -> bool:
    """Whether a tax line has payments that it follows, also where it is 0 now."""
    if line.kind != "tax":
        return False
    if line.name in ("tax on depreciation", "tax on sale"):
        return is_once
    return any(is_taxed_by(line, one.line) and one.is_once == is_once for one in lines)


def _parts(
    line: Line, products: tuple[Product, ...], *, engine: "_Engine", is_once: bool, keys: set[str]
) -> tuple[Part, ...]:
    """The parts that have a quantity. What a part's prices bring without its last ones belongs to a smaller part."""
    found: list[Part] = []
    for product in products:
        quantity = engine.quantity(line, product, is_once=is_once, keys=keys)
        own = set(product.factors)
        for part in found:
            if set(part.product.factors) < own:
                quantity = quantity - part.quantity
        if quantity.any():
            found.append(Part(product, quantity))
    return tuple(found)


def _keys(product: Product) -> tuple[str, ...]:
    own = tuple(factor.key for factor in product.factors)
    return (*own, product.index) if product.index else own


class _Engine:
    """The engine's bill of one option at any prices; one per option, each set of prices asked once."""

    def __init__(self, candidate: Candidate, candidates: Candidates) -> None:
        self._candidate, self._candidates = candidate, candidates
        self._asked: dict[tuple[tuple[str, float], ...], Charges] = {}

    def charges(self, values: Mapping[str, float]) -> Charges:
        key = tuple(sorted(values.items()))
        if key not in self._asked:
            self._asked[key] = self._charges(values)
        return self._asked[key]

    def _charges(self, values: Mapping[str, float]) -> Charges:
        candidate, candidates = self._candidate, self._candidates
        if isinstance(candidate.option, Routed):
            parts = [cost_part(part) for part in candidate.parts]
            return charges_of_parts(parts, values=values, tax_tables=candidates.tax_tables)
        return charges_of(
            candidate.option,
            inputs=Inputs(candidates.scenario, dict(values), candidates.tax_tables),
            usage=candidate.usage,
            reference_api=candidate.reference_api,
        )

    def quantity(self, line: Line, product: Product, *, is_once: bool, keys: set[str]) -> Flow:
        """The line's flow where the factors of the product are 1 and every other price is 0."""
        months = self._candidates.scenario.months
        if product.divisor:
            return _flow(line.terms, is_once=is_once, months=months) / next(iter(product.divisor.values()))
        if product.share is not None:
            sold = np.zeros(months + 1)
            sold[months] = product.share
            return sold if is_once else np.zeros(months + 1)
        values = dict.fromkeys(keys, 0.0) | {factor.key: factor.neutral for factor in product.factors}
        return self.flow(line, values, is_once=is_once)

    def flow(self, line: Line, values: Mapping[str, float], *, is_once: bool) -> Flow:
        """The line's flow at these values; nothing where it is not there."""
        months = self._candidates.scenario.months
        terms = tuple(term for other in self.charges(values).lines if other.name == line.name for term in other.terms)
        return _flow(terms, is_once=is_once, months=months)


def _flow(terms: tuple[Term, ...], *, is_once: bool | None, months: int) -> Flow:
    """Signed amounts per month of the terms that are paid once, month by month, or of all (None)."""
    flow = np.zeros(months + 1)
    for term in terms:
        if is_once is None or isinstance(term.course, Once) == is_once:
            flow += float(term.amount_usd) * course_values(term.course, months=months)
    return flow
