"""The week hour by hour: hand-worked cases, the even week, invariants, and a simulated day."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from calculator.errors import ScenarioError
from calculator.service.occupancy import Work, service
from calculator.service.week import HOURS_PER_WEEK, hour_weights, on_fractions, week
from tests.calculator.machine_simulation import simulated

OFFICE = Work(prefill_s=9.0, decode_1_s=20.0, decode_c_s=25.0, concurrent_count=2, answer_tokens=400.0)


SINGLE = Work(prefill_s=9.0, decode_1_s=21.0, decode_c_s=21.0, concurrent_count=1, answer_tokens=400.0)


ON = on_fractions(first_hour=8, on_h_per_day=10.0, working_days_per_week=5)


def test_on_fractions_count_the_hours_of_the_week() -> None:
    assert ON.sum() == 50.0
    assert list(np.flatnonzero(ON[:48])) == [*range(8, 18), *range(32, 42)]
    half = on_fractions(first_hour=9, on_h_per_day=7.5, working_days_per_week=7)
    assert (half[9], half[15], half[16], half[17]) == (1.0, 1.0, 0.5, 0.0)  # 9:00 to 16:30
    assert half.sum() == 52.5


def test_hour_weights_hold_the_peak_factor_and_the_mean() -> None:
    weights = hour_weights(ON, peak_hour_of_day=10, peak_factor_ratio=2.8)
    assert weights[10] == 2.8
    assert weights[9] == pytest.approx(0.8)  # (10 - 2.8)/9
    assert weights.sum() == pytest.approx(50.0)
    assert weights[ON == 0].sum() == 0.0


def test_week_of_one_stream_worked_by_hand() -> None:
    """600 requests over 50 h, peak factor 2.8: 33.6 at the peak of each day, 9.6 in the other hours; each takes 30 s.
    600 requests over 50 h, peak factor 2.8: 33.6 at the peak of each day, 9.6 in the other hours; each takes 30 s."""
    weights = hour_weights(ON, peak_hour_of_day=10, peak_factor_ratio=2.8)
    found = week(SINGLE, requests_per_week=600.0, weights=weights, on=ON)
    assert found.requests[10] == pytest.approx(33.6)
    assert found.busy_h[10] == pytest.approx(33.6 * 30 / 3_600)
    assert found.busy_h[9] == pytest.approx(9.6 * 30 / 3_600)
    assert found.busy_h.sum() == pytest.approx(600 * 30 / 3_600)
    assert found.overflow_requests.sum() == 0.0
    assert found.served_fraction == 1.0
    assert found.peak_hour == 10


def test_week_overflows_only_in_the_hours_that_are_too_short() -> None:
    """3,000 requests: 168 at the peak, of which an hour holds 3600/30 = 120; 48 in the others. 5 x 48 overflow."""
    weights = hour_weights(ON, peak_hour_of_day=10, peak_factor_ratio=2.8)
    found = week(SINGLE, requests_per_week=3_000.0, weights=weights, on=ON)
    assert found.overflow_requests[10] == pytest.approx(48.0)
    assert found.overflow_requests.sum() == pytest.approx(240.0)
    assert found.load_fraction[10] == pytest.approx(1.4)
    assert found.busy_h[10] == pytest.approx(1.0)
    assert found.served_fraction == pytest.approx(1 - 240 / 3_000)


def test_week_cannot_serve_at_night() -> None:
    weights = np.ones(HOURS_PER_WEEK)
    found = week(SINGLE, requests_per_week=168.0, weights=weights, on=ON)
    assert found.overflow_requests.sum() == pytest.approx(118.0)
    assert np.isinf(found.load_fraction[0])
    assert found.busy_h[0] == 0.0


def test_even_week_equals_the_month() -> None:
    found = week(OFFICE, requests_per_week=3_000.0, weights=ON, on=ON, machine_count=2)
    month = service(OFFICE, requests_per_month=3_000.0, on_h=50.0, machine_count=2)
    assert found.prefill_h.sum() == pytest.approx(month.prefill_h)
    assert found.decode_h.sum() == pytest.approx(month.decode_h)
    assert found.utilisation_fraction == pytest.approx(month.utilisation_fraction)


@settings(deadline=None)
@given(
    weights=arrays(np.float64, HOURS_PER_WEEK, elements=st.floats(0.0, 10.0)).filter(lambda row: row.sum() > 0),
    requests=st.floats(0.0, 50_000.0),
    machines=st.integers(1, 5),
)
def test_week_serves_or_overflows_every_request_and_keeps_its_hours(
    weights: np.ndarray, requests: float, machines: int
) -> None:
    found = week(OFFICE, requests_per_week=requests, weights=weights, on=ON, machine_count=machines)
    assert found.requests.sum() == pytest.approx(requests, abs=1e-9)
    assert np.all(found.overflow_requests >= 0.0)
    assert np.all(found.overflow_requests <= found.requests * (1 + 1e-12))
    assert np.all(found.busy_h <= found.on_h * (1 + 1e-9))
    served_s = (found.requests - found.overflow_requests).sum() * OFFICE.prefill_s
    assert found.prefill_h.sum() * 3_600 == pytest.approx(served_s, abs=1e-6)
    even = week(OFFICE, requests_per_week=requests, weights=ON, on=ON, machine_count=machines)
    assert found.busy_h.sum() <= even.busy_h.sum() + 1e-6  # at the same demand, uneven hours batch better


def test_smallest_weight_there_is_shares_out_the_week_all_the_same() -> None:
    weights = np.zeros(HOURS_PER_WEEK)
    weights[0] = 5e-324
    assert week(OFFICE, requests_per_week=1.5, weights=weights, on=ON).requests.sum() == 1.5


def test_busy_hours_of_an_uneven_day_agree_with_the_simulation() -> None:
    loads = np.array([0.3, 0.6, 0.9, 0.5, 0.3, 0.6, 0.9, 0.6, 0.4, 0.3])
    rates = loads / OFFICE.full_s
    seen = simulated(OFFICE, rates_per_s=tuple(rates), request_count=30_000)
    day, on = np.zeros(HOURS_PER_WEEK), np.zeros(HOURS_PER_WEEK)
    day[:10], on[:10] = rates, 1.0
    said = week(OFFICE, requests_per_week=rates.sum() * 3_600, weights=day, on=on)
    assert seen.throughput_per_s == pytest.approx(rates.mean(), rel=0.02)
    assert said.utilisation_fraction == pytest.approx(seen.busy_fraction, rel=0.02)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"weights": np.ones(24)}, "weights has the shape (24,); it must hold 168 numbers, one per hour."),
        ({"weights": np.zeros(168)}, "sum of weights is 0; it must be above 0."),
        ({"weights": -np.ones(168)}, "weights is -1; it must be at least 0."),
        ({"on": np.full(168, 2.0)}, "on is 2; it must be at most 1."),
        ({"on": np.zeros(168)}, "hours on per week is 0; it must be above 0."),
        ({"machine_count": 0}, "machine_count is 0; it must be at least 1."),
    ],
)
def test_week_refuses_the_impossible_in_one_sentence(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(ScenarioError) as refusal:
        week(OFFICE, **{"requests_per_week": 100.0, "weights": ON, "on": ON, **wrong})  # pyright: ignore
    assert str(refusal.value) == sentence


def test_peak_outside_the_working_time_is_refused() -> None:
    with pytest.raises(ScenarioError, match="peak_hour_of_day is 20; the machine is not on all of that hour"):
        hour_weights(ON, peak_hour_of_day=20, peak_factor_ratio=2.0)
    with pytest.raises(ScenarioError, match="peak_factor_ratio is 11; it must be at most 10"):
        hour_weights(ON, peak_hour_of_day=10, peak_factor_ratio=11.0)
