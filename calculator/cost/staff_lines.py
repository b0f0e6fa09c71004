"""Lines of people's time of one option, alone: what a move of wages or of hours of care changes."""

import functools

from calculator.catalog.options import ApiOffer, CloudOffer, Machine
from calculator.catalog.plans import Subscription
from calculator.cost.bill import care_of_account, care_of_rented, setup
from calculator.cost.growing_fleet import Purchases
from calculator.cost.inputs import Inputs
from calculator.cost.kept_loads import load_of
from calculator.cost.machine_care import administration, setting_up
from calculator.cost.shared_machine import is_shared
from calculator.cost.tax_lines import tax_lines
from calculator.cost.when import AT_THE_START, When
from calculator.finance.ledger import Line
from calculator.number import some
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


@functools.lru_cache(maxsize=1024)
def is_staff_input(name: str) -> bool:
    """Whether nothing but people's time reads the input."""
    return name in STAFF_ALONE or name.endswith(f".{SETUP_H}")


def can_stand_alone(option: AnyOption, *, inputs: Inputs) -> bool:
    """Whether these lines need no other: not where this work bears a share of them, or where hours without are paid."""
    return not some(inputs.downtime_usd_per_h) and not (isinstance(option, Machine) and is_shared(option, inputs))


def further_machines(option: AnyOption, *, inputs: Inputs, usage: Usage | None) -> Purchases | None:
    """The purchases of one's own machines that follow demand, of draws; None where there are none."""
    if usage is None or not isinstance(option, Machine):
        return None
    return load_of(option.id, inputs, usage, may_grow=True).purchases


def staff_lines(
    option: AnyOption, *, inputs: Inputs, usage: Usage | None, purchases: Purchases | None = None
) -> list[Line]:
    """Setup and care, with what they save in tax: the soft lines of the option's bill, in its order.

    purchases: its `further_machines`. Only where it `can_stand_alone`.
    """
    lines = _untaxed(option, inputs=inputs, usage=usage, purchases=purchases)
    return [*lines, *tax_lines(tuple(lines), inputs=inputs)]


def _untaxed(option: AnyOption, *, inputs: Inputs, usage: Usage | None, purchases: Purchases | None) -> list[Line]:
    if usage is None or isinstance(option, ApiOffer | Subscription):
        return [setup(inputs, setup_h=inputs.of(option.id, SETUP_H, option.setup_h)), care_of_account(inputs)]
    if not usage.machine_count:  # a mixed fleet without machines
        return [setup(inputs, setup_h=usage.setup_h), care_of_account(inputs)]
    if isinstance(option, Machine):
        return _of_own(option, inputs=inputs, usage=usage, purchases=purchases)
    set_up = setup(inputs, setup_h=inputs.of(option.id, SETUP_H, option.setup_h))
    return [set_up, care_of_rented(inputs, count=usage.machine_count)]


def _of_own(machine: Machine, *, inputs: Inputs, usage: Usage, purchases: Purchases | None) -> list[Line]:
    is_installed = machine.id not in inputs.scenario.already_own_usd
    lines = [setting_up(machine, inputs, count=usage.machine_count, when=AT_THE_START)] if is_installed else []
    lines.append(administration(machine, inputs, count=usage.machine_count, when=AT_THE_START))
    if purchases is not None:
        later = When(purchases=purchases)
        lines += [each(machine, inputs, count=1, when=later) for each in (setting_up, administration)]
    return lines
