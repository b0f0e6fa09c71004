"""Whether an option can do the job: each reason with its code, its words and what would mend it, worked by hand."""

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.decision.eligibility import (
    Eligibility,
    Reason,
    Shares,
    fleet_reasons,
    memory_reason,
    seconds_text,
    share_reasons,
    wait_words,
)
from calculator.number import Range
from calculator.physics.memory.memory_fit import CardFit, MemoryFit
from calculator.service.latency import Latency
from calculator.service.occupancy import Work
from calculator.service.sizing import MOST_MACHINES, Fleet, Promise, Throughput, fleet_of

# Read in 2 s, written in 8 s, one at a time: 0.1 requests a second at most; 400 tokens in 8 s are 50 a second.
LONE = Work(prefill_s=2.0, decode_1_s=8.0, decode_c_s=8.0, concurrent_count=1, answer_tokens=400)
NO_PROMISE = Promise()
QUESTION = "A faster machine, a shorter prompt, or a longer wait."


def fleet(rate: float, promise: Promise = NO_PROMISE, *, asked: int | None = None, bought: bool = False) -> Fleet:
    return fleet_of(
        LONE,
        peak_requests_per_s=rate,
        answer_variation_ratio=0.0,
        targets=promise.targets(),
        asked_count=asked,
        rest_is_bought=bought,
    )


def reasons(rate: float, promise: Promise = NO_PROMISE, *, asked: int | None = None) -> list[Reason]:
    return fleet_reasons(fleet(rate, promise, asked=asked), promise=promise)


def memory(peak_gb: float, usable_gb: float) -> MemoryFit:
    peak, usable = round(peak_gb * 1e9), round(usable_gb * 1e9)
    return MemoryFit(
        weights_bytes=peak,
        kv_cache_bytes=0,
        transient_bytes=0,
        overhead_bytes=0,
        second_tenant_bytes=0,
        peak_bytes=peak,
        usable_bytes=usable,
        tightest_peak_bytes=peak,
        tightest_usable_bytes=usable,
        headroom_bytes=usable - peak,
        fits=peak <= usable,
    )


def test_option_without_reasons_can_do_the_job() -> None:
    assert Eligibility().reasons == ()
    assert reasons(0.05) == []


def test_does_not_fit_names_the_gigabytes_and_what_is_missing() -> None:
    found = memory_reason(memory(140.0, 100.5), format_name="MLX 4-bit", mend="")
    assert found == Reason(
        "does-not-fit",
        "Does not fit as MLX 4-bit: it needs 140.0 GB, and a model may use 100.5 GB here.",
        "39.5 GB more memory.",
        "39.5 GB short",
    )
    fewer = memory_reason(memory(140.0, 100.5), format_name="MLX 8-bit", mend="4-bit weights fit.")
    assert fewer is not None
    assert fewer.mend == "4-bit weights fit."
    assert memory_reason(memory(100.5, 100.5), format_name="MLX 4-bit", mend="") is None


def test_overloaded_at_peak_says_how_the_queue_grows_and_how_many_keep_up() -> None:
    """0.35 requests a second at 10 s each are 3.5 times one machine: 2.5 hours more work each hour, 150 minutes."""
    (found,) = reasons(0.35, asked=1)
    assert found == Reason(
        "overloaded-at-peak",
        "Cannot keep up: the busiest hour brings 3.5 times the work it can do, "
        "so the queue grows by 150 minutes every hour.",
        "4 of these machines.",
        "3.5 times the work it can do",
    )
    assert reasons(0.35) == []  # four machines, chosen by themselves


def test_first_token_too_slow_where_more_machines_would_help() -> None:
    promise = Promise(first_token_p95_s=20.0)
    (found,) = reasons(0.08, promise, asked=1)
    needed = fleet(0.08, promise).needed_count
    assert needed is not None
    assert needed > 1
    assert found.code == "first-token-too-slow"
    assert found.text.startswith("One person in twenty waits ")
    assert found.text.endswith(" for the first word in the busiest hour; you asked for 20 s.")
    assert found.mend == f"{needed} of these machines."
    assert reasons(0.08, promise) == []


@pytest.mark.parametrize(
    ("promise", "expected"),
    [
        (
            Promise(first_token_p95_s=1.5),
            Reason(
                "first-token-too-slow",
                "Reading one request alone takes 2.0 s; you asked for the first word within 1.5 s. "
                "More of these machines do not help.",
                QUESTION,
                "first word 2.0 s, not 1.5 s",
            ),
        ),
        (
            Promise(answer_p95_s=9.0),
            Reason(
                "answer-too-slow",
                "One answer in twenty takes 10 s even on an idle machine; you asked for 9.0 s. "
                "More of these machines do not help.",
                "A faster machine, a shorter answer, or a longer wait.",
                "answer 10 s, not 9.0 s",
            ),
        ),
        (
            Promise(stream_tokens_per_s=60.0),
            Reason(
                "stream-too-slow",
                "An answer grows by 50.0 tokens a second even on an idle machine; you asked for 60. "
                "More of these machines do not help.",
                "A faster machine, a smaller model, or fewer bits.",
                "50.0 of 60 tokens/s",
            ),
        ),
    ],
    ids=["first token", "answer", "stream"],
)
def test_target_that_an_idle_machine_misses_is_helped_by_no_number(promise: Promise, expected: Reason) -> None:
    assert reasons(0.001, promise) == [expected]
    assert reasons(0.001, promise, asked=64) == [expected]


def test_every_target_that_is_missed_is_told() -> None:
    promise = Promise(first_token_p95_s=15.0, answer_p95_s=20.0)
    first, answer = reasons(0.09, promise, asked=1)
    assert (first.code, answer.code) == ("first-token-too-slow", "answer-too-slow")
    assert re.fullmatch(r"first word [\d.]+ minutes, not 15 s", first.short)
    assert re.fullmatch(r"answer [\d.]+ minutes, not 20 s", answer.short)


def test_stream_that_slows_with_the_load_is_told_with_the_target_to_four_digits() -> None:
    """Alone an answer grows by 40 tokens a second, beside others by less."""
    four = Work(prefill_s=1.0, decode_1_s=10.0, decode_c_s=20.0, concurrent_count=4, answer_tokens=400)
    promise = Promise(stream_tokens_per_s=35.1234)
    loaded = fleet_of(
        four, peak_requests_per_s=0.15, answer_variation_ratio=0.65, targets=promise.targets(), asked_count=1
    )
    (found,) = fleet_reasons(loaded, promise=promise)
    assert found.code == "stream-too-slow"
    assert found.text.endswith("tokens a second in the busiest hour; you asked for 35.12.")
    assert re.fullmatch(r"\d+\.\d of 35\.12 tokens/s", found.short)


def test_more_than_sixty_four_machines_are_beyond_this_tool() -> None:
    """6.45 requests a second at 0.1 each: 65 machines; 6.35: 64."""
    (found,) = reasons(6.45)
    assert found == Reason(
        "beyond-this-tool",
        f"It would take 65 of these machines; this tool stops at {MOST_MACHINES}.",
        "A smaller model, a faster machine, or fewer requests.",
        "would take 65 machines",
    )
    assert reasons(6.35) == []


def test_what_one_machine_cannot_take_is_no_reason_where_the_rest_is_bought() -> None:
    assert fleet_reasons(fleet(5.0, bought=True), promise=NO_PROMISE, rest_is_bought=True) == []
    idle_misses = Promise(first_token_p95_s=1.0)
    (found,) = fleet_reasons(fleet(5.0, idle_misses, bought=True), promise=idle_misses, rest_is_bought=True)
    assert found.code == "first-token-too-slow"


def test_unserved_and_leaving_are_held_against_what_is_allowed() -> None:
    shares = Shares(0.45, 0.3, 0.25, 0.3)
    promise = Promise(unserved_fraction_max=0.2, leaves_house_fraction_max=0.0)
    assert share_reasons(shares, promise=promise, mend_unserved="3 machines.", mend_leaving="A machine.") == [
        Reason("unserved", "25 % of the work is not served; you allow 20 %.", "3 machines.", "25 % not served"),
        Reason(
            "leaves-the-house",
            "30 % of the work leaves the house; you allow 0 %.",
            "A machine.",
            "30 % leaves the house",
        ),
    ]
    allowed = Promise(unserved_fraction_max=0.25, leaves_house_fraction_max=0.3)
    assert share_reasons(shares, promise=allowed, mend_unserved="", mend_leaving="") == []


def test_share_that_is_nearly_nothing_is_not_called_nothing() -> None:
    promise = Promise(leaves_house_fraction_max=0.0)
    (found,) = share_reasons(Shares(0.9998, 0.0002, 0, 0.0002), promise=promise, mend_unserved="", mend_leaving="")
    assert found.text == "Less than 0.1 % of the work leaves the house; you allow 0 %."
    (found,) = share_reasons(Shares(0.0002, 0.9998, 0, 0.9998), promise=promise, mend_unserved="", mend_leaving="")
    assert found.text.startswith("More than 99.9 % of the work leaves the house")


@settings(max_examples=60, deadline=None)
@given(rate=st.floats(0.001, 0.5), first_s=st.floats(2.5, 100), share=st.floats(0.2, 1.0), count=st.integers(1, 8))
def test_tighter_promise_never_takes_a_reason_away(rate: float, first_s: float, share: float, count: int) -> None:
    loose, tight = Promise(first_token_p95_s=first_s), Promise(first_token_p95_s=first_s * share)
    assert len(reasons(rate, tight, asked=count)) >= len(reasons(rate, loose, asked=count))


def test_pcs_own_memory_that_is_too_small_is_the_reason_and_not_the_cards() -> None:
    fit = replace(memory(46.0, 50.5), fits=False, host_needed_bytes=250 * 10**9, host_usable_bytes=60 * 10**9)
    reason = memory_reason(fit, format_name="4 bits", mend="")
    assert reason is not None
    assert reason.text == (
        "Does not fit as 4 bits: it needs 250.0 GB of system RAM beside the cards, for other software and the rest of "
        "the model, and there are 60.0 GB."
    )
    assert reason.mend == "190.0 GB more system RAM."


def test_fullest_card_that_is_too_small_is_the_reason_and_not_the_sum() -> None:
    fit = replace(
        memory(46.0, 50.5),
        fits=False,
        headroom_bytes=-2 * 10**9,
        tightest_peak_bytes=26 * 10**9,
        tightest_usable_bytes=25 * 10**9,
        cards=(CardFit(1, 26 * 10**9, 25 * 10**9), CardFit(1, 20 * 10**9, 25 * 10**9)),
    )
    reason = memory_reason(fit, format_name="4 bits", mend="")
    assert reason is not None
    assert reason.text == (
        "Does not fit as 4 bits: it needs 26.0 GB on the fullest card, and a model may use 25.0 GB of it. The 2.0 GB "
        "missing are those of the fullest card, times 2 cards: a layer lies whole on one card."
    )
    assert (reason.short, reason.mend) == ("2.0 GB short", "2.0 GB more memory.")


def test_sum_that_holds_other_software_says_so() -> None:
    fit = replace(memory(294.0, 94.5), second_tenant_bytes=250 * 10**9)
    reason = memory_reason(fit, format_name="4 bits", mend="")
    assert reason is not None
    assert "needs 294.0 GB with 250.0 GB of other software, and a model may use 94.5 GB here" in reason.text


FELT = Latency(*[1.0] * 11)


def _felt(**changed: float) -> Fleet:
    felt = replace(FELT, load_fraction=0.9, **changed)
    return Fleet(1, 1, Throughput(0.1, "load"), 0.1, 1.0, felt)


def test_target_that_is_just_met_is_no_reason() -> None:
    promise = Promise(first_token_p95_s=20.0, answer_p95_s=90.0, stream_tokens_per_s=12.0)
    met = {"time_to_first_token_p95_s": 20.0, "answer_p95_s": 90.0, "stream_tokens_per_s": 12.0}
    assert fleet_reasons(_felt(**met), promise=promise) == []
    missed = {"time_to_first_token_p95_s": 20.4, "answer_p95_s": 91.0, "stream_tokens_per_s": 11.9}
    assert [reason.text for reason in fleet_reasons(_felt(**missed), promise=promise)] == [
        "One person in twenty waits 20 s for the first word in the busiest hour; you asked for 20 s.",
        "One answer in twenty takes 91 s in the busiest hour; you asked for 90 s.",
        "An answer grows by 11.9 tokens a second in the busiest hour; you asked for 12.",
    ]
    assert fleet_reasons(_felt(**missed), promise=promise, rest_is_bought=True) == []


def test_machine_that_is_busy_all_the_time_cannot_keep_up() -> None:
    busy = replace(_felt(), felt=replace(FELT, load_fraction=1.0))
    (found,) = fleet_reasons(busy, promise=NO_PROMISE)
    assert found.code == "overloaded-at-peak"
    assert "1.0 times the work it can do, so the queue grows by 0 minutes every hour." in found.text


def test_share_that_is_just_allowed_is_no_reason_and_one_beyond_is() -> None:
    promise = Promise(unserved_fraction_max=0.1, leaves_house_fraction_max=0.25)
    just = Shares(0.65, 0.25, 0.1, 0.25)
    assert share_reasons(just, promise=promise, mend_unserved="a", mend_leaving="b") == []
    beyond = Shares(0.6, 0.26, 0.14, 0.26)
    assert share_reasons(beyond, promise=promise, mend_unserved="a", mend_leaving="b") == [
        Reason("unserved", "14 % of the work is not served; you allow 10 %.", "a", "14 % not served"),
        Reason("leaves-the-house", "26 % of the work leaves the house; you allow 25 %.", "b", "26 % leaves the house"),
    ]


@pytest.mark.parametrize(
    ("fraction", "said"),
    [(0.0004, "Less than 0.1 %"), (0.049, "4.9 %"), (0.996, "99.6 %"), (0.9995, "More than 99.9 %"), (1.0, "100 %")],
)
def test_share_of_a_reason_is_never_none_or_all_where_it_is_neither(fraction: float, said: str) -> None:
    shares = Shares(1 - fraction, 0.0, fraction, 0.0)
    (found,) = share_reasons(shares, promise=Promise(unserved_fraction_max=0.0), mend_unserved="", mend_leaving="")
    assert found.text == f"{said} of the work is not served; you allow 0 %."


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (9.94, "9.9 s"),
        (10.0, "10 s"),
        (119.4, "119 s"),
        (120.0, "2.0 minutes"),
        (3_599.0, "60.0 minutes"),
        (3_600.0, "1.0 hours"),
        (float("inf"), "for ever"),
    ],
)
def test_seconds_are_said_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_wait_is_said_with_its_range() -> None:
    ends = [(9, 12, 18), (12, 12, 12), (90, 5400, 9000), (3570, 3600, math.inf), (9, math.inf, math.inf), (40, 60, 420)]
    said = [wait_words(Range(low, central, high, "s")) for low, central, high in ends]
    assert said[:2] == [("12 s", "9.0 s to 18 s"), ("12 s", "")]
    assert said[2:4] == [("1.5 hours", "1.5 minutes to 2.5 hours"), ("1.0 hours", "59.5 minutes or more")]
    assert said[4] == ("never", "the queue grows")
    assert said[5] == ("60 s", "40 s to 7.0 minutes")  # below a minute it stays in seconds
