"""The model of a probe's records: random weights in a known architecture, or a real model from its own config.json."""

import hashlib
import json
from typing import Any, cast

from measurements.models.ask_mlx_lm import load_config, shipped_config_ids
from measurements.probe.run import Json, Outcome
from measurements.records.identify import model_of_name
from measurements.records.record import ModelUnderTest
from measurements.records.spec import ProbeSpec, format_of_quantization


def model_under_test(outcome: Outcome, spec: ProbeSpec) -> ModelUnderTest:
    """The model that this probe ran."""
    layers = int(outcome.event("plan").get("distinct_layers") or 0)
    if spec.tier == "real":
        return _real_model(spec, outcome.event("model"), layer_count=layers)
    packing = spec.quantization
    weights = "random-aliased" if spec.distinct_layer_count else "random"
    return ModelUnderTest(
        model=spec.model,
        model_name=spec.model_name,
        architecture=str(spec.config.get("model_type") or ""),
        config_sha256=_sha256(spec.config),
        weights=weights if spec.config else "unknown",
        distinct_layer_count=layers,
        format=spec.format,
        bits=packing.bits if packing else 16,
        group_size=packing.group_size if packing else 0,
    )


def _real_model(spec: ProbeSpec, model_event: Json, *, layer_count: int) -> ModelUnderTest:
    """The loaded model, from its own config.json; it gets a catalogue id by its name only if the shapes agree."""
    config: Json = model_event.get("config") or spec.config
    packing: Any = config.get("quantization", config.get("quantization_config"))
    plain = cast(Json, packing) if isinstance(packing, dict) else Json()
    model = model_of_name(spec.model_name, models=shipped_config_ids())
    return ModelUnderTest(
        model=model if model is not None and _same_shape(config, load_config(model)) else spec.model,
        model_name=spec.model_name,
        architecture=str(config.get("model_type") or "")[:300],
        config_sha256=_sha256(config),
        weights="real",
        distinct_layer_count=layer_count,
        format=format_of_quantization(packing) if config else "",
        bits=_small(plain.get("bits")) or (0 if plain else 16),
        group_size=_small(plain.get("group_size")),
        source=spec.repository,
        revision=spec.revision,
    )


def _sha256(config: Json) -> str:
    """The hash of a configuration; "" for an empty one."""
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest() if config else ""


def _same_shape(config: Json, shipped: Json) -> bool:
    """Whether width, depth and attention are equal; a namesake of another size or family is not the same model."""
    found: list[Json] = []
    for one in (config, shipped):
        text: Any = one.get("text_config")
        found.append({**one, **(cast(Json, text) if isinstance(text, dict) else {})})
    ours, theirs = found
    names = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    return all(ours.get(name) == theirs.get(name) for name in names)


def _small(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value <= 100_000 else 0
