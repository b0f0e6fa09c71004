"""Which shapes has the config.json that somebody brings to the page? Planned by mlx-lm in its worker; nothing is stored.

A stranger wrote the file: its size is bounded, its layers are (lazy.py), mlx-lm only ever sees it in a process that is
ended after a while, and whatever goes wrong is one sentence.
"""

import functools
import json
from typing import Any

from calculator.catalog.options import LanguageModel
from measurements.models.architecture import language_model_of
from measurements.models.ask_mlx_lm import PlanError, checked
from measurements.models.describe import layouts_of, with_about

LARGEST_BYTES = 1_000_000
_KEPT = 16


@functools.lru_cache(maxsize=_KEPT)
def model_of_config(name: str, content: bytes) -> LanguageModel:
    """The catalogue entry that `measurements describe` would write of this file. Raises PlanError or CatalogError."""
    if len(content) > LARGEST_BYTES:
        raise PlanError(
            f"{name} is larger than {LARGEST_BYTES:,} bytes; a config.json has a few thousand. Bring that file."
        )
    try:
        given: Any = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise PlanError(f"{name} is not valid JSON ({error}). Bring the model's own config.json.") from None
    config = checked(given, name=name)
    config.pop("_about", None)
    [layout] = layouts_of([config])
    if "error" in layout:
        raise PlanError(f"{name}: {layout['error']}")
    return language_model_of(with_about(name, config, None), layout)
