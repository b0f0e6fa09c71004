"""Tensor splits that cannot be: whole heads only, and no speed where they are not whole."""

import re
from dataclasses import replace

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.errors import ScenarioError
from calculator.physics.prediction import Prediction, memory_and_speeds, predict
from calculator.physics.speed.tensor_split import layer_split_problem, split_remark

CATALOG = load_catalog()


def _predict(machine: str, model: str, format: str, *, count: int, runtime: str, split: str = "tensor") -> Prediction:
    found = Deployment.of(machine, model, format, runtime=runtime, chip_count=count, catalog=CATALOG)
    return predict(replace(found, split=split), Workload(), CATALOG)  # pyright: ignore[reportArgumentType]


def test_three_macs_cannot_split_128_heads_so_there_is_no_speed() -> None:
    found = _predict("mac-studio-m3-ultra-256", "deepseek-v3.2-671b", "mlx-4bit", count=3, runtime="mlx-lm")
    assert (found.decode, found.prefill, found.time_to_first_token) == (None, None, None)
    remark = next(one for one in found.remarks if one.code == "split-not-whole")
    assert "128 attention heads do not divide by 3. It runs on 2, 4, 8, 16." in remark.text
    assert remark.level == "problem"
    two = _predict("mac-studio-m3-ultra-256", "deepseek-v3.2-671b", "mlx-4bit", count=2, runtime="mlx-lm")
    assert two.decode is not None
    assert not [one for one in two.remarks if "divide" in one.text]


@pytest.mark.parametrize(
    ("machine", "model", "format", "count", "runtime", "runs"),
    [
        ("nvidia-rtx-4090", "qwen2.5-7b", "awq-int4", 8, "vllm", False),  # 28 heads
        ("nvidia-rtx-4090", "qwen2.5-7b", "awq-int4", 4, "vllm", True),
        ("nvidia-rtx-3090", "llama-3-70b", "awq-int4", 6, "vllm", False),  # 64 heads
        ("nvidia-rtx-3090", "qwen3-30b-a3b", "awq-int4", 8, "vllm", True),  # 4 heads of keys are kept twice
        ("mac-studio-m3-ultra-512", "qwen3-30b-a3b", "mlx-4bit", 8, "mlx-lm", False),  # and cannot be on mlx-lm
        ("nvidia-rtx-3090", "llama-3-70b", "q4_k_m", 3, "llama.cpp", True),  # rows, not heads
    ],
)
def test_rule_is_that_of_the_runtime(
    machine: str, model: str, format: str, count: int, runtime: str, *, runs: bool
) -> None:
    assert (_predict(machine, model, format, count=count, runtime=runtime).decode is not None) == runs


def test_layer_split_and_a_single_chip_have_no_such_rule() -> None:
    assert _predict("nvidia-rtx-3090", "llama-3-70b", "awq-int4", count=3, runtime="vllm", split="layer").decode
    one = Deployment.of("nvidia-h200", "qwen2.5-7b", "bf16", runtime="vllm", catalog=CATALOG)
    assert split_remark(replace(one, split="tensor")) is None


def test_model_that_no_number_divides_says_so() -> None:
    model = CATALOG.model("llama-3-8b").model_copy(update={"id": "x-17", "attention_head_count": 19})
    found = Deployment.of("nvidia-rtx-4090", model, "bf16", runtime="vllm", chip_count=2, catalog=CATALOG)
    remark = split_remark(replace(found, split="tensor"))
    assert remark is not None
    assert "It runs on no other number either." in remark.text


def test_split_that_the_runtime_lacks_has_no_speed() -> None:
    found = _predict("nvidia-rtx-4090", "llama-3-8b", "q4_k_m", count=2, runtime="ollama")
    assert found.decode is None
    remark = next(one for one in found.remarks if one.code == "split-not-offered")
    assert "Ollama has no tensor split, only layer." in remark.text
    assert _predict("nvidia-rtx-4090", "llama-3-8b", "q4_k_m", count=1, runtime="ollama").decode is not None


@pytest.mark.parametrize(
    ("machine", "format", "runtime", "runs"),
    [
        ("mac-studio-m3-ultra-256", "bf16", "vllm", False),
        ("nvidia-rtx-4090", "bf16", "mlx-lm", False),
        ("nvidia-rtx-4090", "bf16", "vllm", True),
        ("mac-studio-m3-ultra-256", "q4_k_m", "llama.cpp", True),
    ],
)
def test_runtime_on_another_makers_chips_has_no_speed(machine: str, format: str, runtime: str, *, runs: bool) -> None:
    found = _predict(machine, "llama-3-8b", format, count=1, runtime=runtime, split="layer")
    assert (found.decode is not None) == (found.prefill is not None) == runs
    remark = next((one for one in found.remarks if one.code == "runtime-not-on-chip"), None)
    assert (remark is None) == runs
    assert remark is None or "only on those of" in remark.text


def test_layer_split_over_more_machines_than_layers_is_refused_with_the_most() -> None:
    at = Deployment.of("dgx-spark", "qwen3-0.6b", "iq3_m", chip_count=64, catalog=CATALOG)
    says = "over 64 machines leaves some without a layer: Qwen3 0.6B has 28. Choose 1 to 28 machines."
    assert says in layer_split_problem(at)
    with pytest.raises(ScenarioError, match=re.escape(says)):
        predict(at, Workload(), CATALOG)
    found = memory_and_speeds(at, Workload(), catalog=CATALOG)
    assert (found.decode, found.prefill) == (None, None)
    assert says in next(one.text for one in found.remarks if one.code == "split-not-whole")
    cards = Deployment.of("nvidia-rtx-3090", "qwen3-0.6b", "q4_k_m", chip_count=29, catalog=CATALOG)
    assert "over 29 cards" in layer_split_problem(cards)
    for count in (1, 28):
        fine = Deployment.of("dgx-spark", "qwen3-0.6b", "iq3_m", chip_count=count, catalog=CATALOG)
        assert not layer_split_problem(fine)
        assert predict(fine, Workload(), CATALOG).decode is not None
    assert not layer_split_problem(replace(cards, split="tensor"))


def test_numbers_of_chips_that_would_do_divide_heads_and_heads_of_keys() -> None:
    # 32 heads and 4 of keys: mlx-lm divides both
    found = Deployment.of(
        "mac-studio-m3-ultra-512", "qwen3-30b-a3b", "mlx-4bit", runtime="mlx-lm", chip_count=8, catalog=CATALOG
    )
    remark = split_remark(replace(found, split="tensor"))
    assert remark is not None
    assert "4 heads of keys and values do not divide by 8. It runs on 2, 4. A layer split" in remark.text


def test_numbers_of_chips_that_would_do_are_named_up_to_sixteen() -> None:
    # 34 heads divide by 2, by 17 and by 34
    model = CATALOG.model("llama-3-8b").model_copy(update={"id": "x-34", "attention_head_count": 34})
    found = Deployment.of("nvidia-rtx-4090", model, "bf16", runtime="vllm", chip_count=3, catalog=CATALOG)
    remark = split_remark(replace(found, split="tensor"))
    assert remark is not None
    assert "34 attention heads do not divide by 3. It runs on 2. A layer split" in remark.text
