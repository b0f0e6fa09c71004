"""Machines needed: the highest rate at which one machine keeps a promise at the peak hour, and how many take the
demand.

Requests are dealt to equal machines at random, so that each sees its share of the rate as a stream of its own (a
dispatcher that looks for the least busy one does better: the count is an upper bound). Waits grow with the rate, so one
number, the highest rate that keeps the promise, answers for every demand and for every month of a growing one.
"""

import functools
import math
from dataclasses import dataclass
from typing import Literal

from calculator.service.latency import Latency, Targets, latency
from calculator.service.occupancy import Work

Limit = Literal["load", "first token", "answer", "stream"]
"""What a machine runs into first when more is asked of it."""
MOST_MACHINES = 64
"""Beyond it a rack's own questions begin (networking, power, scheduling) that this tool does not ask."""
_HALVINGS = 20  # of the load between 0 and 1: a rate to one part in a million
_ROUNDING = 1e-9
_KEPT = 1 - 1e-9  # of the highest rate: just below it, where the waits are still finite


@dataclass(frozen=True, slots=True)
class Promise:
    """What the service must keep at the busiest hour; None where nothing is asked. Shares are of the demand."""

    first_token_p95_s: float | None = None
    answer_p95_s: float | None = None
    stream_tokens_per_s: float | None = None
    unserved_fraction_max: float = 0.0
    leaves_house_fraction_max: float = 1.0

    def targets(self) -> Targets:
        """The part that is felt, as `latency` is held against it."""
        return Targets(self.first_token_p95_s, self.answer_p95_s, self.stream_tokens_per_s)


@dataclass(frozen=True, slots=True)
class Throughput:
    """The highest rate (requests/s) at which one machine keeps every target, and what binds there.

    0 where an idle machine misses one already: no number of machines helps. `reached` is what an idle machine reaches
    of the target that binds (seconds, or tokens/s for the stream), None where the load binds.
    """

    requests_per_s: float
    limit: Limit
    reached: float | None = None


@functools.lru_cache(maxsize=4096)
def promised_throughput(work: Work, *, answer_variation_ratio: float, targets: Targets) -> Throughput:
    """Largest rate r with first token p95(r) <= target, answer p95(r) <= target, stream(r) >= target and load(r) < 1.

    Bisection over the load, as each of the four only gets worse with the rate. Without targets it is the capacity,
    1 / (prefill_s + decode_c_s / c). Exact to a millionth of the capacity. Raises ScenarioError as `latency` does.
    """
    capacity = float(1.0 / work.full_s)
    if binding := _missed(work, 0.0, answer_variation_ratio=answer_variation_ratio, targets=targets):
        return Throughput(0.0, *binding)
    if targets == Targets():
        return Throughput(capacity, "load")
    low, high, limit = 0.0, 1.0, "load"
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        missed = _missed(work, middle * capacity, answer_variation_ratio=answer_variation_ratio, targets=targets)
        if missed:
            high, limit = middle, missed[0]
        else:
            low = middle
    return Throughput(low * capacity, limit)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Equal machines of one option at the peak hour of month 1.

    `needed_count` is the fewest that keep the targets, None where no number does; `machine_count` the number that is
    costed: the one asked for, else the fewest. `capacity_ratio` is what one machine takes at the peak hour as a
    multiple of the peak's demand (0 where an idle one misses a target). `felt` is one machine at its share; with
    `rest_is_bought` its share is never more than it can take.
    """

    machine_count: int | None
    needed_count: int | None
    throughput: Throughput
    peak_requests_per_s: float
    capacity_ratio: float
    felt: Latency


def fleet_of(
    work: Work,
    *,
    peak_requests_per_s: float,
    answer_variation_ratio: float,
    targets: Targets,
    asked_count: int | None = None,
    rest_is_bought: bool = False,
) -> Fleet:
    """How many machines take the peak hour, and what one feels there.

    `asked_count` is final where it is given. With `rest_is_bought` a single machine is enough, as what it cannot take
    goes elsewhere. Raises ScenarioError as `latency` does.
    """
    most = promised_throughput(work, answer_variation_ratio=answer_variation_ratio, targets=targets)
    needed = machine_count_of(peak_requests_per_s, throughput=most)
    fewest = 1 if rest_is_bought and needed is not None else needed
    count = asked_count or fewest
    share = peak_requests_per_s / (count or 1)
    if rest_is_bought and most.requests_per_s > 0:
        share = min(share, most.requests_per_s * _KEPT)
    ratio = most.requests_per_s / peak_requests_per_s if peak_requests_per_s > 0 else math.inf
    return Fleet(
        machine_count=count,
        needed_count=needed,
        throughput=most,
        peak_requests_per_s=peak_requests_per_s,
        capacity_ratio=ratio if most.requests_per_s > 0 else 0.0,
        felt=felt_at(work, requests_per_s=share, answer_variation_ratio=answer_variation_ratio),
    )


@functools.lru_cache(maxsize=4096)
def felt_at(work: Work, *, requests_per_s: float, answer_variation_ratio: float) -> Latency:
    """`latency` of numbers, kept: what only money changes is not asked again."""
    return latency(work, requests_per_s=requests_per_s, answer_variation_ratio=answer_variation_ratio)


def machine_count_of(requests_per_s: float, *, throughput: Throughput) -> int | None:
    """The fewest machines that take the rate: ceil(rate / highest rate of one), at least 1; None where none can.

    Where the load binds one more where the division is even: at a load of 1 there is no steady state.
    """
    if throughput.requests_per_s <= 0:
        return None
    machines = requests_per_s / throughput.requests_per_s
    if throughput.limit == "load":
        return math.floor(machines + _ROUNDING) + 1
    return max(1, math.ceil(machines - _ROUNDING))


def _missed(
    work: Work, requests_per_s: float, *, answer_variation_ratio: float, targets: Targets
) -> tuple[Limit, float] | None:
    """The first target that is missed at this rate and what is reached instead; None where all are kept."""
    felt = latency(work, requests_per_s=requests_per_s, answer_variation_ratio=answer_variation_ratio)
    first, answer, stream = targets.time_to_first_token_p95_s, targets.answer_p95_s, targets.stream_tokens_per_s
    if first is not None and felt.time_to_first_token_p95_s > first:
        return "first token", float(felt.time_to_first_token_p95_s)
    if answer is not None and felt.answer_p95_s > answer:
        return "answer", float(felt.answer_p95_s)
    if stream is not None and felt.stream_tokens_per_s < stream:
        return "stream", float(felt.stream_tokens_per_s)
    return None
