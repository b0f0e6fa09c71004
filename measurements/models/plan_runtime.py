"""Runtime of a plan: the one that loads the format asked for, or the one named, or a refusal in one sentence."""

from calculator.catalog import Catalog
from calculator.catalog.deployment import ONLY_LOADED_BY, loads
from calculator.catalog.models import Runtime, WeightFormat
from calculator.catalog.released_format import AS_RELEASED
from measurements.models.ask_mlx_lm import PlanError
from measurements.models.config_parts import Json, is_mlx_quantization, quantization_of

MLX_RUNTIME, GGUF_RUNTIME, VLLM_RUNTIME = "mlx-lm", "llama.cpp", "vllm"


def plan_runtime(format: WeightFormat, *, config: Json, runtime_id: str | None, catalog: Catalog) -> Runtime:
    """The runtime whose memory is planned.

    GGUF: llama.cpp. MLX and bf16: mlx-lm. EXL2, EXL3, MLC: their own. Other packed checkpoints: vLLM. as-released: the
    one that loads the config's checkpoint. Raises PlanError for a named runtime that does not load the format,
    UnknownIdError for an unknown one.
    """
    if runtime_id is None:
        return catalog.runtime(_usual(format, config))
    runtime = catalog.runtime(runtime_id)
    if format.scheme == "mlx" and runtime.mlx_weights_by:
        return catalog.runtime(runtime.mlx_weights_by)
    own = runtime.own_formats.get(format.id)
    named = catalog.format(own) if own else format
    if named.id != AS_RELEASED and not loads(runtime, named):
        raise PlanError(
            f"{runtime.name} does not load {format.id}, which is a format of "
            f"{catalog.runtime(_usual(format, config)).name}. Choose {', '.join(runtime.formats.values())}, or leave "
            "--runtime out."
        )
    return runtime


def _usual(format: WeightFormat, config: Json) -> str:
    owner = ONLY_LOADED_BY.get(format.id.partition("-")[0])
    if owner is not None:
        return owner
    if format.id == AS_RELEASED:
        quantization = quantization_of(config)
        method = str(quantization.get("quant_method") or "").lower()
        is_mlx = bool(quantization) and is_mlx_quantization(quantization)
        return MLX_RUNTIME if is_mlx else ONLY_LOADED_BY.get(method, VLLM_RUNTIME)
    if format.scheme in ("gguf", "nominal"):
        return GGUF_RUNTIME
    return VLLM_RUNTIME if format.scheme == "linear" or format.id == "mxfp4-native" else MLX_RUNTIME
