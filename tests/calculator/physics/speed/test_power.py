"""Energy per token and the cost of a power cap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.physics.speed.power import joules_per_token, kwh_per_mtok, speed_at_power_cap_fraction


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
