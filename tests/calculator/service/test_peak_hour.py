"""Peak hour: hand-worked hours, M/D/1, a simulation, invariants."""

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator import Scenario, load_catalog
from calculator.catalog.options import CloudOffer, Machine
from calculator.errors import ScenarioError
from calculator.physics.speed.speed import Speed
from calculator.scenario.scenario import knobs
from calculator.service.capability import Capability, capability_of, scenario_model
from calculator.service.peak_hour import PeakHour, peak_hour, week_of, work_of
from tests.calculator.machine_simulation import simulated

CATALOG = load_catalog()


TIMES = ("time_to_first_token_median_s", "time_to_first_token_p95_s", "answer_median_s", "answer_p95_s")


NEW = (
    "peak_factor_ratio",
    "answer_variation_ratio",
    "first_token_p95_target_s",
    "answer_p95_target_s",
    "stream_target_tokens_per_s",
)


def capability(scenario: Scenario, option: str = "mac-studio-m2-ultra-192-used") -> Capability:
    found = CATALOG.option(option)
    assert isinstance(found, Machine | CloudOffer)
    return capability_of(found, scenario=scenario, model=scenario_model(scenario, CATALOG), catalog=CATALOG)


def speed(low: float, central: float, high: float) -> Speed:
    return Speed(low, central, high, unit="token/s", bound_by="weights", basis="fitted")


BASE = capability(Scenario())


def office(*, count: int = 1, batch: float = 20.0) -> Capability:
    """A machine that reads 3,800 tokens in 10 s and writes 400 in 20 s: 30 s per request alone."""
    assert BASE.prediction is not None
    prediction = replace(BASE.prediction, decode=speed(16.0, 20.0, 25.0), prefill=speed(304.0, 380.0, 475.0))
    return replace(
        BASE, prediction=prediction, batch_decode=speed(batch * 0.8, batch, batch * 1.25), concurrent_count=count
    )


OFFICE = office()


NO_TARGET = Scenario(first_token_p95_target_s=0)


def asked(**values: Any) -> Scenario:
    return NO_TARGET.changed(**values)


def codes(peak: PeakHour) -> list[str]:
    return [remark.code for remark in peak.remarks]


def mdone_wait_fraction(wait: float, *, load: float) -> float:
    """P(wait <= w) of M/D/1 (Erlang 1909), w in units of the constant work: exact, nothing shared with the
    calculator.
    """
    return (1 - load) * sum(
        (load * (k - wait)) ** k / math.factorial(k) * math.exp(-load * (k - wait)) for k in range(math.floor(wait) + 1)
    )


def strict(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_peak_hour_worked_by_hand() -> None:
    """200 a day in 10 h are 20 an hour, twice that 40; 40 x 30 s of 3,600 s = 1/3; one in three finds it busy (c =
    1).
    """
    peak = peak_hour(OFFICE, scenario=asked(peak_factor_ratio=2, requests_per_working_day=200))
    assert peak.requests_per_h == pytest.approx(40.0)
    assert peak.load_fraction == pytest.approx(1 / 3)
    assert peak.wait_fraction == pytest.approx(1 / 3)
    assert peak.time_to_first_token_median_s == pytest.approx(10.0)  # most do not wait: 3,800 / 380 tokens/s
    assert peak.stream_tokens_per_s == pytest.approx(20.0)  # alone in the machine
    assert (peak.backlog_s_per_h, peak.targets_met, peak.machine_count, peak.remarks) == (0.0, True, 1, ())


def test_peak_hour_of_an_even_day_is_the_mean_hour() -> None:
    scenario = asked(peak_factor_ratio=1)
    found = capability(scenario)
    work = work_of(found, scenario=scenario)
    load = 200 / 10 / 3600 * float(work.full_s)  # 20 an hour
    assert peak_hour(found, scenario=scenario).load_fraction == pytest.approx(load)
    twice = asked(peak_factor_ratio=2)
    assert peak_hour(found, scenario=twice).load_fraction == pytest.approx(2 * load)


def test_peak_hour_of_nobody_is_the_work_alone() -> None:
    """No demand: 10 s to read; the prediction's own time to first token."""
    scenario = asked(requests_per_working_day=0, answer_variation_ratio=0)
    peak = peak_hour(OFFICE, scenario=scenario)
    assert (peak.requests_per_h, peak.load_fraction, peak.wait_fraction) == (0.0, 0.0, 0.0)
    assert peak.time_to_first_token_p95_s == pytest.approx(10.0, rel=1e-9)
    assert peak.answer_p95_s == pytest.approx(30.0, rel=1e-6)
    assert BASE.prediction is not None
    assert BASE.prediction.time_to_first_token is not None
    alone = peak_hour(BASE, scenario=scenario)
    assert alone.time_to_first_token_p95_s == pytest.approx(BASE.prediction.time_to_first_token.central, rel=1e-6)


@pytest.mark.parametrize("requests", [180, 300, 420])
def test_first_token_of_one_stream_and_equal_answers_is_that_of_m_d_1(requests: int) -> None:
    """c = 1 and answers all alike: constant work of 30 s, load 0.3, 0.5, 0.7.

    The p95 agrees within 9 % (the page's P90).
    """
    peak = peak_hour(
        OFFICE, scenario=asked(requests_per_working_day=requests, peak_factor_ratio=2, answer_variation_ratio=0)
    )
    assert peak.wait_fraction == pytest.approx(peak.load_fraction)  # P(wait > 0) = load, exactly
    low, high = 0.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if mdone_wait_fraction(middle, load=peak.load_fraction) < 0.95 else (low, middle)
    assert peak.time_to_first_token_p95_s == pytest.approx(10.0 + low * 30.0, rel=0.09)


@pytest.mark.parametrize("option", ["mac-studio-m2-ultra-192-used", "dual-rtx-4090-threadripper"])
def test_peak_hour_of_a_real_option_agrees_with_the_simulation(option: str) -> None:
    """At load 0.7. The page's bound on the p95 up to c = 8: 18 %."""
    usual = asked(peak_factor_ratio=2, requests_per_working_day=200)
    load = peak_hour(capability(usual, option), scenario=usual).load_fraction
    scenario = asked(peak_factor_ratio=2, requests_per_working_day=200 * 0.7 / load)
    found = capability(scenario, option)
    peak, work = peak_hour(found, scenario=scenario), work_of(found, scenario=scenario)
    seen = simulated(
        work,
        requests_per_s=peak.requests_per_h / 3_600,
        answer_variation_ratio=scenario.answer_variation_ratio,
        request_count=20_000,
    )
    assert peak.time_to_first_token_p95_s == pytest.approx(seen.quantiles(seen.first_token_s)[1], rel=0.18)
    assert peak.answer_p95_s == pytest.approx(seen.quantiles(seen.answer_s)[1], rel=0.18)


def test_overload_gives_no_times_and_says_how_fast_the_backlog_grows() -> None:
    """900 a day: 180 an hour at the peak x 30 s = 5,400 s of 3,600: load 1.5, half an hour of backlog per hour; 2
    machines.
    """
    peak = peak_hour(OFFICE, scenario=asked(requests_per_working_day=900, peak_factor_ratio=2))
    assert peak.load_fraction == pytest.approx(1.5)
    assert [getattr(peak, name) for name in TIMES] == [None] * 4
    assert peak.backlog_s_per_h == pytest.approx(1_800.0)
    assert (peak.targets_met, peak.machine_count) == (False, 2)
    (remark,) = peak.remarks
    assert (remark.code, remark.level) == ("overloaded-at-peak", "warning")
    assert "the queue grows by 1,800 s every hour" in remark.text


def test_load_near_capacity_is_remarked() -> None:
    assert codes(peak_hour(OFFICE, scenario=asked(requests_per_working_day=570, peak_factor_ratio=2))) == [
        "near-capacity"
    ]  # 0.95
    assert codes(peak_hour(OFFICE, scenario=asked(requests_per_working_day=530, peak_factor_ratio=2))) == []  # 0.88


def test_peak_factor_is_cut_where_an_hour_would_hold_more_than_the_day() -> None:
    """On for 4 h: the busiest hour holds all 200 requests at most, which is 4 times the mean hour."""
    peak = peak_hour(OFFICE, scenario=asked(on_h_per_day=4, peak_factor_ratio=6, requests_per_working_day=100))
    assert peak.requests_per_h == pytest.approx(100.0)
    assert codes(peak) == ["peak-factor-cut"]
    assert asked(on_h_per_day=0.5, peak_factor_ratio=3).busiest_hour_ratio() == 1.0


def test_low_and_high_speeds_enclose_the_central_hour() -> None:
    slow, central, fast = (peak_hour(OFFICE, scenario=Scenario(), at=end) for end in ("low", "central", "high"))
    assert slow.load_fraction == pytest.approx(1.25 * central.load_fraction)  # all speeds x 0.8
    for name in TIMES:
        assert getattr(fast, name) < getattr(central, name) < getattr(slow, name)


def test_batch_at_the_low_end_is_never_slower_than_one_stream() -> None:
    """A measured single stream has a narrower range than a fitted batch: the batch's low end (12) may lie below its
    (16).
    """
    found = replace(office(count=2), batch_decode=speed(12.0, 30.0, 40.0))
    work = work_of(found, scenario=Scenario(), at="low")
    assert (work.decode_1_s, work.decode_c_s) == (25.0, 50.0)  # 400/16 s; two at 16 tokens/s in all: 800/16 s


def test_option_that_does_not_fit_has_no_peak_hour() -> None:
    scenario = asked(weight_class="8-bit")
    found = capability(scenario, "dual-rtx-4090-threadripper")
    assert not found.runs
    for ask in (peak_hour, week_of):
        with pytest.raises(ScenarioError, match=r"llama-3-70b does not fit on .* so it has no busiest hour"):
            ask(found, scenario=scenario)


def test_missed_target_names_the_machines_that_keep_it() -> None:
    """One machine at load 1/3 lets one in twenty wait; more machines share the requests until fewer than that wait."""
    peak = peak_hour(OFFICE, scenario=asked(peak_factor_ratio=2, first_token_p95_target_s=10.5))
    assert peak.machine_count is not None
    assert peak.machine_count > 1
    assert not peak.targets_met
    assert codes(peak) == ["target-missed"]
    shared = 200 / peak.machine_count
    alone = peak_hour(
        OFFICE, scenario=asked(peak_factor_ratio=2, first_token_p95_target_s=10.5, requests_per_working_day=shared)
    )
    assert alone.targets_met


def test_target_for_the_speed_of_an_answer_counts_the_other_streams() -> None:
    """Two at once get 15 tokens/s each and stop for each other's prompts; one alone gets 20, and 20.1 is out of
    reach.
    """
    found = office(count=2, batch=30.0)
    one, many, none = (
        peak_hour(found, scenario=asked(stream_target_tokens_per_s=target)) for target in (0, 19.5, 20.1)
    )
    assert one.targets_met
    assert one.stream_tokens_per_s < 19.5
    assert (many.machine_count or 0) > 1
    assert none.machine_count is None


def test_target_below_an_idle_machine_is_out_of_reach() -> None:
    peak = peak_hour(OFFICE, scenario=asked(first_token_p95_target_s=9))
    assert peak.machine_count is None
    assert "Even an idle machine misses the target: the first word takes 10 s" in peak.machine_reason
    assert codes(peak) == ["target-out-of-reach"]
    assert peak.time_to_first_token_p95_s is not None  # what one machine does is still said


def test_target_that_an_idle_machine_keeps_only_just_is_out_of_reach() -> None:
    """The p95 of an answer is above that of an idle machine at any demand, so the search gives up and says so."""
    idle = peak_hour(OFFICE, scenario=asked(requests_per_working_day=0))
    peak = peak_hour(OFFICE, scenario=asked(requests_per_working_day=900, answer_p95_target_s=idle.answer_p95_s))
    assert peak.machine_count is None
    assert "relax the targets" in peak.machine_reason
    assert codes(peak) == ["overloaded-at-peak", "target-out-of-reach"]


@settings(deadline=None)
@given(
    limit=st.floats(11.0, 400.0),
    looser=st.floats(1.0, 3.0),
    requests=st.floats(1.0, 20_000.0),
    target=st.sampled_from(["first_token_p95_target_s", "answer_p95_target_s"]),
)
def test_stricter_target_never_needs_fewer_machines(limit: float, looser: float, requests: float, target: str) -> None:
    strict, loose = (
        peak_hour(OFFICE, scenario=asked(requests_per_working_day=requests, **{target: value})).machine_count
        for value in (limit, limit * looser)
    )
    assert loose is not None or strict is None
    assert (strict or math.inf) >= (loose or math.inf)


@settings(deadline=None)
@given(
    requests=st.floats(0.0, 2_000.0),
    more=st.floats(1.0, 3.0),
    count=st.integers(1, 16),
    gain=st.floats(1.0, 8.0),
    variation=st.floats(0.1, 1.5),
)
def test_more_demand_never_shortens_a_p95(
    requests: float, more: float, count: int, gain: float, variation: float
) -> None:
    """Variation from 0.1: below 0.06 the answer's p95 may fall by 1.7 % at a load below 0.005
    (docs/model/service.md).
    """
    found = office(count=count, batch=20.0 * min(gain, count))
    few, many = (
        peak_hour(found, scenario=asked(requests_per_working_day=each, answer_variation_ratio=variation))
        for each in (requests, requests * more)
    )
    for name in ("time_to_first_token_p95_s", "answer_p95_s"):
        before, after = getattr(few, name), getattr(many, name)
        assert (math.inf if after is None else after) >= (math.inf if before is None else before) * (1 - 1e-6)
    assert (few.machine_count or 0) <= (many.machine_count or 0)
    json.dumps([getattr(many, name) for name in (*TIMES, "load_fraction", "stream_tokens_per_s")], allow_nan=False)


def test_week_worked_by_hand() -> None:
    """900 a day: 180 in the busiest hour, of which 3,600/30 = 120 are served; (900 - 180)/9 = 80 in each other hour
    of ten.
    """
    scenario = asked(requests_per_working_day=900, peak_factor_ratio=2, on_h_per_day=10, working_days_per_year=252)
    found = week_of(OFFICE, scenario=scenario)
    assert found.on_h.sum() == 50.0  # 252 x 7/365 = 4.8: five days
    assert found.requests.sum() == pytest.approx(4_500.0)
    assert found.requests[found.peak_hour] == pytest.approx(180.0)
    assert found.overflow_requests.sum() == pytest.approx(5 * 60.0)
    assert found.busy_h.sum() == pytest.approx(5 * (1 + 9 * 80 * 30 / 3_600))
    assert found.load_fraction.max() == pytest.approx(peak_hour(OFFICE, scenario=scenario).load_fraction)


@pytest.mark.parametrize("on_h", [0.5, 1, 1.5, 7.5, 10, 17, 23.5, 24])
def test_week_holds_the_peak_hour_whatever_the_hours_on(on_h: float) -> None:
    scenario = asked(on_h_per_day=on_h, requests_per_working_day=40, peak_factor_ratio=3, working_days_per_year=365)
    found = week_of(OFFICE, scenario=scenario)
    assert found.on_h.sum() == pytest.approx(7 * on_h)
    assert found.load_fraction.max() == pytest.approx(peak_hour(OFFICE, scenario=scenario).load_fraction)
    assert found.requests[found.on_h == 0].sum() == 0.0


def test_week_takes_a_profile_of_ones_own() -> None:
    profile = np.zeros(168)
    profile[[9, 10]] = 1.0, 3.0
    found = week_of(OFFICE, scenario=asked(requests_per_working_day=80), profile=profile)
    assert (found.requests[9], found.requests[10]) == (100.0, 300.0)  # 5 x 80 shared as 1 to 3
    with pytest.raises(ScenarioError, match="168"):
        week_of(OFFICE, scenario=Scenario(), profile=[1.0])


def test_new_knobs_carry_their_evidence_and_name_the_scenario() -> None:
    for name in NEW:
        assert knobs()[name].section == "demand"
        other = asked(**{name: 1.2})
        assert other.id() != Scenario().id()
    assert [getattr(Scenario(), name) for name in NEW[2:]] == [30, 0, 0]  # a person waits half a minute at most
    for name in NEW[:2]:
        quantity = CATALOG.defaults[name]
        assert getattr(Scenario(), name) == quantity.central
        assert (quantity.basis, bool(quantity.note)) == ("assumption", True)
