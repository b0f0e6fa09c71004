"""Loads of drawn futures that are kept: a move that changes neither demand nor hours nor speeds finds them again."""

from dataclasses import replace

import numpy as np

from calculator.cost.demand import Load
from calculator.cost.inputs import Inputs
from calculator.finance.kept_draws import KeptDraws
from calculator.number import Number
from calculator.scenario.scenario import Scenario
from calculator.service.usage import Usage


def load_of(owner: str, inputs: Inputs, usage: Usage, *, may_grow: bool = False, kept_fraction: Number = 1.0) -> Load:
    """`Load.of`, kept where it is about many draws."""

    def fresh() -> Load:
        return Load.of(owner, inputs, usage, may_grow=may_grow, kept_fraction=kept_fraction)

    if inputs.draw_count < _MANY:
        return fresh()
    scenario = inputs.scenario
    kept = _LOADS.answer(
        *(owner, usage, may_grow, kept_fraction, inputs.draw_count, inputs.drawn),
        *(getattr(scenario, name) for name in READ_OF_SCENARIO),
        *(getattr(inputs, name) for name in READ_OF_INPUTS),
        *(inputs.of(owner, name, 1.0) for name in READ_OF_OPTION),
        compute=lambda: under(fresh(), _NONE),  # so that no draws of other inputs are held
    )
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


def _numbers(load: Load) -> int:
    """About how many numbers a kept load holds: ten arrays of all draws; for its purchases twenty arrays of these, and
    thirty of all draws with what they come to."""
    both = [one for one in (load.purchases, load.quiet_purchases) if one is not None]
    bought = sum(one.picked.rows.size for one in both)
    return (10 + 30 * len(both)) * int(np.size(load.room)) + 20 * bought


_LOADS: KeptDraws[Load] = KeptDraws(most=8_000_000, weigh=_numbers)
"""Numbers of all kept loads: 64 MB. Five machines in 10,000 futures hold about two million."""
