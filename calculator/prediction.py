"""What can this machine do with this model? Memory first, then speed, in one frozen answer.

`predict` takes ids (the command line); `predict_on` takes the things themselves (compare and the accuracy check).
"""

from dataclasses import dataclass

from calculator.catalog import Catalog
from calculator.catalog.types import Chip, LanguageModel, Runtime, Split, WeightFormat
from calculator.errors import ScenarioError
from calculator.evidence import Remark
from calculator.physics.decode import decode_speed
from calculator.physics.hardware import Hardware, hardware_of
from calculator.physics.memory import MemoryFit, format_on, memory_fit
from calculator.physics.prefill import prefill_speed, time_to_first_token
from calculator.physics.speed import Speed


@dataclass(frozen=True, slots=True)
class Prediction:
    """One model on one machine.

    `decode` is the aggregate over `batch_count` streams at `context_tokens` in each cache, `prefill` and
    `time_to_first_token` hold for one prompt of `prompt_tokens`. Speeds are None where the model does not fit.
    """

    machine: str
    chip_count: int
    model: str
    format: str
    runtime: str
    split: Split
    prompt_tokens: int
    context_tokens: int
    batch_count: int
    memory: MemoryFit
    decode: Speed | None
    prefill: Speed | None
    time_to_first_token: Speed | None
    remarks: tuple[Remark, ...]


def predict(
    catalog: Catalog,
    *,
    machine: str,
    model: str,
    format: str,
    runtime: str | None = None,
    chip_count: int | None = None,
    memory_gb: float | None = None,
    prompt_tokens: int = 1024,
    context_tokens: int | None = None,
    batch_count: int = 1,
    split: Split | None = None,
) -> Prediction:
    """Predict by ids. `machine` may be a machine, a rented machine or a bare chip (`chip_count` of them).

    The context is the prompt's length unless given; the runtime is the machine's own, else the vendor's usual one.
    Raises UnknownIdError, PhantomError or ScenarioError, each one sentence.
    """
    bounds = {
        "prompt_tokens": (prompt_tokens, 1, 10_000_000),
        "batch": (batch_count, 1, 4096),
        "count": (1 if chip_count is None else chip_count, 1, 64),
    }
    if context_tokens is not None:
        bounds["context_tokens"] = (context_tokens, 1, 10_000_000)
    for name, (got, low, high) in bounds.items():
        if not low <= got <= high:
            raise ScenarioError(f"{name} is {got}; it must lie in {low}..{high:,}.")
    if memory_gb is not None and not 0 < memory_gb <= 100_000:  # also refuses NaN
        raise ScenarioError(f"memory_gb is {memory_gb}; it must be a number above 0 and at most 100,000 GB.")
    box = catalog.chip_or_machine(machine)
    hardware = hardware_of(box, chips=catalog.chips, chip_count=chip_count, memory_gb=memory_gb)
    weight_format = catalog.format(format)
    runtime_id = (
        runtime or (None if isinstance(box, Chip) else box.runtime) or usual_runtime(hardware.chip, weight_format)
    )
    return predict_on(
        catalog, hardware=hardware, name=machine, model=catalog.model(model), format=weight_format,
        runtime=catalog.runtime(runtime_id), prompt_tokens=prompt_tokens,
        context_tokens=context_tokens if context_tokens is not None else prompt_tokens, batch_count=batch_count,
        split=split or ("layer" if isinstance(box, Chip) else box.split),
    )  # fmt: skip


def predict_on(
    catalog: Catalog,
    *,
    hardware: Hardware,
    name: str,
    model: LanguageModel,
    format: WeightFormat,
    runtime: Runtime,
    prompt_tokens: int,
    context_tokens: int,
    batch_count: int = 1,
    held_count: int | None = None,
    decode_context_tokens: int | None = None,
    cached_fraction: float = 0.0,
    split: Split = "layer",
    second_tenant_gb: float = 0.0,
    wired_limit_gb: float = 0.0,
) -> Prediction:
    """Memory, then speeds if it fits. `wired_limit_gb` 0 leaves Apple's default limit.

    `held_count` requests are held in memory at once (the batch unless given); `decode_context_tokens` is the context at
    which the decode speed is stated (`context_tokens`, which sizes the cache, unless given).
    """
    format = format_on(runtime, format, catalog=catalog)
    memory = memory_fit(
        model, hardware=hardware, format=format, runtime=runtime, context_tokens=context_tokens, batch_count=held_count or batch_count,
        split=split, second_tenant_gb=second_tenant_gb, wired_limit_gb=wired_limit_gb, catalog=catalog,
    )  # fmt: skip
    decode = prefill = first = None
    if memory.fits:
        decode = decode_speed(
            model, hardware=hardware, format=format, runtime=runtime,
            context_tokens=decode_context_tokens or context_tokens, batch_count=batch_count, split=split, calibration=catalog.calibration,
        )  # fmt: skip
        prefill = prefill_speed(
            model, hardware=hardware, format=format, runtime=runtime, prompt_tokens=max(1.0, prompt_tokens * (1 - cached_fraction)),
            depth_tokens=prompt_tokens * cached_fraction, split=split, calibration=catalog.calibration,
        )  # fmt: skip
        first = time_to_first_token(prefill, prompt_tokens=prompt_tokens, cached_fraction=cached_fraction)
    return Prediction(
        machine=name, chip_count=hardware.chip_count, model=model.id, format=format.id, runtime=runtime.id, split=split,
        prompt_tokens=prompt_tokens, context_tokens=context_tokens, batch_count=batch_count, memory=memory, decode=decode,
        prefill=prefill, time_to_first_token=first, remarks=memory.remarks,
    )  # fmt: skip


def usual_runtime(chip: Chip, format: WeightFormat) -> str:
    """The runtime one would use for that format on that chip, where the question names none."""
    if format.scheme == "gguf":
        return "llama.cpp"
    if chip.vendor == "apple":
        return "mlx-lm"
    return {"exl": "exllamav2"}.get(format.scheme, "vllm" if chip.vendor == "nvidia" else "llama.cpp")
