"""Latency at the busiest hour: percentiles of first token and answer, and the machines that keep a target.

Requests come at random at the peak hour's rate; the occupancy comes from occupancy.py. Formulas take floats or NumPy
arrays and return the same; `machines_needed` searches, and takes floats. Derivations: docs/model/service.md.
"""

import math
from dataclasses import dataclass

from calculator.errors import ScenarioError
from calculator.number import Condition, Number, larger, require, smaller, where
from calculator.service.occupancy import Occupancy, Work, occupancy
from calculator.service.percentiles import LATE, Mixture, quantile, rarely_later, weibull
from calculator.units import S_PER_H, digits, plain_number

_TINY = 1e-12
_VARIATION_MOST = 1.5  # the widest answers that were checked


@dataclass(frozen=True, slots=True)
class Latency:
    """What people feel on one machine at a steady rate of requests. Seconds; infinite where the queue grows for ever.

    `wait_fraction` of the requests wait before their own prefill begins. Percentiles are over all requests: half are
    answered within the median, 19 of 20 within the p95. `stream_tokens_per_s` is the mean speed at which one person
    sees the answer grow, pauses for other people's prefills included. `backlog_s_per_h`: by how much longer one waits
    after each hour in which demand is above capacity (0 below).
    """

    requests_per_s: Number
    load_fraction: Number
    wait_fraction: Number
    time_to_first_token_mean_s: Number
    time_to_first_token_median_s: Number
    time_to_first_token_p95_s: Number
    answer_mean_s: Number
    answer_median_s: Number
    answer_p95_s: Number
    stream_tokens_per_s: Number
    backlog_s_per_h: Number


@dataclass(frozen=True, slots=True)
class Targets:
    """What must hold at the peak hour; None where nothing is asked."""

    time_to_first_token_p95_s: float | None = None
    answer_p95_s: float | None = None
    stream_tokens_per_s: float | None = None


@dataclass(frozen=True, slots=True)
class Sizing:
    """How many equal machines keep the targets at the peak hour, and what each then does.

    `machine_count` is None where no number does, as an idle machine already misses a target; `reason` says which.
    """

    machine_count: int | None
    latency: Latency
    reason: str


def peak_requests_per_s(*, requests_per_day: Number, on_h_per_day: Number, peak_factor_ratio: Number) -> Number:
    """Rate at the busiest hour: peak factor x requests per day / hours on. The factor is at least 1, the mean hour."""
    require("requests_per_day", requests_per_day, low=0.0)
    require("on_h_per_day", on_h_per_day, above=0.0, high=24.0)
    require("peak_factor_ratio", peak_factor_ratio, low=1.0)
    return peak_factor_ratio * requests_per_day / (on_h_per_day * S_PER_H)


def latency(work: Work, *, requests_per_s: Number, answer_variation_ratio: Number) -> Latency:
    """Waiting, first token and answer on one machine, in the steady state.

    answer_variation_ratio: standard deviation of the answers' length over its mean; 0 where all are alike, about 1 for
    chat. Prompts are alike. A request finds one of three states (shares from `occupancy`) and then waits

        nothing;   Q, for a prefill that others began (a slot is free);   W, for one of the c slots

    first token = prefill_s + wait;   answer = first token + decode, of mean decode_1_s + (slower_s + prefill_s)(b - 1)
    with b the batch that a token sees: each other stream slows the steps, and its prefill stops them once.
    Each wait is a Weibull of the right mean and variance, the answer a mixture of three; percentiles by bisection.

    Error against the simulation, load 0.1..0.85, c 1..32, prefill 0.02..1 of decode_1_s, variation 0..1 (median, 90th
    percentile, worst): p95 of the first token 2, 9, 22 %; median of the answer 2, 7, 23 %; its p95 3, 8, 22 %; its mean
    1, 2, 5 %; stream speed 0.3, 2, 5 %. The worst are c = 32 with long prefills; up to c = 8 the p95 errs by 18 % at
    most. The first token's median: 0, 9 %, and off by up to 0.3 lone answers where about half of the requests wait.
    At a variation of 1.5 percentiles err by 20 % in the median case. Above load 0.9 an hour is too short for the
    steady state (true waits are shorter); real requests come in bunches (true waits are longer); an arrival also
    waits for the running decode step to end (not counted). Where the queue grows for ever the times are infinite.
    Raises ScenarioError for a negative rate, or a variation outside 0..1.5.
    """
    felt = _felt(work, requests_per_s=requests_per_s, answer_variation_ratio=answer_variation_ratio)
    grows, first, whole, begin_s = felt.grows, felt.first, felt.whole, felt.begin_s
    return Latency(
        requests_per_s=requests_per_s,
        load_fraction=felt.load_fraction,
        wait_fraction=where(grows, 1.0, felt.wait_fraction),
        time_to_first_token_mean_s=where(grows, math.inf, work.prefill_s + felt.wait_s),
        time_to_first_token_median_s=where(grows, math.inf, work.prefill_s + quantile(first, exceeded=0.5)),
        time_to_first_token_p95_s=where(grows, math.inf, work.prefill_s + quantile(first, exceeded=LATE)),
        answer_mean_s=where(grows, math.inf, work.prefill_s + felt.wait_s + felt.decode_s),
        answer_median_s=where(grows, math.inf, begin_s + quantile(whole, exceeded=0.5)),
        answer_p95_s=where(grows, math.inf, begin_s + quantile(whole, exceeded=LATE)),
        stream_tokens_per_s=work.answer_tokens / felt.decode_s,
        backlog_s_per_h=larger(felt.load_fraction - 1.0, 0.0) * S_PER_H,
    )


def promise_kept(work: Work, *, requests_per_s: Number, answer_variation_ratio: Number, targets: Targets) -> Condition:
    """Whether one machine keeps every target at this rate, and its queue does not grow for ever.

    The same as holding `latency` against the targets, without searching for percentiles: p95 <= T where at most one
    request in twenty takes longer than T. Twenty times as fast for arrays. Raises ScenarioError as `latency` does.
    """
    felt = _felt(work, requests_per_s=requests_per_s, answer_variation_ratio=answer_variation_ratio)
    kept = felt.load_fraction < 1.0
    first, answer, stream = targets.time_to_first_token_p95_s, targets.answer_p95_s, targets.stream_tokens_per_s
    if first is not None:
        kept = kept & rarely_later(felt.first, first - work.prefill_s)
    if answer is not None:
        kept = kept & rarely_later(felt.whole, answer - felt.begin_s)
    if stream is not None:
        kept = kept & (work.answer_tokens / felt.decode_s >= stream)
    return kept


@dataclass(frozen=True, slots=True)
class _Felt:
    """What the percentiles are taken of: waits before the first token, and what an answer takes beyond `begin_s`."""

    load_fraction: Number
    wait_fraction: Number
    grows: Condition
    wait_s: Number
    decode_s: Number
    begin_s: Number
    first: Mixture
    whole: Mixture


def _felt(work: Work, *, requests_per_s: Number, answer_variation_ratio: Number) -> _Felt:
    require("requests_per_s", requests_per_s, low=0.0)
    require("answer_variation_ratio", answer_variation_ratio, low=0.0, high=_VARIATION_MOST)
    seen = occupancy(work, requests_per_s=requests_per_s)
    prefill = _Wait(_prefill_wait_s(work, seen), _wait_variation(seen.prefill_fraction, work_variation=0.0))
    work_variation = (work.decode_c_s / work.concurrent_count * answer_variation_ratio / work.full_s) ** 2
    slot = _Wait(
        _slot_wait_s(work, seen, work_variation=work_variation),
        _wait_variation(smaller(seen.load_fraction, 1.0), work_variation=work_variation),
    )
    chance = (seen.prefill_wait_fraction, seen.slot_wait_fraction)
    free = larger(1.0 - chance[0] - chance[1], 0.0)
    wait_s = chance[0] * prefill.mean_s + chance[1] * slot.mean_s

    lengthens_s = work.slower_s + work.prefill_s
    decode_s = work.decode_1_s + lengthens_s * (seen.answer_batch_count - 1.0)
    alike = larger(1.0 - answer_variation_ratio, 0.0)
    shortest_s = work.decode_1_s * alike
    averaged = (2.0 + work.prefill_s / larger(lengthens_s, _TINY)) / 3.0 * alike
    decode_variance = (answer_variation_ratio * decode_s) ** 2 + averaged * lengthens_s**2 * seen.answer_batch_variance
    beyond_s = decode_s - shortest_s
    smallest_s = _TINY * (work.prefill_s + work.decode_1_s)
    first = [(weight, *wait.weibull(smallest_s)) for weight, wait in zip(chance, (prefill, slot), strict=True)]
    whole = [(free, *weibull(beyond_s, decode_variance, smallest_s))]
    for weight, wait in zip(chance, (prefill, slot), strict=True):
        whole.append((weight, *weibull(wait.mean_s + beyond_s, wait.variance + decode_variance, smallest_s)))
    return _Felt(
        load_fraction=seen.load_fraction,
        wait_fraction=1.0 - free,
        grows=seen.load_fraction >= 1.0,
        wait_s=wait_s,
        decode_s=decode_s,
        begin_s=work.prefill_s + shortest_s,
        first=first,
        whole=whole,
    )


def machines_needed(
    work: Work,
    *,
    requests_per_s: float,
    answer_variation_ratio: float,
    targets: Targets,
    machine_count_most: int = 1_000,
) -> Sizing:
    """The fewest equal machines that keep every target at this rate, each taking its share of the requests at random.

    A dispatcher that sends each request to the least busy machine does better, so the count is an upper bound. Without
    targets: the fewest with load below 1. Raises ScenarioError for a target that is not positive, or where more than
    `machine_count_most` machines would be needed.
    """
    for name in ("time_to_first_token_p95_s", "answer_p95_s", "stream_tokens_per_s"):
        if getattr(targets, name) is not None:
            require(name, getattr(targets, name), above=0.0)

    def on(machine_count: int) -> Latency:
        return latency(
            work, requests_per_s=requests_per_s / machine_count, answer_variation_ratio=answer_variation_ratio
        )

    idle = latency(work, requests_per_s=0.0, answer_variation_ratio=answer_variation_ratio)
    if missed := _missed(idle, targets):
        return Sizing(None, idle, f"Even an idle machine misses the target: {missed}.")
    fewest = max(1, math.ceil(requests_per_s * work.full_s))
    most = fewest
    while missed := _missed(on(most), targets):
        if most >= machine_count_most:
            raise ScenarioError(
                f"requests_per_s is {plain_number(requests_per_s)}; {most} machines miss the target: {missed}. Lower "
                "the demand or relax the targets."
            )
        fewest, most = most + 1, 2 * most
    while fewest < most:
        middle = (fewest + most) // 2
        if _missed(on(middle), targets):
            fewest = middle + 1
        else:
            most = middle
    reason = (
        f"{fewest} is enough." if fewest == 1 else f"{fewest - 1} would not do: {_missed(on(fewest - 1), targets)}."
    )
    return Sizing(fewest, on(fewest), reason)


def _missed(found: Latency, targets: Targets) -> str:
    """The first target that does not hold, in words; empty where all hold."""
    if not found.load_fraction < 1.0:
        return f"demand would be {found.load_fraction:.0%} of its capacity"
    for name, words in (("time_to_first_token_p95_s", "the first word"), ("answer_p95_s", "the whole answer")):
        limit, got = getattr(targets, name), getattr(found, name)
        if limit is not None and not got <= limit:
            return (
                f"{words} takes {digits(got, 3)} s or more for one request in twenty; the target is "
                f"{plain_number(limit)} s"
            )
    asked = targets.stream_tokens_per_s
    if asked is not None and not found.stream_tokens_per_s >= asked:
        return f"an answer grows by {digits(float(found.stream_tokens_per_s), 3)} tokens/s; the target is {plain_number(asked)}"
    return ""


@dataclass(frozen=True, slots=True)
class _Wait:
    """A wait of those who wait: its mean and its variance over the mean squared."""

    mean_s: Number
    variation: Number

    @property
    def variance(self) -> Number:
        return self.variation * self.mean_s * self.mean_s

    def weibull(self, smallest_s: Number) -> tuple[Number, Number]:
        return weibull(self.mean_s, self.variance, smallest_s)


def _prefill_wait_s(work: Work, seen: Occupancy) -> Number:
    """Mean wait for prefills begun before, with a slot free: half a prefill and k whole ones, k geometric up to c - 2.

    g/(1-g) = r/(2(1-r)) gives, without the limit, Pollaczek and Khinchine's mean for those who wait.
    """
    r, most = smaller(seen.prefill_fraction, 1.0 - _TINY), max(work.concurrent_count - 1, 1)
    g = larger(r / (2.0 - r), _TINY)
    ahead = g / (1.0 - g) - most * g**most / (1.0 - g**most)
    return work.prefill_s * (0.5 + larger(ahead, 0.0))


def _slot_wait_s(work: Work, seen: Occupancy, *, work_variation: Number) -> Number:
    """Mean wait for a slot, of those who wait.

    M/G/c: w/(1-load) times 1 where work varies as an exponential, times Cosmetatos' factor where it is constant, linear
    between (and (1 + variation)/2 above 1), w being the work at full batch. Constant work cannot do better than the
    smallest of c residual times, c/(c+1). A burst of q in the queue adds: its own wait, and that of those behind it.
    """
    c, w = work.concurrent_count, work.full_s
    load = smaller(larger(seen.load_fraction, _TINY), 1.0)
    room = larger(1.0 - load, _TINY)
    constant = smaller(0.5 + room * (c - 1) * (math.sqrt(4 + 5 * c) - 2) / (32 * load * c), c / (c + 1))
    between = where(work_variation <= 1.0, constant + (1.0 - constant) * work_variation, (1.0 + work_variation) / 2.0)
    q = seen.burst_count
    return w / room * (q + 1.0) * (load * between + q * room) / (q + load)


def _wait_variation(load: Number, *, work_variation: Number) -> Number:
    """Variance over mean squared of an M/G/1 wait, of those who wait (Takacs); work of gamma shape.

    2 load - 1 + (4/3)(1 - load) b3/b2^2 with b2 = 1 + v, b3 = (1 + v)(1 + 2 v): 1/3 for constant work at no load, 1
    for v = 1.
    """
    ratio = (1.0 + 2.0 * work_variation) / (1.0 + work_variation)
    return 2.0 * load - 1.0 + 4.0 / 3.0 * (1.0 - load) * ratio
