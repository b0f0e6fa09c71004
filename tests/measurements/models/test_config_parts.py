"""Parts of a config.json: null means absent, and each part is found where makers put it."""

from typing import Any

import pytest

from measurements.models.config_parts import (
    inner_config,
    is_mlx_quantization,
    quantization_of,
    text_part,
    thinker_of,
    tower_parts,
    without_nulls,
)

GPTQ = {"quant_method": "gptq", "bits": 4, "group_size": 128}


def test_null_where_an_object_belongs_is_left_out_at_every_depth() -> None:
    config = {
        "model_type": "x",
        "quantization_config": None,
        "vision_config": None,
        "text_config": {"quantization_config": None, "quantization": None, "sliding_window": None, "n": 1},
    }
    assert without_nulls(config) == {"model_type": "x", "text_config": {"sliding_window": None, "n": 1}}
    assert config["quantization_config"] is None  # a copy


@pytest.mark.parametrize("key", ["text_config", "llm_config", "language_config"])
def test_language_model_is_found_under_each_name(key: str) -> None:
    config = {"model_type": "wrapper", "tie_word_embeddings": False, key: {"model_type": "llama", "hidden_size": 8}}
    assert text_part(config) == {"model_type": "llama", "hidden_size": 8}
    assert inner_config(config) == {"model_type": "llama", "hidden_size": 8, "tie_word_embeddings": False}


def test_model_that_thinks_and_speaks_is_read_by_its_thinker() -> None:
    thinker = {
        "text_config": {"model_type": "qwen3_moe"},
        "vision_config": {"depth": 2},
        "audio_config": {"d_model": 3},
    }
    config = {"model_type": "qwen3_omni_moe", "thinker_config": thinker, "talker_config": {"x": 1}}
    assert thinker_of(config) == thinker
    assert inner_config(config) == {"model_type": "qwen3_moe"}
    assert list(tower_parts(config)) == [("vision", {"depth": 2}), ("audio", {"d_model": 3})]


def test_plain_model_has_no_parts() -> None:
    config = {"model_type": "llama", "text_config": {"hidden_size": 8}}
    assert inner_config(config) is None  # a part without a model_type is none of its own
    assert inner_config({"model_type": "llama"}) is None
    assert list(tower_parts({"model_type": "llama", "vision_config": {}})) == []


@pytest.mark.parametrize(
    "config",
    [
        {"quantization_config": GPTQ},
        {"text_config": {"quantization_config": GPTQ}},
        {"quantization_config": None, "llm_config": {"quantization_config": GPTQ}},
        {"quantization": {}, "thinker_config": {"text_config": {"quantization_config": GPTQ}}},
        {"compression_config": GPTQ},
    ],
)
def test_quantisation_is_found_wherever_it_stands(config: dict[str, Any]) -> None:
    assert quantization_of(config) == GPTQ


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"quantization_config": None},
        {"quantization_config": {}},
        {"quantization_config": {"quant_method": None, "bits": None}},
        {"text_config": {"quantization_config": None}},
    ],
)
def test_null_and_nothing_mean_not_quantised(config: dict[str, Any]) -> None:
    assert quantization_of(config) == {}


def test_mlx_quantisation_is_told_from_the_others() -> None:
    assert is_mlx_quantization({"group_size": 64, "bits": 4})
    assert not is_mlx_quantization(GPTQ)
    assert not is_mlx_quantization({"bits": 4})
