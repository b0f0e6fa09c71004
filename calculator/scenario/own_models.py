"""Models of a person's own in a scenario: `[own_models.<id>]`, described by a few figures or whole as a catalogue file.

Described, a model has the bytes, the active bytes and the cache of its figures; its shapes are derived from them by the
proportions of Llama 3, and its note says so. Whole, it is what `python -m measurements describe config.json` prints.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Self, cast

from pydantic import Field, ValidationError, model_validator

from calculator.catalog.models import CacheGroup, LanguageModel, TensorGroup
from calculator.errors import sentences
from calculator.evidence import Record
from calculator.units import PARAMETERS_PER_BILLION, digits, plain_number

_VOCABULARY, _CONTEXT = 128_256, 131_072
_EXPERTS, _MOST_EXPERTS = 128, 4_096
_FEED_FORWARD_RATIO = 3.5  # of Llama 3: 14,336 / 4,096
_IN_CONFIGS = ("model_type", "hidden_size", "num_hidden_layers", "text_config")


class DescribedModel(Record):
    """A model by the figures of its card: billions of parameters in all and per token, layers, key-value heads.

    Absent, the active parameters are all of them (a dense model), and the rest is as Llama 3 has it.
    """

    parameters_b: Annotated[float, Field(ge=0.1, le=5_000)]
    layer_count: Annotated[int, Field(ge=1, le=500)]
    kv_head_count: Annotated[int, Field(ge=1, le=1_024)]
    head_dim: Annotated[int, Field(ge=8, le=2_048)]
    active_parameters_b: Annotated[float, Field(gt=0, le=5_000)] | None = None
    name: Annotated[str, Field(max_length=120)] = ""
    hidden_dim: Annotated[int, Field(ge=64, le=131_072)] | None = None
    expert_count: Annotated[int, Field(ge=2, le=_MOST_EXPERTS)] | None = None
    vocabulary_count: Annotated[int, Field(ge=256, le=2_000_000)] = _VOCABULARY
    context_limit_tokens: Annotated[int, Field(ge=1, le=100_000_000)] = _CONTEXT

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        active = self.active_parameters_b
        if active is not None and active > self.parameters_b:
            raise ValueError(
                f"active_parameters_b is {plain_number(active)}; it must not exceed parameters_b, "
                f"{plain_number(self.parameters_b)}. Swap them."
            )
        least = _fixed_count(self, _width(self)) / PARAMETERS_PER_BILLION
        if (active or self.parameters_b) < least:
            raise ValueError(
                f"attention and vocabulary of {self.layer_count} layers, {self.kv_head_count} key-value heads of "
                f"{self.head_dim} take {digits(least, 3)} billion parameters, more than "
                f"{plain_number(active or self.parameters_b)}. Correct one of them, or give hidden_dim or "
                "vocabulary_count."
            )
        if active is not None and active < self.parameters_b and not _experts(self)[1]:
            raise ValueError(
                f"active_parameters_b is {plain_number(active)}; attention, vocabulary and one expert of "
                f"{_experts(self)[0]} take more. Correct it, or give more experts as expert_count."
            )
        return self


def parsed_own_models(rows: Any) -> Any:
    """The rows as entries of their kind; raises ValueError in sentences that begin with the key."""
    if not isinstance(rows, Mapping):
        return rows
    return {key: _parsed(str(key), row) for key, row in cast("Mapping[object, object]", rows).items()}


def _parsed(key: str, row: object) -> object:
    if isinstance(row, DescribedModel | LanguageModel):
        return row
    if not isinstance(row, Mapping):
        raise ValueError(
            f"own_models.{key} is {str(row)[:40]}; it must be a table of figures. Write parameters_b = 70."
        )
    values = cast("Mapping[str, Any]", row)
    kind = LanguageModel if "tensors" in values else DescribedModel
    if kind is DescribedModel and any(name in values for name in _IN_CONFIGS):
        raise ValueError(
            f"own_models.{key} is a config.json. Describe it first: `python -m measurements describe config.json`, "
            f"and put what it prints under [own_models.{key}]."
        )
    try:
        return kind.model_validate({**values, "id": key} if kind is LanguageModel else values)
    except ValidationError as error:
        raise ValueError(" ".join(f"own_models.{key}: {text}" for text in sentences(error, kind))) from None


def own_model(key: str, own: "DescribedModel | LanguageModel") -> LanguageModel:
    """The model of that id as the catalogue has models; one that is whole and has no name is called by its id.

    Of a described one with layers L, width w, vocabulary V, q query heads, k key-value heads of d: attention
    L (2 w q d + 2 w k d), vocabulary 2 V w; the rest of what a token passes through is feed-forward. Of a mixture, E
    experts of which a are active hold X with total = base + X and active = base + X a / E; a is the most for which base
    holds attention and vocabulary. Totals are met within one row of each matrix.
    """
    if isinstance(own, LanguageModel):
        return own if own.name.strip() else own.model_copy(update={"name": key})
    width = _width(own)
    total = round(own.parameters_b * PARAMETERS_PER_BILLION)
    active = round((own.active_parameters_b or own.parameters_b) * PARAMETERS_PER_BILLION)
    fixed = _fixed_count(own, width)
    experts, chosen, base = 0, 0, total
    if active < total:
        experts, chosen = _experts(own)
        base = round((active - total * chosen / experts) / (1 - chosen / experts))
    return _model(key, own, width=width, dense=base - fixed, routed=total - base, experts=(experts, chosen))


def _experts(own: DescribedModel) -> tuple[int, int]:
    """Experts, and the most of them per token for which the rest still holds attention and vocabulary; 0 where none.

    As many experts as are given, else 128, doubled until one per token leaves room.
    """
    total, active = own.parameters_b, own.active_parameters_b or own.parameters_b
    fixed = _fixed_count(own, _width(own)) / PARAMETERS_PER_BILLION
    most = (active - fixed) / (total - fixed)  # share of the experts: base >= fixed
    experts = own.expert_count or _EXPERTS
    while own.expert_count is None and int(most * experts) < 1 and experts < _MOST_EXPERTS:
        experts *= 2
    return experts, min(int(most * experts), experts - 1)


def _query_heads(own: DescribedModel, width: int) -> int:
    """Query heads that fill the width, in whole groups of the key-value heads."""
    groups = max(1, round(width / own.head_dim / own.kv_head_count))
    return groups * own.kv_head_count


def _fixed_count(own: DescribedModel, width: int) -> int:
    """Parameters of attention, norms, and both tables of the vocabulary."""
    heads = _query_heads(own, width)
    attention = own.layer_count * (2 * width * heads * own.head_dim + 2 * width * own.kv_head_count * own.head_dim)
    return attention + 2 * own.vocabulary_count * width + (2 * own.layer_count + 1) * width


def _width(own: DescribedModel) -> int:
    """The width given, else that of a dense model of the active size: L (2 + 3 * 3.5) w^2 + 2 V w = active."""
    if own.hidden_dim is not None:
        return own.hidden_dim
    active = (own.active_parameters_b or own.parameters_b) * PARAMETERS_PER_BILLION
    square, linear = own.layer_count * (2 + 3 * _FEED_FORWARD_RATIO), 2 * own.vocabulary_count
    exact = (math.sqrt(linear**2 + 4 * square * active) - linear) / (2 * square)
    return max(_STEP, int(exact / _STEP) * _STEP)


def _model(
    key: str, own: DescribedModel, *, width: int, dense: int, routed: int, experts: tuple[int, int]
) -> LanguageModel:
    layers, heads = own.layer_count, _query_heads(own, width)
    everywhere, (expert_count, chosen) = f"0-{layers - 1}", experts

    def matrices(role: str, shape: tuple[int, ...]) -> TensorGroup:
        fields = {"role": role, "shape": shape, "count": layers, "layers": everywhere, "quantizable": True}
        return TensorGroup.model_validate(fields)

    table = {"shape": (own.vocabulary_count, width), "count": 1, "quantizable": True}
    q, kv = heads * own.head_dim, own.kv_head_count * own.head_dim
    tensors = [
        TensorGroup.model_validate({"role": "embedding", **table}),
        TensorGroup.model_validate({"role": "output", **table}),
        matrices("attn_q", (q, width)),
        matrices("attn_k", (kv, width)),
        matrices("attn_v", (kv, width)),
        matrices("attn_output", (width, q)),
        TensorGroup(role="norm", shape=(width,), count=2 * layers + 1, layers=everywhere),
    ]
    if rows := round(dense / (3 * width * layers)):
        names = ("ffn_gate", "ffn_up", "ffn_down") if not expert_count else _SHARED
        tensors += [matrices(role, (width, rows) if role.endswith("down") else (rows, width)) for role in names]
    if expert_count:
        rows = max(1, round(routed / (3 * width * layers * expert_count)))
        tensors += [
            matrices("expert_gate", (expert_count, rows, width)),
            matrices("expert_up", (expert_count, rows, width)),
            matrices("expert_down", (expert_count, width, rows)),
        ]
    return LanguageModel(
        id=key,
        name=own.name or key,
        family="yours",
        released="2026",
        basis="yours",
        source="your description",
        source_url="",
        as_of="2026",
        architecture="llama",
        layer_count=layers,
        hidden_dim=width,
        attention_head_count=heads,
        kv_head_count=own.kv_head_count,
        head_dim=own.head_dim,
        vocabulary_count=own.vocabulary_count,
        context_limit_tokens=own.context_limit_tokens,
        expert_count=expert_count,
        active_expert_count=chosen,
        tensors=tuple(tensors),
        caches=(
            CacheGroup(
                kind="full",
                layer_count=layers,
                query_head_count=heads,
                kv_head_count=own.kv_head_count,
                key_dim=own.head_dim,
                value_dim=own.head_dim,
            ),
        ),
        note="shapes derived from your figures by Llama 3's proportions; every layer keeps the whole context",
    )


_STEP = 64
_SHARED = ("shared_expert_gate", "shared_expert_up", "shared_expert_down")
