"""Waits at the peak hour: exact queues, hand-worked cases, invariants, and a simulation as the oracle."""

import math
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.errors import ScenarioError
from calculator.service.latency import (
    Latency,
    Targets,
    latency,
    machines_needed,
    peak_requests_per_s,
    promise_kept,
)
from calculator.service.occupancy import Work
from calculator.service.percentiles import _gamma_of_one_plus  # pyright: ignore[reportPrivateUsage]
from tests.calculator.machine_simulation import Case, simulated

OFFICE = Work(prefill_s=9.0, decode_1_s=20.0, decode_c_s=25.0, concurrent_count=2, answer_tokens=400.0)


def at(work: Work, load: float, variation: float = 1.0) -> Latency:
    return latency(work, requests_per_s=load / work.full_s, answer_variation_ratio=variation)


work_strategy = st.builds(
    lambda prefill_s, decode_s, slowing, count: Work(
        prefill_s, decode_s, decode_s * (1 + slowing * (count - 1)), count, 400.0
    ),
    st.floats(0.0, 100.0),
    st.floats(0.1, 200.0),
    st.floats(0.0, 1.0),
    st.integers(1, 32),
)


variations = st.floats(0.0, 1.0)


# Bounds on the first token's p95 and the answer's median, p95 and mean (relative): the error known from 2 million
# requests (see docs/model/service.md) and three standard deviations of a run of 30,000.
SIMULATED = [
    (Case(0.30, 1.0, 1, 0.70, 1.0), 0.17, 0.10, 0.16, 0.065),
    (Case(0.30, 1.0, 1, 0.50, 0.0), 0.04, 0.035, 0.03, 0.01),
    (Case(0.02, 1.8, 2, 0.50, 1.0), 0.20, 0.065, 0.09, 0.05),
    (Case(1.00, 1.8, 2, 0.70, 1.0), 0.14, 0.05, 0.09, 0.045),
    (Case(1.00, 1.8, 2, 0.50, 0.0), 0.045, 0.11, 0.035, 0.02),
    (Case(0.30, 3.2, 4, 0.70, 0.5), 0.12, 0.03, 0.105, 0.04),
    (Case(0.30, 3.2, 4, 0.70, 0.0), 0.075, 0.06, 0.085, 0.035),
    (Case(0.30, 5.0, 8, 0.30, 1.0), 0.03, 0.04, 0.09, 0.015),
    (Case(0.30, 5.0, 8, 0.70, 1.0), 0.21, 0.03, 0.075, 0.025),
    (Case(1.00, 5.0, 8, 0.70, 0.0), 0.06, 0.06, 0.095, 0.025),
    (Case(0.02, 14.0, 32, 0.50, 1.0), 0.06, 0.04, 0.10, 0.02),
]


def test_peak_rate_is_the_factor_times_the_mean_hour() -> None:
    # 200 requests in 10 h are 20 an hour; twice that in the busiest: 40/3600 per second
    assert peak_requests_per_s(requests_per_day=200, on_h_per_day=10, peak_factor_ratio=2) == pytest.approx(40 / 3_600)


def test_latency_of_an_idle_machine_is_its_work() -> None:
    alone = latency(OFFICE, requests_per_s=0.0, answer_variation_ratio=0.0)
    assert alone.time_to_first_token_p95_s == pytest.approx(9.0, rel=1e-9)
    assert alone.answer_median_s == pytest.approx(29.0, rel=1e-6)
    assert alone.answer_p95_s == pytest.approx(29.0, rel=1e-6)
    assert alone.answer_mean_s == pytest.approx(29.0, rel=1e-9)
    assert alone.stream_tokens_per_s == pytest.approx(20.0, rel=1e-9)  # 400 tokens in 20 s
    assert (alone.wait_fraction, alone.backlog_s_per_h) == (0.0, 0.0)


@pytest.mark.parametrize("load", [0.2, 0.5, 0.8])
def test_mean_wait_of_one_stream_is_pollaczek_and_khinchines(load: float) -> None:
    """c = 1: wait = load/(1-load) (1 + v)/2 x work, exactly; v from the answer's share of the work, here 20 of 29 s."""
    single = replace(OFFICE, concurrent_count=1, decode_c_s=20.0)
    for variation in (0.0, 0.7, 1.0):
        v = (20 * variation / 29) ** 2
        expected = 9 + load / (1 - load) * (1 + v) / 2 * 29
        assert at(single, load, variation).time_to_first_token_mean_s == pytest.approx(expected, rel=1e-9)


def test_waits_without_prefill_and_slowing_are_erlangs() -> None:
    """M/M/3 at a = 2: C = 4/9, wait of those who wait exponential of mean 1 s: p95 = ln(C/0.05) = 2.1848 s."""
    three = Work(0.0, 1.0, 1.0, 3, 400.0)
    found = at(three, 2 / 3)
    assert found.wait_fraction == pytest.approx(4 / 9, rel=1e-9)
    assert found.time_to_first_token_mean_s == pytest.approx(4 / 9, rel=1e-9)
    assert found.time_to_first_token_median_s == 0.0
    assert found.time_to_first_token_p95_s == pytest.approx(math.log(4 / 9 / 0.05), rel=1e-6)
    assert found.answer_mean_s == pytest.approx(1 + 4 / 9, rel=1e-9)


def test_answer_is_exponential_where_nobody_disturbs() -> None:
    """Perfect batching, no prefill: the answer is its own length alone. Median ln 2, p95 ln 20 of the mean."""
    found = at(Work(0.0, 1.0, 1.0, 60, 400.0), 0.1)
    assert found.answer_median_s == pytest.approx(math.log(2), rel=1e-4)
    assert found.answer_p95_s == pytest.approx(math.log(20), rel=1e-4)


def test_latency_is_infinite_where_the_queue_grows() -> None:
    found = at(OFFICE, 1.25)
    assert found.load_fraction == pytest.approx(1.25)
    assert math.isinf(found.answer_p95_s)
    assert math.isinf(found.time_to_first_token_median_s)
    assert found.wait_fraction == 1.0
    assert found.backlog_s_per_h == pytest.approx(900.0)  # a quarter of an hour's work is left each hour
    assert found.stream_tokens_per_s == pytest.approx(400 / (25 + 9), rel=1e-6)  # full batch, one prefill in between


def test_latency_of_arrays_equals_the_scalars_one_by_one() -> None:
    rates = np.array([0.0, 0.01, 0.03, 0.044, 0.06])
    slows = np.array([25.0, 30.0, 25.0, 26.0, 39.0])
    together = latency(replace(OFFICE, decode_c_s=slows), requests_per_s=rates, answer_variation_ratio=0.5)
    for i in range(5):
        alone = latency(
            replace(OFFICE, decode_c_s=float(slows[i])), requests_per_s=float(rates[i]), answer_variation_ratio=0.5
        )
        for name, value in asdict(alone).items():
            assert np.broadcast_to(getattr(together, name), (5,))[i] == pytest.approx(value, rel=1e-9), name


def test_gamma_agrees_with_the_standard_library() -> None:
    for x in (0.0, 0.1, 0.5, 1.0, 2.5, 5.0):
        assert _gamma_of_one_plus(x) == pytest.approx(math.gamma(1 + x), rel=1e-8)


@settings(deadline=None)
@given(work=work_strategy, load=st.floats(0.0, 0.98), variation=variations)
def test_percentiles_are_in_order_and_no_shorter_than_the_work(work: Work, load: float, variation: float) -> None:
    found = at(work, load, variation)
    slack = 1e-6 * (work.prefill_s + work.decode_1_s)
    assert work.prefill_s - slack <= found.time_to_first_token_median_s <= found.time_to_first_token_p95_s + slack
    assert found.time_to_first_token_median_s <= found.answer_median_s + slack <= found.answer_p95_s + 2 * slack
    assert found.answer_mean_s >= work.prefill_s + work.decode_1_s - slack
    assert found.stream_tokens_per_s <= work.answer_tokens / work.decode_1_s * (1 + 1e-9)


@settings(deadline=None)
@given(work=work_strategy, load=st.floats(0.01, 0.9), more=st.floats(1.0, 1.08), variation=variations)
def test_more_demand_never_shortens_a_wait(work: Work, load: float, more: float, variation: float) -> None:
    few, many = at(work, load, variation), at(work, load * more, variation)
    slack = 1 + 1e-6
    assert many.time_to_first_token_mean_s * slack >= few.time_to_first_token_mean_s
    assert many.time_to_first_token_p95_s * slack >= few.time_to_first_token_p95_s
    assert many.answer_mean_s * slack >= few.answer_mean_s
    assert many.answer_p95_s * slack >= few.answer_p95_s
    assert many.stream_tokens_per_s <= few.stream_tokens_per_s * slack


@pytest.mark.parametrize(("case", "first_p95", "answer_p50", "answer_p95", "answer_mean"), SIMULATED)
def test_latency_agrees_with_the_simulation(
    case: Case, first_p95: float, answer_p50: float, answer_p95: float, answer_mean: float
) -> None:
    seen = case.seen()
    said = latency(case.work, requests_per_s=seen.throughput_per_s, answer_variation_ratio=case.variation)
    _, seen_first_p95 = seen.quantiles(seen.first_token_s)
    seen_p50, seen_p95 = seen.quantiles(seen.answer_s)
    assert said.time_to_first_token_p95_s == pytest.approx(seen_first_p95, rel=first_p95)
    assert said.answer_median_s == pytest.approx(seen_p50, rel=answer_p50)
    assert said.answer_p95_s == pytest.approx(seen_p95, rel=answer_p95)
    assert said.answer_mean_s == pytest.approx(float(seen.answer_s.mean()), rel=answer_mean)
    seen_stream = 400 / float((seen.answer_s - seen.first_token_s).mean())
    assert said.stream_tokens_per_s == pytest.approx(seen_stream, rel=0.03)


def test_machines_needed_is_the_fewest_that_keep_every_target() -> None:
    targets = Targets(time_to_first_token_p95_s=12.0, answer_p95_s=60.0, stream_tokens_per_s=15.0)
    found = machines_needed(OFFICE, requests_per_s=0.1, answer_variation_ratio=0.0, targets=targets)
    assert found.machine_count is not None
    assert found.latency.time_to_first_token_p95_s <= 12.0
    assert found.latency.answer_p95_s <= 60.0
    assert found.latency.stream_tokens_per_s >= 15.0
    fewer = latency(OFFICE, requests_per_s=0.1 / (found.machine_count - 1), answer_variation_ratio=0.0)
    assert fewer.time_to_first_token_p95_s > 12.0 or fewer.answer_p95_s > 60.0 or fewer.stream_tokens_per_s < 15.0, (
        found.reason
    )
    assert found.reason.startswith(f"{found.machine_count - 1} would not do: ")


def test_machines_needed_without_targets_only_keeps_up() -> None:
    # 0.1/s x 21.5 s of work = 2.15 machines
    found = machines_needed(OFFICE, requests_per_s=0.1, answer_variation_ratio=1.0, targets=Targets())
    assert found.machine_count == 3
    assert found.reason == "2 would not do: demand would be 108% of its capacity."


def test_machines_needed_names_a_target_that_no_number_keeps() -> None:
    found = machines_needed(
        OFFICE, requests_per_s=0.01, answer_variation_ratio=0.0, targets=Targets(time_to_first_token_p95_s=5.0)
    )
    assert found.machine_count is None
    expected = (
        "Even an idle machine misses the target: "
        "the first word takes 9 s or more for one request in twenty; the target is 5 s."
    )
    assert found.reason == expected


def test_machines_needed_keep_their_promise_in_the_simulation() -> None:
    work = Case(0.30, 3.2, 4, 0.0, 1.0).work
    found = machines_needed(work, requests_per_s=8.0, answer_variation_ratio=1.0, targets=Targets(answer_p95_s=6.0))
    assert found.machine_count is not None
    kept = simulated(work, requests_per_s=8.0 / found.machine_count, request_count=20_000)
    missed = simulated(work, requests_per_s=8.0 / (found.machine_count - 1), request_count=20_000)
    assert kept.quantiles(kept.answer_s)[1] <= 6.0 * 1.05
    assert missed.quantiles(missed.answer_s)[1] > 6.0


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: at(OFFICE, -0.1), "requests_per_s is -0.00465116; it must be at least 0."),
        (lambda: at(OFFICE, 0.1, 3.0), "answer_variation_ratio is 3; it must be at most 1.5."),
        (
            lambda: peak_requests_per_s(requests_per_day=1, on_h_per_day=10, peak_factor_ratio=0.5),
            "peak_factor_ratio is 0.5; it must be at least 1.",
        ),
        (
            lambda: machines_needed(
                OFFICE, requests_per_s=1, answer_variation_ratio=1.0, targets=Targets(answer_p95_s=0.0)
            ),
            "answer_p95_s is 0; it must be above 0.",
        ),
        (
            lambda: machines_needed(
                OFFICE, requests_per_s=1e3, answer_variation_ratio=1.0, targets=Targets(), machine_count_most=100
            ),
            "requests_per_s is 1000; 21500 machines miss the target: demand would be 100% of its capacity. "
            "Lower the demand or relax the targets.",
        ),
    ],
)
def test_queueing_refuses_the_impossible_in_one_sentence(ask: object, sentence: str) -> None:
    with pytest.raises(ScenarioError) as refusal:
        ask()  # pyright: ignore
    assert str(refusal.value) == sentence


shares = st.tuples(st.floats(0.1, 4.0), st.floats(0.1, 4.0), st.floats(0.1, 1.5))


@given(work_strategy, st.floats(0.0, 1.2), variations, shares)
@settings(max_examples=150, deadline=None)
def test_promise_kept_is_the_latency_held_against_each_target(
    work: Work, load: float, variation: float, asked: tuple[float, float, float]
) -> None:
    first, answer, stream = asked
    found = at(work, load, variation)
    idle = at(work, 0.0, variation)
    targets = Targets(
        first * (float(idle.time_to_first_token_p95_s) + 0.01),
        answer * float(idle.answer_p95_s),
        stream * float(idle.stream_tokens_per_s),
    )
    parts = (
        (
            Targets(targets.time_to_first_token_p95_s),
            found.time_to_first_token_p95_s,
            targets.time_to_first_token_p95_s,
        ),
        (Targets(None, targets.answer_p95_s), found.answer_p95_s, targets.answer_p95_s),
    )
    rate = load / work.full_s
    for alone, seconds, target in parts:
        assert target is not None
        if abs(float(seconds) / target - 1) > 1e-9:  # not on the edge itself
            assert bool(promise_kept(work, requests_per_s=rate, answer_variation_ratio=variation, targets=alone)) == (
                float(seconds) <= target and load < 1.0
            )
    whole = promise_kept(work, requests_per_s=rate, answer_variation_ratio=variation, targets=targets)
    each = [
        promise_kept(work, requests_per_s=rate, answer_variation_ratio=variation, targets=one)
        for one in (
            Targets(targets.time_to_first_token_p95_s),
            Targets(None, targets.answer_p95_s),
            Targets(None, None, targets.stream_tokens_per_s),
        )
    ]
    assert bool(whole) == all(map(bool, each))
