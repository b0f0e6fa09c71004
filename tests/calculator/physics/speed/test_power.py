"""Energy per token and the cost of a power cap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.errors import ScenarioError
from calculator.number import Range
from calculator.physics.speed.power import (
    capped_decode_speed,
    joules_per_token,
    kwh_per_mtok,
    power_use,
    speed_at_power_cap_fraction,
)
from calculator.physics.speed.speed import Speed
from tests.calculator.offers import MAC


def test_joules_per_token_hand_worked_case() -> None:
    assert joules_per_token(260.0, tokens_per_s=14.41) == pytest.approx(
        18.04, abs=0.01
    )  # 260 W / 14.41 tok/s, M3 Ultra, 70B Q4_K_M, wall


def test_kwh_per_mtok_hand_worked_case() -> None:
    # 36 W at 10 tok/s = 3.6 J a token; x 1e6 / 3.6e6 = 1 kWh
    assert kwh_per_mtok(36.0, tokens_per_s=10.0) == pytest.approx(1.0)


def test_joules_per_token_takes_arrays_of_draws() -> None:
    assert joules_per_token(np.array([10.0, 20.0]), tokens_per_s=np.array([5.0, 5.0])) == pytest.approx([2.0, 4.0])


@pytest.mark.parametrize(
    ("family", "cap_w", "board_w", "measured"),
    [
        ("ada", 260, 450, 48.26 / 51.96),
        ("ada", 300, 450, 50.16 / 51.96),
        ("ampere", 220, 350, 19.28 / 34.67),
        ("ampere", 250, 350, 25.17 / 34.67),
        ("ampere", 300, 350, 32.96 / 34.67),
    ],
)
def test_speed_at_power_cap_agrees_with_the_published_sweep(
    family: str, cap_w: float, board_w: float, measured: float
) -> None:
    constants = load_catalog().constants
    found = speed_at_power_cap_fraction(
        cap_w / board_w,
        knee_fraction=constants[f"{family}_power_cap_knee_fraction"].central,
        slope_ratio=constants[f"{family}_power_cap_slope_ratio"].central,
    )
    assert found == pytest.approx(measured, abs=0.03)


@given(cap=st.floats(0, 1.5), knee=st.floats(0.3, 1), slope=st.floats(0, 3))
def test_speed_at_power_cap_lies_between_nothing_and_the_uncapped_speed(cap: float, knee: float, slope: float) -> None:
    found = speed_at_power_cap_fraction(cap, knee_fraction=knee, slope_ratio=slope)
    assert 0 <= found <= 1
    assert found <= speed_at_power_cap_fraction(cap + 0.1, knee_fraction=knee, slope_ratio=slope)


def _speed(low: float, central: float, high: float) -> Speed:
    return Speed(low=low, central=central, high=high, unit="token/s", bound_by="weights", basis="fitted", note="n")


def test_power_use_of_several_boxes_by_hand() -> None:
    # two boxes of 10, 300 and 250 W; 20 token/s while writing at 500 W are 25 J each, the low end with the high speed
    found = power_use(MAC.power, box_count=2, decode=_speed(10, 20, 50), prefill=None)
    assert (found.scope, found.box_count) == ("wall", 2)
    assert found.idle_w == Range(20, 20, 20, "W")
    assert found.prefill_w == Range(600, 600, 600, "W")
    assert found.decode_w == Range(500, 500, 500, "W")
    assert found.decode_j_per_token == Range(10, 25, 50, "J/token")
    assert found.prefill_j_per_token is None


def test_speed_under_a_power_limit_by_hand() -> None:
    # Ada: 1 - slope x (knee - 300 / 450); the low end has the higher knee and the steeper slope
    constants = load_catalog().constants
    chip = load_catalog().chips["nvidia-rtx-4090"]
    found = capped_decode_speed(_speed(80, 100, 120), chip=chip, power_limit_w=300, constants=constants)
    knee, slope = (constants[f"ada_power_cap_{name}"] for name in ("knee_fraction", "slope_ratio"))
    for end, other, rate in (("low", "high", 80), ("central", "central", 100), ("high", "low", 120)):
        short = max(0.0, getattr(knee, other) - 300 / 450)
        assert getattr(found, end) == pytest.approx(rate * (1 - getattr(slope, other) * short))
    assert found.central < 100
    assert found.note.startswith("n; 300 of 450 W per card keep ")
    assert found.note.endswith(f"{found.central / 100:.0%} of the speed")
    assert capped_decode_speed(_speed(80, 100, 120), chip=chip, power_limit_w=450, constants=constants).central == 100


@pytest.mark.parametrize("limit_w", [247.0, 451.0])
def test_power_limit_outside_the_sweep_is_refused(limit_w: float) -> None:
    catalog = load_catalog()
    with pytest.raises(ScenarioError, match=r"must lie in 248\.\.450 W"):
        capped_decode_speed(
            _speed(1, 2, 3),
            chip=catalog.chips["nvidia-rtx-4090"],
            power_limit_w=limit_w,
            constants=catalog.constants,
        )


def test_power_limit_of_a_family_without_a_sweep_is_refused() -> None:
    catalog = load_catalog()
    for chip in (
        catalog.chips["nvidia-h200"],
        catalog.chips["nvidia-rtx-4090"].model_copy(update={"board_max_w": None}),
    ):
        with pytest.raises(ScenarioError, match="power sweeps exist only"):
            capped_decode_speed(_speed(1, 2, 3), chip=chip, power_limit_w=300, constants=catalog.constants)
