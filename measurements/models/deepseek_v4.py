"""Tensors and caches of DeepSeek-V4, written out by hand because mlx-lm 0.32 does not know it.

Read from the modelling code of transformers 5.23 (models/deepseek_v4, read 2026-11-22), which follows the publisher's
own: attention with one shared key-value head of `head_dim` (keys and values are the same numbers), a sliding window
in every layer, and beside it a compressed past: one entry per 4 tokens with an indexer (CSA), or one per 128 tokens
(HCA); hyper connections of width hc_mult; routed experts, the first `num_hash_layers` layers by a table from token to
experts.
"""

from typing import Any

Json = dict[str, Any]
_CSA, _HCA = 4, 128
_HASH_TABLE_BITS = 32
_SIZES = (
    "hc_mult",
    "head_dim",
    "hidden_size",
    "index_head_dim",
    "index_n_heads",
    "moe_intermediate_size",
    "n_routed_experts",
    "num_attention_heads",
    "num_experts_per_tok",
    "num_hash_layers",
    "num_hidden_layers",
    "o_groups",
    "o_lora_rank",
    "q_lora_rank",
    "sliding_window",
    "vocab_size",
)


def deepseek_v4_layout(config: Json) -> Json:
    """The layout in the form of mlx_lm_process's answer, from config.json alone.

    Raises KeyError for a size that is missing, TypeError for one that is no whole number: a text times a large number
    would fill the memory.
    """
    _refuse_other_than_sizes(config)
    hidden, head, ratios = config["hidden_size"], config["head_dim"], config["compress_ratios"]
    heads, rank, groups = config["num_attention_heads"], config["q_lora_rank"], config["o_groups"]
    experts, wide = config["n_routed_experts"], config["moe_intermediate_size"]
    index_heads, index_dim, mult = config["index_n_heads"], config["index_head_dim"], config["hc_mult"]
    layers = range(config["num_hidden_layers"])
    mixes = 2 * mult + mult * mult
    tensors = [
        _packed("embed_tokens.weight", config["vocab_size"], hidden),
        _packed("lm_head.weight", config["vocab_size"], hidden),
    ]
    tensors += [_plain("norm.weight", hidden), _plain("hc_head.fn", mult, mult * hidden)]
    for layer in layers:
        at = f"model.layers.{layer}"
        tensors += [
            _packed(f"{at}.self_attn.q_a_proj.weight", rank, hidden),
            _packed(f"{at}.self_attn.q_b_proj.weight", heads * head, rank),
            _packed(f"{at}.self_attn.k_proj.weight", head, hidden),
            _packed(f"{at}.self_attn.o_a.o_proj.weight", groups * config["o_lora_rank"], heads * head // groups),
            _packed(f"{at}.self_attn.o_b.o_proj.weight", hidden, groups * config["o_lora_rank"]),
            _plain(f"{at}.self_attn.q_a_norm.weight", rank),
            _plain(f"{at}.self_attn.kv_norm.weight", head),
            _plain(f"{at}.self_attn.sinks", heads),
            _plain(f"{at}.input_layernorm.weight", hidden),
            _plain(f"{at}.post_attention_layernorm.weight", hidden),
            _plain(f"{at}.attn_hc.fn", mixes, mult * hidden),
            _plain(f"{at}.ffn_hc.fn", mixes, mult * hidden),
            _packed(f"{at}.mlp.switch_mlp.gate_proj.weight", experts, wide, hidden),
            _packed(f"{at}.mlp.switch_mlp.up_proj.weight", experts, wide, hidden),
            _packed(f"{at}.mlp.switch_mlp.down_proj.weight", experts, hidden, wide),
            _packed(f"{at}.mlp.shared_experts.gate_proj.weight", wide, hidden),
            _packed(f"{at}.mlp.shared_experts.up_proj.weight", wide, hidden),
            _packed(f"{at}.mlp.shared_experts.down_proj.weight", hidden, wide),
            _plain(f"{at}.mlp.gate.weight", experts, hidden),
        ]
        if layer < config["num_hash_layers"]:
            tensors.append(
                {
                    **_plain(f"{at}.mlp.gate.tid2eid", config["vocab_size"], config["num_experts_per_tok"]),
                    "stored_bits": _HASH_TABLE_BITS,
                }
            )
        else:
            tensors.append(_plain(f"{at}.mlp.gate.e_score_correction_bias", experts))
        tensors += _compressor(f"{at}.self_attn", ratios[layer], hidden=hidden, head=head)
        if ratios[layer] == _CSA:
            tensors += _compressor(f"{at}.self_attn.indexer", _CSA, hidden=hidden, head=index_dim)
            tensors += [
                _packed(f"{at}.self_attn.indexer.q_b.weight", index_heads * index_dim, rank),
                _packed(f"{at}.self_attn.indexer.weights_proj.weight", index_heads, hidden),
            ]
    shared = {"kv_head_count": 1, "value_dim": 0, "bits": 16}
    sparse, heavy = ([ratios[layer] for layer in layers].count(ratio) for ratio in (_CSA, _HCA))
    return {
        "tensors": tensors,
        "caches": [
            {
                "kind": "sliding",
                "count": len(layers),
                "key_dim": head,
                "window_tokens": config["sliding_window"],
                **shared,
            },
            {"kind": "compressed", "count": sparse, "key_dim": head, "entry_tokens": _CSA, **shared},
            {"kind": "compressed", "count": sparse, "key_dim": index_dim, "entry_tokens": _CSA, **shared},
            {"kind": "compressed", "count": heavy, "key_dim": head, "entry_tokens": _HCA, **shared},
        ],
    }


def _compressor(at: str, ratio: int, *, hidden: int, head: int) -> list[Json]:
    """The projections that compress `ratio` tokens into one entry; CSA's two overlapping series double the width."""
    if not ratio:
        return []
    wide = 2 * head if ratio == _CSA else head
    return [
        _packed(f"{at}.compressor.kv.weight", wide, hidden),
        _packed(f"{at}.compressor.gate_proj.weight", wide, hidden),
        _plain(f"{at}.compressor.position_bias", ratio, wide),
        _plain(f"{at}.compressor.kv_norm.weight", head),
    ]


def _packed(path: str, *shape: int) -> Json:
    return {"path": path, "shape": list(shape), "stored_bits": 16, "quantizable": True, "mlx_bits": 0}


def _plain(path: str, *shape: int) -> Json:
    return {**_packed(path, *shape), "quantizable": False}


def _refuse_other_than_sizes(config: Json) -> None:
    values = [(name, config[name]) for name in _SIZES]
    values += [("compress_ratios", ratio) for ratio in config["compress_ratios"]]
    for name, value in values:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} is {str(value)[:40]!r}, not a whole number")
