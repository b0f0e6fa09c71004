"""Hourly profile: ratios, levels, and the same answers as the peak factor where it says the same."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.errors import ScenarioError
from calculator.scenario.hourly_profile import busiest_ratio, levels, profile_days, profile_problem, rates
from calculator.scenario.scenario import Scenario
from calculator.service.week import hour_weights, on_fractions

OFFICE = tuple(1.0 if hour // 24 < 5 and 8 <= hour % 24 < 18 else 0.0 for hour in range(168))
profiles = st.lists(st.integers(0, 1000), min_size=168, max_size=168).filter(any)


def test_busiest_ratio_of_even_hours_is_one() -> None:
    assert busiest_ratio(OFFICE, on_h_per_day=10) == pytest.approx(1.0)
    assert profile_days(OFFICE) == 5


def test_busiest_ratio_equals_the_peak_factor_that_made_the_profile() -> None:
    on = on_fractions(first_hour=8, on_h_per_day=10, working_days_per_week=5)
    weights = tuple(hour_weights(on, peak_hour_of_day=11, peak_factor_ratio=2.5).tolist())
    assert Scenario(hourly_profile=weights).busiest_hour_ratio() == pytest.approx(2.5)
    assert Scenario(peak_factor_ratio=2.5).busiest_hour_ratio() == 2.5


@given(profiles)
def test_levels_share_out_the_week_and_the_busiest_hour_is_first(profile: list[int]) -> None:
    found = levels(profile)
    assert len(found) <= 12
    assert math.fsum(share for share, _ in found) == pytest.approx(1.0)
    found_rates = [rate for _, rate in found]
    assert max(found_rates) == 1.0
    assert found_rates == sorted(found_rates, reverse=True)
    assert sum(share / rate for share, rate in found) == pytest.approx(len(rates(profile)) / sum(rates(profile)))


@given(profiles)
def test_busiest_ratio_is_at_least_one_where_the_machine_is_on_for_all_hours_asked(profile: list[int]) -> None:
    on_h = max(sum(1 for hour in range(24) if profile[day * 24 + hour]) for day in range(7))
    assert busiest_ratio(profile, on_h_per_day=on_h) >= 1 - 1e-12
    assert not profile_problem(profile, on_h_per_day=on_h, working_days_per_year=1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"hourly_profile": (1.0,)}, "must hold 168"),
        ({"hourly_profile": (0.0,) * 168}, "0 in every hour"),
        ({"hourly_profile": OFFICE, "on_h_per_day": 9}, "10 hours of a day"),
        ({"hourly_profile": OFFICE, "working_days_per_year": 300}, "5 days of the week"),
        ({"hourly_profile": (-1.0, *OFFICE[1:])}, "hourly_profile"),
        ({"hourly_profile": OFFICE, "ranges": {"on_h_per_day": (8, 10, 12)}}, "no range beside hourly_profile"),
    ],
)
def test_profile_that_contradicts_the_scenario_is_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        Scenario.parse(change)


def test_scenario_without_a_profile_keeps_its_id_and_one_with_it_has_another() -> None:
    unset, office = Scenario(typed=(), hourly_profile=()), Scenario(typed=(), hourly_profile=OFFICE)
    assert unset.id() == Scenario().id() != office.id()
