"""Setup and care of machines and the room they take: of the first one whole, of each further one a share."""

from calculator.catalog.options import Machine
from calculator.cost.bill import setup, spend
from calculator.cost.inputs import Inputs
from calculator.cost.when import When
from calculator.finance.ledger import Line
from calculator.number import Number
from calculator.units import MONTHS_PER_YEAR


def setting_up(machine: Machine, inputs: Inputs, *, count: int, when: When) -> Line:
    """Hours of setting the machines up, in soft dollars, when they come."""
    setup_h = inputs.of(machine.id, "setup_h", machine.setup_h)
    return setup(inputs, setup_h=setup_h, count=count, at=when.paid_at_once(inputs))


def administration(machine: Machine, inputs: Inputs, *, count: int, when: When) -> Line:
    """Care of a Mac, or of everything else (Linux boxes with drivers), in soft dollars; it grows from year to year."""
    name, hours = "pc_administration_h_per_year", inputs.pc_administration_h_per_year
    if machine.kind == "mac":
        name, hours = "mac_administration_h_per_year", inputs.mac_administration_h_per_year
    wage, growth = inputs.wage_usd_per_h, inputs.care_growth_rate
    as_first, shares = _as_first_ones(inputs, count=count, when=when)
    back, weight = when.grown_back(growth, inputs=inputs)
    return spend(
        "administration",
        hours / MONTHS_PER_YEAR * wage * as_first * back,
        when.course(inputs, growth="care_growth_rate", step="wage_escalation_rate", weight=weight),
        says=f"hours a year / 12 * hourly rate * {_as_first_says(when)}, growing with the years of use",
        seen={name: hours, "wage_usd_per_h": wage, "care_growth_rate": growth, **shares, "machine_count": count},
        hardness="soft",
    )


def space(inputs: Inputs, *, count: int, when: When) -> Line:
    """Room for the machines: a further one shares it, and adds the same fraction of it as it does of the care."""
    usd, fraction = inputs.space_usd_per_month, inputs.further_care_fraction
    as_first, shares = _as_first_ones(inputs, count=count, when=when)
    if inputs.scenario.rules == 1:  # one room, however many machines
        as_first, usd = 1.0, usd if when.is_start else 0.0
    return spend(
        "space",
        usd * as_first,
        when.course(inputs, step="inflation_rate"),
        says=f"space per month * {_as_first_says(when)}",
        seen={
            "space_usd_per_month": usd,
            **({"machine_count": count, "further_care_fraction": fraction} if shares else {}),
        },
    )


def _as_first_ones(inputs: Inputs, *, count: int, when: When) -> tuple[Number, dict[str, Number]]:
    """Machines counted by what they need beside the first of all: 1 + (count - 1) * fraction, or count * fraction."""
    fraction = inputs.further_care_fraction
    if not when.is_start:
        return count * fraction, {"further_care_fraction": fraction}
    return 1 + (count - 1) * fraction, {"further_care_fraction": fraction} if count > 1 else {}


def _as_first_says(when: When) -> str:
    if when.is_start:
        return "(1 + (machines - 1) * a further one's share)"
    return "machines * a further one's share"
