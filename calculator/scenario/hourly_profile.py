"""Hourly profile: how a week's requests are shared out over its 168 hours, hour 0 being Monday 0:00 to 1:00.

Where it is known it takes the place of peak factor x mean: the busiest hour, the quiet ones and what each overflows are
read from it.
"""

import math
from collections.abc import Sequence

from calculator.units import DAYS_PER_YEAR, plain_number

HOURS_PER_WEEK = 168
_HOURS_PER_DAY = 24
_DAYS_PER_WEEK = 7
_MOST_LEVELS = 12
_WEEKS_PER_YEAR_MOST = 53
_ROUNDING = 1e-9


def profile_problem(profile: Sequence[float], *, on_h_per_day: float, working_days_per_year: int) -> str:
    """What is wrong with a profile beside the hours on, in one sentence; empty where nothing is."""
    if not profile:
        return ""
    if len(profile) != HOURS_PER_WEEK:
        return (
            f"hourly_profile holds {len(profile)} numbers; it must hold {HOURS_PER_WEEK}, one per hour of the week from "
            "Monday 0:00. Give all of them, 0 for hours in which nobody asks."
        )
    if not any(profile):
        return "hourly_profile is 0 in every hour. Give the requests of each hour, or leave it out."
    days = profile_days(profile)
    asked_h = max(sum(hour > 0 for hour in day) for day in _days(profile))
    if asked_h > math.ceil(on_h_per_day - _ROUNDING):
        return (
            f"hourly_profile has requests in {asked_h} hours of a day, but on_h_per_day is "
            f"{plain_number(on_h_per_day)}. Set on_h_per_day to {asked_h} or more, or leave those requests out."
        )
    if working_days_per_year > days * _WEEKS_PER_YEAR_MOST:
        return (
            f"hourly_profile has requests on {days} days of the week, but working_days_per_year is "
            f"{working_days_per_year}. Set at most {min(days * _WEEKS_PER_YEAR_MOST, int(DAYS_PER_YEAR))}."
        )
    return ""


def profile_days(profile: Sequence[float]) -> int:
    """Days of the week on which something is asked."""
    return sum(any(day) for day in _days(profile))


def busiest_ratio(profile: Sequence[float], *, on_h_per_day: float) -> float:
    """Requests of the busiest hour over those of the mean hour on: days x hours on per day x its share of the week.

    A working day has the mean of the days on which something is asked, so the ratio may pass the hours on per day where
    one day is busier than the others.
    """
    return profile_days(profile) * on_h_per_day * max(profile) / math.fsum(profile)


def rates(profile: Sequence[float]) -> tuple[float, ...]:
    """Requests of each hour over those of the busiest one, hours without any left out."""
    most = max(profile)
    return tuple(hour / most for hour in profile if hour > 0)


def levels(profile: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """At most 12 kinds of hours, busiest first: share of the week's requests, and rate over that of the busiest hour.

    Hours whose rate lies in the same eleventh of the busiest one's are one kind, with their mean rate; the busiest stays
    alone among its equals.
    """
    kinds: dict[int, list[float]] = {}
    for rate in rates(profile):
        step = _MOST_LEVELS if rate == 1.0 else min(_MOST_LEVELS - 1, math.ceil(rate * (_MOST_LEVELS - 1)))
        kinds.setdefault(step, []).append(rate)
    whole = math.fsum(rates(profile))
    return tuple(
        (math.fsum(kinds[step]) / whole, math.fsum(kinds[step]) / len(kinds[step])) for step in sorted(kinds)[::-1]
    )


def _days(profile: Sequence[float]) -> list[Sequence[float]]:
    return [profile[day * _HOURS_PER_DAY : (day + 1) * _HOURS_PER_DAY] for day in range(_DAYS_PER_WEEK)]
