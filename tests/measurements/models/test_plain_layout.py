"""Plain shapes read from a file: mlx-lm's own where it knows them, and nothing where a config is not plain."""

import importlib.util
import math
from typing import Any

import pytest

from measurements.models.ask_mlx_lm import ask_mlx_lm, load_config
from measurements.models.plain_layout import plain_layout

DENSE: dict[str, Any] = {
    "model_type": "nobody_knows",
    "hidden_act": "silu",
    "hidden_size": 64,
    "intermediate_size": 160,
    "num_hidden_layers": 3,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "vocab_size": 100,
}


def _parameters(config: dict[str, Any]) -> int:
    layout = plain_layout(config)
    assert layout is not None
    return sum(math.prod(one["shape"]) for one in layout["tensors"])


def test_dense_model_by_hand() -> None:
    layer = 64 * 16 * (8 + 2 + 2 + 8) + 3 * 64 * 160 + 2 * 64
    assert _parameters(DENSE) == 2 * 100 * 64 + 64 + 3 * layer
    assert _parameters({**DENSE, "tie_word_embeddings": True}) == 100 * 64 + 64 + 3 * layer
    assert _parameters({"model_type": "wrapper", "text_config": DENSE}) == _parameters(DENSE)


def test_windows_follow_the_layer_types() -> None:
    types = ["sliding_attention", "sliding_attention", "full_attention"]
    layout = plain_layout({**DENSE, "sliding_window": 512, "layer_types": types})
    assert layout is not None
    assert [(one["kind"], one["count"]) for one in layout["caches"]] == [("sliding", 2), ("full", 1)]


@pytest.mark.parametrize(
    "other",
    [
        {"cross_attention_layers": [1]},
        {"mamba_d_state": 16},
        {"sparse_attention_config": {"x": 1}},
        {"index_topk": 2048},
        {"hidden_act": "relu2"},
        {"hidden_size": None},
        {"vocab_size": "many"},
        {"num_hidden_layers": 0},
    ],
)
def test_config_that_is_not_plain_is_not_guessed(other: dict[str, Any]) -> None:
    assert plain_layout({**DENSE, **other}) is None


@pytest.mark.mlx
@pytest.mark.skipif(importlib.util.find_spec("mlx_lm") is None, reason="mlx-lm is not installed")
@pytest.mark.parametrize(
    "name", ["llama-3-8b", "qwen3-32b", "mixtral-8x7b", "qwen3-30b-a3b", "deepseek-v3-671b", "glm-4.5-air"]
)
def test_models_that_mlx_lm_knows_have_its_parameters_and_cache(name: str) -> None:
    config = load_config(name)
    [by_mlx] = ask_mlx_lm([{"config": config}])
    expected = sum(math.prod(one["shape"]) for one in by_mlx["tensors"])
    assert _parameters(config) == pytest.approx(expected, rel=2e-4)  # biases and small norms are left out
    found = plain_layout(config)
    assert found is not None
    keys = ("kind", "count", "kv_head_count", "key_dim", "value_dim")
    assert [[one[key] for key in keys] for one in found["caches"]] == [
        [one[key] for key in keys] for one in by_mlx["caches"]
    ]
