"""Windows of a flat-rate plan: which share of the demand falls into windows with so many requests.

A window opens with the first request and lasts its hours; the next one opens with the next request after it. All seats
ask alike, so that each has its share of a window's requests (people who differ reach their limits sooner).
"""

import math
from collections.abc import Sequence

from calculator.scenario.hourly_profile import HOURS_PER_WEEK, profile_days
from calculator.scenario.scenario import Scenario
from calculator.units import DAYS_PER_YEAR, H_PER_DAY

_ROUNDING = 1e-9


def seats_of(scenario: Scenario, *, least_count: int = 1) -> int:
    """Seats that are paid for: those given, else as many as ask at the same time; never fewer than the plan asks."""
    return max(scenario.seat_count or scenario.concurrent_request_count, least_count)


def seat_windows(scenario: Scenario, *, window_h: float) -> tuple[tuple[float, float], ...]:
    """Kinds of windows: the share of the demand in them, and the requests of one; empty where nothing is asked.

    By the hourly profile where there is one. Else a working day opens with its busiest hour, `busiest_hour_ratio` times
    the mean hour, and the other hours on share the rest evenly. A window of a day or more holds the mean requests of
    its days: per working day x working days / 365. Shares sum to 1.
    """
    asked = scenario.requests_per_working_day
    if not asked:
        return ()
    if window_h >= H_PER_DAY:
        return ((1.0, asked * scenario.working_days_per_year / DAYS_PER_YEAR * window_h / H_PER_DAY),)
    if scenario.hourly_profile:
        profile, days = scenario.hourly_profile, profile_days(scenario.hourly_profile)
        windows = _windows(profile, hours=_ones(HOURS_PER_WEEK), window_h=window_h)
        per = asked * days / math.fsum(profile)
    else:
        weights, hours = _day(scenario)
        windows = _windows(weights, hours=hours, window_h=window_h)
        per = asked / math.fsum(weights)
    kinds: dict[float, float] = {}
    for weight in windows:
        requests = float(f"{weight * per:.12g}")  # windows that differ in their last digits are one kind
        kinds[requests] = kinds.get(requests, 0.0) + weight
    whole = math.fsum(windows)
    return tuple((weight / whole, requests) for requests, weight in sorted(kinds.items(), reverse=True))


def _day(scenario: Scenario) -> tuple[list[float], list[float]]:
    """Requests of each stretch of a working day as weights, and its hours; the busiest hour first."""
    on_h, ratio = scenario.on_h_per_day, scenario.busiest_hour_ratio()
    if on_h <= 1:
        return [1.0], [on_h]
    whole = math.floor(on_h)
    quiet = (on_h - ratio) / (on_h - 1)
    weights, hours = [ratio, *[quiet] * (whole - 1)], _ones(whole)
    if on_h - whole > _ROUNDING:
        weights.append(quiet * (on_h - whole))
        hours.append(on_h - whole)
    return weights, hours


def _windows(weights: Sequence[float], *, hours: Sequence[float], window_h: float) -> list[float]:
    """Weights of the windows: each opens with the first stretch that has requests and takes those that begin in it.

    A stretch that ends after the window is shared out by its hours.
    """
    found: list[float] = []
    left_h = 0.0
    for weight, stretch_h in zip(weights, hours, strict=True):
        rest_h = stretch_h
        while rest_h > _ROUNDING:
            if left_h <= _ROUNDING:
                if weight <= 0:
                    break
                found.append(0.0)
                left_h = window_h
            taken_h = min(rest_h, left_h)
            found[-1] += weight * taken_h / stretch_h
            rest_h -= taken_h
            left_h -= taken_h
    return [weight for weight in found if weight > 0]


def _ones(count: int) -> list[float]:
    return [1.0] * count
