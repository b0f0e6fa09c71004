"""The plan command: `python -m measurements plan CONFIG.json|MODEL_ID --format mlx-4bit` computes a model's exact
memory.

Weights and cache come from mlx-lm itself, built lazily in its own process; the work space of prefill is the
calculator's formula. GGUF and vLLM formats are computed from the same shapes by the calculator's rules, for the runtime
that loads them; `--format as-released` takes the checkpoint's own quantization_config.
"""

import json
import math
import time
from dataclasses import asdict, dataclass
from typing import Any

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.deployment import format_on
from calculator.catalog.models import LanguageModel, WeightFormat
from calculator.cli.flags import Parser
from calculator.errors import UnknownIdError
from calculator.physics.memory.format_words import format_remarks
from calculator.physics.memory.kv_cache import kv_cache_bytes
from calculator.physics.memory.tower_words import tower_remarks
from calculator.physics.memory.weights import active_parameter_count, parameter_count, weights_bytes
from calculator.physics.memory.work_space import (
    TransientConstants,
    recommended_prefill_step_tokens,
    transient_bytes,
)
from calculator.units import BYTES_PER_GB
from measurements.models.architecture import Json, language_model_of
from measurements.models.ask_mlx_lm import PlanError, load_config
from measurements.models.config_parts import text_part
from measurements.models.describe import with_about
from measurements.models.layouts import BY_HAND, layouts_of
from measurements.models.plan_runtime import plan_runtime

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
TOWER_KEYS = ("tower_bytes", "towers_included", "remarks")
"""Added where there is a tower or something to say."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Memory of a model. `exact_by` names the code behind its weights and cache bytes: mlx-lm or the calculator.

    `weights_bytes` holds the towers where `towers_included`.
    """

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
    runtime: str
    tower_bytes: int = 0
    towers_included: bool = False
    remarks: tuple[str, ...] = ()


def plan(
    name: str,
    *,
    format_id: str,
    catalog: Catalog,
    context_tokens: int = 4096,
    prefill_step_tokens: int | None = None,
    config: Json | None = None,
    runtime_id: str | None = None,
) -> tuple[Plan, LanguageModel]:
    """Memory plan of a model id or config.json (or of `config`, if it is already loaded), and its catalogue entry.

    peak = weights + cache at `context_tokens` + work space of the last prefill step. Raises PlanError if mlx-lm does
    not know the architecture or is not installed, or if the runtime does not load the format, UnknownIdError for an
    unknown model, format or runtime, ScenarioError where the model was not published in the format.
    """
    started = time.perf_counter()
    format = catalog.format(format_id)
    config = load_config(name) if config is None else config
    runtime = plan_runtime(format, config=config, runtime_id=runtime_id, catalog=catalog)
    named = format_on(runtime, format, catalog=catalog)
    step = prefill_step_tokens or runtime.prefill_step_tokens
    is_mlx = runtime.cache == "mlx"
    by_mlx = is_mlx and named.scheme in ("mlx", "plain") and config["model_type"] != BY_HAND
    [layout] = layouts_of(
        [config],
        formats=[_quantization(named)] if by_mlx else [],
        contexts=[context_tokens] if by_mlx else [],
        prefill_step=step,
    )
    if "error" in layout:
        raise PlanError(layout["error"])
    if is_mlx and "mlx_error" in layout:
        raise PlanError(
            f"{layout['mlx_error']} For llama.cpp and vLLM its shapes are plain: --format q4_k_m, awq-int4."
        )
    model = language_model_of(with_about(name, config, None), layout)
    format = format_on(runtime, format, catalog=catalog, model=model)
    if by_mlx:
        [weights], [cache], by = layout["weights_bytes"], layout["kv_cache_bytes"], "mlx-lm"
    else:
        weights = weights_bytes(model, format=format)
        cache = kv_cache_bytes(model, runtime=runtime, context_tokens=context_tokens, prefill_step_tokens=step)
        by = "the calculator's rules"
    included = runtime.loads_towers and bool(model.towers)
    weights += model.tower_bytes() if included else 0
    constants = TransientConstants.of(catalog.constants)
    transient = transient_bytes(
        model, runtime=runtime, context_tokens=context_tokens, constants=constants, prefill_step_tokens=step
    )
    better = recommended_prefill_step_tokens(
        model, runtime=runtime, context_tokens=context_tokens, constants=constants, available_bytes=math.inf
    )
    language = weights - (model.tower_bytes() if included else 0)
    told = (
        *format_remarks(model, format=format, weights_bytes=language),
        *tower_remarks(model, runtime=runtime, included=included),
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
        runtime=runtime.id,
        tower_bytes=model.tower_bytes(),
        towers_included=included,
        remarks=(*_shape_remarks(layout, config), *(one.text for one in told)),
    )
    return found, model


def _shape_remarks(layout: Json, config: Json) -> list[str]:
    """Where the shapes are not those that mlx-lm makes of the whole config."""
    if layout.get("wrapper"):
        inner = (text_part(config) or {}).get("model_type")
        return [f"mlx-lm does not know {layout['wrapper']}; planned is the {inner} model within it."]
    if "mlx_error" in layout:
        return [f"mlx-lm does not know {config['model_type']}; the shapes are read from the file."]
    return []


def main(arguments: list[str]) -> int:
    """Run the command and return its exit code."""
    parser = Parser(
        prog="python -m measurements plan", description="Compute a model's exact memory before anything is downloaded."
    )
    parser.add_argument("config", help="path of a config.json, or id of a shipped model")
    parser.add_argument("--format", default="mlx-4bit", help="weight format of the catalogue (default: mlx-4bit)")
    parser.add_argument("--context-tokens", type=int, default=4096, help="tokens in the cache (default: 4096)")
    parser.add_argument(
        "--prefill-step", type=int, default=None, help="prompt tokens per prefill step (default: the runtime's)"
    )
    parser.add_argument("--runtime", default=None, help="vllm, sglang, mlx-lm ... (default: the one of the format)")
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
            runtime_id=options.runtime,
        )
    except UnknownIdError as error:
        raise PlanError(str(error)) from None
    print(json.dumps(_answer(found, details=options.details)) if options.json else _text(found))
    return 0


def _answer(found: Plan, *, details: bool) -> Json:
    more = TOWER_KEYS if found.tower_bytes or found.remarks else ()
    return {name: value for name, value in asdict(found).items() if details or name in (*JSON_KEYS, *more)}


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
                f" {found.active_parameters / 1e9:,.3f} per token, {found.runtime}"
            ),
            f"  weights     {size['weights_bytes']:>12}   ({found.exact_by})",
            f"  cache       {size['kv_cache_bytes']:>12}   at {found.context_tokens:,} tokens",
            f"  work space  {size['transient_bytes']:>12}   at {found.prefill_step_tokens:,} prompt tokens per step",
            (
                f"  peak        {size['peak_bytes']:>12}   {found.layers} layers; recommended prefill step"
                f" {found.recommended_prefill_step_tokens:,} tokens"
            ),
            *(f"  - {remark}" for remark in found.remarks),
        )
    )
