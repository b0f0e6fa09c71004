"""Mixed fleet: the number of machines that costs least where an API takes what they cannot.

Every number from 0 to 20 is costed over the whole horizon, each with the same promise: what the machines cannot serve
within it is bought hour by hour. Without any machine the API does all of it, at the price of the hosted option. Only
numbers that can do the job count; where none can, the cheapest of all stands with its reason.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from calculator.catalog.options import CloudOffer, Machine
from calculator.decision.eligibility import Reason, Shares
from calculator.decision.kept_sizing import Sizing
from calculator.decision.priced import Priced
from calculator.decision.question import Question
from calculator.service.serving import Serving
from calculator.service.usage import Usage

MOST_MIXED = 20
"""As many machines as are tried beside an API."""


@dataclass(frozen=True, slots=True)
class Served:
    """How an option serves: its machines (None where there are none), what its cost needs, and its bill.

    why: why so many machines, where that has a reason of its own.
    """

    serving: Serving | None
    usage: Usage | None
    bill: Priced | None
    why: str = ""

    @property
    def machine_count(self) -> int | None:
        """Machines at the start; None where none is costed."""
        if self.serving is not None:
            return self.serving.fleet.machine_count
        return None if self.usage is None else self.usage.machine_count


def served_by(option: Machine | CloudOffer, serving: Serving, question: Question) -> Served:
    """The machines with their bill."""
    return Served(serving, serving.usage, Priced(option, serving.usage, question))


def cheapest_fleet(sizing: Sizing, question: Question, *, judged: Callable[[Served], tuple[Reason, ...]]) -> Served:
    """The number of machines in 0..20 with the least present value among those that can do the job (`judged`).

    Beyond what the busiest hour needs in the last month a further machine serves nothing more, so the search ends where
    one more costs more there.
    """
    tried = list(_tried(sizing, question))
    able = [one for one in tried if not judged(one)]
    best = min(able or tried, key=present_value_usd)
    values = {one.machine_count or 0: present_value_usd(one) for one in able or tried}
    return replace(best, why=_why(best.machine_count or 0, values))


def shares_of(option: Machine | CloudOffer, bill: Priced) -> Shares:
    """Where the demand goes: here, to an API, or nowhere; of one's own machines only what is bought leaves the house."""
    here, bought = bill.served_here_fraction, bill.bought_fraction
    return Shares(
        served_here_fraction=here,
        bought_fraction=bought,
        unserved_fraction=max(0.0, 1 - here - bought),
        leaves_house_fraction=bought if isinstance(option, Machine) else here + bought,
    )


def present_value_usd(one: Served) -> float:
    """What it costs in today's money; infinite where it has no cost."""
    return float("inf") if one.bill is None else one.bill.present_value_cost_usd


def _tried(sizing: Sizing, question: Question) -> Iterator[Served]:
    option = sizing.found.option
    if question.reference is not None:
        hours = next(api.setup_h for api in question.catalog.apis.values() if api.kind == "same-model")
        usage = Usage(machine_count=0, setup_h=_setup_h(question, hours.central))
        yield Served(None, usage, Priced(option, usage, question))
    before = float("inf")
    for count in range(1, MOST_MIXED + 1):
        serving = sizing.serving(question, when_full="buy-from-api", count=count)
        one = served_by(option, serving, question)
        yield one
        if count > (serving.needed_at_the_end or MOST_MIXED) and present_value_usd(one) > before:
            return
        before = present_value_usd(one)


def _setup_h(question: Question, hours: float) -> float:
    """Hours to set up an account, as the hosted option of the same model has them."""
    offer = next(api.id for api in question.catalog.apis.values() if api.kind == "same-model")
    return question.scenario.figures.get(f"{offer}.setup_h", hours)


def _why(count: int, values: dict[int, float]) -> str:
    """The number chosen and what its neighbours would cost more."""
    beside = [
        f"{_machines(other)} would cost ${values[other] - values[count]:,.0f} more"
        for other in (count - 1, count + 1)
        if other in values
    ]
    neighbours = f" {_capital(' and '.join(beside))}." if beside else ""
    costs = "cost" if count > 1 else "costs"
    return f"Of 0 to {MOST_MIXED} machines beside an API for the rest, {_machines(count)} {costs} least.{neighbours}"


def _machines(count: int) -> str:
    return "none" if count == 0 else f"{count}"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
