"""Towers: the parameters of the real classes for every family, and no guess without a word."""

import json
from typing import Any

import pytest

from measurements.models.towers import towers_of
from measurements.probe.run import ROOT

FIXTURE: dict[str, Any] = json.loads((ROOT / "tests/fixtures/towers.json").read_text("utf-8"))
REAL = {name: row for name, row in FIXTURE.items() if name != "_about"}
TEXT = {"model_type": "llama", "hidden_size": 512}


@pytest.mark.parametrize("name", REAL)
def test_tower_has_the_parameters_that_transformers_makes_of_its_config(name: str) -> None:
    [tower] = towers_of(REAL[name]["config"])
    assert tower.parameter_count == REAL[name]["parameter_count"]
    assert tower.note == ""


def test_every_family_is_among_the_real_ones() -> None:
    assert len(REAL) >= 17


def test_unknown_family_is_counted_from_width_and_depth_and_says_so() -> None:
    config = {
        "model_type": "new_vl",
        "text_config": TEXT,
        "vision_config": {
            "model_type": "new_vit",
            "hidden_size": 100,
            "num_hidden_layers": 2,
            "intermediate_size": 300,
        },
    }
    [tower] = towers_of(config)
    assert tower.parameter_count == 3 * 14 * 14 * 100 + 2 * (40_000 + 60_000 + 200) + 100 * 512 + 512 * 512
    assert "counted from width and depth alone" in tower.note


@pytest.mark.parametrize("part", [{"hidden_size": 10}, {"depth": "many", "hidden_size": None}, {"x": 1}])
def test_tower_without_sizes_is_named_without_a_number(part: dict[str, Any]) -> None:
    [tower] = towers_of({"model_type": "odd", "text_config": TEXT, "vision_config": part})
    assert tower.parameter_count is None
    assert tower.note


def test_language_model_alone_and_null_have_no_tower() -> None:
    assert towers_of({"model_type": "llama", "hidden_size": 8}) == ()
    assert towers_of({"model_type": "gemma4", "audio_config": None, "text_config": TEXT}) == ()
