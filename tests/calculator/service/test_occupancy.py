"""The working month: hand-worked cases, limits, invariants, and a simulation as the independent oracle."""

import math
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.errors import ScenarioError
from calculator.service.occupancy import (
    Service,
    Work,
    occupancy,
    on_h_per_month,
    request_work,
    requests_per_month,
    service,
)
from tests.calculator.machine_simulation import Case, simulated

# 3,600 tokens to read at 400/s: 9 s. 400 tokens to write at 20/s: 20 s alone; two streams at 32/s together: 25 s each.
MONTH = {
    "requests_per_month": 1_000.0,
    "on_h": 100.0,
    "input_tokens": 4_000,
    "cached_fraction": 0.1,
    "answer_tokens": 400,
    "prefill_tokens_per_s": 400.0,
    "decode_tokens_per_s": 20.0,
    "batch_decode_tokens_per_s": 32.0,
    "concurrent_count": 2,
}


EXACT: dict[str, Any] = {"rel": 1e-9}


def month(**changed: object) -> Service:
    given = {**MONTH, **changed}
    whole = {name: given.pop(name) for name in ("requests_per_month", "on_h", "machine_count") if name in given}
    return service(request_work(**given), **whole)  # pyright: ignore[reportArgumentType]


work_strategy = st.builds(
    lambda prefill_s, decode_s, slowing, count: Work(
        prefill_s, decode_s, decode_s * (1 + slowing * (count - 1)), count, 400.0
    ),
    st.floats(0.0, 100.0),
    st.floats(0.1, 200.0),
    st.floats(0.0, 1.0),
    st.integers(1, 64),
)


# Bounds on busy hours, batch (relative) and share that waits for a slot: the error known from 2 million requests (see
# docs/model/service.md) and three standard deviations of a run of 30,000.
SIMULATED = [
    (Case(0.30, 1.0, 1, 0.70, 1.0), 0.020, 0.001, 0.015),
    (Case(0.30, 1.0, 1, 0.50, 0.0), 0.005, 0.001, 0.010),
    (Case(0.02, 1.8, 2, 0.50, 1.0), 0.020, 0.010, 0.015),
    (Case(1.00, 1.8, 2, 0.70, 1.0), 0.010, 0.010, 0.015),
    (Case(1.00, 1.8, 2, 0.50, 0.0), 0.020, 0.050, 0.020),
    (Case(0.30, 3.2, 4, 0.70, 0.5), 0.020, 0.035, 0.025),
    (Case(0.30, 3.2, 4, 0.70, 0.0), 0.030, 0.060, 0.035),
    (Case(0.30, 5.0, 8, 0.30, 1.0), 0.020, 0.020, 0.005),
    (Case(0.30, 5.0, 8, 0.70, 1.0), 0.010, 0.015, 0.020),
    (Case(1.00, 5.0, 8, 0.70, 0.0), 0.050, 0.200, 0.040),  # the worst kind: equal answers that end together
    (Case(0.02, 14.0, 32, 0.50, 1.0), 0.005, 0.030, 0.005),
]


def test_on_h_and_requests_per_month_follow_from_the_days() -> None:
    assert on_h_per_month(on_h_per_day=10, working_days_per_year=252) == 210  # 10 x 252 / 12
    assert requests_per_month(requests_per_working_day=200, working_days_per_year=252) == 4_200  # 200 x 252 / 12


def test_request_work_is_tokens_over_speeds() -> None:
    asked: dict[str, Any] = {k: v for k, v in MONTH.items() if k not in ("requests_per_month", "on_h")}
    work = request_work(**asked)
    assert (work.prefill_s, work.decode_1_s, work.decode_c_s) == (9.0, 20.0, 25.0)  # 3600/400, 400/20, 400 x 2/32
    assert work.full_s == 9.0 + 12.5
    assert work.slower_s == 5.0


def test_service_of_one_stream_is_requests_times_seconds() -> None:
    found = month(concurrent_count=1)
    assert found.prefill_h == pytest.approx(2.5, **EXACT)  # 1000 x 9 s / 3600
    assert found.decode_h == pytest.approx(1_000 * 20 / 3_600, **EXACT)
    assert found.utilisation_fraction == pytest.approx(1_000 * 29 / 360_000, **EXACT)
    assert found.load_fraction == pytest.approx(1_000 * 29 / 360_000, **EXACT)
    assert found.served_fraction == 1.0
    assert found.reached_batch_count == pytest.approx(1.0, **EXACT)


def test_service_of_two_streams_worked_by_hand() -> None:
    """Rate 1/36 per s; r = 9/36 = 0.25; load = 21.5/36. Bursts: P(K > 0) = 1, P(K > 1) = 1 - e^-0.25 = 0.2211992.

    y0 = 1, y1 = 20/36. Flow into the full batch at rate 1/36, T = y1 P(K>0) + y0 P(K>1) = 0.7767548; what
    overshoots: sum over k >= 1 and 0 of (1-r) P(K > .) = 1 - (1-r) (the first term of y0) -> y1 1 + y0 (1 - 0.75) =
    0.8055556. G = (y0 + y1)(1 - load) + rate 0.8055556 x 12.5 = 0.6265432 + 0.2797068 = 0.9062500; idle = 0.75 x
    0.4027778 / G = 1/3.
    """
    found = month(on_h=10.0)
    idle = 0.75 * (1 - 21.5 / 36) / ((1 + 20 / 36) * (1 - 21.5 / 36) + (20 / 36 + 0.25) / 36 * 12.5)
    assert idle == pytest.approx(1 / 3, **EXACT)
    assert found.utilisation_fraction == pytest.approx(1 - idle, **EXACT)
    assert found.prefill_h == pytest.approx(2.5, **EXACT)
    assert found.decode_h == pytest.approx(10 * (2 / 3 - 0.25), **EXACT)
    # decode per request: 36 s x 5/12 = 15 s = (20 - 5)/b + 5, so b = 1.5
    assert found.reached_batch_count == pytest.approx(1.5, **EXACT)


def test_slot_wait_of_two_streams_worked_by_hand() -> None:
    """scale (overshoot - (1 - load) T) of the case above, with T = 20/36 + (1 - e^-0.25)."""
    seen = occupancy(Work(9.0, 20.0, 25.0, 2, 400.0), requests_per_s=1 / 36)
    running = 20 / 36 + 1 - math.exp(-0.25)
    assert seen.slot_wait_fraction == pytest.approx(
        0.75 / 0.90625 * (20 / 36 + 0.25 - (1 - 21.5 / 36) * running), **EXACT
    )
    assert seen.answer_batch_count == pytest.approx(
        # token by token: flow into n, times n: batch 1 gets y1/20 s x (1 - load), batch 2 the overshoot
        0.75 / 0.90625 * ((1 - 21.5 / 36) * 1 + (20 / 36 + 0.25) * 2),
        **EXACT,
    )


def test_decode_hours_are_steps_times_their_seconds() -> None:
    """Whatever the batch is: decode seconds = steps x fixed part + tokens x part per stream. (20 - 5)/b + 5 s a
    request."""
    for requests in (100.0, 4_000.0, 12_000.0):
        found = month(requests_per_month=requests)
        per_request_s = (20.0 - 5.0) / found.reached_batch_count + 5.0
        assert found.decode_h == pytest.approx(requests * per_request_s / 3_600, **EXACT)


def test_service_overloaded_is_always_busy_at_full_batch() -> None:
    found = month(requests_per_month=33_488.37209302326)  # twice 360,000 s / 21.5 s
    assert found.served_fraction == pytest.approx(0.5, **EXACT)
    assert found.utilisation_fraction == pytest.approx(1.0, **EXACT)
    assert found.reached_batch_count == pytest.approx(2.0, **EXACT)
    assert found.prefill_h + found.decode_h == pytest.approx(100.0, **EXACT)
    assert found.load_fraction == pytest.approx(2.0, **EXACT)


def test_service_is_continuous_where_the_machine_is_just_full() -> None:
    full = 360_000 / 21.5
    below, above = month(requests_per_month=full * (1 - 1e-7)), month(requests_per_month=full * (1 + 1e-7))
    for name, value in asdict(below).items():
        assert value == pytest.approx(getattr(above, name), rel=1e-5), name


def test_service_without_requests_is_idle() -> None:
    found = month(requests_per_month=0.0)
    assert (found.prefill_h, found.decode_h, found.utilisation_fraction, found.load_fraction) == (0.0, 0.0, 0.0, 0.0)
    assert (found.served_fraction, found.reached_batch_count, found.on_h) == (1.0, 1.0, 100.0)


def test_service_with_few_requests_serves_them_one_at_a_time() -> None:
    found = month(requests_per_month=1e-3)
    assert found.reached_batch_count == pytest.approx(1.0, rel=1e-6)
    assert found.prefill_h + found.decode_h == pytest.approx(1e-3 * 29 / 3_600, rel=1e-6)


def test_two_machines_with_twice_the_demand_are_two_single_machines() -> None:
    one, two = month(), month(requests_per_month=2_000.0, machine_count=2)
    assert two.prefill_h == pytest.approx(2 * one.prefill_h, **EXACT)
    assert two.decode_h == pytest.approx(2 * one.decode_h, **EXACT)
    assert two.on_h == 2 * one.on_h
    for name in ("utilisation_fraction", "served_fraction", "reached_batch_count", "load_fraction"):
        assert getattr(two, name) == pytest.approx(getattr(one, name), **EXACT)


def test_cached_prompt_needs_no_prefill() -> None:
    found = month(cached_fraction=1.0)
    assert found.prefill_h == 0.0
    assert found.decode_h > 0.0


def test_perfect_batching_is_the_queue_without_a_limit() -> None:
    """No prefill and no slowing: M/M/inf at its mean. Busy = 1 - e^-a, and the batch seen by a token is 1 + a."""
    seen = occupancy(Work(0.0, 1.0, 1.0, 60, 400.0), requests_per_s=2.0)
    assert seen.busy_fraction == pytest.approx(1 - math.exp(-2.0), rel=1e-9)
    assert seen.answer_batch_count == pytest.approx(3.0, rel=1e-9)
    assert seen.answer_batch_variance == pytest.approx(2.0, rel=1e-9)  # Poisson


def test_slot_wait_without_prefill_is_erlang_c() -> None:
    """Three streams that do not slow each other: M/M/3. a = 2: C = (8/6)(3/1) / (1 + 2 + 2 + 4) = 4/9."""
    seen = occupancy(Work(0.0, 1.0, 1.0, 3, 400.0), requests_per_s=2.0)
    assert seen.slot_wait_fraction == pytest.approx(4 / 9, rel=1e-9)
    assert seen.busy_fraction == pytest.approx(1 - 1 / 9, rel=1e-9)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"requests_per_month": -1.0}, "requests_per_month is -1; it must be at least 0."),
        ({"on_h": 0.0}, "on_h is 0; it must be above 0."),
        ({"decode_tokens_per_s": 0.0}, "decode_tokens_per_s is 0; it must be above 0."),
        ({"prefill_tokens_per_s": math.nan}, "prefill_tokens_per_s is nan; it must be a finite number."),
        ({"cached_fraction": 1.5}, "cached_fraction is 1.5; it must be at most 1."),
        ({"concurrent_count": 0}, "concurrent_count is 0; it must be at least 1."),
        ({"machine_count": 0}, "machine_count is 0; it must be at least 1."),
        ({"requests_per_month": np.array([1.0, math.inf])}, "requests_per_month is inf; it must be a finite number."),
    ],
)
def test_service_refuses_the_impossible_in_one_sentence(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(ScenarioError) as refusal:
        month(**wrong)
    assert str(refusal.value) == sentence


def test_service_of_arrays_equals_the_scalars_one_by_one() -> None:
    draws = {
        "requests_per_month": np.array([0.0, 10.0, 4_000.0, 9_000.0, 40_000.0]),
        "prefill_tokens_per_s": np.array([400.0, 90.0, 4e6, 300.0, 100.0]),
        "decode_tokens_per_s": np.array([20.0, 5.0, 30.0, 12.0, 20.0]),
        "batch_decode_tokens_per_s": np.array([90.0, 20.0, 100.0, 40.0, 50.0]),
    }
    together = month(concurrent_count=6, **draws)
    for i in range(5):
        alone = month(concurrent_count=6, **{name: float(values[i]) for name, values in draws.items()})
        for name, value in asdict(alone).items():
            all_of = np.broadcast_to(getattr(together, name), (5,))
            assert all_of[i] == pytest.approx(value, rel=1e-12, abs=1e-15), name


@given(work=work_strategy, load=st.floats(1e-6, 3.0))
def test_occupancy_keeps_its_bounds(work: Work, load: float) -> None:
    seen = occupancy(work, requests_per_s=load / work.full_s)
    for name in ("busy", "prefill", "decode", "slot_wait", "prefill_wait", "served"):
        assert 0.0 <= getattr(seen, f"{name}_fraction") <= 1.0 + 1e-9, name
    assert seen.prefill_fraction + seen.decode_fraction == pytest.approx(seen.busy_fraction, abs=1e-9)
    assert seen.busy_fraction >= min(load, 1.0) - 1e-9  # full batches are the most that a second can do
    assert 1.0 - 1e-9 <= seen.batch_count <= seen.answer_batch_count + 1e-6 <= work.concurrent_count + 1e-5
    assert seen.slot_wait_fraction + seen.prefill_wait_fraction <= 1.0 + 1e-9


@given(work=work_strategy, load=st.floats(1e-3, 2.0), faster=st.floats(1.0, 5.0))
def test_faster_machine_is_never_busier(work: Work, load: float, faster: float) -> None:
    rate = load / work.full_s
    slow = occupancy(work, requests_per_s=rate)
    writes_faster = replace(work, decode_1_s=work.decode_1_s / faster, decode_c_s=work.decode_c_s / faster)
    for quick in (writes_faster, replace(work, prefill_s=work.prefill_s / faster)):
        seen = occupancy(quick, requests_per_s=rate)
        assert seen.busy_fraction <= slow.busy_fraction + 1e-6
        assert seen.served_fraction >= slow.served_fraction - 1e-12


@given(work=work_strategy, load=st.floats(1e-3, 2.0), more=st.floats(1.0, 5.0))
def test_more_demand_is_busier_batches_higher_and_serves_a_smaller_share(work: Work, load: float, more: float) -> None:
    few, many = (occupancy(work, requests_per_s=load * factor / work.full_s) for factor in (1.0, more))
    assert many.busy_fraction >= few.busy_fraction - 1e-6
    assert many.batch_count >= few.batch_count - 1e-6
    assert many.served_fraction <= few.served_fraction + 1e-12
    assert many.slot_wait_fraction >= few.slot_wait_fraction - 1e-6


@pytest.mark.parametrize(("case", "busy", "batch", "wait"), SIMULATED)
def test_occupancy_agrees_with_the_simulation(case: Case, busy: float, batch: float, wait: float) -> None:
    seen = case.seen()
    assert seen.throughput_per_s * case.work.full_s == pytest.approx(case.load, rel=0.025)
    said = occupancy(case.work, requests_per_s=seen.throughput_per_s)
    assert said.busy_fraction == pytest.approx(seen.busy_fraction, rel=busy)
    assert said.prefill_fraction == pytest.approx(seen.prefill_fraction, rel=0.002)
    assert said.batch_count == pytest.approx(seen.batch_count, rel=batch)
    assert said.slot_wait_fraction == pytest.approx(seen.slot_wait_fraction, abs=wait)


def test_served_fraction_agrees_with_an_overloaded_simulation() -> None:
    work = Case(0.30, 3.2, 4, 1.25, 1.0).work
    seen = simulated(work, requests_per_s=1.25 / float(work.full_s), request_count=20_000)
    assert seen.throughput_per_s * work.full_s == pytest.approx(1.0, rel=0.02)  # served = 1/1.25 of the demand
    assert seen.busy_fraction == pytest.approx(1.0, rel=1e-3)
    assert seen.batch_count == pytest.approx(4.0, rel=0.01)
