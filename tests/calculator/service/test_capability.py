"""Capability: what one option can do for a scenario, before any money."""

from typing import Any

import pytest

from calculator import Scenario, load_catalog
from calculator.catalog.options import CloudOffer, Machine
from calculator.physics.measured import MeasuredSpeed
from calculator.service.capability import (
    Capability,
    capability_of,
    overloaded_at_peak,
    reference_tariff,
    scenario_model,
)

CATALOG = load_catalog()


def capability(scenario: Scenario, option: str = "mac-studio-m2-ultra-192-used") -> Capability:
    found = CATALOG.option(option)
    assert isinstance(found, Machine | CloudOffer)
    return capability_of(found, scenario=scenario, model=scenario_model(scenario, CATALOG), catalog=CATALOG)


BASE = capability(Scenario())


def asked(**values: Any) -> Scenario:
    return Scenario().changed(**values)


MAC = "mac-studio-m2-ultra-192-used"


def test_capability_of_an_option_that_fits_has_speeds() -> None:
    assert BASE.runs
    assert BASE.prediction is not None
    assert BASE.batch_decode is not None
    assert BASE.prediction.decode is not None
    assert BASE.batch_decode.central >= BASE.prediction.decode.central
    assert BASE.weight_class == "4-bit"


def test_capability_of_what_does_not_fit_is_an_answer_with_reasons() -> None:
    none = capability(asked(weight_class="16-bit"), "dual-rtx-4090-am5")
    assert (none.runs, none.concurrent_count, none.fewer_bits) == (False, 0, "4-bit")
    assert "does-not-fit" in codes_of(none)


def test_best_that_fits_takes_the_most_bits_that_the_machine_can_hold() -> None:
    mac, cards = (
        capability(asked(weight_class="best-that-fits"), option)
        for option in ("mac-studio-m5-ultra-256", "dual-rtx-4090-am5")
    )
    assert (mac.weight_class, cards.weight_class) == ("16-bit", "4-bit")
    own = capability(asked(weight_classes={"mac-studio-m5-ultra-256": "8-bit"}), "mac-studio-m5-ultra-256")
    assert own.weight_class == "8-bit"


def test_reserved_context_takes_memory_and_no_speed() -> None:
    plain, reserved = (capability(asked(reserved_context_tokens=tokens)).prediction for tokens in (0, 32_768))
    assert plain is not None
    assert reserved is not None
    assert reserved.memory.kv_cache_bytes > 7 * plain.memory.kv_cache_bytes
    assert reserved.decode == plain.decode


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
