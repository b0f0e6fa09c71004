"""Peak hour: what people feel then, how many such machines would keep the promise, and which hours overflow.

The service model (occupancy.py, latency.py, week.py) put to one option's Capability and the scenario's demand. Not
part of `compare`: it is computed where it is shown. Nothing here is infinite or NaN: what grows without end is None,
with a Remark. Equations, range and measured errors: docs/model/service.md.
"""

import math
from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike

from calculator.errors import ScenarioError
from calculator.evidence import Remark
from calculator.number import Number
from calculator.physics.speed.speed import Speed
from calculator.scenario.hourly_profile import profile_days
from calculator.scenario.scenario import Scenario
from calculator.service.capability import Capability, overloaded_at_peak
from calculator.service.latency import Latency, Targets, latency, machines_needed, peak_requests_per_s
from calculator.service.occupancy import Work, request_work
from calculator.service.week import Week, hour_weights, on_fractions, week
from calculator.units import DAYS_PER_YEAR, S_PER_H, plain_number

End = Literal["low", "central", "high"]
"""Which end of the speeds' ranges: decode, batch decode and prefill all at their low end, central value or high end."""

_MACHINE_COUNT_MOST = 1_000_000  # where the search for enough machines gives up: the largest demand a scenario can hold
_STEADY_LOAD = 0.9  # above it an hour is too short for the steady state (docs/model/service.md, percentiles)
_OPENS_AT_HOUR = 8  # what the first hour on is called; no figure but the hours' names depends on it
_HOURS_PER_DAY = 24
_DAYS_PER_WEEK = 7


@dataclass(frozen=True, slots=True)
class PeakHour:
    """One option at the busiest hour of its day: one machine, and how many would keep the targets.

    `requests_per_h` is the demand of that hour, `load_fraction` what it asks over what one machine can do at full
    batch. `wait_fraction` of the requests wait before their own prefill begins. Times are seconds over all requests;
    None where the machine is overloaded, as the queue then grows for as long as the hour lasts: by `backlog_s_per_h`
    per hour. `stream_tokens_per_s`: how fast one person sees an answer grow. `targets_met`: whether one machine keeps
    all targets (without targets: its load is below 1). `machine_count` is the fewest equal machines that do, each
    taking its share of the requests at random (an upper bound; it is not what the costs are computed for); None where
    no number does.
    """

    requests_per_h: float
    load_fraction: float
    wait_fraction: float
    time_to_first_token_median_s: float | None
    time_to_first_token_p95_s: float | None
    answer_median_s: float | None
    answer_p95_s: float | None
    stream_tokens_per_s: float
    backlog_s_per_h: float
    targets_met: bool
    machine_count: int | None
    machine_reason: str
    remarks: tuple[Remark, ...]


def peak_hour(found: Capability, *, scenario: Scenario, at: End = "central") -> PeakHour:
    """What one machine does at the busiest hour, and how many would keep the scenario's targets.

        rate = peak factor x requests per day / (hours on x 3600);   peak factor at most the hours on per day

    Waits and percentiles as in `latency.latency`: requests at random and independent within the hour, prompts of one
    length. `at` takes the low or the high end of the speeds' ranges, all at once, which is wider than 80 %. Median and
    worst error against a simulation: p95 of the first token 2 to 3 and 22 %, of the answer 2 to 3 and 22 %.
    Raises ScenarioError for an option without speeds (it does not fit).
    """
    work = work_of(found, scenario=scenario, at=at)
    ratio = scenario.busiest_hour_ratio()
    rate = peak_requests_per_s(
        requests_per_day=scenario.requests_per_working_day, on_h_per_day=scenario.on_h_per_day, peak_factor_ratio=ratio
    )
    felt = latency(work, requests_per_s=rate, answer_variation_ratio=scenario.answer_variation_ratio)
    count, reason = _machines(work, scenario=scenario, requests_per_s=float(rate))
    return PeakHour(
        requests_per_h=float(rate) * S_PER_H,
        load_fraction=float(felt.load_fraction),
        wait_fraction=float(felt.wait_fraction),
        time_to_first_token_median_s=_finite(felt.time_to_first_token_median_s),
        time_to_first_token_p95_s=_finite(felt.time_to_first_token_p95_s),
        answer_median_s=_finite(felt.answer_median_s),
        answer_p95_s=_finite(felt.answer_p95_s),
        stream_tokens_per_s=float(felt.stream_tokens_per_s),
        backlog_s_per_h=float(felt.backlog_s_per_h),
        targets_met=count == 1,
        machine_count=count,
        machine_reason=reason,
        remarks=_remarks(found, scenario=scenario, felt=felt, count=count, reason=reason),
    )


def week_of(found: Capability, *, scenario: Scenario, profile: ArrayLike | None = None) -> Week:
    """Busy hours and overflow of one machine for each hour of the week (arrays [168], hour 0 is Monday 0:00).

    `profile`: 168 weights that share out the week's requests; the scenario's own unless given, with the machine on in
    the hours in which something is asked. Where there is none, every working day has one busiest hour
    with the scenario's peak factor and the other hours share the rest evenly; the day is said to open at 8 (earlier
    where the hours on would pass midnight), which names the hours and changes no figure. Days per week: working days
    x 7/365, rounded. Raises ScenarioError for an option that does not fit, and for a profile that is not 168 numbers
    of at least 0.
    """
    work = work_of(found, scenario=scenario)
    if profile is None and scenario.hourly_profile:
        profile = scenario.hourly_profile
        return week(
            work,
            requests_per_week=scenario.requests_per_working_day * profile_days(profile),
            weights=profile,
            on=[1.0 if hour > 0 else 0.0 for hour in profile],
        )
    days = min(max(round(scenario.working_days_per_year * _DAYS_PER_WEEK / DAYS_PER_YEAR), 1), _DAYS_PER_WEEK)
    first_hour = min(_OPENS_AT_HOUR, math.floor(_HOURS_PER_DAY - scenario.on_h_per_day))
    on = on_fractions(first_hour=first_hour, on_h_per_day=scenario.on_h_per_day, working_days_per_week=days)
    weights = profile
    if weights is None:
        whole_hours = math.floor(scenario.on_h_per_day)
        weights = (
            on
            if whole_hours == 0
            else hour_weights(
                on, peak_hour_of_day=first_hour + whole_hours // 3, peak_factor_ratio=scenario.busiest_hour_ratio()
            )
        )
    return week(work, requests_per_week=scenario.requests_per_working_day * days, weights=weights, on=on)


def targets_of(scenario: Scenario) -> Targets:
    """The scenario's targets for the peak hour; 0 there is no target."""
    return Targets(
        time_to_first_token_p95_s=scenario.first_token_p95_target_s or None,
        answer_p95_s=scenario.answer_p95_target_s or None,
        stream_tokens_per_s=scenario.stream_target_tokens_per_s or None,
    )


def work_of(found: Capability, *, scenario: Scenario, at: End = "central") -> Work:
    """Seconds that one request asks of the option's machine. Raises ScenarioError where it does not fit."""
    prediction, batch = found.prediction, found.batch_decode
    if prediction is None or prediction.decode is None or prediction.prefill is None or batch is None:
        raise ScenarioError(
            f"{scenario.model} does not fit on {found.option.name}, so it has no busiest hour. Choose another option."
        )
    decode_tokens_per_s = _end(prediction.decode, at)
    return request_work(
        input_tokens=scenario.input_tokens(),
        cached_fraction=scenario.cached_prompt_fraction * found.kept_fraction,
        answer_tokens=scenario.answer_tokens,
        prefill_tokens_per_s=_end(prediction.prefill, at),
        decode_tokens_per_s=decode_tokens_per_s,
        batch_decode_tokens_per_s=max(_end(batch, at), decode_tokens_per_s),
        concurrent_count=found.concurrent_count,
    )


def _machines(work: Work, *, scenario: Scenario, requests_per_s: float) -> tuple[int | None, str]:
    try:
        sizing = machines_needed(
            work,
            requests_per_s=requests_per_s,
            answer_variation_ratio=scenario.answer_variation_ratio,
            targets=targets_of(scenario),
            machine_count_most=_MACHINE_COUNT_MOST,
        )
    except ScenarioError as refused:  # a target that an idle machine meets only just: no number of machines keeps it
        return None, str(refused)
    return sizing.machine_count, sizing.reason


def _remarks(
    found: Capability, *, scenario: Scenario, felt: Latency, count: int | None, reason: str
) -> tuple[Remark, ...]:
    name = found.option.name
    remarks: list[Remark] = []
    overloaded = overloaded_at_peak(name, scenario=scenario, load_fraction=float(felt.load_fraction))
    if overloaded is not None:
        remarks.append(overloaded)
    elif felt.load_fraction > _STEADY_LOAD:
        text = (
            f"{name}: at {felt.load_fraction:.0%} load, one hour is too short for the longest waits to build up, "
            "so the real ones are shorter."
        )
        remarks.append(Remark(code="near-capacity", text=text))
    if count is None:
        text = f"{name}: no number of machines meets the targets. {reason}"
        remarks.append(Remark(code="target-out-of-reach", text=text, level="warning"))
    elif count > 1 and overloaded is None:
        text = f"{name}: one machine misses a target in the busiest hour; {count:,} would meet it. {reason}"
        remarks.append(Remark(code="target-missed", text=text, level="warning"))
    if not scenario.hourly_profile and scenario.busiest_hour_ratio() < scenario.peak_factor_ratio:
        text = (
            f"peak_factor_ratio is {plain_number(scenario.peak_factor_ratio)}, but the machine is on "
            f"{plain_number(scenario.on_h_per_day)} h a day, so its busiest hour holds at most "
            f"{plain_number(scenario.busiest_hour_ratio())} times the mean hour. That figure is used."
        )
        remarks.append(Remark(code="peak-factor-cut", text=text))
    return tuple(remarks)


def _end(speed: Speed, at: End) -> float:
    return {"low": speed.low, "central": speed.central, "high": speed.high}[at]


def _finite(seconds: Number) -> float | None:
    return float(seconds) if math.isfinite(seconds) else None
