"""Catalogue entry of a config.json: mlx-lm's tensor paths turned into roles, groups and one TOML file.

Pure functions of what mlx_lm_process answers. An unknown path becomes "other", which does not change MLX bytes: only
llama.cpp's rules look at roles, and only experts and embeddings are partly read per token.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from calculator.catalog.checkpoint import ReleasedWeights
from calculator.catalog.models import CacheGroup, LanguageModel, TensorGroup
from calculator.errors import CatalogError
from calculator.evidence import Record
from calculator.units import BITS_PER_BYTE
from measurements.models.config_parts import quantization_of, text_part
from measurements.models.packing import Checkpoint
from measurements.models.released import checkpoint_of
from measurements.models.towers import towers_of

Json = dict[str, Any]

# The first matching pattern decides: shared experts come before experts, experts before plain layers.
_ROLE_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), role)
    for pattern, role in (
        (r"(embed_tokens|embeddings?|wte|embed_tokens_per_layer|embed_in|\.embed)\.weight$", "embedding"),
        (r"(lm_head(\.linear)?|\.embed_out|^output|transformer\.ff_out)\.weight$|^lm_head$", "output"),
        (r"conv1d\.weight$|conv\.conv\.weight$", "convolution"),
        (r"norm[^.]*\.weight$|layernorm[^.]*\.weight$", "norm"),
        (r"(^|[._])bias$", "bias"),
        (r"shared_expert_gate\.weight$", "router"),
        (r"shared?_experts?\.(gate_proj|w1)\.", "shared_expert_gate"),
        (r"shared?_experts?\.(up_proj|w3)\.", "shared_expert_up"),
        (r"shared?_experts?\.(down_proj|w2)\.", "shared_expert_down"),
        (r"(switch_mlp|switch_glu|experts)\.(gate_proj|w1)\.", "expert_gate"),
        (r"(switch_mlp|switch_glu|experts)\.(up_proj|w3|fc1)\.", "expert_up"),
        (r"(switch_mlp|switch_glu|experts)\.(down_proj|w2|fc2)\.", "expert_down"),
        (r"(\.|^)(gate|router|router\.proj)\.weight$", "router"),
        (r"indexer\..*weight$", "indexer"),
        (r"compressor\..*weight$", "compressor"),
        (r"(in_proj_qkv|qkvg?_proj|q_k_v_proj|query_key_value|c_attn|[wW]qkv|att_proj)\.weight$", "attn_qkv"),
        (r"in_proj_z\.weight$", "attn_gate"),
        (r"in_proj_(a|b|ba)\.weight$", "recurrent_small"),
        (r"(linear_attn|mixer|mamba)\.(in_proj|in_proj_qkvz)\.weight$", "recurrent_in"),
        (r"(linear_attn|mixer|mamba)\.out_proj\.weight$", "recurrent_out"),
        (r"embed_q\.weight$", "attn_k_b"),
        (r"unembed_out\.weight$", "attn_v_b"),
        (r"kv_a_proj_with_mqa\.weight$", "attn_kv_a"),
        (r"q_a_proj\.weight$", "attn_q_a"),
        (r"q_b_proj\.weight$", "attn_q_b"),
        (r"\.(q_proj|c_q|attn_query)\.weight$", "attn_q"),
        (r"\.(k_proj|c_k|attn_key)\.weight$", "attn_k"),
        (r"\.(v_proj|c_v|attn_value)\.weight$", "attn_v"),
        (
            r"\.o_proj\.weight$|(attn|attention)\.(out_proj|c_proj|dense|wo)\.weight$|\.attn_(out|resid)\.weight$",
            "attn_output",
        ),
        (r"gate_up_proj\.weight$", "ffn_gate_up"),
        (r"\.(gate_proj|c_fc_0|mlp_gate|feed_forward\.w1)\.weight$", "ffn_gate"),
        (r"\.(up_proj|c_fc|c_fc_1|fc1|fc_in|dense_h_to_4h|mlp_linear|ff_proj|feed_forward\.w3)\.weight$", "ffn_up"),
        (r"\.(down_proj|mlp\.c_proj|fc2|fc_out|dense_4h_to_h|mlp_resid|ff_out|feed_forward\.w2)\.weight$", "ffn_down"),
    )
)
_HEADS = ("num_attention_heads", "n_heads", "n_head", "num_heads", "num_query_heads")
_CONTEXT_LIMITS = (
    "max_position_embeddings",
    "seq_length",
    "n_positions",
    "max_seq_len",
    "max_context_length",
    "model_max_length",
)
_LAYER = re.compile(r"\.(?:layers|h|blocks)\.(\d+)\.")
_EXPERTS = ("num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts")
_ACTIVE = ("num_experts_per_tok", "top_k_experts", "num_experts_per_token", "moe_topk", "moe_k", "moe_top_k")


def role_of(path: str, *, shape: Sequence[int], expert_count: int) -> str:
    """The role of the tensor at this path; experts with unknown names are recognised by their first dimension."""
    for pattern, role in _ROLE_RULES:
        if pattern.search(path):
            return role
    if len(shape) == 3 and expert_count and shape[0] == expert_count:
        return "expert_up"
    return "other"


def language_model_of(config: Json, layout: Json) -> LanguageModel:
    """The catalogue entry of `config`, with its `_about` (id, name, source ...), and of mlx_lm_process's `layout`."""
    about, text = config["_about"], text_config_of(config)
    experts = int(_first(text, _EXPERTS)) if _has_experts(layout) else 0
    head_counts: int | list[int] = _first(text, _HEADS, 0)
    heads = (
        max(head_counts) if isinstance(head_counts, list) else int(head_counts)
    )  # openelm: each layer has its own number of heads
    released, checkpoint = _release(config)
    groups = _tensor_groups(layout["tensors"], expert_count=experts, checkpoint=checkpoint)
    embedding = next((group.shape for group in groups if group.role == "embedding"), None)
    if embedding is None:
        raise CatalogError(
            f"{about['id']}: no tensor of {config['model_type']} was recognised as its embedding. Please report this"
            " model_type."
        )
    vocabulary, hidden = embedding[-2:]
    layer_count = 1 + max((max(group.layer_numbers()) for group in groups if group.layers), default=0)
    caches = [_cache_group(one, text=text, heads=heads) for one in layout["caches"]]
    attending = max((one for one in caches if one.kind != "recurrent"), key=lambda one: one.key_dim, default=None)
    is_latent = attending is not None and attending.kind == "latent"
    return LanguageModel(
        id=about["id"],
        name=about["name"],
        family=about["family"],
        released=about["released"],
        basis=about["basis"],
        source=about["source"],
        source_url=about["source_url"],
        as_of=about["as_of"],
        note=about.get("note", ""),
        architecture=config["model_type"],
        layer_count=layer_count,
        hidden_dim=hidden,
        attention_head_count=heads,
        kv_head_count=0 if attending is None else heads if is_latent else attending.kv_head_count,
        head_dim=0 if attending is None else attending.query_key_dim or attending.key_dim,
        vocabulary_count=vocabulary,
        context_limit_tokens=int(_first(text, _CONTEXT_LIMITS, 2048)),
        expert_count=experts,
        active_expert_count=int(_first(text, _ACTIVE)) if experts else 0,
        native_experts="mxfp4" if quantization_of(config).get("quant_method") == "mxfp4" else "",
        released_weights=released and released.model_copy(update={"bits_per_weight": _bits_per_weight(groups)}),
        towers=towers_of(config),
        tensors=tuple(groups),
        caches=tuple(caches),
    )


def _release(config: Json) -> tuple[ReleasedWeights | None, Checkpoint | None]:
    """The checkpoint's packing; where its bytes are not known, why, so that every other format can still be planned."""
    try:
        found = checkpoint_of(config)
    except CatalogError as error:
        method = str(quantization_of(config).get("quant_method") or "unknown")
        return ReleasedWeights(method=method, words=method, bits=16, mlx="refused", problem=str(error)), None
    return (None, None) if found is None else (found.weights, found)


def _bits_per_weight(groups: Sequence[TensorGroup]) -> float:
    """Bits of all weights as released, scales and unpacked parts included, per number; two decimals."""
    numbers = sum(group.parameter_count() for group in groups)
    each = (
        group.count * group.released_bytes * BITS_PER_BYTE or group.parameter_count() * group.stored_bits
        for group in groups
    )
    return round(sum(each) / numbers, 2)


def text_config_of(config: Json) -> Json:
    """The part of config.json that describes the language model."""
    return {**config, **(text_part(config) or {})}


def _first(text: Mapping[str, Any], keys: Sequence[str], otherwise: Any = None) -> Any:
    found = next((text[key] for key in keys if text.get(key)), otherwise)
    if found is None:
        raise CatalogError(f"The configuration has none of {', '.join(keys)}; it needs one of them. Add it.")
    return found


def _has_experts(layout: Json) -> bool:
    return any(
        role_of(one["path"], shape=one["shape"], expert_count=0).startswith("expert_") for one in layout["tensors"]
    )


def _tensor_groups(tensors: Sequence[Json], *, expert_count: int, checkpoint: Checkpoint | None) -> list[TensorGroup]:
    layers: dict[tuple[Any, ...], list[int]] = {}
    counts: dict[tuple[Any, ...], int] = {}
    for one in tensors:
        role = role_of(one["path"], shape=one["shape"], expert_count=expert_count)
        size = 0 if checkpoint is None else checkpoint.tensor_bytes(one, role)
        key = (role, tuple(one["shape"]) or (1,), one["quantizable"], one["mlx_bits"], one["stored_bits"], size)
        counts[key] = counts.get(key, 0) + 1
        found = _LAYER.search("." + one["path"])
        layers.setdefault(key, [])
        if found:
            layers[key].append(int(found[1]))
    return [
        TensorGroup(
            role=role,
            shape=shape,
            count=count,
            layers=ranges(layers[role, shape, packs, bits, stored, size]),
            quantizable=packs,
            mlx_bits=bits,
            stored_bits=stored,
            released_bytes=size,
        )
        for (role, shape, packs, bits, stored, size), count in counts.items()
    ]


def ranges(numbers: Sequence[int]) -> str:
    """Layer numbers in short form: [0, 1, 2, 5] is "0-2,5"."""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def _cache_group(one: Json, *, text: Json, heads: int) -> CacheGroup:
    if one["kind"] == "recurrent":
        return CacheGroup(kind="recurrent", layer_count=one["count"], state_bytes=one["state_bytes"])
    shape = {"kv_head_count": one["kv_head_count"], "key_dim": one["key_dim"], "value_dim": one["value_dim"]}
    if one["kind"] == "full" and text.get("kv_lora_rank") == one["key_dim"]:
        return CacheGroup(
            kind="latent",
            layer_count=one["count"],
            query_head_count=heads,
            **shape,
            query_key_dim=text["qk_nope_head_dim"] + text["qk_rope_head_dim"],
            query_value_dim=text["v_head_dim"],
        )
    is_index = text.get("index_head_dim") == one["key_dim"] and one["kv_head_count"] == 1
    return CacheGroup(
        kind=one["kind"],
        layer_count=one["count"],
        window_tokens=one.get("window_tokens", 0),
        entry_tokens=one.get("entry_tokens", 1),
        **shape,
        query_head_count=text["index_n_heads"] if is_index else heads,
        note="keys of the sparse-attention indexer" if is_index else "",
    )


def toml_of(model: LanguageModel) -> str:
    """The entry as TOML, one tensor group per line; fields equal to their default are left out."""
    lines = ["#:schema ../schema/model.json", "# Written by `python -m measurements describe`; do not edit by hand."]
    for name, field in LanguageModel.model_fields.items():
        value = getattr(model, name)
        if name not in ("tensors", "caches", "towers") and value != field.default:
            lines.append(f"{name} = {_toml_value(value)}")
    rows: tuple[tuple[str, tuple[Record, ...]], ...] = (
        ("towers", model.towers),
        ("tensors", model.tensors),
        ("caches", model.caches),
    )
    for name, groups in rows:
        if groups:
            lines += [f"{name} = [", *(f"  {_toml_value(group)}," for group in groups), "]"]
    return "\n".join(lines) + "\n"


def _toml_value(value: Any) -> str:
    if isinstance(value, Record):
        pairs = [
            f"{key} = {_toml_value(getattr(value, key))}"
            for key, field in type(value).model_fields.items()
            if getattr(value, key) != field.default
        ]
        return "{ " + ", ".join(pairs) + " }"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(str(item) for item in value) + "]"  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
