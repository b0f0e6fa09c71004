"""Further machines, bought when demand outgrows the first: the same lines, each from its own month.

A further machine is bought at the start of the month in which demand passes what the machines before it can serve, at
today's price, and sold with them at the horizon, younger than they are. The energy of all machines stands in the energy
lines (owned.py). For tax it is taken as deducted when paid. It is bought also where the first one is leased or was
there already.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from calculator.catalog.options import Machine
from calculator.cost.demand import Load
from calculator.cost.inputs import Inputs
from calculator.cost.machine_lines import ONLY_IF_PRICED, bought, machine_lines, priced
from calculator.cost.when import When
from calculator.finance.ledger import Kind, Line
from calculator.number import Number, some


@dataclass(frozen=True, slots=True)
class _Folded:
    """Lines of one machine that the ledger holds as one line for all further machines."""

    name: str
    parts: tuple[str, ...]
    says: str
    kind: Kind = "running"


_FOLDED = (
    _Folded(
        "machines",
        ("hardware", "sales tax", "electrical work", "warranty"),
        "price * (1 + sales tax) + electrical work + warranty, at the month's start",
        "later capital",
    ),
    _Folded("setup", ("setup",), "setup hours * hourly rate"),
    _Folded("administration", ("administration",), "hours a year / 12 * hourly rate"),
    _Folded(
        "repair",
        ("repair", "insurance"),
        "failures a year / 12 * repair share * price after its warranty, and insurance rate / 12 * price",
    ),
    _Folded(
        "resale",
        ("resale", "disposal"),
        "price today * kept at its own age * market index * (1 - selling fee) - disposal",
        "later sale",
    ),
    _Folded("space", ("space",), "space per month * a further machine's share"),
    _Folded("demand charge", ("demand charge",), "highest kW * charge per kW and month"),
)

_LATER: dict[Kind, Kind] = {"capital": "later capital", "sale": "later sale"}


def further_lines(machine: Machine, *, inputs: Inputs, load: Load, peak_kw: Number) -> list[Line]:
    """Lines of the further machines, bought one at a time; none where the first ones are enough."""
    if load.purchases is not None:
        return _lines_by_purchase(machine, inputs=inputs, when=When(purchases=load.purchases), peak_kw=peak_kw)
    if not load.full_months:
        return []
    each = [
        {line.name: line for line in _of_one(machine, inputs=inputs, peak_kw=peak_kw, when=When(first - 1))}
        for first in load.full_months
    ]
    when = {f"first_month_of_{number}": month for number, month in enumerate(load.full_months, start=1)}
    counted: dict[str, Number] = {"machine_count": 1, **when}
    return [_one_line(fold, each, counted) for fold in _FOLDED if _is_priced(fold, each[0])]


def _lines_by_purchase(machine: Machine, *, inputs: Inputs, when: When, peak_kw: Number) -> list[Line]:
    """The same for draws: the lines of one machine, for each purchase that comes in any of them."""
    lines = _of_one(machine, inputs=inputs, peak_kw=peak_kw, when=when)
    return [replace(line, kind=_LATER.get(line.kind, line.kind)) for line in priced(lines)]


def _of_one(machine: Machine, *, inputs: Inputs, peak_kw: Number, when: When) -> list[Line]:
    holding = bought(machine, inputs=inputs, count=1, when=when)
    lines = machine_lines(machine, holding=holding, inputs=inputs, count=1, peak_kw=peak_kw, when=when)
    return lines.all()


def _is_priced(fold: _Folded, lines: Mapping[str, Line]) -> bool:
    """Whether one of the lines behind it is always there, or was given a price."""
    return any(part not in ONLY_IF_PRICED or some(lines[part].inputs[ONLY_IF_PRICED[part]]) for part in fold.parts)


def _one_line(fold: _Folded, each: list[dict[str, Line]], counted: Mapping[str, Number]) -> Line:
    """One line of the terms of all further machines; what is the same for all of them is told once."""
    seen: dict[str, Number] = {}
    for part in fold.parts:
        for name, value in each[0][part].inputs.items():
            if name == "kept_fraction":
                kept = [lines[part].inputs[name] for lines in each]
                seen |= {f"{name}_of_{number}": one for number, one in enumerate(kept, start=1)}
            elif name not in (*counted, "age_at_sale_months", "held_months"):
                seen[name] = value
    return Line(
        name=f"further {fold.name}",
        hardness=each[0][fold.parts[0]].hardness,
        terms=tuple(
            term for lines in each for part in fold.parts for term in lines[part].terms if some(term.amount_usd)
        ),
        formula=f"{fold.says}, for each further machine from its first month",
        inputs={**seen, **counted},
        kind=fold.kind,
    )
