"""How an option serves the demand: how many machines, their working month, and what people feel at the busiest hour."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from calculator.catalog.options import CloudOffer
from calculator.number import Number, Range
from calculator.scenario.hourly_profile import levels, profile_days, rates
from calculator.scenario.scenario import Scenario
from calculator.service.capability import Capability
from calculator.service.latency import Latency, Targets, peak_requests_per_s
from calculator.service.occupancy import Service, Work, on_h_per_month, requests_per_month, service
from calculator.service.peak_hour import targets_of, work_of
from calculator.service.sizing import MOST_MACHINES, Fleet, Promise, felt_at, fleet_of
from calculator.service.usage import QuietHours, Usage, WhenFull
from calculator.service.week import week
from calculator.units import MONTHS_PER_YEAR


@dataclass(frozen=True, slots=True)
class Serving:
    """One option's machines under one rule for what they cannot take.

    `needed_at_the_end` is the number that growth needs in the last month, `taken_requests_per_s` the busiest hour's
    demand that the machines take. Waits are p95 at the busiest hour of month 1; low is at the fast end of the speeds'
    ranges, high at the slow end, infinite where a queue grows there.
    """

    when_full: WhenFull
    fleet: Fleet
    needed_at_the_end: int | None
    taken_requests_per_s: float
    service: Service
    usage: Usage
    first_token_p95_s: Range
    answer_p95_s: Range
    stream_tokens_per_s: Range


def promise_of(scenario: Scenario) -> Promise:
    """What the scenario asks the service to keep; 0 there is no target."""
    return Promise(
        first_token_p95_s=scenario.first_token_p95_target_s or None,
        answer_p95_s=scenario.answer_p95_target_s or None,
        stream_tokens_per_s=scenario.stream_target_tokens_per_s or None,
        unserved_fraction_max=scenario.unserved_fraction_max,
        leaves_house_fraction_max=scenario.leaves_house_fraction_max,
    )


def serving_of(found: Capability, *, scenario: Scenario, when_full: WhenFull) -> Serving:
    """The fewest machines that keep the promise, or the number asked for, and how they work.

    Raises ScenarioError for an option that does not fit (it has no work).
    """
    option, targets = found.option, targets_of(scenario)
    work = work_of(found, scenario=scenario)
    peak = _peak_requests_per_s(scenario)
    fleet = fleet_of(
        work,
        peak_requests_per_s=peak,
        answer_variation_ratio=scenario.answer_variation_ratio,
        targets=targets,
        asked_count=scenario.machine_count_of(option.id),
        rest_is_bought=when_full == "buy-from-api",
    )
    count = min(fleet.machine_count or _keeping_up(work, peak), MOST_MACHINES)
    fleet = replace(fleet, machine_count=fleet.machine_count if fleet.needed_count is not None else count)
    usage, month = _usage(found, work, fleet, scenario=scenario, count=count, when_full=when_full)
    most = fleet.throughput.requests_per_s
    share = min(peak / count, most) if when_full == "buy-from-api" and most > 0 else peak / count
    felt = [_felt(work_of(found, scenario=scenario, at=end), share, scenario) for end in ("high", "central", "low")]
    return Serving(
        when_full=when_full,
        fleet=fleet,
        needed_at_the_end=_needed_at_the_end(fleet, scenario),
        taken_requests_per_s=share * count,
        service=month,
        usage=usage,
        first_token_p95_s=_range([one.time_to_first_token_p95_s for one in felt], "s"),
        answer_p95_s=_range([one.answer_p95_s for one in felt], "s"),
        stream_tokens_per_s=_range([one.stream_tokens_per_s for one in reversed(felt)], "token/s"),
    )


def _usage(
    found: Capability, work: Work, fleet: Fleet, *, scenario: Scenario, count: int, when_full: WhenFull
) -> tuple[Usage, Service]:
    """Hours, capacity and watts per machine, as the cost takes them, and the month of all machines."""
    option, days = found.option, scenario.working_days_per_year
    on_days = scenario.on_days_per_year or days
    working_h = float(on_h_per_month(on_h_per_day=scenario.on_h_per_day, working_days_per_year=days))
    month = service(
        work,
        requests_per_month=requests_per_month(
            requests_per_working_day=scenario.requests_per_working_day, working_days_per_year=days
        ),
        on_h=working_h,
        machine_count=count,
    )
    if scenario.hourly_profile and targets_of(scenario) != Targets():
        month = _by_the_hour(month, work, scenario=scenario, count=count)
    capacity, quiet, peak_fraction = _capacity(fleet, month, scenario=scenario, count=count, when_full=when_full)
    is_there = option.id in scenario.already_own_usd or option.id in scenario.shared_with_other_work
    starts_with = 1 if is_there and scenario.machine_count_of(option.id) is None else count
    usage = Usage(
        prefill_h_per_month=float(month.prefill_h) / starts_with,
        decode_h_per_month=float(month.decode_h) / starts_with,
        on_h_per_month=float(on_h_per_month(on_h_per_day=scenario.on_h_per_day, working_days_per_year=on_days)),
        working_h_per_month=working_h,
        served_fraction=float(month.served_fraction),
        capacity_ratio=capacity,
        quiet_capacity_ratio=quiet,
        peak_fraction=peak_fraction,
        hour_levels=_hour_levels(fleet, scenario=scenario, when_full=when_full),
        machine_count=starts_with,
        is_count_final=scenario.machine_count_of(option.id) is not None and scenario.rules != 1,
        when_full=when_full,
    )
    if isinstance(option, CloudOffer):
        return replace(usage, quiet=_quiet_hours(fleet, scenario, count=count)), month
    power = option.power
    return replace(
        usage,
        prefill_w=power.prefill_w.central,
        decode_w=power.decode_w.central,
        idle_w=power.idle_w.central,
        sleep_w=power.sleep_w.central if power.sleep_w else 0.0,
    ), month


def _capacity(
    fleet: Fleet, month: Service, *, scenario: Scenario, count: int, when_full: WhenFull
) -> tuple[float, float | None, float]:
    """Demand that one machine takes as a multiple of month 1's: over the day or at its busiest hour, outside it, and
    the busiest hour's share of the day.

    What is bought elsewhere is bought hour by hour where people wait; work that nobody waits for fills the day's quiet
    hours.
    """
    load = float(month.load_fraction) * count
    over_the_day = 1 / load if load else math.inf
    nobody_waits = targets_of(scenario) == Targets()
    if scenario.rules == 1 or (when_full == "buy-from-api" and nobody_waits):
        return over_the_day, None, 1.0
    ratio, hours = scenario.busiest_hour_ratio(), scenario.on_h_per_day
    busiest = fleet.capacity_ratio or over_the_day / ratio
    if when_full == "buy-another" or hours <= ratio or scenario.hourly_profile:
        return busiest, None, 1.0
    return busiest, busiest * ratio * (hours - 1) / (hours - ratio), ratio / hours


def _quiet_hours(fleet: Fleet, scenario: Scenario, *, count: int) -> QuietHours | None:
    """What the hours outside the busiest one need of rented machines; None where the day has no quieter hour."""
    ratio, hours = scenario.busiest_hour_ratio(), scenario.on_h_per_day
    if scenario.hourly_profile and fleet.capacity_ratio and scenario.rules != 1:
        return _quiet_by_the_hour(fleet, scenario, count=count)
    if not fleet.capacity_ratio or hours <= ratio or scenario.rules == 1:
        return None
    demand_ratio = (hours - ratio) / (ratio * (hours - 1))
    needed = max(1, math.ceil(demand_ratio / fleet.capacity_ratio - _ROUNDING))
    return QuietHours(min(needed, count), demand_ratio, 1 - 1 / hours)


def _quiet_by_the_hour(fleet: Fleet, scenario: Scenario, *, count: int) -> QuietHours | None:
    """The same by the hourly profile: the means of what the quieter hours on need and are asked."""
    profile, hours = scenario.hourly_profile, scenario.on_h_per_day * profile_days(scenario.hourly_profile)
    quieter = [rate for rate in rates(profile) if rate < 1.0]
    busiest_h = len(rates(profile)) - len(quieter)
    quiet_h = hours - busiest_h
    if quiet_h <= 0 or not quieter:
        return None
    machines = sum(min(count, max(1, math.ceil(rate / fleet.capacity_ratio - _ROUNDING))) for rate in quieter)
    unasked_h = max(0.0, quiet_h - len(quieter))
    return QuietHours((machines + unasked_h) / quiet_h, max(math.fsum(quieter) / quiet_h, _ROUNDING), quiet_h / hours)


def _hour_levels(fleet: Fleet, *, scenario: Scenario, when_full: WhenFull) -> tuple[tuple[float, float], ...]:
    """Shares of the demand with what one machine takes of it, by the hourly profile: where the rest is bought hour by
    hour."""
    nobody_waits = targets_of(scenario) == Targets()
    if not scenario.hourly_profile or scenario.rules == 1 or when_full == "buy-another" or nobody_waits:
        return ()
    return tuple((share, fleet.capacity_ratio / rate) for share, rate in levels(scenario.hourly_profile))


def _by_the_hour(month: Service, work: Work, *, scenario: Scenario, count: int) -> Service:
    """The month with busy hours and served share summed over the hours of its weeks, each a steady state of its own."""
    profile = scenario.hourly_profile
    days = profile_days(profile)
    asked = week(
        work,
        requests_per_week=scenario.requests_per_working_day * days,
        weights=profile,
        on=[1.0 if hour > 0 else 0.0 for hour in profile],
        machine_count=count,
    )
    weeks = scenario.working_days_per_year / MONTHS_PER_YEAR / days
    prefill_h, decode_h = float(asked.prefill_h.sum()) * weeks, float(asked.decode_h.sum()) * weeks
    return replace(
        month,
        prefill_h=prefill_h,
        decode_h=decode_h,
        served_fraction=asked.served_fraction,
        utilisation_fraction=(prefill_h + decode_h) / month.on_h,
    )


def _needed_at_the_end(fleet: Fleet, scenario: Scenario) -> int | None:
    if fleet.needed_count is None:
        return None
    growth = (1 + scenario.demand_growth_rate) ** ((scenario.months - 1) / MONTHS_PER_YEAR)
    if not fleet.capacity_ratio or math.isinf(fleet.capacity_ratio):
        return fleet.needed_count
    return max(1, math.ceil(max(1.0, growth) / fleet.capacity_ratio - _ROUNDING))


def _peak_requests_per_s(scenario: Scenario) -> float:
    return float(
        peak_requests_per_s(
            requests_per_day=scenario.requests_per_working_day,
            on_h_per_day=scenario.on_h_per_day,
            peak_factor_ratio=scenario.busiest_hour_ratio(),
        )
    )


def _keeping_up(work: Work, peak: float) -> int:
    """Machines whose queue does not grow, whatever the waits: for what is costed though it keeps no promise."""
    return max(1, math.ceil(peak * float(work.full_s) + _ROUNDING))


def _felt(work: Work, requests_per_s: float, scenario: Scenario) -> Latency:
    return felt_at(work, requests_per_s=requests_per_s, answer_variation_ratio=scenario.answer_variation_ratio)


def _range(values: Sequence[Number], unit: str) -> Range:
    low, central, high = (float(value) for value in values)
    return Range(low, central, high, unit)


_ROUNDING = 1e-9
