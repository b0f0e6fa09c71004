"""GGUF bytes: block sizes, fallbacks and the rules of the mixtures, role by role as llama-quant.cpp has them."""

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.models import TensorRole
from calculator.physics.memory.gguf import BLOCKS, DEFAULT_TYPE, gguf_bytes_by_role

CATALOG = load_catalog()


def test_gguf_block_sizes_are_the_documented_bits_per_weight() -> None:
    known = {
        **{"f32": 32, "f16": 16, "bf16": 16, "nvfp4": 4.5, "mxfp4": 4.25},
        **{"q4_0": 4.5, "q4_1": 5, "q5_0": 5.5, "q5_1": 6, "q8_0": 8.5, "iq4_nl": 4.5},
        **{"q2_k": 2.625, "q3_k": 3.4375, "q4_k": 4.5, "q5_k": 5.5, "q6_k": 6.5625},
        **{"iq1_s": 1.5625, "iq1_m": 1.75, "iq2_xxs": 2.0625, "iq2_xs": 2.3125, "iq2_s": 2.5625},
        **{"iq3_xxs": 3.0625, "iq3_s": 3.4375, "iq4_xs": 4.25},
    }
    assert known.keys() == BLOCKS.keys()
    for kind, bits in known.items():
        numbers, size = BLOCKS[kind]
        assert size * 8 / numbers == bits
    assert set(DEFAULT_TYPE.values()) <= set(BLOCKS)


def test_gguf_falls_back_where_a_block_does_not_divide_the_row() -> None:
    """1,856 columns are 7.25 blocks of 256 and 58 of 32: Q4_K becomes Q5_0 (llama.cpp's tensor_type_fallback)."""
    model = CATALOG.model("nemotron-3-nano-30b-a3b")
    down = next(group for group in model.tensors if group.role == "expert_down")
    assert down.shape[-1] == 1856
    found = gguf_bytes_by_role(model, recipe="q4_k_s")
    early = 52 // 8  # Q4_K_S gives the first eighth Q5_K, which falls back to Q5_1
    layers = down.layer_numbers()
    q5_1 = sum(layer < early for layer in layers)
    numbers = down.parameter_count() // len(layers)
    assert found["expert_down"] == numbers * q5_1 * 24 // 32 + numbers * (len(layers) - q5_1) * 22 // 32


def test_gguf_row_of_an_expert_is_its_last_dimension() -> None:
    """Up is 1,408 rows of 4,096 columns, 16 blocks of 256; the columns of down are 1,408, 44 blocks of 32."""
    model = CATALOG.model("glm-4.5-air")
    up = [group for group in model.tensors if group.role == "expert_up"]
    assert {group.shape[1:] for group in up} == {(1408, 4096)}
    numbers = sum(group.parameter_count() for group in up)
    assert gguf_bytes_by_role(model, recipe="q4_k_m")["expert_up"] == numbers * 144 // 256


def test_gguf_more_bits_for_every_third_layer_of_q4_k_m() -> None:
    """80 layers: 10 first, 10 last, and of the 60 between every third: 20. Half of ffn_down is Q6_K, half Q4_K."""
    down = gguf_bytes_by_role(CATALOG.model("llama-3-70b"), recipe="q4_k_m")["ffn_down"]
    assert down == 28_672 * 8_192 * (40 * 210 + 40 * 144) // 256


BYTES_PER_256 = {
    **{"q8_0": 272, "q6_k": 210, "q5_k": 176, "q4_k": 144, "q3_k": 110, "q2_k": 84, "f16": 512, "mxfp4": 136},
    **{"iq3_s": 110, "iq3_xxs": 98, "iq2_s": 82, "iq2_xxs": 66, "iq2_xs": 74, "iq1_s": 50, "iq1_m": 56},
    **{"iq4_nl": 144, "iq4_xs": 136, "q4_0": 144, "q4_1": 160, "q5_0": 176, "q5_1": 192},
}
"""ggml-common.h: bytes of 256 numbers; blocks of 32 eight times."""

Layers = dict[str, int]


def _every_third_of_32(more: str, usual: str) -> Layers:
    """The first and last four of 32, and 6, 9, ..., 27: 16 of them have more bits."""
    return {more: 16, usual: 16}


# Llama 3 8B: 32 layers, four query heads share a key head, no experts, its own output matrix
LLAMA_3_8B: dict[tuple[str, TensorRole], Layers] = {
    ("q2_k", "attn_v"): {"q4_k": 32},
    ("q2_k_s", "attn_v"): {"q4_k": 32},
    ("q3_k_s", "attn_v"): {"q3_k": 32},
    ("q3_k_m", "attn_v"): {"q5_k": 2, "q4_k": 30},
    ("q3_k_l", "attn_v"): {"q5_k": 32},
    ("iq3_xxs", "attn_v"): {"q4_k": 32},
    ("iq3_xs", "attn_v"): {"q4_k": 32},
    ("iq3_s", "attn_v"): {"q4_k": 32},
    ("iq3_m", "attn_v"): {"q4_k": 32},
    ("iq4_nl", "attn_v"): {"q5_k": 32},
    ("iq4_xs", "attn_v"): {"q5_k": 32},
    ("q4_k_s", "attn_v"): {"q5_k": 4, "q4_k": 28},
    ("q4_k_m", "attn_v"): _every_third_of_32("q6_k", "q4_k"),
    ("q5_k_m", "attn_v"): _every_third_of_32("q6_k", "q5_k"),
    ("q5_k_s", "attn_v"): {"q5_k": 32},
    ("q6_k", "attn_v"): {"q6_k": 32},
    ("q8_0", "attn_v"): {"q8_0": 32},
    ("iq2_m", "attn_v"): {"q4_k": 32},
    ("iq1_s", "attn_v"): {"q4_k": 32},
    ("q2_k", "ffn_down"): {"q3_k": 32},
    ("q2_k_s", "ffn_down"): {"q4_k": 4, "q2_k": 28},
    ("iq3_xxs", "ffn_down"): {"q4_k": 4, "q3_k": 28},
    ("q3_k_m", "ffn_down"): {"q5_k": 2, "q4_k": 30},
    ("q3_k_l", "ffn_down"): {"q5_k": 32},
    ("iq3_m", "ffn_down"): {"q4_k": 4, "iq3_s": 28},
    ("iq4_nl", "ffn_down"): {"q5_k": 4, "iq4_nl": 28},
    ("iq4_xs", "ffn_down"): {"q5_k": 4, "iq4_xs": 28},
    ("q4_k_s", "ffn_down"): {"q5_k": 4, "q4_k": 28},
    ("q5_k_m", "ffn_down"): _every_third_of_32("q6_k", "q5_k"),
    ("iq2_xxs", "ffn_down"): {"q2_k": 4, "iq2_xxs": 28},
    ("iq2_m", "ffn_down"): {"iq3_s": 4, "iq2_s": 28},
    ("iq3_xs", "ffn_up"): {"iq3_s": 8, "iq3_xxs": 24},
    ("iq3_xs", "ffn_gate"): {"iq3_s": 8, "iq3_xxs": 24},
    ("iq3_s", "ffn_up"): {"iq3_s": 32},
    ("q4_k_m", "ffn_up"): {"q4_k": 32},
    ("q2_k", "attn_output"): {"q3_k": 32},
    ("iq3_xxs", "attn_output"): {"iq3_s": 32},
    ("q3_k_m", "attn_output"): {"q4_k": 32},
    ("q3_k_l", "attn_output"): {"q5_k": 32},
    ("iq3_m", "attn_output"): {"q4_k": 32},
    ("q4_k_m", "attn_output"): {"q4_k": 32},
    ("iq1_s", "attn_output"): {"iq2_xxs": 32},
    ("iq1_m", "attn_output"): {"iq2_xxs": 32},
    ("iq2_s", "attn_output"): {"iq3_s": 32},
    ("iq2_xs", "attn_output"): {"iq2_xs": 32},
    ("iq3_xs", "attn_k"): {"iq3_xxs": 32},
    ("iq3_xxs", "attn_q"): {"iq2_s": 32},
    ("q3_k_m", "attn_q"): {"q3_k": 32},
    ("iq2_xxs", "attn_k"): {"iq2_xxs": 32},
    ("iq2_xxs", "embedding"): {"q2_k": 1},
    ("iq1_m", "embedding"): {"q2_k": 1},
    ("iq2_m", "embedding"): {"iq3_s": 1},
    ("iq3_xxs", "embedding"): {"iq3_s": 1},
    ("q4_k_m", "embedding"): {"q4_k": 1},
    ("q4_k_m", "output"): {"q6_k": 1},
    ("q8_0", "output"): {"q8_0": 1},
    ("iq2_xs", "output"): {"q5_k": 1},
    ("iq3_xxs", "output"): {"q5_k": 1},
    ("f16", "output"): {"f16": 1},
}
# Llama 2 7B: as many layers, but each query head has a key head of its own
LLAMA_2_7B: dict[tuple[str, TensorRole], Layers] = {
    ("q2_k", "attn_v"): {"q3_k": 32},
    ("q2_k_s", "attn_v"): {"q2_k": 32},
    ("iq3_xxs", "attn_v"): {"iq3_s": 32},
    ("iq3_xs", "attn_v"): {"iq3_s": 32},
    ("iq3_m", "attn_v"): {"q4_k": 32},
    ("iq3_s", "attn_v"): {"iq3_s": 32},
    ("iq4_nl", "attn_v"): {"iq4_nl": 32},
    ("iq4_xs", "attn_v"): {"iq4_xs": 32},
    ("iq2_xs", "attn_v"): {"q2_k": 32},
    ("iq2_s", "attn_v"): {"iq3_s": 32},
}
# Llama 3 70B: 80 layers of this architecture; its value matrices never have three or four bits
LLAMA_3_70B: dict[tuple[str, TensorRole], Layers] = {
    ("q2_k", "attn_v"): {"q5_k": 80},
    ("q3_k_m", "attn_v"): {"q5_k": 80},
    ("q3_k_s", "attn_v"): {"q5_k": 80},
    ("q4_k_m", "attn_v"): {"q6_k": 40, "q5_k": 40},
    ("q3_k_m", "ffn_down"): {"q5_k": 5, "q4_k": 75},
}
# TinyLlama 1.1B: 22 layers, which eight and sixteen do not divide: 22 // 8 = 2, 7 * 22 // 8 = 19, 22 // 16 = 1
TINYLLAMA: dict[tuple[str, TensorRole], Layers] = {
    ("q4_k_m", "attn_v"): {"q6_k": 10, "q4_k": 12},  # 0, 1; 4, 7, 10, 13, 16; 19, 20, 21
    ("q4_k_m", "attn_output"): {"q4_k": 22},
    ("q5_k_m", "attn_v"): {"q6_k": 10, "q5_k": 12},
    ("q4_k_m", "ffn_down"): {"q6_k": 10, "q4_k": 12},
    ("q5_k_m", "ffn_down"): {"q6_k": 10, "q5_k": 12},
    ("q2_k_s", "attn_v"): {"q4_k": 22},
    ("iq3_xs", "ffn_up"): {"iq3_s": 5, "iq3_xxs": 17},
}
# Llama 3.2 3B: 28 layers: 28 // 8 = 3, 7 * 28 // 8 = 24, 28 // 16 = 1; three query heads share a key head
LLAMA_3_2_3B: dict[tuple[str, TensorRole], Layers] = {
    ("q4_k_m", "ffn_down"): {"q6_k": 14, "q4_k": 14},  # 0 to 2; 5, 8, ..., 23; 24 to 27
    ("q4_k_s", "ffn_down"): {"q5_k": 3, "q4_k": 25},
    ("q3_k_m", "ffn_down"): {"q5_k": 1, "q4_k": 27},
    ("iq2_xxs", "ffn_down"): {"q2_k": 3, "iq2_xxs": 25},
    ("q2_k", "attn_v"): {"q3_k": 28},
}
# Mixtral 8x7B: 32 layers with eight experts
MIXTRAL: dict[tuple[str, TensorRole], Layers] = {
    ("q4_k_m", "attn_v"): {"q8_0": 32},
    ("q4_k_m", "attn_k"): {"q8_0": 32},
    ("q4_k_m", "attn_q"): {"q4_k": 32},
    ("q3_k_m", "attn_output"): {"q5_k": 32},
    ("q4_k_m", "attn_output"): {"q5_k": 32},
    ("q5_k_m", "attn_output"): {"q5_k": 32},
    ("q6_k", "attn_output"): {"q6_k": 32},
    ("q3_k_l", "attn_output"): {"q3_k": 32},
    ("iq3_m", "expert_down"): {"q4_k": 16, "iq3_s": 16},
    ("iq2_xs", "attn_k"): {"q4_k": 32},
    ("iq2_xs", "attn_q"): {"iq2_xs": 32},
    ("iq2_xs", "attn_output"): {"q5_k": 32},
    ("mxfp4_moe", "expert_up"): {"mxfp4": 32},
    ("mxfp4_moe", "attn_q"): {"q8_0": 32},
    ("mxfp4_moe", "output"): {"q8_0": 1},
}
CASES = [
    (model, recipe, role, layers)
    for model, table in (
        ("llama-3-8b", LLAMA_3_8B),
        ("llama-2-7b", LLAMA_2_7B),
        ("llama-3-70b", LLAMA_3_70B),
        ("tinyllama-1.1b", TINYLLAMA),
        ("llama-3.2-3b", LLAMA_3_2_3B),
        ("mixtral-8x7b", MIXTRAL),
    )
    for (recipe, role), layers in table.items()
]


@pytest.mark.parametrize(("model_id", "recipe", "role", "layers"), CASES)
def test_gguf_types_of_a_role_are_those_of_llama_cpp(
    model_id: str, recipe: str, role: TensorRole, layers: Layers
) -> None:
    model = CATALOG.model(model_id)
    parameters = sum(group.parameter_count() for group in model.tensors if group.role == role)
    blocks_of_256 = parameters // sum(layers.values()) // 256  # of one layer
    expected = sum(count * BYTES_PER_256[kind] for kind, count in layers.items()) * blocks_of_256
    assert gguf_bytes_by_role(model, recipe=recipe)[role] == expected


def test_gguf_more_bits_follow_the_position_among_the_layers_with_attention() -> None:
    """Qwen3.5 4B has attention in every fourth of 32 layers; all 32 count, as its fused matrices do, and the index is
    that among the eight: 0 to 3 lie in the first eighth, 6 is a third one."""
    model = CATALOG.model("qwen3.5-4b")
    parameters = sum(group.parameter_count() for group in model.tensors if group.role == "attn_v")
    assert gguf_bytes_by_role(model, recipe="q4_k_m")["attn_v"] == parameters * (5 * 210 + 3 * 144) / 8 / 256


def test_gguf_of_a_tied_model_gives_the_embedding_the_type_of_an_output() -> None:
    model = CATALOG.model("llama-3.2-3b")
    parameters = sum(group.parameter_count() for group in model.tensors if group.role == "embedding")
    assert gguf_bytes_by_role(model, recipe="q4_k_m")["embedding"] == parameters * 210 / 256
    assert gguf_bytes_by_role(model, recipe="iq2_xxs")["embedding"] == parameters * 176 / 256


def test_gguf_override_fixes_a_role_and_leaves_norms_and_published_experts() -> None:
    model = CATALOG.model("gpt-oss-20b")
    plain = gguf_bytes_by_role(model, recipe="q4_k_m")
    forced = gguf_bytes_by_role(
        model, recipe="q4_k_m", overrides={"attn_q": "q8_0", "expert_up": "q8_0", "norm": "f16"}
    )
    parameters = {
        role: sum(group.parameter_count() for group in model.tensors if group.role == role)
        for role in ("attn_q", "expert_up", "norm")
    }
    assert forced["attn_q"] == parameters["attn_q"] * 272 / 256
    assert forced["attn_q"] > plain["attn_q"]
    assert forced["expert_up"] == plain["expert_up"] == parameters["expert_up"] * 136 / 256
    assert forced["norm"] == 4 * parameters["norm"]


def test_gguf_rows_that_no_large_block_divides_get_a_small_one() -> None:
    """2,880 columns are 90 blocks of 32 and 11.25 of 256: IQ2_XS becomes IQ4_NL, an output Q8_0."""
    model = CATALOG.model("gpt-oss-20b")
    found = gguf_bytes_by_role(model, recipe="iq2_xs")
    parameters = {
        role: sum(group.parameter_count() for group in model.tensors if group.role == role)
        for role in ("attn_q", "output")
    }
    assert found["attn_q"] == parameters["attn_q"] * 144 / 256
    assert found["output"] == parameters["output"] * 272 / 256
