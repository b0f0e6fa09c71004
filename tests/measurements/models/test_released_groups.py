"""Packings in groups: compressed-tensors and ModelOpt by hand, and the modules that each group means."""

from typing import Any

import pytest

from calculator.errors import CatalogError
from measurements.models.packing import Checkpoint
from measurements.models.released import checkpoint_of

UP = {"path": "model.layers.1.mlp.up_proj.weight", "shape": [256, 512], "quantizable": True}
QUERY = {**UP, "path": "model.layers.1.self_attn.q_proj.weight"}
EXPERT = {"path": "model.layers.1.mlp.switch_mlp.up_proj.weight", "shape": [8, 256, 512], "quantizable": True}
HEAD = {**UP, "path": "lm_head.weight"}
NUMBERS, ROWS = 256 * 512, 256


def _checkpoint(**settings: Any) -> Checkpoint:
    found = checkpoint_of({"model_type": "x", "quantization_config": settings})
    assert found is not None
    return found


def _compressed(weights: dict[str, Any], *, format: str = "pack-quantized", **more: Any) -> Checkpoint:
    group = {"targets": ["Linear"], "weights": weights}
    return _checkpoint(quant_method="compressed-tensors", format=format, config_groups={"group_0": group}, **more)


@pytest.mark.parametrize(
    ("weights", "format", "size"),
    [
        (
            {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 32},
            "pack-quantized",
            NUMBERS * 9 // 16 + 8,
        ),
        (
            {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 128, "symmetric": False},
            "pack-quantized",
            NUMBERS // 2 + ROWS * 4 * 20 // 8 + 8,
        ),
        ({"num_bits": 8, "type": "int", "strategy": "channel"}, "int-quantized", NUMBERS + ROWS * 2),
        ({"num_bits": 8, "type": "float", "strategy": "channel"}, "float-quantized", NUMBERS + ROWS * 2),
        ({"num_bits": 8, "type": "float", "strategy": "tensor"}, "float-quantized", NUMBERS + 8),
        (
            {"num_bits": 8, "type": "float", "strategy": "block", "block_structure": [128, 128]},
            "float-quantized",
            NUMBERS + 2 * 4 * 4,
        ),
        ({"num_bits": 4, "type": "float", "group_size": 16}, "nvfp4-pack-quantized", NUMBERS * 9 // 16 + 8),
        ({"num_bits": 4, "type": "float", "group_size": 32}, "mxfp4-pack-quantized", NUMBERS * 17 // 32),
    ],
)
def test_compressed_tensors_by_hand(weights: dict[str, Any], format: str, size: int) -> None:
    found = _compressed(weights, format=format, ignore=["lm_head"])
    assert found.tensor_bytes(UP, "ffn_up") == size
    assert found.tensor_bytes(HEAD, "output") == 0
    assert found.tensor_bytes(UP, "embedding") == 0
    assert _compressed(weights, format=format).tensor_bytes(HEAD, "output") == size


def test_ignored_modules_are_names_globs_or_expressions() -> None:
    four = {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 32}
    found = _compressed(four, ignore=["re:.*self_attn.*", r"re:.*mlp\.(gate|up|gate_up|down)_proj.*"])
    assert found.tensor_bytes(QUERY, "attn_q") == found.tensor_bytes(UP, "ffn_up") == 0
    assert found.tensor_bytes(EXPERT, "expert_up") == 8 * (NUMBERS * 9 // 16 + 8)


def test_each_group_has_its_modules_and_presets_are_known() -> None:
    groups = {
        "a": {"targets": ["re:.*self_attn.*"], "weights": {"num_bits": 8, "type": "float"}},
        "b": {"targets": ["Linear"], "weights": {"num_bits": 4, "type": "float", "group_size": 16}},
    }
    found = _checkpoint(quant_method="compressed-tensors", config_groups=groups, ignore=None)
    assert found.tensor_bytes(QUERY, "attn_q") == NUMBERS + 8
    assert found.tensor_bytes(UP, "ffn_up") == NUMBERS * 9 // 16 + 8
    assert found.weights.words == "FP8 and NVFP4"
    preset = _checkpoint(quant_method="compressed-tensors", config_groups={"W8A8": ["Linear"]})
    assert preset.tensor_bytes(UP, "ffn_up") == NUMBERS + ROWS * 2


@pytest.mark.parametrize(
    ("weights", "format", "mlx"),
    [
        ({"num_bits": 4, "type": "int", "group_size": 32}, "pack-quantized", "affine"),
        ({"num_bits": 4, "type": "int", "group_size": 16}, "pack-quantized", "refused"),
        ({"num_bits": 4, "type": "float", "group_size": 16}, "nvfp4-pack-quantized", "stored"),
        ({"num_bits": 8, "type": "float"}, "float-quantized", "refused"),
    ],
)
def test_mlx_lm_takes_three_of_the_formats(weights: dict[str, Any], format: str, mlx: str) -> None:
    assert _compressed(weights, format=format).weights.mlx == mlx


def test_modelopt_by_algorithm_by_group_and_by_layer() -> None:
    four = NUMBERS * 9 // 16 + 8
    assert _checkpoint(quant_method="modelopt", quant_algo="NVFP4").tensor_bytes(UP, "ffn_up") == four
    nested = _checkpoint(
        producer={"name": "modelopt"}, quantization={"quant_algo": "FP8", "exclude_modules": ["lm_head"]}
    )
    assert nested.tensor_bytes(UP, "ffn_up") == NUMBERS + 8
    assert nested.tensor_bytes(HEAD, "output") == 0
    layers = {"model.layers.1.mlp.up_proj": {"quant_algo": "NVFP4"}, "model.layers.1.self_attn": {"quant_algo": "FP8"}}
    mixed = _checkpoint(quant_method="modelopt", quant_algo="MIXED_PRECISION", quantized_layers=layers)
    assert mixed.tensor_bytes(UP, "ffn_up") == four
    assert mixed.tensor_bytes(QUERY, "attn_q") == NUMBERS + 8
    assert mixed.tensor_bytes(EXPERT, "expert_up") == 0


def test_experts_packed_within_an_fp8_checkpoint_leave_the_rest_in_fp8() -> None:
    group = {"targets": ["Linear"], "weights": {"num_bits": 4, "type": "float", "group_size": 16}}
    found = _checkpoint(
        quant_method="fp8",
        weight_block_size=[128, 128],
        config_groups={"group_0": group},
        ignore=["*.self_attn.*", "lm_head"],
    )
    assert found.tensor_bytes(QUERY, "attn_q") == NUMBERS + 2 * 4 * 4
    assert found.tensor_bytes(EXPERT, "expert_up") == 8 * (NUMBERS * 9 // 16 + 8)
    assert found.tensor_bytes(HEAD, "output") == 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"quant_method": "compressed-tensors", "config_groups": None}, "no config_groups"),
        ({"quant_method": "modelopt", "quant_algo": "W2A2"}, "W2A2.*not known"),
        (
            {"quant_method": "compressed-tensors", "config_groups": {"a": {"weights": {"num_bits": "x"}}}},
            "num_bits is 'x'",
        ),
    ],
)
def test_group_that_is_not_known_is_one_sentence(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(CatalogError, match=said):
        _checkpoint(**settings)
