"""Cost of an option that is made of several: each part by its own demand, one ledger whose lines keep their part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from calculator.catalog.options import ApiTariff
from calculator.catalog.tax import TaxTables
from calculator.cost.bill import Charges
from calculator.cost.inputs import Inputs
from calculator.cost.tco import Option, Tco, charges_of, folded
from calculator.finance.ledger import Horizon
from calculator.number import Number
from calculator.scenario.scenario import Scenario
from calculator.service.usage import Usage


@dataclass(frozen=True, slots=True)
class CostPart:
    """One part: its option, the scenario of its own demand, and what its cost needs.

    ratios: the part's numbers as multiples of the whole's, so that draws of the whole become draws of the part.
    """

    option: Option
    scenario: Scenario
    usage: Usage | None = None
    reference_api: ApiTariff | None = None
    ratios: Mapping[str, float] = field(default_factory=dict[str, float])


def line_of_part(option_id: str, line: str) -> str:
    """The name of a part's line in the ledger of the whole."""
    return f"{option_id}: {line}"


def values_of_part(ratios: Mapping[str, float], values: Mapping[str, Number]) -> dict[str, Number]:
    """Values of the whole as those of a part: requests and lengths times its ratios, all else as it is."""
    return {name: value * ratios[name] if name in ratios else value for name, value in values.items()}


def cost_of_parts(
    parts: Sequence[CostPart],
    *,
    scenario: Scenario,
    values: Mapping[str, float] | None = None,
    tax_tables: TaxTables | None = None,
) -> Tco:
    """The sum of the parts over the months of the whole scenario; `values` replaces numbers of the whole."""
    whole = Inputs(scenario, values or {}, tax_tables)
    together = charges_of_parts(parts, values=values or {}, tax_tables=tax_tables)
    return folded(together, Horizon(scenario.months, whole.discount_rate, scenario.timing))


def charges_of_parts(
    parts: Sequence[CostPart], *, values: Mapping[str, Number], tax_tables: TaxTables | None = None
) -> Charges:
    """The bill of all parts, each line under its part's name; `values` (numbers or draws) replaces those of the whole."""
    bills = [_bill(part, values=values, tax_tables=tax_tables) for part in parts]
    return Charges(
        lines=tuple(line for bill in bills for line in bill.lines),
        marginal=tuple(term for bill in bills for term in bill.marginal),
        energy=tuple(term for bill in bills for term in bill.energy),
        served=tuple(term for bill in bills for term in bill.served),
        here=tuple(term for bill in bills for term in bill.here),
        bought=tuple(term for bill in bills for term in bill.bought),
        demand=tuple(term for bill in bills for term in bill.demand),
        unmet=any(bill.unmet for bill in bills),
    )


def _bill(part: CostPart, *, values: Mapping[str, Number], tax_tables: TaxTables | None) -> Charges:
    inputs = Inputs(part.scenario, values_of_part(part.ratios, values), tax_tables)
    bill = charges_of(part.option, inputs=inputs, usage=part.usage, reference_api=part.reference_api)
    lines = (replace(line, name=line_of_part(part.option.id, line.name)) for line in bill.lines)
    return replace(bill, lines=tuple(lines))
