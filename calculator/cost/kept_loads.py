"""Loads of drawn futures with further machines are kept: a move that changes neither demand nor hours nor speeds finds
them again."""

from dataclasses import replace

import numpy as np

from calculator.cost.demand import Load
from calculator.cost.inputs import Inputs
from calculator.finance.kept_draws import KeptDraws
from calculator.number import Number, Picked
from calculator.scenario.scenario import Scenario
from calculator.service.usage import Usage


def load_of(owner: str, inputs: Inputs, usage: Usage, *, may_grow: bool = False, kept_fraction: Number = 1.0) -> Load:
    """`Load.of`, kept where it is about many draws and some of them buy further machines."""

    def fresh() -> Load:
        return Load.of(owner, inputs, usage, may_grow=may_grow, kept_fraction=kept_fraction)

    if inputs.draw_count < _MANY:
        return fresh()
    scenario, is_new = inputs.scenario, False

    def made() -> Load:
        nonlocal is_new
        is_new = True
        return under(fresh(), _NONE)  # so that no draws of other inputs are held

    kept = _LOADS.answer(
        *(owner, usage, may_grow, kept_fraction, inputs.draw_count, inputs.drawn),
        *(getattr(scenario, name) for name in READ_OF_SCENARIO),
        *(getattr(inputs, name) for name in READ_OF_INPUTS),
        *(inputs.of(owner, name, 1.0) for name in READ_OF_OPTION),
        compute=made,
    )
    if not is_new:
        for some in (*_bought(kept), *_busy(kept)):
            some.forget_values()  # what they come to is known by now
    return under(kept, inputs)


def under(load: Load, inputs: Inputs) -> Load:
    """The same load with the other values of `inputs`."""
    return replace(load, inputs=inputs, _served={})


_DEMAND = (
    "requests_per_working_day",
    "working_days_per_year",
    "on_h_per_day",
    "prompt_tokens",
    "retrieved_tokens",
    "answer_tokens",
    "cached_prompt_fraction",
)
READ_OF_SCENARIO = (
    "months",
    "rules",
    "when_full",
    "when_down",
    *_DEMAND,
    "downtime_usd_per_h",
)
"""What a load reads of its scenario."""
READ_OF_INPUTS = (*_DEMAND, "demand_growth_rate", "availability_fraction")
"""What it reads of the drawn values."""
READ_OF_OPTION = ("prefill_speed_ratio", "decode_speed_ratio")
_NONE = Inputs(Scenario())
_MANY = 64
"""Draws from which on it costs less to find a load than to make it."""


def keep_at_most(most_bytes: int) -> None:
    """How many bytes all kept loads may take; where many people ask, each about a firm of his own, more pays off."""
    _LOADS.most = most_bytes


def _bytes(load: Load) -> int:
    """About how many bytes a kept load holds: arrays of all draws of its own, and of further machines what was picked,
    and what their purchases and their busy months come to. 0 where there are none: such a load is made as quickly as it
    is found."""
    if not (bought := _bought(load)):
        return 0
    numbers = (_ARRAYS + len(load.levels)) * int(np.size(load.room))
    for stretch in load.always_busy:
        last = 0 if stretch.excess.last_month is None else stretch.excess.last_month
        numbers += int(np.size(stretch.excess.room) + np.size(last))
    return (
        8 * numbers
        + sum(one.about_bytes(values=_PICKED, sums=_SUMS) for one in bought)
        + sum(one.about_bytes(values=_BUSY_PICKED, sums=_BUSY_SUMS) for one in _busy(load))
    )


def _bought(load: Load) -> list[Picked]:
    return [one.picked for one in (load.purchases, load.quiet_purchases) if one is not None]


def _busy(load: Load) -> list[Picked]:
    return [stretch.picked for stretch in load.always_busy if stretch.picked is not None]


_ARRAYS, _PICKED, _SUMS = 2, 8, 10
_BUSY_PICKED, _BUSY_SUMS = 3, 2
MOST_BYTES = 64_000_000
"""Two to six megabytes hold the loads of one firm with six machines in 10,000 futures."""
_LOADS: KeptDraws[Load] = KeptDraws(most=MOST_BYTES, weigh=_bytes)
