"""What can this machine do with this model? Memory first, then speed, in one frozen answer.

`predict` takes ids (the command line); `predict_on` takes the things themselves (compare and the accuracy check).
"""

from dataclasses import dataclass, replace

from calculator.catalog import Catalog
from calculator.catalog.hardware import Hardware, hardware_of
from calculator.catalog.options import Chip, CloudOffer, LanguageModel, Machine, Runtime, Split, WeightFormat
from calculator.errors import ScenarioError
from calculator.evidence import Remark
from calculator.physics.beyond_memory import BeyondMemory, beyond_memory
from calculator.physics.memory.kv_cache import FULL_BITS
from calculator.physics.memory.memory_fit import MemoryFit, format_on, memory_fit
from calculator.physics.speed.classes import engine_of
from calculator.physics.speed.decode import decode_speed
from calculator.physics.speed.links import Link, boxes_remarks, linked_decode_speed, linked_prefill_speed
from calculator.physics.speed.load_time import LoadTime, load_time
from calculator.physics.speed.power import PowerUse, capped_decode_speed, power_use
from calculator.physics.speed.prefill import prefill_speed, time_to_first_token
from calculator.physics.speed.speculative import Drafts, speculative_decode_speed
from calculator.physics.speed.speed import Speed
from calculator.units import BYTES_PER_GB, BYTES_PER_MIB


@dataclass(frozen=True, slots=True)
class Prediction:
    """One model on one machine.

    `decode` is the aggregate over `batch_count` streams at `context_tokens` in each cache, `prefill` and
    `time_to_first_token` hold for one prompt of `prompt_tokens`. Speeds are None where the model does not fit; `beyond` is
    what one would get all the same. `predict` adds the rest: load times from the drive and from the page cache, watts.
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
    box_count: int = 1
    link: Link | None = None
    beyond: BeyondMemory | None = None
    load_cold: LoadTime | None = None
    load_warm: LoadTime | None = None
    power: PowerUse | None = None


def predict(
    catalog: Catalog,
    *,
    machine: str,
    model: str | LanguageModel,
    format: str,
    runtime: str | None = None,
    chip_count: int | None = None,
    memory_gb: float | None = None,
    prompt_tokens: int = 1024,
    context_tokens: int | None = None,
    batch_count: int = 1,
    split: Split | None = None,
    link: Link | None = None,
    kv_bits: int = FULL_BITS,
    prefill_step_tokens: int | None = None,
    second_tenant_gb: float = 0.0,
    wired_limit_mb: int | None = None,
    power_limit_w: float | None = None,
    macos: str | None = None,
    desktop_gib: float | None = None,
    drafts: Drafts | None = None,
) -> Prediction:
    """Predict by ids (or with a model of one's own, see own_model.py). `machine` may be a machine, a rented machine or a bare chip (`chip_count` of them).

    The context is the prompt's length unless given; the runtime is the machine's own where it loads the format, else the
    usual one for chip and format. A count
    of machines with unified memory is a count of boxes, else of cards. `wired_limit_mb` is macOS's iogpu.wired_limit_mb,
    `macos` the version whose default limit holds, `desktop_gib` what a screen takes of the first card, `power_limit_w` a
    limit per card, `drafts` what is guessed ahead and how much of it is kept. Raises UnknownIdError, PhantomError or ScenarioError, each one sentence.
    """
    _refuse_out_of_bounds({
        "prompt_tokens": (prompt_tokens, 1, 10_000_000), "batch": (batch_count, 1, 4096), "count": (chip_count, 1, 64),
        "context_tokens": (context_tokens, 1, 10_000_000), "prefill_step": (prefill_step_tokens, 1, 1_000_000),
        "wired_limit_mb": (wired_limit_mb, 1, 100_000_000), "second_tenant_gb": (second_tenant_gb, 0, 100_000), "desktop_gib": (desktop_gib, 0, 100_000),
    })  # fmt: skip
    if memory_gb is not None and not 0 < memory_gb <= 100_000:  # also refuses NaN
        raise ScenarioError(f"memory_gb is {memory_gb}; it must be a number above 0 and at most 100,000 GB.")
    box = catalog.chip_or_machine(machine)
    hardware = hardware_of(box, chips=catalog.chips, chip_count=chip_count, memory_gb=memory_gb)
    weight_format = catalog.format(format)
    own = None if isinstance(box, Chip) else catalog.runtime(box.runtime)
    if own is not None and not _loads(own, weight_format):
        own = None
    runtime_id = runtime or (own.id if own else usual_runtime(hardware.chip, weight_format))
    wired_limit_gb = (wired_limit_mb or 0) * BYTES_PER_MIB / BYTES_PER_GB
    shapes = catalog.model(model) if isinstance(model, str) else model
    found = predict_on(
        catalog, hardware=hardware, name=machine, model=shapes, format=weight_format,
        runtime=catalog.runtime(runtime_id), prompt_tokens=prompt_tokens,
        context_tokens=context_tokens if context_tokens is not None else prompt_tokens, batch_count=batch_count,
        split=split or ("layer" if isinstance(box, Chip) else box.split), second_tenant_gb=second_tenant_gb,
        wired_limit_gb=wired_limit_gb, kv_bits=kv_bits, prefill_step_tokens=prefill_step_tokens,
        macos=macos, desktop_gib=desktop_gib,
    )  # fmt: skip
    if drafts is not None and found.decode is not None:
        if link is not None or power_limit_w is not None:
            raise ScenarioError(
                "draft_tokens cannot be given with link or power_limit_w; nothing is known of both at once. Leave one out."
            )
        written = speculative_decode_speed(
            shapes, hardware=hardware, format=catalog.format(found.format), runtime=catalog.runtime(found.runtime),
            context_tokens=found.context_tokens, drafts=drafts, batch_count=batch_count, split=found.split, calibration=catalog.calibration,
        )  # fmt: skip
        remark = Remark(code="drafts", text=f"Decode with drafts: {written.note}.", level="info")
        found = replace(found, decode=written, remarks=(*found.remarks, remark))
    elif link is not None or power_limit_w is not None:
        found = _adjusted(
            found, model=shapes, catalog=catalog, hardware=hardware, link=link, power_limit_w=power_limit_w
        )
    return _operated(found, model=shapes, catalog=catalog, hardware=hardware, box=box, wired_limit_gb=wired_limit_gb, kv_bits=kv_bits, second_tenant_gb=second_tenant_gb)  # fmt: skip


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
    kv_bits: int = FULL_BITS,
    prefill_step_tokens: int | None = None,
    macos: str | None = None,
    desktop_gib: float | None = None,
) -> Prediction:
    """Memory, then speeds if it fits. `wired_limit_gb` 0 leaves Apple's default limit.

    `held_count` requests are held in memory at once (the batch unless given); `decode_context_tokens` is the context at
    which the decode speed is stated (`context_tokens`, which sizes the cache, unless given).
    """
    format = format_on(runtime, format, catalog=catalog)
    memory = memory_fit(
        model, hardware=hardware, format=format, runtime=runtime, context_tokens=context_tokens, batch_count=held_count or batch_count,
        split=split, second_tenant_gb=second_tenant_gb, wired_limit_gb=wired_limit_gb, catalog=catalog,
        kv_bits=kv_bits, prefill_step_tokens=prefill_step_tokens, macos=macos, desktop_gib=desktop_gib,
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
        box_count=hardware.box_count(),
    )  # fmt: skip


def usual_runtime(chip: Chip, format: WeightFormat) -> str:
    """The runtime one would use for that format on that chip, where the question names none."""
    if format.scheme == "gguf":
        return "llama.cpp"
    if chip.vendor == "apple":
        return "mlx-lm"
    exllama = {"exl2": "exllamav2", "exl3": "exllamav3"}.get(format.id.partition("-")[0])
    return exllama or ("vllm" if chip.vendor == "nvidia" else "llama.cpp")


def _loads(runtime: Runtime, format: WeightFormat) -> bool:
    """Whether a machine's own runtime is the one for this format: GGUF files and llama.cpp belong together."""
    if format.scheme == "plain" or format.id in runtime.own_formats or format.id in runtime.formats.values():
        return True
    return (format.scheme == "gguf") == (engine_of(runtime.id, format) == "llama.cpp")


def _refuse_out_of_bounds(given: dict[str, tuple[float | None, float, float]]) -> None:
    for name, (got, low, high) in given.items():
        if got is not None and not low <= got <= high:
            raise ScenarioError(f"{name} is {got}; it must lie in {low}..{high:,}.")


def _adjusted(
    found: Prediction,
    *,
    model: LanguageModel,
    catalog: Catalog,
    hardware: Hardware,
    link: Link | None,
    power_limit_w: float | None,
) -> Prediction:
    """The speeds over a named link and under a power limit; a limit of cards that take turns costs decoding nothing."""
    decode, prefill, first = found.decode, found.prefill, found.time_to_first_token
    takes_turns = found.split == "layer" and found.chip_count > 1
    if decode is not None and link is not None:
        decode = linked_decode_speed(
            decode, link=link, model=model, hardware=hardware, split=found.split, catalog=catalog, batch_count=found.batch_count
        )  # fmt: skip
    if prefill is not None and link is not None:
        prefill = linked_prefill_speed(prefill, link=link, hardware=hardware, split=found.split, catalog=catalog)
        first = time_to_first_token(prefill, prompt_tokens=found.prompt_tokens)
    remarks = found.remarks
    if decode is not None and power_limit_w is not None:
        capped = capped_decode_speed(
            decode, chip=hardware.chip, power_limit_w=power_limit_w, constants=catalog.constants
        )
        decode = decode if takes_turns else capped
        text = "The power limit is applied to decoding only; reading a prompt loses more, and no sweep of it was published."
        remarks = (*remarks, Remark(code="power-limit", text=text, level="info"))
    return replace(found, decode=decode, prefill=prefill, time_to_first_token=first, link=link, remarks=remarks)


def _operated(
    found: Prediction,
    *,
    model: LanguageModel,
    catalog: Catalog,
    hardware: Hardware,
    box: Chip | Machine | CloudOffer,
    wired_limit_gb: float,
    kv_bits: int,
    second_tenant_gb: float,
) -> Prediction:
    """What `predict` adds: the speed beyond the memory, load times, watts, and what one must know of several boxes."""
    size = found.memory.weights_bytes
    beyond = beyond_memory(
        model, fit=found.memory, hardware=hardware, format=catalog.format(found.format),
        runtime=catalog.runtime(found.runtime), prompt_tokens=found.prompt_tokens, context_tokens=found.context_tokens,
        catalog=catalog, batch_count=found.batch_count, split=found.split, wired_limit_gb=wired_limit_gb, kv_bits=kv_bits,
        second_tenant_gb=second_tenant_gb,
    )  # fmt: skip
    remarks = (*found.remarks, *boxes_remarks(hardware, split=found.split))
    if beyond is not None:
        remarks = (*remarks, beyond.remark)
    if kv_bits < FULL_BITS:
        text = f"The speeds are those of a {FULL_BITS}-bit cache: a packed one reads less and computes more, and was not measured here."
        remarks = (*remarks, Remark(code="kv-bits-speed", text=text, level="info"))
    return replace(
        found, beyond=beyond, remarks=remarks, load_cold=load_time(size, hardware=hardware, catalog=catalog),
        load_warm=load_time(size, hardware=hardware, catalog=catalog, is_warm=True),
        power=power_use(box.power, box_count=found.box_count, decode=found.decode, prefill=found.prefill) if isinstance(box, Machine) else None,
    )  # fmt: skip
