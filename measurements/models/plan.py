"""The plan command: `python -m measurements plan CONFIG.json|MODEL_ID --format mlx-4bit` computes a model's exact
memory.

Weights and cache come from mlx-lm itself, built lazily in its own process; the work space of prefill is the
calculator's formula. GGUF and vLLM formats are computed from the same shapes by the calculator's rules.
"""

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass
from typing import Any

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.deployment import format_on
from calculator.catalog.models import LanguageModel, WeightFormat
from calculator.errors import UnknownIdError
from calculator.physics.memory.kv_cache import kv_cache_bytes
from calculator.physics.memory.weights import active_parameter_count, parameter_count, weights_bytes
from calculator.physics.memory.work_space import (
    TransientConstants,
    recommended_prefill_step_tokens,
    transient_bytes,
)
from calculator.units import BYTES_PER_GB
from measurements.models.architecture import Json, language_model_of
from measurements.models.ask_mlx_lm import PlanError, ask_mlx_lm, load_config
from measurements.models.deepseek_v4 import deepseek_v4_layout
from measurements.models.describe import with_about

MOST_TOKENS = 16_777_216
JSON_KEYS = (
    "parameters",
    "active_parameters",
    "weights_bytes",
    "kv_cache_bytes",
    "transient_bytes",
    "peak_bytes",
    "layers",
    "seconds",
)
"""The keys of `--json`; --details adds the others."""
MLX_RUNTIME, GGUF_RUNTIME = "mlx-lm", "llama.cpp"


@dataclass(frozen=True, slots=True)
class Plan:
    """Memory of a model. `exact_by` names the code behind its weights and cache bytes: mlx-lm or the calculator."""

    model: str
    format: str
    context_tokens: int
    prefill_step_tokens: int
    parameters: int
    active_parameters: int
    weights_bytes: int
    kv_cache_bytes: int
    transient_bytes: int
    peak_bytes: int
    recommended_prefill_step_tokens: int
    layers: int
    seconds: float
    exact_by: str


def plan(
    name: str,
    *,
    format_id: str,
    catalog: Catalog,
    context_tokens: int = 4096,
    prefill_step_tokens: int | None = None,
    config: Json | None = None,
) -> tuple[Plan, LanguageModel]:
    """Memory plan of a model id or config.json (or of `config`, if it is already loaded), and its catalogue entry.

    peak = weights + cache at `context_tokens` + work space of the last prefill step. Raises PlanError if mlx-lm does
    not know the architecture or is not installed, UnknownIdError for an unknown model or format.
    """
    started = time.perf_counter()
    format = catalog.format(format_id)
    runtime = catalog.runtime(GGUF_RUNTIME if format.scheme == "gguf" else MLX_RUNTIME)
    format = format_on(runtime, format, catalog=catalog)
    step = prefill_step_tokens or runtime.prefill_step_tokens
    config = load_config(name) if config is None else config
    quantizations = [_quantization(format)] if format.scheme in ("mlx", "plain") else []
    if config["model_type"] == "deepseek_v4":
        layout: Json = deepseek_v4_layout(config)
        quantizations = []
    else:
        [layout] = ask_mlx_lm(
            [{"config": config, "formats": quantizations, "contexts": [context_tokens], "prefill_step": step}]
        )
    if "error" in layout:
        raise PlanError(layout["error"])
    model = language_model_of(with_about(name, config, None), layout)
    if quantizations:
        [weights], [cache], by = layout["weights_bytes"], layout["kv_cache_bytes"], "mlx-lm"
    else:
        weights = weights_bytes(model, format=format)
        cache = kv_cache_bytes(model, runtime=runtime, context_tokens=context_tokens, prefill_step_tokens=step)
        by = "the calculator's rules"
    constants = TransientConstants.of(catalog.constants)
    transient = transient_bytes(
        model, runtime=runtime, context_tokens=context_tokens, constants=constants, prefill_step_tokens=step
    )
    better = recommended_prefill_step_tokens(
        model, runtime=runtime, context_tokens=context_tokens, constants=constants, available_bytes=math.inf
    )
    found = Plan(
        model=model.id,
        format=format.id,
        context_tokens=context_tokens,
        prefill_step_tokens=step,
        parameters=parameter_count(model),
        active_parameters=active_parameter_count(model),
        weights_bytes=weights,
        kv_cache_bytes=cache,
        transient_bytes=transient,
        peak_bytes=weights + cache + transient,
        recommended_prefill_step_tokens=better,
        layers=model.layer_count,
        seconds=round(time.perf_counter() - started, 3),
        exact_by=by,
    )
    return found, model


def main(arguments: list[str]) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m measurements plan", description="Compute a model's exact memory before anything is downloaded."
    )
    parser.add_argument("config", help="path of a config.json, or id of a shipped model")
    parser.add_argument("--format", default="mlx-4bit", help="weight format of the catalogue (default: mlx-4bit)")
    parser.add_argument("--context-tokens", type=int, default=4096, help="tokens in the cache (default: 4096)")
    parser.add_argument(
        "--prefill-step", type=int, default=None, help="prompt tokens per prefill step (default: the runtime's)"
    )
    parser.add_argument("--json", action="store_true", help=f"print JSON with {', '.join(JSON_KEYS)}")
    parser.add_argument(
        "--details",
        action="store_true",
        help="with --json: add the request, the recommended prefill step and the source of the bytes",
    )
    options = parser.parse_args(arguments)
    for name, got in (("context-tokens", options.context_tokens), ("prefill-step", options.prefill_step)):
        if got is not None and not 1 <= got <= MOST_TOKENS:
            raise PlanError(f"--{name} is {got}; it must be between 1 and {MOST_TOKENS:,}.")
    try:
        found, _ = plan(
            options.config,
            format_id=options.format,
            catalog=load_catalog(),
            context_tokens=options.context_tokens,
            prefill_step_tokens=options.prefill_step,
        )
    except UnknownIdError as error:
        raise PlanError(str(error)) from None
    print(json.dumps(_answer(found, details=options.details)) if options.json else _text(found))
    return 0


def _answer(found: Plan, *, details: bool) -> Json:
    return {name: value for name, value in asdict(found).items() if details or name in JSON_KEYS}


def _quantization(format: WeightFormat) -> Any:
    """The format in the terms of mlx-lm's quantize_model; None leaves the model as it is."""
    if format.scheme == "plain":
        return None
    return {"mode": format.mode, "bits": int(format.bits), "group_size": format.group_size}


def _text(found: Plan) -> str:
    size = {name: f"{value / BYTES_PER_GB:,.2f} GB" for name, value in asdict(found).items() if name.endswith("_bytes")}
    return "\n".join(
        (
            (
                f"{found.model}, {found.format}: {found.parameters / 1e9:,.3f} billion parameters,"
                f" {found.active_parameters / 1e9:,.3f} per token"
            ),
            f"  weights     {size['weights_bytes']:>12}   ({found.exact_by})",
            f"  cache       {size['kv_cache_bytes']:>12}   at {found.context_tokens:,} tokens",
            f"  work space  {size['transient_bytes']:>12}   at {found.prefill_step_tokens:,} prompt tokens per step",
            (
                f"  peak        {size['peak_bytes']:>12}   {found.layers} layers; recommended prefill step"
                f" {found.recommended_prefill_step_tokens:,} tokens"
            ),
        )
    )
