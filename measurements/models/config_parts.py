"""Parts of a config.json: the language model in a wrapper, its quantization_config, its towers; null means absent.

Makers write null where an object may stand (`"quantization_config": null`), nest the language model under several
names, and nest its quantisation with it. These functions know the places; nothing else looks for them.
"""

from collections.abc import Iterator
from typing import Any, cast

Json = dict[str, Any]

TEXT_KEYS = ("text_config", "llm_config", "language_config")
"""Where wrappers keep the language model's own configuration."""
TOWER_KEYS = {
    "vision_config": "vision",
    "vision_tower_config": "vision",
    "vit_config": "vision",
    "audio_config": "audio",
    "audio_encoder_config": "audio",
    "speech_config": "audio",
    "encoder_config": "audio",
}
"""Where wrappers keep their towers, and what each sees or hears."""
_THINKER = "thinker_config"
_OBJECTS = ("quantization",)


def without_nulls(config: Json) -> Json:
    """A copy in which null, where an object belongs, is left out at every depth: no quantisation, no tower, no part."""
    found: Json = {}
    for key, value in config.items():
        if value is None and (key.endswith("_config") or key in _OBJECTS):
            continue
        found[key] = without_nulls(cast(Json, value)) if isinstance(value, dict) else value
    return found


def thinker_of(config: Json) -> Json:
    """The part that reads and thinks of a model that also speaks (Qwen Omni); the config itself for all others."""
    thinker = config.get(_THINKER)
    return cast(Json, thinker) if isinstance(thinker, dict) else config


def text_part(config: Json) -> Json | None:
    """The language model's own configuration in a wrapper, None where the config is the language model's."""
    outer = thinker_of(config)
    for key in TEXT_KEYS:
        part = outer.get(key)
        if isinstance(part, dict):
            return cast(Json, part)
    return None


def inner_config(config: Json) -> Json | None:
    """The language model in a wrapper as a config of its own, its head tied where the wrapper says so; None without."""
    part = text_part(config)
    if part is None or not isinstance(part.get("model_type"), str):
        return None
    outer = {**config, **thinker_of(config)}
    shared = {key: outer[key] for key in ("tie_word_embeddings", "quantization_config") if key in outer}
    about = {"_about": config["_about"]} if "_about" in config else {}
    return {**shared, **part, **about}


def tower_parts(config: Json) -> Iterator[tuple[str, Json]]:
    """Kind and configuration of every tower: ("vision", {...}), ("audio", {...})."""
    outer = thinker_of(config)
    for key, kind in TOWER_KEYS.items():
        part = outer.get(key)
        if isinstance(part, dict) and part:
            yield kind, cast(Json, part)


def quantization_of(config: Json) -> Json:
    """The checkpoint's own quantisation, wherever it stands; empty where the weights are not packed.

    MLX writes "quantization", everybody else "quantization_config", at the top or in the language model's part.
    """
    for part in (config, thinker_of(config), text_part(config) or {}):
        for key in ("quantization", "quantization_config", "compression_config"):
            found = part.get(key)
            if isinstance(found, dict) and any(value is not None for value in cast(Json, found).values()):
                return cast(Json, found)
    return {}


def is_mlx_quantization(quantization: Json) -> bool:
    """Whether MLX's own converter wrote it: group size and bits, and no method of another program."""
    return "quant_method" not in quantization and {"group_size", "bits"} <= quantization.keys()
