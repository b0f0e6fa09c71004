"""Tensors and caches of a plain decoder, read from its config.json where mlx-lm does not know the model_type.

Plain means: attention with grouped heads or MLA's latents, sliding windows by `layer_types`, gated feed-forward layers
or a standard mixture of experts. A config with any other structure (state space, cross attention, sparse attention,
per-layer embeddings ...) is not plain, and nothing is computed from it. Shapes as in transformers 5.23's decoder
classes (llama, mixtral, qwen3_moe, deepseek_v3; read 2026-11-26). Norms and biases are left out but for the norms of
each layer: under 0.01 % of a model.
"""

import re
from typing import Any, cast

from measurements.models.config_parts import Json, inner_config

GATED_ACTIVATIONS = frozenset(("silu", "swish", "swiglu", "swigluoai", "gelu_pytorch_tanh", "gelu_tanh", "geglu"))
_OTHER_STRUCTURE = re.compile(
    r"mamba|ssm|rwkv|\blru|conv|linear_|cross_attention|index_|compress|hc_mult|ngram|engram|altup|laurel|per_layer"
    r"|recurrent|delta|kda|hybrid|sparse_attention|attention_chunk|kv_shared|encoder_layers|decoder_layers|block_config"
    r"|share_?q_dim|attention_groups_num|attention_other|time_mix|global_head_dim|layers_block_type|router_layers"
)
_EXPERT_COUNTS = ("num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts")
_EXPERT_WIDTHS = ("moe_intermediate_size", "expert_intermediate_size", "moe_ffn_hidden_size")
_MOST_SIZE = 10_000_000


def plain_layout(config: Json) -> Json | None:
    """The layout in the form of mlx_lm_process's answer; None where the config is not plain or a size is missing."""
    text = inner_config(config) or config
    if any(value and _OTHER_STRUCTURE.search(key) for key, value in text.items()):
        return None
    if text.get("hidden_act", text.get("hidden_activation", "silu")) not in GATED_ACTIVATIONS:
        return None
    hidden, layers, heads = (_size(text, name) for name in ("hidden_size", "num_hidden_layers", "num_attention_heads"))
    vocabulary, wide = _size(text, "vocab_size"), _size(text, "intermediate_size")
    experts = next((found for name in _EXPERT_COUNTS if (found := _size(text, name))), 0)
    if not (hidden and layers and heads and vocabulary and (wide or experts)):
        return None
    tensors = [_packed("model.embed_tokens.weight", vocabulary, hidden), _norm("model.norm.weight", hidden)]
    if not text.get("tie_word_embeddings", False):
        tensors.append(_packed("lm_head.weight", vocabulary, hidden))
    for layer in range(layers):
        at = f"model.layers.{layer}"
        tensors += _attention(f"{at}.self_attn", text, hidden=hidden, heads=heads)
        tensors += [
            _norm(f"{at}.input_layernorm.weight", hidden),
            _norm(f"{at}.post_attention_layernorm.weight", hidden),
        ]
        has_experts = bool(experts) and _is_sparse(text, layer)
        mlp = _experts(f"{at}.mlp", text, count=experts, hidden=hidden) if has_experts else None
        tensors += mlp if mlp is not None else _dense(f"{at}.mlp", wide=wide, hidden=hidden)
        if (mlp is None and has_experts) or (mlp is None and not wide):
            return None
    return {"tensors": tensors, "caches": _caches(text, layers=layers, heads=heads, hidden=hidden), "wrapper": ""}


def _attention(at: str, text: Json, *, hidden: int, heads: int) -> list[Json]:
    rank = _size(text, "kv_lora_rank")
    if not rank:
        head = _size(text, "head_dim") or hidden // heads
        keys = _size(text, "num_key_value_heads") or heads
        return [
            _packed(f"{at}.q_proj.weight", heads * head, hidden),
            _packed(f"{at}.k_proj.weight", keys * head, hidden),
            _packed(f"{at}.v_proj.weight", keys * head, hidden),
            _packed(f"{at}.o_proj.weight", hidden, heads * head),
        ]
    nope, rope, value = (_size(text, name) for name in ("qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"))
    query_rank = _size(text, "q_lora_rank")
    queries = (
        [
            _packed(f"{at}.q_a_proj.weight", query_rank, hidden),
            _packed(f"{at}.q_b_proj.weight", heads * (nope + rope), query_rank),
        ]
        if query_rank
        else [_packed(f"{at}.q_proj.weight", heads * (nope + rope), hidden)]
    )
    return [
        *queries,
        _packed(f"{at}.kv_a_proj_with_mqa.weight", rank + rope, hidden),
        _packed(f"{at}.embed_q.weight", heads, rank, nope),
        _packed(f"{at}.unembed_out.weight", heads, value, rank),
        _packed(f"{at}.o_proj.weight", hidden, heads * value),
    ]


def _dense(at: str, *, wide: int, hidden: int) -> list[Json]:
    return [
        _packed(f"{at}.gate_proj.weight", wide, hidden),
        _packed(f"{at}.up_proj.weight", wide, hidden),
        _packed(f"{at}.down_proj.weight", hidden, wide),
    ]


def _experts(at: str, text: Json, *, count: int, hidden: int) -> list[Json] | None:
    """Routed experts, the router, and shared experts where the config names them; None without a width."""
    width = next((found for name in _EXPERT_WIDTHS if (found := _size(text, name))), 0) or _size(
        text, "intermediate_size"
    )
    if not width:
        return None
    shared = _size(text, "shared_expert_intermediate_size") or _size(text, "share_expert_dim")
    shared = shared or (_size(text, "n_shared_experts") or _size(text, "num_shared_experts")) * width
    found = [
        {**_packed(f"{at}.gate.weight", count, hidden), "quantizable": False},
        _packed(f"{at}.switch_mlp.gate_proj.weight", count, width, hidden),
        _packed(f"{at}.switch_mlp.up_proj.weight", count, width, hidden),
        _packed(f"{at}.switch_mlp.down_proj.weight", count, hidden, width),
    ]
    return found + (_dense(f"{at}.shared_experts", wide=shared, hidden=hidden) if shared else [])


def _is_sparse(text: Json, layer: int) -> bool:
    """Whether this layer has experts: not the first few, and every n-th where the config says so."""
    dense: Any = text.get("mlp_only_layers") or ()
    frequency: Any = text.get("moe_layer_freq") or 1
    if isinstance(frequency, list):
        chosen = cast("list[Any]", frequency)
        return layer < len(chosen) and bool(chosen[layer])
    step = _size(text, "decoder_sparse_step") or _size(text, "interleave_moe_layer_step") or int(frequency)
    first = _size(text, "first_k_dense_replace")
    return layer >= first and layer not in dense and (step == 1 or (layer + 1) % step == 0)


def _caches(text: Json, *, layers: int, heads: int, hidden: int) -> list[Json]:
    rank = _size(text, "kv_lora_rank")
    if rank:
        rope = _size(text, "qk_rope_head_dim")
        return [{"kind": "full", "count": layers, "kv_head_count": 1, "key_dim": rank, "value_dim": rope, "bits": 16}]
    head = _size(text, "head_dim") or hidden // heads
    keys = _size(text, "num_key_value_heads") or heads
    shape = {"kv_head_count": keys, "key_dim": head, "value_dim": head, "bits": 16}
    window = _size(text, "sliding_window")
    types: Any = text.get("layer_types")
    kinds = cast("list[Any]", types) if isinstance(types, list) else []
    sliding = sum(kind == "sliding_attention" for kind in kinds) if window else 0
    sliding = min(sliding, layers)
    found: list[Json] = []
    if sliding:
        found.append({"kind": "sliding", "count": sliding, "window_tokens": window, **shape})
    if layers > sliding:
        found.append({"kind": "full", "count": layers - sliding, **shape})
    return found


def _size(text: Json, name: str) -> int:
    """A size of the config; 0 where it is missing, null or no plain number."""
    value: Any = text.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST_SIZE else 0


def _packed(path: str, *shape: int) -> Json:
    return {"path": path, "shape": list(shape), "stored_bits": 16, "quantizable": True, "mlx_bits": 0}


def _norm(path: str, size: int) -> Json:
    return {**_packed(path, size), "quantizable": False}
