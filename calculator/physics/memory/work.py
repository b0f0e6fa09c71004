"""Work of one token: the bytes and operations that follow from the model's shapes alone.

No speed occurs here: decode.py and prefill.py divide this work by what a chip can do.
"""

import functools
from dataclasses import dataclass

from calculator.catalog.models import EXPERT_ROLES, LanguageModel, WeightFormat
from calculator.physics.memory.weights import expert_bytes, weights_read_bytes

FLOPS_PER_MULTIPLY_ADD = 2


@dataclass(frozen=True, slots=True)
class Attention:
    """One kind of attention layer: operations per token and token of context, how far back it looks (0:
    everything), and scores (one for each head and layer) per token and token of context.
    """

    flops_per_context_token: float
    window_tokens: int
    scores_per_context_token: float = 0.0


@dataclass(frozen=True, slots=True)
class Work:
    """One model in one format.

    `dense_bytes` are read at every step, `expert_bytes` is the sum over all experts, of which a token takes the share
    `expert_fraction`, `experts_per_token` in number. `linear_flops` are the multiply-adds (x 2) of one token through every matrix but the output head,
    `head_flops` those of the head; `packed_attention` is the attention of an engine that computes on a latent cache as
    it is stored. `kind` and `attention_kind` name what software treats alike.
    """

    layer_count: int
    hidden_dim: int
    dense_bytes: float
    expert_bytes: float
    expert_fraction: float
    experts_per_token: int
    linear_flops: float
    head_flops: float
    attention: tuple[Attention, ...]
    packed_attention: tuple[Attention, ...]
    kind: str
    attention_kind: str


@functools.lru_cache(maxsize=512)
def work_of(model: LanguageModel, format: WeightFormat) -> Work:
    """The work of a model in a format; computed once per pair."""
    chosen = model.active_expert_count / model.expert_count if model.expert_count else 0.0
    linear = head = 0.0
    for group in model.tensors:
        if len(group.shape) < 2:
            continue
        parameters = group.parameter_count() * (chosen if group.role in EXPERT_ROLES else 1.0)
        if group.role == "output" or (group.role == "embedding" and model.is_tied()):
            head += parameters
        elif group.role != "embedding":
            linear += parameters
    recurrent = any(group.kind == "recurrent" for group in model.caches)
    kind = ("experts" if model.expert_count else "dense") + ("-recurrent" if recurrent else "")
    kinds = {group.kind for group in model.caches}
    attention_kind = next((name for name in ("latent", "compressed", "sliding", "chunked") if name in kinds), "full")
    return Work(
        layer_count=model.layer_count,
        hidden_dim=model.hidden_dim,
        dense_bytes=float(weights_read_bytes(model, format=format, batch_count=0)),
        expert_bytes=float(expert_bytes(model, format=format)),
        expert_fraction=chosen,
        experts_per_token=model.active_expert_count,
        linear_flops=FLOPS_PER_MULTIPLY_ADD * linear,
        head_flops=FLOPS_PER_MULTIPLY_ADD * head,
        attention=_attention_of(model, packed=False),
        packed_attention=_attention_of(model, packed=True),
        kind=kind,
        attention_kind=attention_kind,
    )


def experts_touched_fraction(expert_fraction: float, *, token_count: float, alikeness: float) -> float:
    """Share of all experts that a batch of tokens needs: 1 - (1 - k/E)^(b^alikeness).

    Independent tokens have alikeness 1; tokens of real or repeated text choose alike, so that b of them count as
    b^alikeness (fitted, see calibration.toml). 0 for a dense model.
    """
    return 1 - (1 - expert_fraction) ** (token_count**alikeness) if expert_fraction else 0.0


def attention_flops(attention: tuple[Attention, ...], *, token_count: float, depth_tokens: float) -> float:
    """Operations of causal attention for `token_count` new tokens after `depth_tokens` cached ones.

    Token i looks at min(window, depth + i) others, so a full layer costs flops * n * (depth + n/2).
    """
    return sum(
        layer.flops_per_context_token * token_count * _seen_tokens(layer, token_count, depth_tokens)
        for layer in attention
    )


def attention_scores(attention: tuple[Attention, ...], *, token_count: float, depth_tokens: float) -> float:
    """Scores of query against key, one for each head, layer and pair of tokens: what an engine without flash attention
    writes to memory and reads back."""
    return sum(
        layer.scores_per_context_token * token_count * _seen_tokens(layer, token_count, depth_tokens)
        for layer in attention
    )


def _seen_tokens(layer: Attention, token_count: float, depth_tokens: float) -> float:
    mean = depth_tokens + token_count / 2
    return min(mean, float(layer.window_tokens)) if layer.window_tokens else mean


def _attention_of(model: LanguageModel, *, packed: bool) -> tuple[Attention, ...]:
    """2 operations for each of query x key and weight x value, per head, per dimension, per token seen.

    `packed`: a latent cache (MLA) is not unpacked to heads, so that each query meets its key_dim + value_dim numbers
    and sums up key_dim of them: 1,088 a head instead of the 320 of DeepSeek-V3.
    """
    found: list[Attention] = []
    for group in model.caches:
        if group.kind == "recurrent":
            continue
        heads = group.query_head_count or model.attention_head_count
        key_dim = group.query_key_dim or group.key_dim
        value_dim = group.query_value_dim or group.value_dim or group.key_dim
        if packed and group.kind == "latent":
            key_dim, value_dim = group.key_dim + group.value_dim, group.key_dim
        per_token = (
            FLOPS_PER_MULTIPLY_ADD * heads * (key_dim + value_dim) * group.layer_count / max(1, group.entry_tokens)
        )
        scores = heads * group.layer_count / max(1, group.entry_tokens)
        window = group.window_tokens if group.kind in ("sliding", "chunked") else 0
        found.append(Attention(per_token, window, scores))
    return tuple(found)
