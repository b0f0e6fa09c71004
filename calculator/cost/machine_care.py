"""Care of machines and the room they take: of the first one whole, of each further one a share."""

from calculator.catalog.options import Machine
from calculator.cost.bill import spend
from calculator.cost.inputs import Inputs
from calculator.finance.discounting import log_growth
from calculator.finance.ledger import Line
from calculator.number import Number, exp, smaller
from calculator.units import MONTHS_PER_YEAR

AT_THE_START = 0
"""The month of purchase of the first machines."""


def is_start(month: Number) -> bool:
    """Whether machines of this month are the first ones."""
    return isinstance(month, int) and month == AT_THE_START


def administration(machine: Machine, inputs: Inputs, *, count: int, month: Number) -> Line:
    """Care of a Mac, or of everything else (Linux boxes with drivers), in soft dollars; it grows from year to year."""
    name, hours = "pc_administration_h_per_year", inputs.pc_administration_h_per_year
    if machine.kind == "mac":
        name, hours = "mac_administration_h_per_year", inputs.mac_administration_h_per_year
    wage, growth = inputs.wage_usd_per_h, inputs.care_growth_rate
    as_first, shares = _as_first_ones(inputs, count=count, month=month)
    return spend(
        "administration",
        hours / MONTHS_PER_YEAR * wage * as_first * back_to(growth, years=years_after_start(inputs, month)),
        inputs.course(growth="care_growth_rate", step="wage_escalation_rate", first_month=month + 1),
        says=f"hours a year / 12 * hourly rate * {_as_first_says(month)}, growing with the years of use",
        seen={name: hours, "wage_usd_per_h": wage, "care_growth_rate": growth, **shares, "machine_count": count},
        hardness="soft",
    )


def space(inputs: Inputs, *, count: int, month: Number) -> Line:
    """Room for the machines: a further one shares it, and adds the same fraction of it as it does of the care."""
    usd, fraction = inputs.space_usd_per_month, inputs.further_care_fraction
    as_first, shares = _as_first_ones(inputs, count=count, month=month)
    if inputs.scenario.rules == 1:  # one room, however many machines
        as_first, usd = 1.0, usd if is_start(month) else 0.0
    return spend(
        "space",
        usd * as_first,
        inputs.course(step="inflation_rate", first_month=month + 1),
        says=f"space per month * {_as_first_says(month)}",
        seen={
            "space_usd_per_month": usd,
            **({"machine_count": count, "further_care_fraction": fraction} if shares else {}),
        },
    )


def _as_first_ones(inputs: Inputs, *, count: int, month: Number) -> tuple[Number, dict[str, Number]]:
    """Machines counted by what they need beside the first of all: 1 + (count - 1) * fraction, or count * fraction."""
    fraction = inputs.further_care_fraction
    if not is_start(month):
        return count * fraction, {"further_care_fraction": fraction}
    return 1 + (count - 1) * fraction, {"further_care_fraction": fraction} if count > 1 else {}


def _as_first_says(month: Number) -> str:
    if is_start(month):
        return "(1 + (machines - 1) * a further one's share)"
    return "machines * a further one's share"


def years_after_start(inputs: Inputs, month: Number) -> Number:
    """Years from the start of the plan to the purchase."""
    return smaller(month, inputs.scenario.months) / MONTHS_PER_YEAR


def back_to(growth_rate: Number, *, years: Number) -> Number:
    """What undoes the growth of a course from the start, so that a later purchase begins where the first one did."""
    if isinstance(years, float) and years == 0.0:
        return 1.0
    return exp(-log_growth(growth_rate) * years)
