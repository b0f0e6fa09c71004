"""Towers of a config.json: encoders of images and sound beside the language model, counted from their shapes.

A family that is not written out in tower_families.py is counted from width and depth alone, and says so. Qwen3.5's
tower meets the difference between published MLX files and the language model to the byte.
"""

from typing import Any, cast

from calculator.catalog.checkpoint import Tower
from measurements.models.config_parts import Json, text_part, thinker_of, tower_parts
from measurements.models.tower_families import FAMILIES, Encoder, from_width_and_depth, whole

_WIDTHS = ("hidden_size", "embed_dim", "d_model", "vt_hidden_size", "width", "n_embd")
_DEPTHS = ("depth", "num_hidden_layers", "encoder_layers", "vt_num_hidden_layers", "num_layers", "layers", "n_layer")
_FEED_FORWARDS = ("intermediate_size", "encoder_ffn_dim", "vt_intermediate_size", "mlp_dim")


def towers_of(config: Json) -> tuple[Tower, ...]:
    """Every tower of the config; nothing for a language model alone, and nothing is raised for a strange one."""
    outer = {**config, **thinker_of(config)}
    text = text_part(config) or outer
    text_width = whole(text.get("hidden_size")) or whole(outer.get("hidden_size"))
    return tuple(_tower(kind, part, outer=outer, text_width=text_width) for kind, part in tower_parts(config))


def _tower(kind: str, part: Json, *, outer: Json, text_width: int) -> Tower:
    where = "vision" if kind == "vision" else "audio"
    fields = {**part, **cast(Json, part["audio_config"])} if isinstance(part.get("audio_config"), dict) else part
    family = _family(fields, outer, kind)
    width = _first(fields, ("embed_dim", *_WIDTHS) if family == "qwen2_vl" else _WIDTHS)
    wide = _first(fields, _FEED_FORWARDS) or round(width * _ratio(fields.get("mlp_ratio"), otherwise=4.0))
    encoder = Encoder(fields, width, _first(fields, _DEPTHS), wide, text_width, outer)
    if not width or not encoder.depth:
        return Tower(kind=where, note="its layout is not known here")
    if family is not None:
        return Tower(kind=where, parameter_count=FAMILIES[family](encoder))
    note = "counted from width and depth alone; its layout is not known here"
    return Tower(kind=where, parameter_count=from_width_and_depth(encoder), note=note)


def _family(fields: Json, outer: Json, kind: str) -> str | None:
    """The family by the tower's own model_type, else by the wrapper's."""
    for name in (str(fields.get("model_type") or ""), str(outer.get("model_type") or "")):
        for prefix, family in _PREFIXES.items():
            if name.startswith(prefix) and (kind == "audio") == (family in _AUDIO):
                return family
    return None


_AUDIO = ("whisper", "gemma4_audio")
_PREFIXES = {
    "qwen2_5_vl": "qwen2_5_vl",
    "exaone4_5_vision": "qwen2_5_vl",
    "qwen2_vl": "qwen2_vl",
    "qwen3_vl": "qwen3_vl",
    "qwen3_5": "qwen3_vl",
    "qwen4": "qwen3_vl",
    "pixtral": "pixtral",
    "mistral3": "pixtral",
    "siglip_vision": "siglip",
    "smolvlm_vision": "siglip",
    "idefics3_vision": "siglip",
    "gemma3": "siglip",
    "clip_vision": "clip",
    "gemma4_vision": "gemma4",
    "gemma4_audio": "gemma4_audio",
    "intern_vit": "intern_vit",
    "internvl": "intern_vit",
    "glm4v": "glm4v",
    "kimi_k25": "moon_vit",
    "kimi_k2": "moon_vit",
    "moonvit": "moon_vit",
    "llama4_vision": "llama4",
    "llama4": "llama4",
    "voxtral": "whisper",
    "whisper": "whisper",
    "qwen2_audio": "whisper",
}
"""Beginning of a model_type, and its family; the first that fits."""


def _first(fields: Json, names: tuple[str, ...]) -> int:
    return next((found for name in names if (found := whole(fields.get(name)))), 0)


def _ratio(value: Any, *, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and 0 < value <= 64 else otherwise
