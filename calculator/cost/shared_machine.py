"""Cost of a machine that was bought anyway and is shared with other work: only what this work adds.

Energy above idling, wear (repair after the warranty) and care, both by the share that this work bears. Price, resale,
setup, insurance, space and idling are there without this work, so they are no cost of it.
"""

from collections.abc import Mapping
from dataclasses import replace

from calculator.catalog.options import Machine
from calculator.cost.bill import scaled
from calculator.cost.demand import Load
from calculator.cost.inputs import Inputs, Step
from calculator.cost.machine_lines import Holding, machine_lines, price_usd
from calculator.finance.ledger import Line, Term
from calculator.number import Number, larger
from calculator.units import W_PER_KW

_BORNE = ("administration", "repair")


def is_shared(machine: Machine, inputs: Inputs) -> bool:
    """Whether the scenario says that the machine was bought anyway for other work."""
    return machine.id in inputs.scenario.shared_with_other_work


def borne_lines(machine: Machine, *, inputs: Inputs, count: int) -> list[Line]:
    """Care and wear of the machine, times the share that this work bears (0..1); its warranty is taken as over."""
    share = inputs.scenario.shared_with_other_work[machine.id]
    there = Holding(
        payments=(),
        value=("price_usd", price_usd(machine, inputs=inputs)),
        warranty_months=0,
        fee_fraction=0.0,
        resale=None,
        is_installed=False,
    )
    lines = machine_lines(machine, holding=there, inputs=inputs, count=count, peak_kw=0.0).running
    return [
        replace(
            line,
            terms=scaled(line.terms, share),
            formula=f"({line.formula}) * share that this work bears",
            inputs={**line.inputs, "borne_fraction": share},
        )
        for line in lines
        if line.name in _BORNE
    ]


def above_idle_kwh(
    load: Load, watts: Mapping[str, Number], count: int, *, step: Step = ""
) -> dict[str, tuple[Term, ...]]:
    """kWh by busy state: (watts - idle watts) / 1000 * hours in that state * machines; never below 0."""
    return {
        state: scaled(hours, larger(watts[state] - watts["idle"], 0.0) / W_PER_KW * count)
        for state, hours in load.busy_hours(step).items()
    }


def above_idle(line: Line, *, idle_w: Number) -> Line:
    """The energy line of a busy state with the idle watts in its arithmetic."""
    state = line.name.removeprefix("energy ")
    formula = line.formula.replace(f"{state} watts", f"({state} watts - idle watts)", 1)
    return replace(line, formula=formula, inputs={**line.inputs, "idle_w": idle_w})
