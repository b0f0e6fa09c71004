"""Memory plan of a probe, stated and refused before anything is filled. For the worker process only."""

# mlx and mlx-lm carry no usable types
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
from pathlib import Path
from typing import Any

from measurements.models import mlx_lm_process as lazy_model
from measurements.worker import random_weights as synthetic
from measurements.worker.session import EndedError, Json, Session, resident_bytes

MEMORY_USE_LIMIT_FRACTION = 0.9  # the rest is for the system, the page and fragmentation
CACHE_MULTIPLE = 4  # fewer distinct bytes than this many last-level caches are read from the cache: 4 to 13 % too fast
CACHE_STEP_TOKENS = 256  # mlx-lm's KVCache.step: it allocates up to this many tokens more than it reads
CUDA_KEPT_LAYERS = 14  # whose activations the graphs keep; the least that covers what was measured (transient_bytes)
FUSED_HEAD_DIMS = {64, 72, 80, 96, 128}  # mlx 0.32 scaled_dot_product_attention, Metal; CUDA: up to 128


def planned_model(session: Session, backend: str) -> synthetic.AliasedModel:
    """The lazily built model, not yet filled; states the plan and raises EndedError if it does not fit."""
    spec = session.spec
    is_float32 = backend == "cpu" and spec["quantization"] is None and has_experts(spec["config"])
    made = synthetic.aliased_model(
        spec["config"],
        spec["quantization"],
        distinct_layer_count=spec["distinct_layer_count"],
        seed=spec["seed"],
        in_float32=is_float32,
    )
    distinct = made.distinct_bytes()
    _state(
        session,
        made.model,
        made.config,
        backend,
        held_bytes=distinct,
        weights_bytes=made.weights_bytes,
        distinct_bytes=distinct,
        distinct_layers=made.distinct_layer_count,
        layer_count=len(made.layers),
        read_bytes_per_token=made.read_bytes_per_token(),
        flops_per_prefill_token=made.flops_per_prefill_token(),
        in_float32=is_float32,
        cache_resident=distinct < CACHE_MULTIPLE * spec["last_level_cache_bytes"],
    )
    return made


def plan_real(session: Session, backend: str, folder: Path) -> None:
    """State the memory of this folder's model from its file sizes; raises EndedError if it does not fit."""
    config, packing = lazy_model.text_only(session.spec["config"]), packing_of(session.spec["config"])
    weights = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    made = synthetic.AliasedModel(lazy_model.build(config, packing), config=config, distinct_layer_count=0, seed=0)
    layers = len(made.layers)
    read = round(weights * made.read_bytes_per_token() / made.weights_bytes)  # a mix of widths is scaled as one
    _state(
        session,
        made.model,
        config,
        backend,
        held_bytes=weights,
        weights_bytes=weights,
        distinct_bytes=weights,
        distinct_layers=layers,
        layer_count=layers,
        read_bytes_per_token=read,
        flops_per_prefill_token=made.flops_per_prefill_token(),
        in_float32=False,
        cache_resident=False,
    )


def packing_of(config: Json) -> Json | None:
    """The quantisation in a converted model's own config.json; None if it states none."""
    found = config.get("quantization")
    if not isinstance(found, dict) or not {"group_size", "bits"} <= found.keys():
        return None
    return {"group_size": found["group_size"], "bits": found["bits"], "mode": found.get("mode", "affine")}


def _state(session: Session, model: Any, config: Json, backend: str, *, held_bytes: int, **facts: Any) -> None:
    """Add cache, work space and program to the weights and emit the plan; raises EndedError if the sum is too large."""
    spec = session.spec
    caches = lazy_model.caches_of(model)
    depths = [spec["retrieved_tokens"]] if spec["tier"] == "rag" else spec["depths"]
    ends = [depth + spec["generated_tokens"] + 1 + spec["chunk_tokens"] for depth in depths]
    kv = [
        sum(one["count"] * lazy_model.cache_bytes(one, tokens, spec["chunk_tokens"]) for one in caches)
        * spec["batch_count"]
        for tokens in ends
    ]
    read = [
        sum(
            one["count"] * lazy_model.cache_bytes(one, depth - depth % CACHE_STEP_TOKENS, spec["chunk_tokens"])
            for one in caches
        )
        * spec["batch_count"]
        for depth in depths
    ]
    transient = (
        transient_bytes(config, chunk_tokens=spec["chunk_tokens"], context_tokens=max(ends), backend=backend)
        * spec["batch_count"]
    )
    if spec["quantization"] is not None or packing_of(spec["config"]) is not None:
        transient += unpacked_bytes(config, backend=backend)
    overhead = resident_bytes() if backend == "cpu" else 0
    peak = held_bytes + max(kv) + transient + overhead
    session.emit(
        "plan",
        **facts,
        depths=list(depths),
        kv_bytes=kv,
        kv_read_bytes=read,
        transient_bytes=transient,
        overhead_bytes=overhead,
        peak_bytes=peak,
        limit_bytes=session.limit_bytes,
    )
    if session.limit_bytes and peak > MEMORY_USE_LIMIT_FRACTION * session.limit_bytes:
        raise EndedError(
            "refused",
            f"The probe would hold {peak / 1e9:.2f} GB (weights {held_bytes / 1e9:.2f}, cache {max(kv) / 1e9:.2f}, work"
            f" space {transient / 1e9:.2f}, program {overhead / 1e9:.2f}); it may use {MEMORY_USE_LIMIT_FRACTION:.0%}"
            f" of the limit of {session.limit_bytes / 1e9:.2f} GB. Choose smaller depths or fewer distinct layers.",
        )


def transient_bytes(config: Json, *, chunk_tokens: int, context_tokens: int, backend: str) -> int:
    """Work space of one prefill step, a generous estimate: activations, and scores if attention is not fused.

    Without a fused kernel for the head size: heads x chunk x context x 4 bytes, the scores and their softmax in 16 bits
    (mlx-lm issue 1480). On CUDA the captured graphs keep the activations of several layers, copies of routed tokens
    among them. Measured on an H100 with the head's weights (unpacked_bytes), steps of 512, mlx 0.32.4, 2026-11-27:
    Llama 3 8B in 4 bits 2.6 GB (8 sequences 12.7), in 16 bits 1.5; Qwen3 30B-A3B 2.4 and 1.9.
    """
    text = {**config, **(config.get("text_config") or {})}
    hidden = int(text.get("hidden_size") or 1024)
    heads = int(text.get("num_attention_heads") or 1)
    head_dim = int(text.get("head_dim") or hidden // max(heads, 1))
    widest = max(hidden, int(text.get("intermediate_size") or 0))
    fused = (backend == "metal" and head_dim in FUSED_HEAD_DIMS) or (backend == "cuda" and head_dim <= 128)
    scores = 0 if fused else heads * chunk_tokens * context_tokens * 4
    if backend != "cuda":
        return scores + chunk_tokens * (8 * hidden + 4 * widest) * 4
    routed = next((int(text[key]) for key in synthetic.EXPERTS_PER_TOKEN if text.get(key)), 0)
    activations = chunk_tokens * (8 * hidden + 4 * widest + 2 * routed * hidden) * 4
    return scores + CUDA_KEPT_LAYERS * activations


def unpacked_bytes(config: Json, *, backend: str) -> int:
    """Packed weights that a step of many tokens unpacks to 16 bits on CUDA: the largest matrix, the head."""
    text = {**config, **(config.get("text_config") or {})}
    return 2 * int(text.get("hidden_size") or 1024) * vocabulary_count(config) if backend == "cuda" else 0


def has_experts(config: Json) -> bool:
    """Whether the configuration is a mixture of experts."""
    text = {**config, **(config.get("text_config") or {})}
    return any(text.get(key) for key in synthetic.EXPERTS_PER_TOKEN)


def vocabulary_count(config: Json) -> int:
    """The number of tokens in the vocabulary; 2 if the configuration does not state it."""
    return int(config.get("vocab_size") or (config.get("text_config") or {}).get("vocab_size") or 2)
