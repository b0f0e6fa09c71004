"""Own measurements move the chip's constants, at once and no further than they deserve."""

import math

import pytest

from calculator.calibration.own_machine import OWN_SPREAD, recalibrated
from calculator.catalog import load_catalog
from calculator.catalog.calibration import Calibration
from calculator.catalog.deployment import Deployment, Workload
from calculator.physics.measured import MeasuredSpeed, Phase, Trust
from calculator.physics.speed.decode import decode_speed
from calculator.physics.speed.speed import Speed

CATALOG = load_catalog()


CHIP = "apple-m4-max-40"


def decode(calibration: Calibration, model: str = "llama-3-8b", chip: str = CHIP) -> Speed:
    deployment = Deployment.of(chip, model, "mlx-4bit", catalog=CATALOG)
    return decode_speed(deployment, Workload(context_tokens=512), calibration=calibration)


def own(
    rate: float, *, phase: Phase = "decode", trust: Trust = "measured here", model: str = "llama-3-8b", chip: str = CHIP
) -> MeasuredSpeed:
    return MeasuredSpeed(
        phase=phase,
        chip=chip,
        chip_count=1,
        model=model,
        format="mlx-4bit",
        runtime="mlx-lm",
        context_tokens=512,
        batch_count=1,
        low_tokens_per_s=rate,
        central_tokens_per_s=rate,
        high_tokens_per_s=rate,
        trust=trust,
        as_of="2026-11-22",
    )


def test_recalibrated_moves_other_models_of_the_chip_too() -> None:
    known = CATALOG.calibration
    slower = recalibrated([own(0.8 * decode(known).central)], catalog=CATALOG)
    assert decode(slower).central < decode(known).central
    assert decode(slower, "qwen3-32b").central < decode(known, "qwen3-32b").central
    assert decode(slower, chip="apple-m4-pro-20") == decode(known, chip="apple-m4-pro-20")
    assert "corrected by 1 of your own" in decode(slower).note


def test_recalibrated_hand_worked_case() -> None:
    # one difference of log(1 / 0.8) = 0.2231 against a pull of (noise / 0.2)^2
    known = CATALOG.calibration
    pull = (known.decode.noise / OWN_SPREAD) ** 2
    effect = recalibrated([own(0.8 * decode(known).central)], catalog=CATALOG).decode.effects[f"here/{CHIP}"]
    assert effect.value == pytest.approx(math.log(1 / 0.8) / (1 + pull), rel=1e-6)
    assert effect.rows == 1


def test_recalibrated_by_many_believes_them() -> None:
    known = CATALOG.calibration
    rate = 0.8 * decode(known).central
    assert decode(recalibrated([own(rate)] * 50, catalog=CATALOG)).central == pytest.approx(rate, rel=0.01)


def test_recalibrated_narrows_the_range() -> None:
    known = CATALOG.calibration
    mine = decode(recalibrated([own(decode(known).central)], catalog=CATALOG))
    assert mine.central / mine.low < decode(known).central / decode(known).low


def test_recalibrated_passes_over_published_stale_and_unknown_ones() -> None:
    known = CATALOG.calibration
    others = [own(1.0, trust="published"), own(1.0, model="no-such-model"), own(1.0, chip="no-such-chip")]
    assert recalibrated(others, catalog=CATALOG) == known


def test_recalibrated_prefill_leaves_decode_alone() -> None:
    known = CATALOG.calibration
    found = recalibrated([own(500.0, phase="prefill")], catalog=CATALOG)
    assert found.decode == known.decode
    assert f"here/{CHIP}" in found.prefill.effects
