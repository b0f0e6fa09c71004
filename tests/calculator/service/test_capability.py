"""Capability: what one option can do for a scenario, before any money."""

from typing import Any

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.catalog.options import CloudOffer, Machine
from calculator.physics.measured import MeasuredSpeed
from calculator.service.capability import (
    Capability,
    capability_of,
    overloaded_at_peak,
    reference_tariff,
    scenario_model,
)
from calculator.service.serving import Serving, serving_of

CATALOG = load_catalog()


def capability(scenario: Scenario, option: str = "mac-studio-m2-ultra-192-used") -> Capability:
    found = CATALOG.option(option)
    assert isinstance(found, Machine | CloudOffer)
    return capability_of(found, scenario=scenario, model=scenario_model(scenario, CATALOG), catalog=CATALOG)


BASE = capability(Scenario())


def asked(**values: Any) -> Scenario:
    return Scenario().changed(**values)


def alone(option: str = "mac-studio-m2-ultra-192-used") -> Serving:
    """One machine for which nobody waits; what it cannot take is bought."""
    scenario = asked(machine_count=1, when_full="buy-from-api", first_token_p95_target_s=0)
    return serving_of(capability(scenario, option), scenario=scenario, when_full="buy-from-api")


def test_one_machine_that_is_overloaded_at_the_peak_hour_cannot_do_the_job() -> None:
    """Requests are set so that the mean hour's load is 0.3: enough at a peak factor of 2 and too much at 4, which
    one machine alone cannot do.
    """
    option = "mac-studio-m2-ultra-192-used"
    requests = 200 * 0.3 / float(alone().service.load_fraction)
    calm, hot = (
        compare(
            asked(
                options=(option,),
                requests_per_working_day=requests,
                peak_factor_ratio=ratio,
                machine_count=1,
                first_token_p95_target_s=0,
            ),
            CATALOG,
            draw_count=0,
        ).options[0]
        for ratio in (2, 4)
    )
    assert calm.eligible
    assert calm.service is not None
    assert calm.service.load_fraction == pytest.approx(0.3)
    reason = next(reason for reason in hot.eligibility.reasons if reason.code == "overloaded-at-peak")
    # 4 x 0.3 = 1.2; (1.2 - 1) x 60 minutes
    assert "brings 1.2 times the work it can do, so the queue grows by 12 minutes every hour" in reason.text


MAC = "mac-studio-m2-ultra-192-used"


def test_capability_of_an_option_that_fits_has_speeds_hours_and_watts() -> None:
    served = alone()
    assert BASE.runs
    assert BASE.prediction is not None
    assert BASE.batch_decode is not None
    assert BASE.prediction.decode is not None
    assert BASE.batch_decode.central >= BASE.prediction.decode.central
    assert served.usage.decode_w == CATALOG.machines[MAC].power.decode_w.central
    assert served.usage.capacity_ratio == pytest.approx(1 / float(served.service.load_fraction))


def test_capability_of_a_rented_machine_has_no_watts() -> None:
    rented = alone("cloud-h100").usage
    assert (rented.decode_w, rented.idle_w) == (0.0, 0.0)


def test_capability_of_what_does_not_fit_is_an_answer_with_reasons() -> None:
    none = capability(asked(weight_class="16-bit"), "dual-rtx-4090-am5")
    assert (none.runs, none.concurrent_count) == (False, 0)
    assert "does-not-fit" in codes_of(none)


def test_fewer_requests_at_once_are_tried_and_said() -> None:
    """32,768 tokens of a 70B take 10.7 GB each: a Mac with 173 GB usable holds fewer than sixty-four of them."""
    scenario = asked(prompt_tokens=32_000, concurrent_request_count=64)
    found = capability(scenario)
    assert 1 <= found.concurrent_count < 64
    assert "fewer-at-once" in codes_of(found)
    assert found.prediction is not None
    assert found.prediction.memory.fits
    more = capability(asked(prompt_tokens=32_000, concurrent_request_count=found.concurrent_count + 1))
    assert more.concurrent_count == found.concurrent_count


def test_measured_speed_takes_the_place_of_the_fitted_one() -> None:
    assert BASE.prediction is not None
    scenario = Scenario()
    context = scenario.input_tokens() + scenario.answer_tokens // 2
    own = MeasuredSpeed(
        phase="decode",
        chip="apple-m2-ultra-76",
        chip_count=1,
        model=BASE.prediction.model,
        format=BASE.prediction.format,
        runtime=BASE.prediction.runtime,
        context_tokens=context,
        batch_count=1,
        low_tokens_per_s=6.0,
        central_tokens_per_s=7.0,
        high_tokens_per_s=8.0,
        trust="measured here",
        as_of="2026-11-22",
    )
    found = capability_of(
        CATALOG.machines[MAC],
        scenario=scenario,
        model=scenario_model(scenario, CATALOG),
        catalog=CATALOG,
        measurements=[own],
    )
    assert found.prediction is not None
    assert found.prediction.decode is not None
    assert (found.prediction.decode.central, found.prediction.decode.basis) == (7.0, "measured here")
    assert found.prediction.prefill == BASE.prediction.prefill


@pytest.mark.parametrize(("load", "seconds"), [(1.0, "0 s"), (1.2, "720 s"), (2.5, "5,400 s")])
def test_overloaded_at_peak_says_how_fast_the_queue_grows(load: float, seconds: str) -> None:
    remark = overloaded_at_peak("A Mac", scenario=Scenario(), load_fraction=load)
    assert remark is not None
    assert f"the queue grows by {seconds} every hour" in remark.text


def test_overloaded_at_peak_is_silent_below_capacity() -> None:
    assert overloaded_at_peak("A Mac", scenario=Scenario(), load_fraction=0.999) is None


def test_reference_tariff_is_that_of_the_same_model() -> None:
    tariff = reference_tariff(Scenario(), CATALOG)
    assert tariff is not None
    assert tariff.model == Scenario().model


def codes_of(found: Capability) -> set[str]:
    return {remark.code for remark in found.remarks}
