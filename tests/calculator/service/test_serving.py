"""Serving: how many machines keep the promise, how they work, what each takes, against plain loops over `latency`."""

import math
from typing import Any

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.catalog.options import CloudOffer, Machine
from calculator.service.capability import capability_of, scenario_model
from calculator.service.latency import latency
from calculator.service.peak_hour import week_of, work_of
from calculator.service.serving import Serving, promise_of, serving_of
from calculator.service.usage import WhenFull
from calculator.service.week import hour_weights, on_fractions

CATALOG = load_catalog()
MAC = "mac-studio-m5-ultra-256"


def serving(option: str = MAC, when_full: WhenFull = "buy-another", **values: Any) -> Serving:
    scenario = Scenario().changed(**values)
    box = CATALOG.option(option)
    assert isinstance(box, Machine | CloudOffer)
    found = capability_of(box, scenario=scenario, model=scenario_model(scenario, CATALOG), catalog=CATALOG)
    return serving_of(found, scenario=scenario, when_full=when_full)


def fewest_by_hand(option: str, target_s: float, **values: Any) -> int:
    """One machine more until the p95 of the first token at its share of the peak is within the target."""
    scenario = Scenario().changed(**values)
    box = CATALOG.option(option)
    assert isinstance(box, Machine | CloudOffer)
    found = capability_of(box, scenario=scenario, model=scenario_model(scenario, CATALOG), catalog=CATALOG)
    work = work_of(found, scenario=scenario)
    peak = scenario.requests_per_working_day / scenario.on_h_per_day / 3600 * scenario.busiest_hour_ratio()
    for count in range(1, 200):
        felt = latency(
            work, requests_per_s=peak / count, answer_variation_ratio=scenario.answer_variation_ratio
        ).time_to_first_token_p95_s
        if felt <= target_s:
            return count
    raise AssertionError("no number of machines keeps the target")


@pytest.mark.parametrize("requests", [50, 200, 700, 2_000])
@pytest.mark.parametrize("option", [MAC, "dual-rtx-4090-am5", "cloud-h100"])
def test_machines_are_the_fewest_that_keep_the_first_token(option: str, requests: int) -> None:
    found = serving(option, requests_per_working_day=requests)
    assert found.fleet.machine_count == fewest_by_hand(option, 30.0, requests_per_working_day=requests)
    assert found.first_token_p95_s.central <= 30.0


def test_number_that_was_set_is_final_and_what_it_needs_is_still_said() -> None:
    found = serving(requests_per_working_day=2_000, machine_count=2)
    assert found.fleet.machine_count == 2
    assert found.usage.is_count_final
    assert found.fleet.needed_count is not None
    assert found.fleet.needed_count > 2
    own = serving(requests_per_working_day=2_000, machine_count=2, machine_counts={MAC: 3})
    assert own.fleet.machine_count == 3


def test_hours_of_all_machines_are_those_of_the_whole_demand() -> None:
    one, three = (serving(machine_count=count) for count in (1, 3))
    assert three.usage.prefill_h_per_month * 3 == pytest.approx(one.usage.prefill_h_per_month, rel=1e-9)
    assert three.usage.capacity_ratio == pytest.approx(one.usage.capacity_ratio)


def test_rest_that_is_bought_leaves_one_machine_and_two_levels_of_the_day() -> None:
    found = serving(when_full="buy-from-api", requests_per_working_day=2_000)
    assert found.fleet.machine_count == 1
    usage = found.usage
    assert usage.capacity_ratio is not None
    assert usage.quiet_capacity_ratio is not None
    # the busiest hour has 2 of 10 mean hours, each of the other nine 8/9 of one: 2 / (8/9) = 2.25 times the room
    assert usage.peak_fraction == pytest.approx(0.2)
    assert usage.quiet_capacity_ratio / usage.capacity_ratio == pytest.approx(2.25)
    batch = serving(when_full="buy-from-api", requests_per_working_day=2_000, first_token_p95_target_s=0)
    assert batch.usage.quiet_capacity_ratio is None  # nobody waits: work fills the day


def test_rented_machines_of_the_busiest_hour_are_not_paid_all_day() -> None:
    found = serving("cloud-h100", requests_per_working_day=20_000)
    count = found.fleet.machine_count
    assert count is not None
    assert count > 1
    exact = 1 / found.fleet.capacity_ratio
    quiet = math.ceil(exact / 2.25 - 1e-9)
    assert found.usage.rented_h_ratio == pytest.approx((count + 9 * quiet) / (10 * count))


def test_machine_that_one_has_is_the_first_and_others_are_bought() -> None:
    found = serving(requests_per_working_day=2_000, already_own_usd={MAC: 5_000})
    assert found.usage.machine_count == 1
    assert found.fleet.machine_count is not None
    assert found.fleet.machine_count > 1


def test_promise_of_nothing_asks_nothing() -> None:
    free = Scenario(first_token_p95_target_s=0)
    assert promise_of(free).first_token_p95_s is None
    assert promise_of(Scenario()).first_token_p95_s == 30.0


def test_days_on_without_demand_idle_and_do_not_serve() -> None:
    found, always = serving(), serving(on_days_per_year=365)
    assert always.usage.on_h_per_month == pytest.approx(365 * 10 / 12)
    assert always.usage.working_h_per_month == found.usage.working_h_per_month
    assert always.usage.prefill_h_per_month == found.usage.prefill_h_per_month


def _weekly(peak_factor_ratio: float) -> tuple[float, ...]:
    """Monday to Friday, 8 to 18, with one busiest hour a day."""
    on = on_fractions(first_hour=8, on_h_per_day=10, working_days_per_week=5)
    return tuple(hour_weights(on, peak_hour_of_day=11, peak_factor_ratio=peak_factor_ratio).tolist())


@pytest.mark.parametrize("option", [MAC, "cloud-h100"])
@pytest.mark.parametrize("when_full", ["buy-another", "buy-from-api"])
def test_profile_of_one_peak_a_day_serves_as_the_peak_factor_does(option: str, when_full: WhenFull) -> None:
    """The same rate at the busiest hour, so the same machines, waits and capacity, in the quiet hours too."""
    demand: dict[str, Any] = {"requests_per_working_day": 3000, "peak_factor_ratio": 2.5}
    its = serving(option, when_full, **demand)
    mine = serving(option, when_full, **demand, hourly_profile=_weekly(2.5))
    assert mine.fleet.machine_count == its.fleet.machine_count
    assert mine.first_token_p95_s.central == pytest.approx(its.first_token_p95_s.central)
    assert mine.usage.capacity_ratio == pytest.approx(its.usage.capacity_ratio)
    assert mine.usage.rented_h_ratio == pytest.approx(its.usage.rented_h_ratio)
    if when_full == "buy-from-api":
        (busiest, most), (rest, quiet) = mine.usage.hour_levels
        assert busiest == pytest.approx(its.usage.peak_fraction)
        assert (most, quiet) == pytest.approx((its.usage.capacity_ratio, its.usage.quiet_capacity_ratio))
        assert busiest + rest == pytest.approx(1)


def test_profile_makes_busy_hours_those_of_its_week() -> None:
    profile = _weekly(4.0)
    found = serving(machine_count=1, hourly_profile=profile, working_days_per_year=260, requests_per_working_day=100)
    scenario = Scenario(hourly_profile=profile, working_days_per_year=260, requests_per_working_day=100)
    box = CATALOG.option(MAC)
    assert isinstance(box, Machine)
    able = capability_of(box, scenario=scenario, model=scenario_model(scenario, CATALOG), catalog=CATALOG)
    hours = week_of(able, scenario=scenario)
    weeks = 260 / 12 / 5
    assert found.usage.prefill_h_per_month == pytest.approx(float(hours.prefill_h.sum()) * weeks)
    assert found.usage.decode_h_per_month == pytest.approx(float(hours.decode_h.sum()) * weeks)
    assert hours.peak_hour % 24 == 11


def test_busier_monday_needs_more_than_the_mean_day() -> None:
    """Half of the week's work on Monday at 9: that hour holds more than a mean day, which no peak factor says."""
    profile = tuple(50.0 if hour == 9 else float(9 <= hour % 24 < 17 and hour < 120) for hour in range(168))
    demand: dict[str, Any] = {"on_h_per_day": 8, "requests_per_working_day": 400}
    assert Scenario(**demand, hourly_profile=profile).busiest_hour_ratio() > 8
    its = serving(**demand).fleet.needed_count
    mine = serving(**demand, hourly_profile=profile).fleet.needed_count
    assert mine is not None
    assert its is not None
    assert mine > its


def test_profile_buys_what_each_of_its_hours_overflows() -> None:
    """Hours of four kinds on one machine that is too small: the bought share is summed hour by hour."""
    kinds = (8.0, 4.0, 2.0, 1.0)
    profile = tuple(kinds[hour % 4] if hour < 120 and 8 <= hour % 24 < 16 else 0.0 for hour in range(168))
    scenario = Scenario(
        options=(MAC,),
        on_h_per_day=8,
        hourly_profile=profile,
        requests_per_working_day=3000,
        when_full="buy-from-api",
        machine_count=1,
        availability_fraction=1,
        demand_growth_rate=0,
    )
    row = compare(scenario, CATALOG)[MAC]
    takes = serving(
        when_full="buy-from-api", **scenario.model_dump(exclude={"typed", "when_full"})
    ).usage.capacity_ratio
    assert takes is not None
    assert 0 < takes < 1
    bought = sum(hour * max(0.0, 1 - takes / (hour / 8.0)) for hour in profile if hour) / sum(profile)
    assert row.eligibility.shares is not None
    assert row.eligibility.shares.bought_fraction == pytest.approx(bought, rel=1e-6)
