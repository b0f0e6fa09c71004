"""Layouts: from mlx-lm, by hand, or from a plain file; one broken config costs no other its answer."""

import importlib.util
from typing import Any

import pytest

from measurements.models.ask_mlx_lm import load_config
from measurements.models.layouts import layouts_of
from tests.measurements.models.test_plain_layout import DENSE

pytestmark = [
    pytest.mark.mlx,
    pytest.mark.skipif(importlib.util.find_spec("mlx_lm") is None, reason="mlx-lm is not installed"),
]


def test_each_config_of_a_batch_has_its_own_answer() -> None:
    broken: list[dict[str, Any]] = [
        {"model_type": "llama", "num_hidden_layers": 2},
        {"model_type": "qwen3_moe", "text_config": 3, "num_experts": None},
        {"model_type": "deepseek_v4"},
        {"model_type": "nobody_knows", "num_hidden_layers": 2},
        {"model_type": "gemma3", "text_config": {"quantization_config": None}, "vision_config": None},
    ]
    good = {**load_config("qwen3-0.6b"), "quantization_config": None, "quantization": None}
    answers = layouts_of([*broken[:2], good, *broken[2:], DENSE, load_config("deepseek-v4-flash")])
    assert "tensors" in answers[2]
    assert "tensors" in answers[-1]
    assert "mlx_error" in answers[-2]
    assert all("error" in answers[at] for at in (0, 1, 3, 4))
    assert not any("Traceback" in answer.get("error", "") for answer in answers)


@pytest.mark.parametrize("value", ["abc", True, 1.5, None, [4], {}])
@pytest.mark.parametrize("name", ["index_head_dim", "hidden_size", "n_routed_experts", "vocab_size", "sliding_window"])
def test_size_that_is_no_whole_number_is_refused_before_it_is_multiplied(name: str, value: object) -> None:
    """A text times a thousand billion filled the memory, or ended in an OverflowError that nobody caught."""
    config = {**load_config("deepseek-v4-flash"), "index_n_heads": 10**12, name: value}
    [answer] = layouts_of([config])
    assert f"{name} is {str(value)[:40]!r}, not a whole number" in answer["error"]


def test_wrapper_of_a_known_model_is_planned_by_what_is_within() -> None:
    inner = {key: value for key, value in load_config("qwen3-0.6b").items() if key != "_about"}
    wrapper = {"model_type": "new_omni", "llm_config": inner, "tie_word_embeddings": True}
    [plain, wrapped] = layouts_of([inner, wrapper])
    assert wrapped["tensors"] == plain["tensors"]
    assert (wrapped["wrapper"], plain["wrapper"]) == ("new_omni", "")
