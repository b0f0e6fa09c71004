"""Catalogue entry of an uploaded config.json, planned by mlx-lm in its own process; nothing is stored.

A stranger may have written the file, so its size and number of layers are bounded, the process has a time limit, and
every failure is one sentence. What was planned or refused last is remembered, so that a page drawn anew starts nothing.
"""

import functools
from typing import Any

from pydantic import ValidationError

from calculator.catalog.models import LanguageModel
from calculator.errors import CalculatorError, sentences, why_unreadable
from calculator.scenario.json_text import whole_json
from measurements.models.architecture import language_model_of
from measurements.models.ask_mlx_lm import BusyError, PlanError, checked_config
from measurements.models.describe import with_about
from measurements.models.layouts import layouts_of

LARGEST_BYTES = 1_000_000
_CACHED_MODELS = 64
_LONGEST_REASON = 160


def model_of_config(name: str, content: bytes) -> LanguageModel:
    """The catalogue entry that `measurements describe` writes for this file; raises PlanError or CatalogError."""
    if len(content) > LARGEST_BYTES:
        raise PlanError(
            f"{name} has more than {LARGEST_BYTES:,} bytes; a config.json has a few thousand. Upload the model's own"
            " config.json."
        )
    found = _planned_or_refused(name, content)
    if isinstance(found, CalculatorError):
        raise found.with_traceback(None)
    return found


@functools.lru_cache(maxsize=_CACHED_MODELS)
def _planned_or_refused(name: str, content: bytes) -> LanguageModel | CalculatorError:
    """The model, or why there is none; only a busy server is asked again."""
    try:
        return _planned(name, content)
    except BusyError:
        raise
    except CalculatorError as error:
        return error


def _planned(name: str, content: bytes) -> LanguageModel:
    try:
        decoded: Any = whole_json(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise PlanError(
            f"{name} is not valid JSON ({why_unreadable(error)}). Upload the model's own config.json."
        ) from None
    config = checked_config(decoded, name=name)
    config.pop("_about", None)
    [layout] = layouts_of([config])
    if "error" in layout:
        raise PlanError(f"{name}: {layout['error']}")
    try:
        return language_model_of(with_about(name, config, None), layout)
    except CalculatorError:
        raise
    except ValidationError as error:
        reason = " ".join(sentences(error, LanguageModel))
    except KeyError as error:
        reason = f"it lacks {str(error)[:_LONGEST_REASON]}."
    except (TypeError, ValueError, OverflowError, IndexError, AttributeError, ZeroDivisionError) as error:
        reason = f"{str(error)[:_LONGEST_REASON]}."
    raise PlanError(f"{name} holds sizes that no model has: {reason} Upload the model's own config.json.")
