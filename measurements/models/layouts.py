"""Layouts of configurations: tensors and caches from mlx-lm, by hand, or from the file where the config is plain."""

from typing import Any

from measurements.models.ask_mlx_lm import ask_mlx_lm
from measurements.models.config_parts import Json
from measurements.models.deepseek_v4 import deepseek_v4_layout
from measurements.models.plain_layout import plain_layout

BY_HAND = "deepseek_v4"


def layouts_of(configs: list[Json], **asked: Any) -> list[Json]:
    """The layout of each configuration, or {"error": sentence}; `asked` adds formats and contexts for mlx-lm.

    A model_type that mlx-lm does not know, with a plain config, is read from the file; its layout then carries
    `mlx_error`, since no MLX format of it can be loaded.
    """
    known = [config for config in configs if config["model_type"] != BY_HAND]
    answers = iter(ask_mlx_lm([{"config": config, **asked} for config in known]) if known else [])
    return [
        _by_hand(config) if config["model_type"] == BY_HAND else _or_plain(config, next(answers)) for config in configs
    ]


def _by_hand(config: Json) -> Json:
    try:
        return deepseek_v4_layout(config)
    except (KeyError, TypeError, IndexError, OverflowError, ZeroDivisionError) as error:
        what = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        return {
            "error": f"model_type is {BY_HAND!r}, and its sizes cannot be used: {what}. Give the model's own config."
        }


def _or_plain(config: Json, answer: Json) -> Json:
    if not answer.get("unknown"):
        return answer
    found = plain_layout(config)
    return answer if found is None else {**found, "mlx_error": answer["error"]}
