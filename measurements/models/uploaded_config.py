"""Catalogue entry of an uploaded config.json, planned by mlx-lm in its own process; nothing is stored.

A stranger may have written the file, so its size and number of layers are bounded, the process has a time limit, and
every failure is one sentence.
"""

import functools
import json
from typing import Any

from calculator.catalog.models import LanguageModel
from measurements.models.architecture import language_model_of
from measurements.models.ask_mlx_lm import PlanError, checked_config
from measurements.models.describe import with_about
from measurements.models.layouts import layouts_of

LARGEST_BYTES = 1_000_000
_CACHED_MODELS = 16


@functools.lru_cache(maxsize=_CACHED_MODELS)
def model_of_config(name: str, content: bytes) -> LanguageModel:
    """The catalogue entry that `measurements describe` writes for this file; raises PlanError or CatalogError."""
    if len(content) > LARGEST_BYTES:
        raise PlanError(
            f"{name} has more than {LARGEST_BYTES:,} bytes; a config.json has a few thousand. Upload the model's own"
            " config.json."
        )
    try:
        decoded: Any = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise PlanError(f"{name} is not valid JSON ({error}). Upload the model's own config.json.") from None
    config = checked_config(decoded, name=name)
    config.pop("_about", None)
    [layout] = layouts_of([config])
    if "error" in layout:
        raise PlanError(f"{name}: {layout['error']}")
    return language_model_of(with_about(name, config, None), layout)
