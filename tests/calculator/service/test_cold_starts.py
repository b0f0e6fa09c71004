"""Cold starts: shares and seconds kept warm against a simulation of single requests, and at their limits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.service.cold_starts import cold_fraction, requests_per_s, warm_s_per_request


def _simulated(rate_per_s: float, busy_s: float, keep_warm_s: float, count: int = 200_000) -> tuple[float, float]:
    """Share of requests that find one machine off, and idle paid seconds per request; one after the other is served."""
    gaps = np.random.default_rng(7).exponential(1 / rate_per_s, count)
    free_at, now, cold, warm_s = 0.0, 0.0, 0, 0.0
    for gap in gaps:
        now += gap
        idle = now - free_at
        if idle > 0:
            cold += idle > keep_warm_s
            warm_s += min(idle, keep_warm_s)
        free_at = max(free_at, now) + busy_s
    return cold / count, warm_s / count


@pytest.mark.parametrize(
    ("rate_per_s", "busy_s", "keep_warm_s"),
    [(0.01, 20.0, 0.0), (0.01, 20.0, 60.0), (0.01, 20.0, 300.0), (0.05, 15.0, 30.0), (0.001, 5.0, 600.0)],
)
def test_share_and_warm_seconds_are_those_of_a_simulation(rate_per_s: float, busy_s: float, keep_warm_s: float) -> None:
    cold, warm_s = _simulated(rate_per_s, busy_s, keep_warm_s)
    busy = rate_per_s * busy_s
    assert cold_fraction(rate_per_s, busy_fraction=busy, keep_warm_s=keep_warm_s) == pytest.approx(cold, abs=0.005)
    found = warm_s_per_request(rate_per_s, busy_fraction=busy, keep_warm_s=keep_warm_s)
    assert found == pytest.approx(warm_s, rel=0.02, abs=0.01)


@given(st.floats(0, 1), st.floats(0, 2), st.floats(0, 3600))
def test_shares_lie_between_nothing_and_all_and_idle_never_exceeds_what_is_kept_warm(
    rate_per_s: float, busy: float, keep_warm_s: float
) -> None:
    assert 0 <= cold_fraction(rate_per_s, busy_fraction=busy, keep_warm_s=keep_warm_s) <= 1
    assert 0 <= warm_s_per_request(rate_per_s, busy_fraction=busy, keep_warm_s=keep_warm_s) <= keep_warm_s + 1e-6


def test_machine_that_is_never_idle_never_starts_and_one_without_requests_always_does() -> None:
    assert cold_fraction(0.1, busy_fraction=1.2, keep_warm_s=0) == 0
    assert cold_fraction(0.0, busy_fraction=0.0, keep_warm_s=3600) == 1
    assert warm_s_per_request(0.0, busy_fraction=0.0, keep_warm_s=60) == 60


def test_rate_is_that_of_the_mean_hour_and_takes_arrays() -> None:
    assert requests_per_s(requests_per_day=288, on_h_per_day=8) == pytest.approx(0.01)
    several = cold_fraction(np.array([0.0, 0.01]), busy_fraction=0.5, keep_warm_s=100)
    assert several == pytest.approx([0.5, 0.5 * math.exp(-1)])
