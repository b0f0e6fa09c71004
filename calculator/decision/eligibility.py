"""Whether an option can do the job: each reason why not, in words, with what would mend it.

An option that cannot is never ranked and never the cheapest. It is judged at the central speeds, at the busiest hour,
with the machines that are costed; how likely it keeps the promise over the range of the speeds stands beside it.
"""

import math
from dataclasses import dataclass
from typing import Literal

from calculator.decision.memory_words import memory_mend, memory_short, misfit
from calculator.decision.words import percent
from calculator.number import Range
from calculator.physics.memory.memory_fit import MemoryFit
from calculator.service.latency import Latency
from calculator.service.sizing import MOST_MACHINES, Fleet, Limit, Promise
from calculator.units import S_PER_H, digits

ReasonCode = Literal[
    "does-not-fit",
    "no-format",
    "no-price",
    "no-speed",
    "limit-not-published",
    "overloaded-at-peak",
    "first-token-too-slow",
    "answer-too-slow",
    "stream-too-slow",
    "unserved",
    "leaves-the-house",
    "beyond-this-tool",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an option cannot do the job: `code` for machines, `text` for people, `mend` what would change it.

    short: the text in a few words, for a table's cell: '19.2 GB short'; empty where nobody needs it shorter.
    """

    code: ReasonCode
    text: str
    mend: str
    short: str = ""


@dataclass(frozen=True, slots=True)
class Shares:
    """Where the demand of the whole horizon goes, as shares of its tokens; they sum to 1.

    `leaves_house_fraction` is what other people's computers read: what is bought, and all of a rented GPU's or an
    API's.
    """

    served_here_fraction: float
    bought_fraction: float
    unserved_fraction: float
    leaves_house_fraction: float


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether an option can do the job, with how many machines, and how it serves; a hosted API's waits are unknown.

    machine_count: machines at the start, None where none is costed or nothing is owned. further_months: the months in
    which growth needs one more each. Waits are p95 at the busiest hour of month 1, seconds, at both ends of the speeds'
    ranges. keeps_promise_chance: share of the speeds' range in which the promise is kept; None where nothing is
    promised. machine_count_reason: why so many machines, in words.
    """

    reasons: tuple[Reason, ...] = ()
    machine_count: int | None = None
    further_months: tuple[int, ...] = ()
    shares: Shares | None = None
    first_token_p95_s: Range | None = None
    answer_p95_s: Range | None = None
    stream_tokens_per_s: Range | None = None
    keeps_promise_chance: float | None = None
    machine_count_reason: str = ""


def memory_reason(fit: MemoryFit, *, format_name: str, mend: str) -> Reason | None:
    """Why the model does not fit, None where it does. `mend`: fewer bits that fit, or how much memory it takes."""
    if fit.fits:
        return None
    text = f"Does not fit as {format_name}: it {misfit(fit)}."
    return Reason("does-not-fit", text, mend or memory_mend(fit), memory_short(fit))


def fleet_reasons(fleet: Fleet, *, promise: Promise, rest_is_bought: bool = False) -> list[Reason]:
    """What the machines miss at the busiest hour of month 1; empty where they keep every part of the promise."""
    limit, reached = fleet.throughput.limit, fleet.throughput.reached
    if fleet.needed_count is None:
        return [_out_of_reach(limit, reached or 0.0, promise=promise)]
    if fleet.machine_count is not None and fleet.machine_count > MOST_MACHINES:
        text = f"It would take {fleet.needed_count:,} of these machines; this tool stops at {MOST_MACHINES}."
        short = f"would take {fleet.needed_count:,} machines"
        return [Reason("beyond-this-tool", text, "A smaller model, a faster machine, or fewer requests.", short)]
    if rest_is_bought:
        return []
    mend = f"{fleet.needed_count:,} of these machines."
    if fleet.felt.load_fraction >= 1.0:
        backlog_min = (fleet.felt.load_fraction - 1.0) * S_PER_H / _S_PER_MINUTE
        text = (
            f"Cannot keep up: the busiest hour brings {fleet.felt.load_fraction:,.1f} times the work it can do, "
            f"so the queue grows by {backlog_min:,.0f} minutes every hour."
        )
        return [Reason("overloaded-at-peak", text, mend, f"{fleet.felt.load_fraction:,.1f} times the work it can do")]
    return [
        Reason(code, f"{words} in the busiest hour; you asked for {asked}.", mend, short)
        for code, words, asked, short in _misses(fleet.felt, promise)
    ]


def share_reasons(shares: Shares, *, promise: Promise, mend_unserved: str, mend_leaving: str) -> list[Reason]:
    """What the shares of the whole horizon break: too much unserved, too much that leaves the house."""
    found: list[Reason] = []
    if shares.unserved_fraction > promise.unserved_fraction_max + _ROUNDING:
        text = (
            f"{percent(shares.unserved_fraction)} of the work is not served; "
            f"you allow {percent(promise.unserved_fraction_max)}."
        )
        short = f"{percent(shares.unserved_fraction)} not served"
        found.append(Reason("unserved", _capital(text), mend_unserved, short))
    if shares.leaves_house_fraction > promise.leaves_house_fraction_max + _ROUNDING:
        text = (
            f"{percent(shares.leaves_house_fraction)} of the work leaves the house; "
            f"you allow {percent(promise.leaves_house_fraction_max)}."
        )
        short = f"{percent(shares.leaves_house_fraction)} leaves the house"
        found.append(Reason("leaves-the-house", _capital(text), mend_leaving, short))
    return found


def _misses(felt: Latency, promise: Promise) -> list[tuple[ReasonCode, str, str, str]]:
    """What is missed: the code, what a person sees, what was asked for, and both in a few words."""
    found: list[tuple[ReasonCode, str, str, str]] = []
    first, answer, stream = promise.first_token_p95_s, promise.answer_p95_s, promise.stream_tokens_per_s
    waits: tuple[tuple[ReasonCode, str, str, float, float | None], ...] = (
        (
            "first-token-too-slow",
            "first word",
            "One person in twenty waits {} for the first word",
            float(felt.time_to_first_token_p95_s),
            first,
        ),
        ("answer-too-slow", "answer", "One answer in twenty takes {}", float(felt.answer_p95_s), answer),
    )
    for code, noun, words, seconds, asked_s in waits:
        if asked_s is not None and seconds > asked_s:
            short = late_text(noun, seconds, asked_s=asked_s)
            found.append((code, words.format(seconds_text(seconds)), seconds_text(asked_s), short))
    if stream is not None and felt.stream_tokens_per_s < stream:
        words = f"An answer grows by {float(felt.stream_tokens_per_s):,.1f} tokens a second"
        short = _slow(float(felt.stream_tokens_per_s), asked_tokens_per_s=stream)
        found.append(("stream-too-slow", words, digits(stream, 4), short))
    return found


def _slow(reached_tokens_per_s: float, *, asked_tokens_per_s: float) -> str:
    return f"{reached_tokens_per_s:,.1f} of {digits(asked_tokens_per_s, 4)} tokens/s"


def _out_of_reach(limit: Limit, reached: float, *, promise: Promise) -> Reason:
    """The reason where even an idle machine misses a target, so that no number of machines helps."""
    if limit == "first token":
        text = (
            f"Reading one request alone takes {seconds_text(reached)}; you asked for the first word within "
            f"{seconds_text(promise.first_token_p95_s or 0.0)}. More of these machines do not help."
        )
        short = late_text("first word", reached, asked_s=promise.first_token_p95_s or 0.0)
        return Reason("first-token-too-slow", text, "A faster machine, a shorter prompt, or a longer wait.", short)
    if limit == "answer":
        text = (
            f"One answer in twenty takes {seconds_text(reached)} even on an idle machine; you asked for "
            f"{seconds_text(promise.answer_p95_s or 0.0)}. More of these machines do not help."
        )
        short = late_text("answer", reached, asked_s=promise.answer_p95_s or 0.0)
        return Reason("answer-too-slow", text, "A faster machine, a shorter answer, or a longer wait.", short)
    text = (
        f"An answer grows by {reached:,.1f} tokens a second even on an idle machine; you asked for "
        f"{digits(promise.stream_tokens_per_s or 0.0, 4)}. More of these machines do not help."
    )
    short = _slow(reached, asked_tokens_per_s=promise.stream_tokens_per_s or 0.0)
    return Reason("stream-too-slow", text, "A faster machine, a smaller model, or fewer bits.", short)


def late_text(what: str, reached_s: float, *, asked_s: float) -> str:
    """What comes too late, for a table's cell.

    >>> late_text("first word", 95.0, asked_s=30.0)
    'first word 95 s, not 30 s'
    """
    return f"{what} {seconds_text(reached_s)}, not {seconds_text(asked_s)}"


def wait_words(found: Range) -> tuple[str, str]:
    """A wait in words: its central value, and its range from the shortest to the longest, "" where it has none.

    >>> wait_words(Range(3570.0, 3600.0, 9000.0, "s"))
    ('1.0 hours', '59.5 minutes to 2.5 hours')
    """
    if not math.isfinite(found.central):
        return "never", "the queue grows"
    if not math.isfinite(found.high):
        return seconds_text(found.central), f"{seconds_text(found.low)} or more"
    span = seconds_span(found.low, found.high)
    return seconds_text(found.central), "" if span == seconds_text(found.high) else span


def seconds_span(low_s: float, high_s: float) -> str:
    """Two waits as a span; where the longer is one of minutes, so is one of a minute. One text where both round to it.

    >>> seconds_span(5.9, 23), seconds_span(114, 420), seconds_span(40, 420), seconds_span(12.1, 12.2)
    ('5.9 s to 23 s', '1.9 minutes to 7.0 minutes', '40 s to 7.0 minutes', '12 s')
    """
    high, is_minutes = seconds_text(high_s), high_s >= LONG_S and _S_PER_MINUTE <= low_s < LONG_S
    low = f"{low_s / _S_PER_MINUTE:.1f} minutes" if is_minutes else seconds_text(low_s)
    return high if low == high else f"{low} to {high}"


def seconds_text(seconds: float) -> str:
    """Seconds as a person says them: 8.5 s, 24 s, 3 minutes, 2.5 hours.

    >>> seconds_text(8.49), seconds_text(24.2), seconds_text(190), seconds_text(9000)
    ('8.5 s', '24 s', '3.2 minutes', '2.5 hours')
    """
    if not math.isfinite(seconds):
        return "for ever"
    if seconds >= S_PER_H:
        return f"{seconds / S_PER_H:,.1f} hours"
    if seconds >= LONG_S:
        return f"{seconds / _S_PER_MINUTE:.1f} minutes"
    return f"{seconds:.0f} s" if seconds >= _WHOLE_S else f"{seconds:.1f} s"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


_S_PER_MINUTE = 60.0
LONG_S = 120.0
"""From here on a wait is given in minutes."""
_WHOLE_S = 10.0
_ROUNDING = 1e-9
