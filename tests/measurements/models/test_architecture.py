"""Roles of tensor paths, and layer numbers in short form."""

import pytest

from calculator.catalog.models import TensorGroup
from measurements.models.architecture import ranges, role_of


@pytest.mark.parametrize(
    ("path", "shape", "role"),
    [
        ("model.embed_tokens.weight", (128256, 8192), "embedding"),
        ("language_model.lm_head.weight", (262144, 2816), "output"),
        ("model.layers.3.self_attn.q_proj.weight", (8192, 8192), "attn_q"),
        ("model.layers.3.self_attn.q_proj.bias", (8192,), "bias"),
        ("model.layers.0.self_attn.kv_a_proj_with_mqa.weight", (576, 7168), "attn_kv_a"),
        ("model.layers.0.self_attn.q_a_layernorm.weight", (1536,), "norm"),
        ("model.layers.9.mlp.gate_proj.weight", (28672, 8192), "ffn_gate"),
        ("model.layers.9.mlp.gate.weight", (256, 7168), "router"),
        ("model.layers.9.mlp.shared_expert_gate.weight", (1, 2048), "router"),
        ("model.layers.9.mlp.shared_experts.gate_proj.weight", (2048, 7168), "shared_expert_gate"),
        ("model.layers.9.mlp.switch_mlp.gate_proj.weight", (256, 2048, 7168), "expert_gate"),
        ("backbone.layers.1.mixer.switch_mlp.fc2.weight", (128, 2688, 1856), "expert_down"),
        ("model.layers.0.linear_attn.in_proj_qkv.weight", (8192, 2048), "attn_qkv"),
        ("model.layers.0.linear_attn.in_proj_z.weight", (4096, 2048), "attn_gate"),
        ("model.layers.0.linear_attn.conv1d.weight", (8192, 4, 1), "convolution"),
        ("backbone.layers.0.mixer.in_proj.weight", (10304, 2688), "recurrent_in"),
        ("model.layers.0.self_attn.indexer.k_norm.bias", (128,), "bias"),
        ("model.layers.0.mystery.weight", (8, 16, 16), "expert_up"),
        ("model.layers.0.mystery.weight", (7, 16, 16), "other"),
    ],
)
def test_role_of_a_path_is_what_it_does(path: str, shape: tuple[int, ...], role: str) -> None:
    assert role_of(path, shape=shape, expert_count=8) == role


def test_ranges_and_layer_numbers_are_inverse() -> None:
    numbers = [0, 1, 2, 5, 8, 9]
    assert ranges(numbers) == "0-2,5,8-9"
    group = TensorGroup(role="norm", shape=(4,), count=6, layers=ranges(numbers))
    assert list(group.layer_numbers()) == numbers
    assert ranges([]) == ""
