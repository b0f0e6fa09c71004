"""Client of the mlx-lm process, and the model configurations that ship with the tool.

Importing `mlx_lm` changes process limits, takes seconds and can end in a signal, so it happens in a process that
answers in JSON. The shipped configurations in model_configs/ hold shapes only, each with an `_about` that names its
source.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, cast

from calculator.errors import CalculatorError, UnknownIdError, why_unreadable
from calculator.scenario.json_text import whole_json
from measurements.child_environment import child_environment
from measurements.models.config_parts import text_part, without_nulls

Json = dict[str, Any]
CONFIGS = Path(__file__).parent.parent / "model_configs"
TIMEOUT_S = 120
MOST_LAYERS = 1000
_LAYER_KEYS = ("num_hidden_layers", "num_layers", "n_layers", "n_layer")
MOST_TOKENS = 1_000_000_000
_LIMIT_KEYS = ("max_position_embeddings", "seq_length", "n_positions", "max_seq_len", "max_context_length")
_SHOWN_CHARACTERS = 60
_QUANTIZATION_KEYS = ("quantization_config", "quantization")
_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
_ROOT = Path(__file__).parent.parent.parent


_LONGEST_WAIT_S = 60.0
_WORKERS = BoundedSemaphore(2)
"""So many mlx-lm processes at once: each takes a processor and up to 1 GB."""


class PlanError(CalculatorError):
    """A configuration cannot be planned; the text says why and what to do."""


class BusyError(PlanError):
    """No mlx-lm process may be started now; the same file may be planned later."""


def shipped_config_ids() -> list[str]:
    """Ids of the models whose configuration ships with the tool."""
    return sorted(path.stem for path in CONFIGS.glob("*.json"))


def load_config(name: str) -> Json:
    """The configuration of a shipped model id, or of the path of a config.json or its folder.

    Raises PlanError if the file is missing or not a configuration, UnknownIdError if the id is unknown.
    """
    path = Path(name)
    if path.is_dir():
        path = path / "config.json"
    if not path.exists() and path.suffix != ".json" and len(path.parts) == 1:
        path = CONFIGS / f"{name}.json"
        if not path.exists():
            raise UnknownIdError("model", name, shipped_config_ids())
    try:
        config: Any = whole_json(path.read_text("utf-8"))
    except OSError as error:
        raise PlanError(
            f"{path} cannot be read ({error.strerror}). Give the path of a config.json or the id of a shipped model."
        ) from None
    except (ValueError, RecursionError) as error:
        raise PlanError(
            f"{path} is not valid JSON ({why_unreadable(error)}). Give the model's own config.json."
        ) from None
    return checked_config(config, name=str(path))


def checked_config(config: Any, *, name: str) -> Json:
    """A configuration that may be passed to mlx-lm, with bounded sizes; raises PlanError."""
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):  # pyright: ignore[reportUnknownMemberType]
        raise PlanError(f"{name} has no model_type. Give the config.json of a language model.")
    found = cast(Json, config)
    if not _NAME.fullmatch(found["model_type"]):
        raise PlanError(f"{name}: model_type is {_shown(found['model_type'])}; it must be a plain name such as llama.")
    for key in _QUANTIZATION_KEYS:
        if not isinstance(found.get(key), dict | None):
            raise PlanError(f"{name}: {key} is {_shown(found[key])}; it must be an object or null. Correct the config.")
    found = without_nulls(found)
    for part in (found, text_part(found) or {}):
        for key in _LAYER_KEYS:
            layers: Any = 1 if part.get(key) is None else part[key]
            if isinstance(layers, bool) or not isinstance(layers, int) or not 1 <= layers <= MOST_LAYERS:
                raise PlanError(
                    f"{name}: {key} is {_shown(layers)}; it must be a whole number in 1..{MOST_LAYERS}. Correct the config."
                )
        for key in _LIMIT_KEYS:
            limit: Any = 1 if part.get(key) is None else part[key]
            if isinstance(limit, bool) or not isinstance(limit, int | float) or not 1 <= limit <= MOST_TOKENS:
                raise PlanError(
                    f"{name}: {key} is {_shown(limit)}; it must be a number of tokens in 1..{MOST_TOKENS:,}. Correct the "
                    "config."
                )
    return found


def _shown(value: Any) -> str:
    """What stands there, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."


def ask_mlx_lm(requests: Sequence[Json]) -> list[Json]:
    """Answers of one mlx_lm_process to all requests; a request that mlx-lm refuses is answered with {"error":
    sentence}.

    Where the process itself ends (a signal, no memory, no time), each request is asked again by itself, so that no
    answer is lost for another's config. Raises PlanError if mlx-lm is not installed or a single request ended it.
    """
    try:
        return _answers(requests)
    except _ProcessEndedError as error:
        if len(requests) == 1:
            raise PlanError(str(error)) from None
    return [_answer_alone(request) for request in requests]


class _ProcessEndedError(Exception):
    """The mlx-lm process ended without an answer."""


def _answer_alone(request: Json) -> Json:
    try:
        return _answers([request])[0]
    except _ProcessEndedError as error:
        return {"error": str(error)}


def _answers(requests: Sequence[Json]) -> list[Json]:
    command = [sys.executable, "-m", "measurements.models.mlx_lm_process"]
    environment = child_environment(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")
    if not _WORKERS.acquire(timeout=_LONGEST_WAIT_S):
        raise BusyError("Other models are being read on this server. Try again in a minute.")
    try:
        done = subprocess.run(
            command,
            input=json.dumps(list(requests)),
            capture_output=True,
            text=True,
            check=False,
            cwd=_ROOT,
            timeout=TIMEOUT_S,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise _ProcessEndedError(f"mlx-lm did not answer within {TIMEOUT_S} s. Plan fewer models at a time.") from None
    finally:
        _WORKERS.release()
    if "No module named 'mlx" in done.stderr:
        raise PlanError(
            "mlx-lm is not installed here. Run `pip install 'mlx-lm[cpu]'` (Linux) or `pip install mlx-lm` (macOS)."
        )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise _ProcessEndedError(f"mlx-lm's process ended with code {done.returncode}: {last[0]}. Check the config.")
    return cast("list[Json]", json.loads(done.stdout))
