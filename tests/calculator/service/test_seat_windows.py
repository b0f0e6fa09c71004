"""Windows of a flat-rate plan against a count of single requests, and by hand."""

import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from calculator import Scenario
from calculator.service.seat_windows import seat_windows, seats_of


def _scenario(**values: Any) -> Scenario:
    return Scenario.parse({"requests_per_working_day": 100, "on_h_per_day": 10, "peak_factor_ratio": 2, **values})


def test_day_of_ten_hours_has_two_windows_of_five() -> None:
    # 100 requests: 20 in the busiest hour, 80 / 9 in each other one
    (first, one), (second, two) = seat_windows(_scenario(), window_h=5)
    assert (one, two) == pytest.approx((20 + 4 * 80 / 9, 5 * 80 / 9))
    assert (first, second) == pytest.approx((one / 100, two / 100))


def test_hours_that_no_whole_window_fills_are_a_window_of_their_own() -> None:
    windows = seat_windows(_scenario(peak_factor_ratio=1, on_h_per_day=7.5), window_h=3)
    assert [requests for _, requests in windows] == pytest.approx([40, 20])
    assert [share for share, _ in windows] == pytest.approx([0.8, 0.2])


def test_window_of_a_month_holds_its_mean_requests() -> None:
    ((share, requests),) = seat_windows(_scenario(working_days_per_year=252), window_h=730)
    assert (share, requests) == pytest.approx((1.0, 100 * 252 / 12))


def test_nothing_asked_opens_no_window() -> None:
    assert seat_windows(_scenario(requests_per_working_day=0), window_h=5) == ()


def test_window_opens_with_a_request_by_the_profile() -> None:
    profile = [0.0] * 168
    profile[9], profile[12], profile[14], profile[40] = 3.0, 1.0, 2.0, 4.0  # Monday 9, 12 and 14; Tuesday 16
    scenario = _scenario(hourly_profile=profile, working_days_per_year=104, on_h_per_day=10)
    windows = seat_windows(scenario, window_h=5)  # 9 to 14 holds 4, 14 holds 2, Tuesday 4: 200 a week
    assert [value for window in sorted(windows) for value in window] == pytest.approx([0.2, 40.0, 0.8, 80.0])


@settings(max_examples=100, deadline=None)
@example(hours=2.00001, peak=1.0, window=1.0)
@given(hours=st.floats(0.5, 24), peak=st.floats(1, 24), window=st.floats(0.5, 23))
def test_shares_sum_to_one_and_windows_to_the_day(hours: float, peak: float, window: float) -> None:
    windows = seat_windows(_scenario(on_h_per_day=hours, peak_factor_ratio=peak), window_h=window)
    assert math.fsum(share for share, _ in windows) == pytest.approx(1)
    counted = math.fsum(share * 100 / requests for share, requests in windows)  # windows of the day
    assert counted == pytest.approx(round(counted), abs=1e-6)
    assert math.ceil(hours / window - 1e-6) >= round(counted) - 1
    assert max(requests for _, requests in windows) <= 100 * (1 + 1e-9)


def test_seats_are_those_given_or_the_people_at_once_and_never_below_the_least() -> None:
    assert seats_of(_scenario(concurrent_request_count=3)) == 3
    assert seats_of(_scenario(seat_count=8, concurrent_request_count=3)) == 8
    assert seats_of(_scenario(seat_count=1), least_count=2) == 2
