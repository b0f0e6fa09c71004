"""Ranges of estimated times: width, ceiling and standing."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.catalog.calibration import Effect, Law
from calculator.catalog.deployment import Deployment, Workload
from calculator.catalog.hardware import hardware_of
from calculator.physics.speed.law import Estimate
from calculator.physics.speed.prefill import prefill_speed
from calculator.physics.speed.ranges import INTERVAL_DEVIATIONS, cells_of, interval_width, speed_of, standing_of

CATALOG = load_catalog()
CHIP = CATALOG.chips["nvidia-rtx-4090"]


def law(*names: str, **stretch: float) -> Law:
    return Law({name: Effect(0.1, 0.05, 7) for name in names}, {}, 0.1, stretch)


def estimate(floor_ms: float = 0.0, deviation: float = 0.1) -> Estimate:
    return Estimate(20.0, deviation, {"weights": 0.7, "overhead": 0.3}, (), floor_ms)


def test_speed_of_hand_worked_case() -> None:
    # 1 token in 20 ms = 50 token/s; e^(1.2816 x 0.1) = 1.13672: 43.99 to 56.84
    found = speed_of(estimate(), law=law(), tokens=1.0, chip=CHIP)
    assert (found.low, found.central, found.high) == pytest.approx((50 / 1.13672, 50.0, 50 * 1.13672), rel=1e-4)
    assert (found.bound_by, found.basis) == ("weights", "fitted")


def test_speed_of_never_exceeds_what_the_bandwidth_allows() -> None:
    found = speed_of(estimate(floor_ms=19.0), law=law(), tokens=1.0, chip=CHIP)
    assert found.high == pytest.approx(1000 / 19)


@pytest.mark.parametrize(
    ("names", "standing", "says"),
    [
        ((f"here/{CHIP.id}", f"loss/chip/{CHIP.id}"), "here", "corrected by 7 of your own"),
        ((f"loss/chip/{CHIP.id}",), "chip", "7 of this chip"),
        ((f"linear/family/{CHIP.family}",), "family", f"the efficiency of its family, {CHIP.family_name}"),
        ((), "vendor", "no measurement of this chip or its family"),
    ],
)
def test_standing_is_the_nearest_thing_measured(names: tuple[str, ...], standing: str, says: str) -> None:
    assert standing_of(law(*names), CHIP) == standing
    assert says in speed_of(estimate(), law=law(*names), tokens=1.0, chip=CHIP).note


@given(deviation=st.floats(0, 1), stretch=st.floats(1, 3), cell=st.floats(1, 3))
def test_interval_width_is_at_least_one_and_follows_the_cells(deviation: float, stretch: float, cell: float) -> None:
    known = Law({}, {}, 0.1, {"vendor": stretch, "streams/2 to 4": cell})
    one, many = (
        interval_width(known, deviation, chip=CHIP, cells=cells) for cells in ((), ("streams/2 to 4", "other"))
    )
    assert 1 <= one <= many * (1 + 1e-12)
    assert one == pytest.approx(math.exp(INTERVAL_DEVIATIONS * max(deviation * stretch, 0.05)))
    assert many == pytest.approx(math.exp(INTERVAL_DEVIATIONS * max(deviation * stretch * cell, 0.05)))


def test_interval_width_is_never_below_half_the_noise() -> None:
    # a stretch of 0.06, found on rows without a fitted effect, would leave 0.8 %
    known = Law({}, {}, 0.1, {"vendor": 1.0, "runtime/ollama": 0.06})
    found = interval_width(known, 0.1, chip=CHIP, cells=("runtime/ollama",))
    assert found == pytest.approx(math.exp(INTERVAL_DEVIATIONS * 0.05))


def test_ollama_has_no_range_of_one_percent() -> None:
    hardware = hardware_of(CHIP, chips=CATALOG.chips)
    format, runtime = CATALOG.format("q4_k_m"), CATALOG.runtime("ollama")
    deployment = Deployment(CATALOG.model("qwen3-30b-a3b"), format, runtime, hardware)
    found = prefill_speed(deployment, Workload(4096), calibration=CATALOG.calibration)
    assert found.high / found.central > 1.05


def test_cells_of_a_case_name_everything_that_ranges_are_checked_by() -> None:
    deployment = Deployment.of("nvidia-rtx-4090", "qwen3.5-35b-a3b", "q4_k_m", chip_count=2, catalog=CATALOG)
    assert cells_of(deployment, program="ollama", stream_count=4.4, depth_tokens=2048.5) == (
        "family/nvidia-ada",
        "runtime/ollama",
        "streams/2 to 4",
        "depth/2k to 16k",
        "kind/hybrid",
        "chips/2",
    )


@pytest.mark.parametrize(
    ("streams", "depth", "chips", "cells"),
    [
        (1, 2_048, 1, ("streams/1", "depth/to 2k", "chips/1")),
        (2, 2_049, 2, ("streams/2 to 4", "depth/2k to 16k", "chips/2")),
        (4, 16_384, 3, ("streams/2 to 4", "depth/2k to 16k", "chips/3 to 4")),
        (5, 16_385, 4, ("streams/5 to 16", "depth/16k to 64k", "chips/3 to 4")),
        (16, 65_536, 5, ("streams/5 to 16", "depth/16k to 64k", "chips/beyond 4")),
        (17, 65_537, 8, ("streams/beyond 16", "depth/beyond 64k", "chips/beyond 4")),
    ],
)
def test_bands_of_cells_end_at_their_limits(streams: float, depth: float, chips: int, cells: tuple[str, ...]) -> None:
    deployment = Deployment.of("nvidia-rtx-4090", "llama-3-8b", "q4_k_m", chip_count=chips, catalog=CATALOG)
    found = cells_of(deployment, program="llama.cpp", stream_count=streams, depth_tokens=depth)
    assert (found[2], found[3], found[5]) == cells
    assert found[4] == "kind/dense"


@pytest.mark.parametrize(
    ("names", "of"),
    [
        (("linear/kind/nvidia dense", "linear/kind/amd dense"), "NVIDIA chips"),
        (("linear/kind/nvidia dense",), "NVIDIA chips"),
        (("linear/kind/amd dense",), "other makers' chips"),
        ((), "other makers' chips"),
    ],
)
def test_chip_that_nobody_measured_names_the_maker_whose_efficiency_it_takes(names: tuple[str, ...], of: str) -> None:
    assert speed_of(estimate(), law=law(*names), tokens=1.0, chip=CHIP).note.endswith(f"with the efficiency of {of}")
