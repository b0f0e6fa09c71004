"""Work space of reading a prompt, besides weights and cache.

MLX: what several layers in flight produce for the chunk's tokens, and, where the head size has no fused kernel, the
whole matrix of attention scores: heads x chunk x context x 2 bytes. That last term is why a smaller prefill step
saves gigabytes at long context. llama.cpp: a compute buffer of fixed size. vLLM and SGLang: what the profiling run at
the start shows, a step of --max-num-batched-tokens or the sampler of --max-num-seqs sequences. Others: counted in the
runtime's overhead.
"""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass

from calculator.catalog.models import EXPERT_ROLES, CacheGroup, LanguageModel, Runtime
from calculator.evidence import Quantity
from calculator.physics.memory.kv_cache import largest_layer_bytes
from calculator.units import BYTES_PER_GIB

STEPS_TOKENS = (2048, 1024, 512, 256)
"""The prefill steps worth choosing from; 512 and 1024 read as fast as 2048 (mlx-lm PR 1781)."""
_ACTIVATION_BYTES, _LOGIT_BYTES, _SCORE_BYTES, _MASK_BYTES = 2, 4, 2, 2


@dataclass(frozen=True, slots=True)
class TransientConstants:
    """The constants of the work-space formulas; constants.toml holds them with range and source."""

    base_bytes: float
    layers_in_flight: float
    recurrent_width: float
    sampler_bytes: float = 0.0
    vllm_width_ratio: float = 0.0
    fused_head_dims: tuple[int, ...] = (64, 72, 80, 96, 128)

    @classmethod
    def of(cls, constants: Mapping[str, Quantity]) -> "TransientConstants":
        """The central values."""
        return cls(
            base_bytes=constants["mlx_transient_base_gib"].central * BYTES_PER_GIB,
            layers_in_flight=constants["mlx_layers_in_flight_ratio"].central,
            recurrent_width=constants["mlx_recurrent_width_ratio"].central,
            sampler_bytes=constants["vllm_sampler_bytes_ratio"].central,
            vllm_width_ratio=constants["vllm_layer_width_ratio"].central,
        )


def transient_bytes(
    model: LanguageModel,
    *,
    runtime: Runtime,
    context_tokens: int,
    constants: TransientConstants,
    prefill_step_tokens: int | None = None,
    sequence_count: int | None = None,
) -> int:
    """Bytes of work space at the last chunk of a prompt of `context_tokens`.

    MLX: base + chunk x max(layers in flight x width of the widest layer, vocabulary x 2) + largest layer's cache
    (copied when it grows) + heads x chunk x context x 2 where the head size is not one with a fused kernel (64, 72,
    80, 96, 128; ml-explore/mlx scaled_dot_product_attention.cpp) or keys and values differ (latent attention).
    Against published peaks: see docs/model.md. llama.cpp (flash attention): step x vocabulary x 4 on the card with
    the head + mask of step x context x 2. vLLM and SGLang, on each card, whatever the prompt: max(tokens per step x
    1.5 x widest layer, sequences x vocabulary x 39). Valid for one prompt at a time but there.
    """
    if runtime.transient == "included":
        return 0
    if runtime.transient == "vllm":
        tokens = prefill_step_tokens or runtime.prefill_step_tokens
        layer = layer_width_bytes(model, recurrent_width=constants.recurrent_width)
        sampler = (sequence_count or runtime.most_sequences) * model.vocabulary_count * constants.sampler_bytes
        return round(max(tokens * constants.vllm_width_ratio * layer, sampler))
    step = min(prefill_step_tokens or runtime.prefill_step_tokens, context_tokens)
    if runtime.transient == "llama.cpp":
        return step * (model.vocabulary_count * _LOGIT_BYTES + context_tokens * _MASK_BYTES)
    in_flight = max(
        constants.layers_in_flight * layer_width_bytes(model, recurrent_width=constants.recurrent_width),
        model.vocabulary_count * _ACTIVATION_BYTES,
    )
    scores = max((_score_bytes(group, step, context_tokens, constants) for group in model.caches), default=0)
    grown = largest_layer_bytes(model, runtime=runtime, context_tokens=context_tokens)
    return round(constants.base_bytes + step * in_flight + scores + grown)


def recommended_prefill_step_tokens(
    model: LanguageModel,
    *,
    runtime: Runtime,
    context_tokens: int,
    constants: TransientConstants,
    available_bytes: float,
) -> int:
    """The largest prefill step whose work space fits in what weights and cache leave; the smallest where none does.

    Where MLX has no fused attention kernel for the model the step is at most 512: 11 GB less at 128k at equal speed.
    """
    if runtime.transient != "mlx":
        return runtime.prefill_step_tokens
    steps = [step for step in STEPS_TOKENS if step <= runtime.prefill_step_tokens]
    if any(_score_bytes(group, 1, 1, constants) for group in model.caches if group.kind != "sliding"):
        steps = [step for step in steps if step <= STEPS_TOKENS[2]]
    for step in steps:
        needed = transient_bytes(
            model, runtime=runtime, context_tokens=context_tokens, constants=constants, prefill_step_tokens=step
        )
        if needed <= available_bytes:
            return step
    return steps[-1]


@functools.lru_cache(maxsize=1024)
def layer_width_bytes(model: LanguageModel, *, recurrent_width: float) -> float:
    """Bytes per token that the widest layer's matrices put out, 2 per number; recurrent layers count more often."""
    widths: dict[int, float] = {}
    for group in model.tensors:
        if len(group.shape) < 2 or group.role in ("norm", "bias", "other"):
            continue
        recurrent = group.role.startswith("recurrent") or group.role in ("convolution", "attn_gate")
        recurrent = recurrent or (group.role == "attn_qkv" and any(one.kind == "recurrent" for one in model.caches))
        outputs = group.shape[0] if group.role == "convolution" else math.prod(group.shape[:-1])
        if group.role in EXPERT_ROLES:
            outputs = outputs // group.shape[0] * model.active_expert_count
        for layer in group.layer_numbers():
            widths[layer] = widths.get(layer, 0) + outputs * _ACTIVATION_BYTES * (recurrent_width if recurrent else 1)
    return max(widths.values(), default=0)


def _score_bytes(group: CacheGroup, step: int, context_tokens: int, constants: TransientConstants) -> int:
    """The matrix of attention scores where it is made at all."""
    if group.kind == "recurrent":
        return 0
    key, value = group.query_key_dim or group.key_dim, group.query_value_dim or group.value_dim or group.key_dim
    if key == value and key in constants.fused_head_dims:
        return 0
    seen = context_tokens
    if group.kind in ("sliding", "chunked"):
        seen = min(context_tokens, group.window_tokens + step)
    return group.query_head_count * step * -(-seen // group.entry_tokens) * _SCORE_BYTES
