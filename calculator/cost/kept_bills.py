"""The bill of the base case, laid out month by month, is kept: a move of people's time alone finds its hard lines."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from calculator.catalog.options import ApiTariff
from calculator.cost.bill import Charges
from calculator.cost.inputs import Inputs
from calculator.cost.kept_cash import bill_key
from calculator.cost.staff_lines import AnyOption, can_stand_alone, staff_lines
from calculator.finance.kept_draws import KeptDraws, read_only
from calculator.finance.ledger import Horizon, Line, flows_usd
from calculator.service.usage import Usage

Flow = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Signed dollars of a line in each month 0..months, and their present values."""


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill and the flow of each of its lines. held: what its key names by its place in memory."""

    charges: Charges
    flows: tuple[Flow, ...]
    held: tuple[object, ...] = field(default=(), repr=False)


def bill_of(
    option: AnyOption,
    *,
    inputs: Inputs,
    horizon: Horizon,
    usage: Usage | None,
    reference_api: ApiTariff | None,
    charges: Callable[[], Charges],
) -> Bill:
    """The bill at the scenario's own numbers; its hard lines are found again, or all are made by `charges`."""

    def made() -> Bill:
        found = charges()
        held = (option, inputs.tax_tables, inputs.scenario)
        return Bill(found, tuple(_flow(line, horizon) for line in found.lines), held)

    if inputs.given or not inputs.explains or not can_stand_alone(option, inputs=inputs):
        return made()
    kept = _BILLS.answer(
        *bill_key(option, inputs=inputs, horizon=horizon, usage=usage, reference_api=reference_api),
        compute=made,
    )
    if kept.held[-1] is inputs.scenario:  # people's time is the same, too
        return kept
    soft = [line for line in kept.charges.lines if line.hardness == "soft"]
    staff = staff_lines(option, inputs=inputs, usage=usage)
    if [line.name for line in soft] != [line.name for line in staff]:  # further machines take time, too
        return made()
    return _with_staff(kept, staff, horizon=horizon)


def _with_staff(kept: Bill, staff: list[Line], *, horizon: Horizon) -> Bill:
    """The same bill with other lines of people's time, in their places."""
    others = iter([(line, _flow(line, horizon)) for line in staff])
    pairs = zip(kept.charges.lines, kept.flows, strict=True)
    now = [next(others) if line.hardness == "soft" else (line, flow) for line, flow in pairs]
    lines, flows = zip(*now, strict=True)
    return Bill(replace(kept.charges, lines=lines), flows)


def keep_at_most(most_bytes: int) -> None:
    """How many bytes all kept bills may take."""
    _BILLS.most = most_bytes


def _bytes(bill: Bill) -> int:
    """About how many bytes a bill holds: its flows, and what explains each line."""
    return sum(_OF_A_LINE + plain.nbytes + discounted.nbytes for plain, discounted in bill.flows)


def _flow(line: Line, horizon: Horizon) -> Flow:
    plain, discounted = flows_usd(line, horizon=horizon)
    read_only(plain)
    read_only(discounted)
    return plain, discounted


_OF_A_LINE = 1_500
MOST_BYTES = 16_000_000
"""Some 17 kB of an option over three years: the bills of some 130 questions about seven options."""
_BILLS: KeptDraws[Bill] = KeptDraws(most=MOST_BYTES, weigh=_bytes)
