"""What will a probe of random weights hold? The plan, stated and refused before anything is filled. Worker process only."""

# mlx and mlx-lm carry no usable types
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
from pathlib import Path
from typing import Any

from measurements.models import mlx_lm_process as lazy_model
from measurements.worker import random_weights as synthetic
from measurements.worker.session import EndedError, Json, Session, resident_bytes

MEMORY_USE_LIMIT_FRACTION = 0.9  # the rest is the system, the page and fragmentation
CACHE_MULTIPLE = 4  # distinct bytes below this many last-level caches are read from the cache: 4 to 13 % too fast
CACHE_STEP_TOKENS = 256  # mlx-lm's KVCache.step: it holds room for so many more than it reads
FUSED_HEAD_DIMS = {64, 72, 80, 96, 128}  # mlx 0.32 scaled_dot_product_attention, Metal; CUDA: up to 128


def planned(session: Session, backend: str) -> synthetic.AliasedModel:
    """Build lazily, state the plan, refuse what does not fit; nothing has been filled yet."""
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
    """State what loading this folder will hold, from its files' sizes, and refuse what does not fit before it is loaded."""
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
    """How a converted model's own config.json says that its matrices are packed; None where it does not."""
    found = config.get("quantization")
    if not isinstance(found, dict) or not {"group_size", "bits"} <= found.keys():
        return None
    return {"group_size": found["group_size"], "bits": found["bits"], "mode": found.get("mode", "affine")}


def _state(session: Session, model: Any, config: Json, backend: str, *, held_bytes: int, **facts: Any) -> None:
    """Add cache, work space and program to the weights; emit the plan; raise EndedError where the sum is too much."""
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
            f"The probe would hold {peak / 1e9:.2f} GB (weights {held_bytes / 1e9:.2f}, cache {max(kv) / 1e9:.2f}, work {transient / 1e9:.2f}, "
            f"program {overhead / 1e9:.2f}); {MEMORY_USE_LIMIT_FRACTION:.0%} of the limit of {session.limit_bytes / 1e9:.2f} GB may be used. "
            "Choose smaller depths or fewer distinct layers.",
        )


def transient_bytes(config: Json, *, chunk_tokens: int, context_tokens: int, backend: str) -> int:
    """Work space of one prefill chunk, generously: activations, and scores where attention is not fused.

    heads x chunk x context x 4 bytes (scores and their softmax in 16 bits) where no fused kernel serves the head size:
    mlx-lm issue 1480 and shared/research/mlx_probes.md section 2.
    """
    text = {**config, **(config.get("text_config") or {})}
    hidden = int(text.get("hidden_size") or 1024)
    heads = int(text.get("num_attention_heads") or 1)
    head_dim = int(text.get("head_dim") or hidden // max(heads, 1))
    widest = max(hidden, int(text.get("intermediate_size") or 0))
    fused = (backend == "metal" and head_dim in FUSED_HEAD_DIMS) or (backend == "cuda" and head_dim <= 128)
    scores = 0 if fused else heads * chunk_tokens * context_tokens * 4
    return scores + chunk_tokens * (8 * hidden + 4 * widest) * 4


def has_experts(config: Json) -> bool:
    text = {**config, **(config.get("text_config") or {})}
    return any(text.get(key) for key in synthetic.EXPERTS_PER_TOKEN)


def vocabulary_count(config: Json) -> int:
    return int(config.get("vocab_size") or (config.get("text_config") or {}).get("vocab_size") or 2)
