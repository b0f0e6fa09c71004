"""Lines of people's time of one option, alone: what a move of wages or of hours of care changes."""

from calculator.catalog.options import ApiOffer, CloudOffer, Machine
from calculator.catalog.plans import Subscription
from calculator.cost.bill import care_of_account, care_of_rented, setup
from calculator.cost.inputs import Inputs, some
from calculator.cost.kept_loads import load_of
from calculator.cost.machine_care import administration, setting_up
from calculator.cost.shared_machine import is_shared
from calculator.cost.tax_lines import tax_lines
from calculator.cost.when import AT_THE_START, When
from calculator.finance.ledger import Line
from calculator.service.usage import Usage

AnyOption = Machine | CloudOffer | ApiOffer | Subscription
STAFF_ALONE = (
    "wage_usd_per_h",
    "wage_escalation_rate",
    "mac_administration_h_per_year",
    "pc_administration_h_per_year",
    "cloud_administration_h_per_year",
    "api_administration_h_per_year",
    "care_growth_rate",
)
"""Inputs that nothing but these lines reads; of an option's own figures `SETUP_H`."""
SETUP_H = "setup_h"


def is_staff_input(name: str) -> bool:
    """Whether nothing but people's time reads the input."""
    return name in STAFF_ALONE or name.endswith(f".{SETUP_H}")


def can_stand_alone(option: AnyOption, *, inputs: Inputs) -> bool:
    """Whether these lines need no other: not where this work bears a share of them, or where hours without are paid."""
    return not some(inputs.downtime_usd_per_h) and not (isinstance(option, Machine) and is_shared(option, inputs))


def staff_lines(option: AnyOption, *, inputs: Inputs, usage: Usage | None, grows: bool) -> list[Line]:
    """Setup and care, with what they save in tax: the soft lines of the option's bill, in its order.

    grows: whether further machines of one's own are bought in any draw. Only where it `can_stand_alone`.
    """
    lines = _untaxed(option, inputs=inputs, usage=usage, grows=grows)
    return [*lines, *tax_lines(tuple(lines), inputs=inputs)]


def _untaxed(option: AnyOption, *, inputs: Inputs, usage: Usage | None, grows: bool) -> list[Line]:
    if usage is None or isinstance(option, ApiOffer | Subscription):
        return [setup(inputs, setup_h=inputs.of(option.id, SETUP_H, option.setup_h)), care_of_account(inputs)]
    if not usage.machine_count:  # a mixed fleet without machines
        return [setup(inputs, setup_h=usage.setup_h), care_of_account(inputs)]
    if isinstance(option, Machine):
        return _of_own(option, inputs=inputs, usage=usage, grows=grows)
    set_up = setup(inputs, setup_h=inputs.of(option.id, SETUP_H, option.setup_h))
    return [set_up, care_of_rented(inputs, count=usage.machine_count)]


def _of_own(machine: Machine, *, inputs: Inputs, usage: Usage, grows: bool) -> list[Line]:
    is_installed = machine.id not in inputs.scenario.already_own_usd
    lines = [setting_up(machine, inputs, count=usage.machine_count, when=AT_THE_START)] if is_installed else []
    lines.append(administration(machine, inputs, count=usage.machine_count, when=AT_THE_START))
    if grows:
        later = When(purchases=load_of(machine.id, inputs, usage, may_grow=True).purchases)
        lines += [each(machine, inputs, count=1, when=later) for each in (setting_up, administration)]
    return lines
