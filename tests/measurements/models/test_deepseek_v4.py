"""DeepSeek-V4 by hand: parameter counts and the shipped catalogue file."""

import pytest

from calculator.catalog.loader import FOLDER
from measurements.models.architecture import language_model_of, toml_of
from measurements.models.ask_mlx_lm import load_config
from measurements.models.deepseek_v4 import deepseek_v4_layout
from tests.measurements.models.rebuilt import BY_HAND

pytestmark = pytest.mark.mlx


def test_deepseek_v4_written_by_hand_has_the_makers_parameter_count() -> None:
    config = load_config(BY_HAND[0])
    model = language_model_of(config, deepseek_v4_layout(config))
    assert model.parameter_count() == pytest.approx(284e9, rel=0.002)  # "284B-A13B" in the model's name
    assert model.active_parameter_count() == pytest.approx(13e9, rel=0.07)
    assert toml_of(model) == (FOLDER / "models" / f"{BY_HAND[0]}.toml").read_text("utf-8")
