"""What an option takes out of the bank in drawn futures is kept: a move of people's time alone finds it again."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np

from calculator.catalog.options import ApiTariff
from calculator.cost.growing_fleet import Purchases
from calculator.cost.inputs import Inputs
from calculator.cost.staff_lines import (
    STAFF_ALONE,
    AnyOption,
    can_stand_alone,
    further_machines,
    is_staff_input,
)
from calculator.finance.courses import Repeated
from calculator.finance.kept_draws import KeptDraws, read_only, word_of
from calculator.finance.ledger import Horizon, Line, sums_usd
from calculator.number import Number
from calculator.scenario.scenario import VIEW_SETTINGS, Scenario
from calculator.service.usage import Usage


@dataclass(frozen=True, slots=True)
class Cash:
    """The hard lines of one option: positive dollars, nominal and as present value; numbers or [draws], read-only.

    purchases: further machines that take people's time, too. held: what its key names by its place in memory.
    """

    total_usd: Number
    present_value_usd: Number
    purchases: Purchases | None = None
    held: tuple[object, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, lines: tuple[Line, ...], *, horizon: Horizon) -> "Cash":
        """Those of a whole bill."""
        total, value = sums_usd((line for line in lines if line.hardness == "hard"), horizon=horizon)
        return cls(read_only(-total), read_only(-value))


def cash_of(
    option: AnyOption,
    *,
    inputs: Inputs,
    horizon: Horizon,
    usage: Usage | None,
    reference_api: ApiTariff | None,
    bill: Callable[[], tuple[Line, ...]],
) -> Cash:
    """The option's hard dollars, found again or made from its whole bill."""
    key = inputs.values_key

    def made() -> Cash:
        lines = bill()
        staff = (term.course for line in lines if line.hardness == "soft" for term in line.terms)
        grows = any(isinstance(course, Repeated) for course in staff)
        bought = further_machines(option, inputs=inputs, usage=usage) if grows else None
        held = (option, inputs.tax_tables)
        return replace(Cash.of(lines, horizon=horizon), purchases=bought and bought.alone(most_kept=_MADE), held=held)

    if inputs.draw_count < _MANY or not can_stand_alone(option, inputs=inputs):
        return Cash.of(bill(), horizon=horizon)
    return _CASH.answer(
        *bill_key(option, inputs=inputs, horizon=horizon, usage=usage, reference_api=reference_api),
        inputs.draw_count,
        *((key,) if key is not None else (*_words_of_all(inputs), *_words_of_one(option, inputs))),
        compute=made,
    )


def bill_key(
    option: AnyOption, *, inputs: Inputs, horizon: Horizon, usage: Usage | None, reference_api: ApiTariff | None
) -> tuple[Hashable | Number, ...]:
    """What the hard lines of a bill are made from, but for what is given.

    Option and tax tables are named by their place in memory: hold them beside what is kept.
    """
    return (
        *(id(option), usage, cast("Hashable", reference_api), id(inputs.tax_tables)),
        *(horizon.months, horizon.annual_rate, horizon.timing),
        words_of_scenario(inputs.scenario),
    )


def keep_at_most(most_bytes: int) -> None:
    """How many bytes all kept dollars may take."""
    _CASH.most = most_bytes


def words_of_scenario(scenario: Scenario) -> tuple[Hashable, ...]:
    """The scenario without people's time and what no cost reads; written once, because all options ask for it."""

    def written() -> tuple[Scenario, tuple[Hashable, ...]]:
        typed = tuple(sorted({*scenario.typed}.difference(STAFF_ALONE, NOT_READ)))
        return scenario, (scenario.model_dump_json(exclude={*STAFF_ALONE, *NOT_READ, "typed"}), typed)

    return _SCENARIOS.answer(id(scenario), compute=written)[1]


def _words_of_all(inputs: Inputs) -> tuple[Hashable, ...]:
    """What is given to all options alike, people's time apart; of hosts' prices all, because a machine may read one."""
    alike = ((name, one) for name, one in inputs.given.items() if "." not in name or "/" in name)
    return inputs.once("words of all", lambda: tuple(_words(pair for pair in alike if not is_staff_input(pair[0]))))


def _words_of_one(option: AnyOption, inputs: Inputs) -> Iterator[Hashable]:
    """What is given of the option itself; watts by their ratio to the usage's, where they are drawn as one."""
    owner, given = f"{option.id}.", inputs.given
    own = [name for name in given if name.startswith(owner) and "/" not in name]
    by_ratio = {f"{name.removesuffix(_RATIO)}_w" for name in own if name.endswith(_RATIO)}
    return _words((name, given[name]) for name in own if name not in by_ratio and not is_staff_input(name))


def _words(given: Iterable[tuple[str, Number]]) -> Iterator[Hashable]:
    for name, one in given:
        yield name
        yield word_of(one) if isinstance(one, np.ndarray) else one


def _bytes(cash: Cash) -> int:
    bought = cash.purchases.picked.about_bytes(values=_PICKED, sums=_SUMS) if cash.purchases else 0
    return 8 * int(np.size(cash.total_usd) + np.size(cash.present_value_usd)) + bought


NOT_READ = (
    *VIEW_SETTINGS,
    *("name", "options", "currencies"),
    *("first_token_p95_target_s", "answer_p95_target_s", "stream_target_tokens_per_s"),
    *("unserved_fraction_max", "leaves_house_fraction_max"),
)
"""What no cost reads of a scenario: promises count by the machines that keep them, which the usage says."""
_RATIO = "_watt_ratio"
_MANY = 9
"""Draws, or cases, from which on it costs less to find dollars than to add them up."""
_MADE = 3
"""What is made of purchases: what undoes the growth of care before them, and what setup and care come to."""
_PICKED, _SUMS = 5, 4
"""Arrays of purchases (draws, counts, months, machines, growth undone), and those two sums, both nominal and as present
value. Drawn rates, by which they are known again, are not counted: all options share them."""
MOST_BYTES = 16_000_000
"""160 kB of an option in 10,000 futures: the dollars of some twelve questions about seven options."""
_CASH: KeptDraws[Cash] = KeptDraws(most=MOST_BYTES, weigh=_bytes)
_SCENARIOS: KeptDraws[tuple[Scenario, tuple[Hashable, ...]]] = KeptDraws(most=16)
