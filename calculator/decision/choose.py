"""The other way round: from a budget and a promise to the machines that keep them.

Every machine of the catalogue is tried in every number that the budget buys, each as one option of the scenario; of
those that can do the job the non-dominated ones are marked: no other costs as little over the horizon, is as fast, and
leaves as much memory.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from calculator.catalog import Catalog
from calculator.catalog.freshness import stale_price
from calculator.catalog.options import Machine
from calculator.cost.inputs import Inputs
from calculator.cost.machine_lines import price_usd
from calculator.decision.comparison import OptionResult
from calculator.decision.one_option import Question, answer_of
from calculator.errors import ScenarioError
from calculator.evidence import Remark
from calculator.physics.memory.spare_words import spare_words
from calculator.scenario.own_catalog import catalog_of
from calculator.scenario.repair import CHEAPEST
from calculator.scenario.scenario import Scenario
from calculator.service.capability import Capability, capability_of, reference_tariff, scenario_model
from calculator.service.serving import serving_of
from calculator.service.sizing import MOST_MACHINES
from calculator.units import BYTES_PER_GB, plain_number

AS_FAST = 0.05
"""Share by which speeds may differ and still count as the same: less than the predictions err (docs/model/speed.md), so
a further machine that adds no more only costs."""
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person has and asks for; None or 0 where nothing is set. The promise stands in the scenario.

    budget_usd: for all machines of one choice, before sales tax. most_w: watts at the wall under load, all machines.
    """

    budget_usd: float | None = None
    most_w: float | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One machine in one number that does the job within budget and watts.

    price_usd: all machines today, before sales tax; price_as_of: the day of that price. stream_tokens_per_s: how fast
    one person sees an answer grow at the busiest hour. headroom_gb: memory that is left, of one machine. spare_words:
    how that is counted on several cards, said behind the figure; "" elsewhere.
    """

    id: str
    name: str
    machine_count: int
    price_usd: float
    price_as_of: str
    watts: float
    present_value_usd: float
    stream_tokens_per_s: float
    first_token_p95_s: float
    headroom_gb: float
    format_name: str
    spare_words: str = ""
    is_dominated: bool = False
    stale: Remark | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A machine that is no choice, the first reason why, and what would mend it."""

    id: str
    name: str
    reason: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """All choices, cheapest over the horizon first, and every machine of the catalogue that is none.

    A number of one machine that is not 5 % faster than fewer of it is no choice of its own: it only costs more.
    """

    scenario: Scenario
    wanted: Wanted
    choices: tuple[Choice, ...]
    left_out: tuple[LeftOut, ...]
    prices_as_of: str

    def best(self) -> tuple[Choice, ...]:
        """The non-dominated ones."""
        return tuple(one for one in self.choices if not one.is_dominated)


def choose(scenario: Scenario, catalog: Catalog, *, wanted: Wanted, as_of: str | None = None) -> Choices:
    """Every machine and number of the catalogue against the scenario's promise, the budget and the watts.

    Raises ScenarioError for a budget or watts that are not above 0, UnknownIdError for an unknown model.
    """
    for name, value in (("budget", wanted.budget_usd), ("watts", wanted.most_w)):
        if value is not None and not 0 < value < math.inf:
            raise ScenarioError(
                f"{name} is {plain_number(value)}; it must be a number above 0. Leave it out to set no limit."
            )
    if scenario.machine_count == CHEAPEST:  # every number is tried, and what is asked is the whole job
        scenario = scenario.changed(machine_count="auto")
    catalog = catalog_of(scenario, catalog)
    day = scenario.prices_as_of or as_of or catalog.compiled
    question = Question(
        scenario, catalog, scenario_model(scenario, catalog), reference_tariff(scenario, catalog), (), day
    )
    choices: list[Choice] = []
    left_out: list[LeftOut] = []
    for machine in catalog.machines.values():
        found = _of_machine(machine, question, wanted)
        if isinstance(found, LeftOut):
            left_out.append(found)
        else:
            choices += found
    return Choices(
        scenario,
        wanted,
        tuple(sorted(_marked(choices), key=lambda one: (one.present_value_usd, one.id, one.machine_count))),
        tuple(left_out),
        day,
    )


def _of_machine(machine: Machine, question: Question, wanted: Wanted) -> list[Choice] | LeftOut:
    """The machine in each number from the fewest that do the job on, as long as one more makes it faster."""
    one_usd = float(price_usd(machine, inputs=Inputs(question.scenario)))
    price = machine.purchase_price()
    power = machine.power
    one_w = max(power.prefill_w.central, power.decode_w.central)
    capability = capability_of(machine, scenario=question.scenario, model=question.model, catalog=question.catalog)
    fewest, _ = answer_of(question, machine.id, found=capability)
    needed = fewest.eligibility.machine_count
    if not fewest.eligible or needed is None:
        reason = fewest.eligibility.reasons[0]
        return LeftOut(machine.id, machine.name, reason.text, reason.mend)
    needed += len(fewest.eligibility.further_months)
    most = min(
        float(MOST_MACHINES),
        (wanted.budget_usd or math.inf) / max(one_usd, _ROUNDING),
        (wanted.most_w or math.inf) / one_w,
    )
    last = math.floor(most + _ROUNDING)
    found: list[Choice] = []
    count = needed
    while count <= last:
        asked = _in_number(machine, question, count)
        row, _ = answer_of(asked, machine.id, found=capability)
        if row.eligible and row.tco is not None and row.memory is not None:
            found.append(_choice(row, count, usd=count * one_usd, as_of=price.price_usd.as_of, watts=count * one_w))
        faster = found[-1].stream_tokens_per_s / (1 - AS_FAST) if found else 0.0
        count = _fewest_faster(machine, question, capability, above=count, most=last, tokens_per_s=faster)
    if found:
        stale = stale_price(machine, catalog=question.catalog, as_of=question.day)
        return [replace(one, stale=stale) for one in found]
    return LeftOut(machine.id, machine.name, _too_much(needed, one_usd=one_usd, one_w=one_w, wanted=wanted))


def _in_number(machine: Machine, question: Question, count: int) -> Question:
    """The question with that many of the machine."""
    counts = {**question.scenario.machine_counts, machine.id: count}
    return replace(question, scenario=question.scenario.changed(machine_counts=counts))


def _fewest_faster(
    machine: Machine, question: Question, found: Capability, *, above: int, most: int, tokens_per_s: float
) -> int:
    """The fewest machines, more than `above`, of which one person sees more than that; `most` + 1 where none do.

    By halving, as an answer grows the faster the fewer requests each machine has.
    """

    def is_faster(count: int) -> bool:
        asked = _in_number(machine, question, count)
        serving = serving_of(found, scenario=asked.scenario, when_full="buy-another")
        return serving.stream_tokens_per_s.central > tokens_per_s

    low, high = above + 1, most
    if low > high or not is_faster(high):
        return most + 1
    while low < high:
        middle = (low + high) // 2
        if is_faster(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _choice(row: OptionResult, count: int, *, usd: float, as_of: str, watts: float) -> Choice:
    felt, first = row.eligibility.stream_tokens_per_s, row.eligibility.first_token_p95_s
    assert row.tco is not None
    assert row.memory is not None
    assert felt is not None
    assert first is not None
    return Choice(
        id=row.id,
        name=row.name,
        machine_count=count,
        price_usd=usd,
        price_as_of=as_of,
        watts=watts,
        present_value_usd=row.tco.present_value_cost_usd,
        stream_tokens_per_s=felt.central,
        first_token_p95_s=first.central,
        headroom_gb=row.memory.headroom_bytes / BYTES_PER_GB,
        format_name=row.format_name,
        spare_words=spare_words(row.memory).strip(),
    )


def _too_much(count: int, *, one_usd: float, one_w: float, wanted: Wanted) -> str:
    """Why the fewest that do the job are no choice: the price first, then the watts."""
    machines = "one machine" if count == 1 else f"{count} machines"
    if wanted.budget_usd is not None and count * one_usd > wanted.budget_usd:
        return f"The job takes {machines}, ${count * one_usd:,.0f}; your budget is ${wanted.budget_usd:,.0f}."
    return f"The job takes {machines}, {count * one_w:,.0f} W under load; you allow {wanted.most_w or 0:,.0f} W."


def _marked(choices: Sequence[Choice]) -> list[Choice]:
    """The choices, each with whether another one dominates it."""
    return [replace(one, is_dominated=any(dominates(other, one) for other in choices)) for one in choices]


def dominates(other: Choice, one: Choice) -> bool:
    """Whether `other` costs no more, is as fast to 5 % and leaves as much memory, and is better in one of the three."""
    as_cheap = other.present_value_usd <= one.present_value_usd * (1 + _ROUNDING)
    as_fast = other.stream_tokens_per_s >= one.stream_tokens_per_s * (1 - AS_FAST)
    as_roomy = other.headroom_gb >= one.headroom_gb * (1 - _ROUNDING)
    better = (
        other.present_value_usd < one.present_value_usd * (1 - _ROUNDING)
        or other.stream_tokens_per_s * (1 - AS_FAST) > one.stream_tokens_per_s
        or other.headroom_gb > one.headroom_gb * (1 + _ROUNDING)
    )
    return as_cheap and as_fast and as_roomy and better
