"""GGUF bytes: llama.cpp's mixtures, tensor by tensor.

Every tensor gets a ggml type from the file type ("q4_k_m"), its role, its layer and its shape. The rules are those of
llama.cpp's src/llama-quant.cpp (functions tensor_allows_quantization, llama_tensor_get_type_impl, tensor_type_fallback;
read 2026-11-22 at commit 007dbbf) for a quantisation without importance matrix where the rule asks for one. What never
changes: norms, biases, routers, convolutions stay 32-bit floats. A fused attn_qkv is packed as in the files published
until spring 2026 (Q4_K_M: Q5_K, Q5_K_M: Q6_K); later builds treat it as attn_v, which takes 1 % from Qwen3.5's Q5_K_M.

Block sizes: ggml-common.h. A file holds metadata and a tokenizer besides (some MB), which llama-bench's model_size and
this module leave out.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

from calculator.catalog.models import EXPERT_ROLES, LanguageModel, TensorGroup, TensorRole

# ggml type: (numbers in a block, bytes of a block)
BLOCKS: dict[str, tuple[int, int]] = {
    "f32": (1, 4), "f16": (1, 2), "bf16": (1, 2),
    "q4_0": (32, 18), "q4_1": (32, 20), "q5_0": (32, 22), "q5_1": (32, 24), "q8_0": (32, 34), "mxfp4": (32, 17),
    "nvfp4": (64, 36), "iq4_nl": (32, 18),
    "q2_k": (256, 84), "q3_k": (256, 110), "q4_k": (256, 144), "q5_k": (256, 176), "q6_k": (256, 210),
    "iq1_s": (256, 50), "iq1_m": (256, 56), "iq2_xxs": (256, 66), "iq2_xs": (256, 74), "iq2_s": (256, 82),
    "iq3_xxs": (256, 98), "iq3_s": (256, 110), "iq4_xs": (256, 136),
}  # fmt: skip

# file type: the ggml type of a tensor that no rule treats apart
DEFAULT_TYPE: dict[str, str] = {
    "f32": "f32", "f16": "f16", "bf16": "bf16",
    "q4_0": "q4_0", "q4_1": "q4_1", "q5_0": "q5_0", "q5_1": "q5_1", "q8_0": "q8_0", "mxfp4_moe": "q8_0",
    "q2_k": "q2_k", "q2_k_s": "q2_k", "q3_k_s": "q3_k", "q3_k_m": "q3_k", "q3_k_l": "q3_k", "q4_k_s": "q4_k",
    "q4_k_m": "q4_k", "q5_k_s": "q5_k", "q5_k_m": "q5_k", "q6_k": "q6_k",
    "iq1_s": "iq1_s", "iq1_m": "iq1_m", "iq2_xxs": "iq2_xxs", "iq2_xs": "iq2_xs", "iq2_s": "iq2_xs", "iq2_m": "iq2_s",
    "iq3_xxs": "iq3_xxs", "iq3_xs": "iq3_s", "iq3_s": "iq3_s", "iq3_m": "iq3_s", "iq4_nl": "iq4_nl", "iq4_xs": "iq4_xs",
}  # fmt: skip

_TWO_BITS = frozenset(("iq1_s", "iq1_m", "iq2_xxs", "iq2_xs", "iq2_s", "iq2_m"))
_ALWAYS_F32 = frozenset(("norm", "bias", "router", "convolution", "other"))
_DOWN = frozenset(("ffn_down", "expert_down", "shared_expert_down"))
_UP = frozenset(
    ("ffn_up", "ffn_gate", "ffn_gate_up", "expert_up", "expert_gate", "shared_expert_up", "shared_expert_gate")
)
_EIGHT_EXPERTS, _FOUR_EXPERTS, _FOUR_QUERIES, _LAYERS_OF_70B = 8, 4, 4, 80

# What replaces a type whose block does not divide the row.
_FALLBACK = {
    **dict.fromkeys(("iq1_s", "iq1_m", "iq2_xxs", "iq2_xs", "iq2_s", "iq3_xxs", "iq3_s", "iq4_xs"), "iq4_nl"),
    "q2_k": "q4_0", "q3_k": "q4_0", "q4_k": "q5_0", "q5_k": "q5_1", "q6_k": "q8_0",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Model:
    """What llama.cpp's rules see of a model and of the file type asked for."""

    layers: int
    values: list[int]
    value_count: int
    experts: int
    queries_per_key: float
    is_70b: bool
    is_tied: bool
    native_experts: str
    recipe: str
    default: str
    overrides: Mapping[TensorRole, str]


def gguf_bytes_by_role(
    model: LanguageModel, *, recipe: str, overrides: Mapping[TensorRole, str] | None = None
) -> dict[TensorRole, int]:
    """Bytes of each role's tensors in a GGUF file of this type.

    sum over tensors of rows x columns / block numbers x block bytes. `overrides` fixes the type of a role, as
    llama-quantize's --tensor-type does. Experts that the maker published packed (gpt-oss in MXFP4) stay as they are.
    """
    values = sorted(layer for group in model.tensors if group.role == "attn_v" for layer in group.layer_numbers())
    fused = sum(group.count for group in model.tensors if group.role == "attn_qkv")
    sight = _Model(
        layers=model.layer_count,
        values=values,
        value_count=len(values) + fused,
        experts=model.expert_count,
        queries_per_key=_queries_per_key(model),
        is_tied=model.is_tied(),
        native_experts=model.native_experts,
        is_70b=model.layer_count == _LAYERS_OF_70B and model.architecture in ("llama", "qwen2"),
        recipe=recipe,
        default=DEFAULT_TYPE[recipe],
        overrides=overrides or {},
    )
    total: dict[TensorRole, int] = {}
    for group in model.tensors:
        layers = group.layer_numbers() or (0,)
        of_layer = [_tensor_bytes(group, _type(group, layer, sight)) for layer in layers]
        # count is a multiple of the layers, but for a norm after the last layer that shares the shape of the others
        total[group.role] = total.get(group.role, 0) + sum(of_layer) * group.count // len(layers)
    return total


def _tensor_bytes(group: TensorGroup, kind: str) -> int:
    numbers, size = BLOCKS[kind]
    return math.prod(group.shape[:-1]) * -(-group.shape[-1] // numbers) * size


def _type(group: TensorGroup, layer: int, model: _Model) -> str:
    """The ggml type that llama-quantize gives the tensor of this group in this layer."""
    if group.role in _ALWAYS_F32 or len(group.shape) == 1:
        return "f32"
    if model.native_experts and group.role in EXPERT_ROLES:
        return model.native_experts
    if group.role in model.overrides:
        return model.overrides[group.role]
    if model.default in ("f32", "f16", "bf16"):
        return model.default
    return _fitting(_rule(group, layer, model), columns=group.shape[-1])


def _queries_per_key(model: LanguageModel) -> float:
    """Query heads per key-value head of the first attention layer; latent attention counts as one key head."""
    first = next((cache for cache in model.caches if cache.kv_head_count), None)
    return model.attention_head_count / first.kv_head_count if first else 1.0


def _fitting(kind: str, *, columns: int) -> str:
    """The type itself, or llama.cpp's replacement where its block does not divide the row."""
    if columns % BLOCKS[kind][0] == 0:
        return kind
    replacement = _FALLBACK.get(kind, "f16")
    return replacement if columns % BLOCKS[replacement][0] == 0 else "f16"


def _more_bits(index: int, count: int) -> bool:
    """llama.cpp's use_more_bits: the first and the last eighth, and every third layer between."""
    return index < count // 8 or index >= 7 * count // 8 or (index - count // 8) % 3 == 2


def _rule(group: TensorGroup, layer: int, model: _Model) -> str:
    """llama_tensor_get_type_impl, in its order."""
    role, recipe, default = group.role, model.recipe, model.default
    if role == "output" or (model.is_tied and role == "embedding"):
        return _output_rule(group.shape[-1], recipe=recipe, default=default)
    if recipe == "mxfp4_moe":
        return "mxfp4" if len(group.shape) > 2 else "q8_0"
    if role == "embedding":
        if recipe in ("iq2_xxs", "iq2_xs", "iq1_s", "iq1_m"):
            return "q2_k"
        return "iq3_s" if recipe in ("iq2_s", "iq2_m", "iq3_xxs") else default
    if recipe in _TWO_BITS:
        return _two_bit_rule(role, layer, model)
    if role == "attn_v":
        return _value_rule(bisect_left(model.values, layer), model)
    if role in ("attn_k", "attn_q"):
        if role == "attn_k" and model.experts == _EIGHT_EXPERTS:
            return "q8_0"
        return {"iq3_xs": "iq3_xxs", "iq3_xxs": "iq2_s"}.get(recipe, default)
    if role in _DOWN:
        return _down_rule(layer, model)
    if role == "attn_output":
        return _attention_output_rule(model)
    if role == "attn_qkv":
        wide = {"q3_k_m": "q4_k", "q3_k_l": "q4_k", "iq3_m": "q4_k", "q4_k_m": "q5_k", "q5_k_m": "q6_k"}
        return wide.get(recipe, default)
    if role in _UP and recipe == "iq3_xs" and model.layers // 8 <= layer < 7 * model.layers // 8:
        return "iq3_xxs"
    return default


def _output_rule(columns: int, *, recipe: str, default: str) -> str:
    if recipe == "mxfp4_moe" or default == "q8_0" or columns % BLOCKS[default][0]:
        return "q8_0"
    return "q5_k" if recipe in (*_TWO_BITS, "iq3_xxs") else "q6_k"


def _two_bit_rule(role: TensorRole, layer: int, model: _Model) -> str:
    recipe, default = model.recipe, model.default
    is_larger = recipe in ("iq2_s", "iq2_m")
    if role == "attn_v":
        is_shared = model.queries_per_key >= _FOUR_QUERIES or model.experts >= _FOUR_EXPERTS
        return "q4_k" if is_shared else "iq3_s" if is_larger else "q2_k"
    if role == "attn_k" and model.experts == _EIGHT_EXPERTS:
        return "q4_k"
    if role in _DOWN and layer < model.layers // 8:
        return "iq3_s" if is_larger else "q2_k"
    if role == "attn_output":
        if model.experts == _EIGHT_EXPERTS:
            return "q5_k"
        return "iq2_xxs" if recipe in ("iq1_s", "iq1_m") else "iq3_s" if is_larger else default
    return default


def _value_rule(index: int, model: _Model) -> str:
    default, more = model.default, _more_bits(index, model.value_count)
    is_shared = model.queries_per_key >= _FOUR_QUERIES
    kind = {
        "q2_k": "q4_k" if is_shared else "q3_k",
        "q2_k_s": "q4_k" if is_shared else default,
        "iq3_xxs": "q4_k" if is_shared else "iq3_s",
        "iq3_xs": "q4_k" if is_shared else default,
        "iq3_s": "q4_k" if is_shared else default,
        "iq3_m": "q4_k",
        "q3_k_m": "q5_k" if index < 2 else "q4_k",
        "q3_k_l": "q5_k",
        "iq4_nl": "q5_k" if is_shared else default,
        "iq4_xs": "q5_k" if is_shared else default,
        "q4_k_m": "q6_k" if more else default,
        "q5_k_m": "q6_k" if more else default,
        "q4_k_s": "q5_k" if index < 4 else default,
    }.get(model.recipe, default)
    if model.is_70b and kind in ("q3_k", "q4_k"):
        kind = "q5_k"
    return "q8_0" if model.experts == _EIGHT_EXPERTS else kind


def _down_rule(layer: int, model: _Model) -> str:
    default, is_early, more = model.default, layer < model.layers // 8, _more_bits(layer, model.layers)
    return {
        "q2_k": "q3_k",
        "q2_k_s": "q4_k" if is_early else default,
        "iq3_xxs": "q4_k" if is_early else "q3_k",
        "q3_k_m": "q5_k" if layer < model.layers // 16 else "q4_k",
        "iq3_m": "q4_k" if is_early or (model.experts == _EIGHT_EXPERTS and more) else default,
        "q3_k_l": "q5_k",
        "q4_k_m": "q6_k" if more else default,
        "iq4_nl": "q5_k" if is_early else default,
        "iq4_xs": "q5_k" if is_early else default,
        "q5_k_m": "q6_k" if more else default,
        "q4_k_s": "q5_k" if is_early else default,
    }.get(model.recipe, default)


def _attention_output_rule(model: _Model) -> str:
    recipe, default = model.recipe, model.default
    if model.experts == _EIGHT_EXPERTS:
        kept = ("q3_k_l", "q4_0", "q4_1", "q5_0", "q5_1", "q5_k_s", "q5_k_m", "q6_k", "q8_0", "q2_k_s")
        return default if recipe in kept else "q5_k"
    wide = {"q2_k": "q3_k", "iq3_xxs": "iq3_s", "q3_k_m": "q4_k", "q3_k_l": "q5_k", "iq3_m": "q4_k"}
    return wide.get(recipe, default)
