"""Models that fit this machine: every model of the catalogue at one weight class and context, without mlx.

A `Box` is the machine as it reports itself. A chip of the catalogue is treated as `compare` treats it; of any other
chip only the memory is known, and mlx-lm is the runtime that a probe there would use.
"""

from dataclasses import dataclass

from calculator.catalog import Catalog
from calculator.catalog.deployment import Deployment, HostSettings, Workload, format_on
from calculator.catalog.hardware import Hardware
from calculator.catalog.models import LanguageModel, Runtime, WeightClass, WeightFormat
from calculator.physics.memory.kv_cache import kv_cache_bytes
from calculator.physics.memory.memory_fit import MemoryFit, memory_fit
from calculator.physics.memory.spare_words import spare_words
from calculator.physics.memory.usable import host_usable_bytes, macos_limit_gib, usable
from calculator.physics.memory.weights import weights_bytes
from calculator.physics.memory.work_space import TransientConstants, transient_bytes
from calculator.units import BYTES_PER_GB, BYTES_PER_GIB, BYTES_PER_MIB, plain_number


@dataclass(frozen=True, slots=True)
class Box:
    """A machine by its own word: `chip` a catalogue id or any name, `memory_bytes` per chip, the wired limit 0 for
    the default.
    """

    chip: str
    memory_bytes: int
    chip_count: int = 1
    wired_limit_mib: int = 0


@dataclass(frozen=True, slots=True)
class Room:
    """What a model may have of it, in bytes, and where that figure comes from."""

    usable_bytes: int
    runtime: str
    why: str


@dataclass(frozen=True, slots=True)
class FitHere:
    """One model: `headroom_bytes` is what is left of the room at its peak, negative by what is missing.

    spare_words: what follows that figure where it is counted otherwise, as on several cards.
    """

    model: str
    name: str
    format: str
    weights_bytes: int
    kv_cache_bytes: int
    transient_bytes: int
    peak_bytes: int
    headroom_bytes: int
    fits: bool
    beyond_its_context: bool
    spare_words: str = ""


def room_here(box: Box, *, catalog: Catalog) -> Room:
    """Bytes that a model may have of this machine, and by which rule."""
    runtime = _runtime(box, catalog)
    hardware = _hardware(box, catalog)
    if hardware is not None:
        found = usable(hardware, runtime=runtime, host=_host(box), catalog=catalog)
        return Room(found.limit_bytes, runtime.id, f"{found.basis.capitalize()}: {found.note}")
    memory_gib = box.memory_bytes / BYTES_PER_GIB
    if box.chip.startswith("apple"):
        if box.wired_limit_mib:
            limit = min(box.wired_limit_mib * BYTES_PER_MIB, box.memory_bytes)
            return Room(limit, runtime.id, "iogpu.wired_limit_mb; the chip is not in the catalogue")
        limit_gib, _, note = macos_limit_gib(memory_gib, limits=catalog.macos_limits)
        return Room(round(limit_gib * BYTES_PER_GIB), runtime.id, f"{note}; the chip is not in the catalogue")
    kept = catalog.constants["host_reserved_gib"]
    why = (
        f"The memory less {plain_number(kept.central)} GiB ({kept.basis}: {kept.note}); no GPU of the catalogue was "
        "found, so a model would run on the processor"
    )
    return Room(host_usable_bytes(memory_gib, reserved_gib=kept.central), runtime.id, why)


def weight_classes_here(box: Box, *, catalog: Catalog) -> tuple[WeightClass, ...]:
    """The weight classes that one can ask for on this machine."""
    return tuple(_runtime(box, catalog).formats)


def fits_here(box: Box, *, weight_class: WeightClass, context_tokens: int, catalog: Catalog) -> tuple[FitHere, ...]:
    """Every model of the catalogue: those that fit, the largest first, then those that do not, the smallest first.

    Raises KeyError for a class that the runtime does not load; weight_classes_here names those that it does.
    """
    rows = [
        fit_of(model, box, catalog=catalog, weight_class=weight_class, context_tokens=context_tokens)
        for model in catalog.models.values()
    ]
    return tuple(sorted(rows, key=lambda row: (not row.fits, -row.peak_bytes if row.fits else row.peak_bytes)))


def fit_of(
    model: LanguageModel, box: Box, *, weight_class: WeightClass, context_tokens: int, catalog: Catalog
) -> FitHere:
    """One model, of the catalogue or one's own. Raises KeyError for a class that the runtime does not load."""
    runtime, hardware = _runtime(box, catalog), _hardware(box, catalog)
    format = format_on(runtime, catalog.format(runtime.formats[weight_class]), catalog=catalog)
    if hardware is None:
        room = room_here(box, catalog=catalog)
        return _on_processor(
            model, room=room, format=format, runtime=runtime, context_tokens=context_tokens, catalog=catalog
        )
    deployment = Deployment(model, format=format, runtime=runtime, hardware=hardware, host=_host(box))
    found = memory_fit(deployment, Workload(context_tokens=context_tokens), catalog=catalog)
    return _row(model, found, format=format, context_tokens=context_tokens)


def _on_processor(
    model: LanguageModel, *, room: Room, format: WeightFormat, runtime: Runtime, context_tokens: int, catalog: Catalog
) -> FitHere:
    """peak = weights + cache + work space + overhead of the runtime, against the room."""
    weights = weights_bytes(model, format=format)
    cache = kv_cache_bytes(
        model, runtime=runtime, context_tokens=context_tokens, prefill_step_tokens=runtime.prefill_step_tokens
    )
    transient = transient_bytes(
        model, runtime=runtime, context_tokens=context_tokens, constants=TransientConstants.of(catalog.constants)
    )
    peak = weights + cache + transient + round(runtime.overhead_gib.central * BYTES_PER_GIB)
    headroom = room.usable_bytes - peak
    return FitHere(
        model.id,
        model.name,
        format.id,
        weights,
        cache,
        transient,
        peak,
        headroom,
        headroom >= 0,
        context_tokens > model.context_limit_tokens,
    )


def _row(model: LanguageModel, found: MemoryFit, *, format: WeightFormat, context_tokens: int) -> FitHere:
    return FitHere(
        model.id,
        model.name,
        format.id,
        found.weights_bytes,
        found.kv_cache_bytes,
        found.transient_bytes,
        found.peak_bytes,
        found.headroom_bytes,
        found.fits,
        context_tokens > model.context_limit_tokens,
        spare_words(found),
    )


def _runtime(box: Box, catalog: Catalog) -> Runtime:
    """mlx-lm on a Mac and where only a processor is known; llama.cpp on every other GPU."""
    chip = catalog.chips.get(box.chip)
    return catalog.runtime("mlx-lm" if chip is None or chip.vendor == "apple" else "llama.cpp")


def _hardware(box: Box, catalog: Catalog) -> Hardware | None:
    chip = catalog.chips.get(box.chip)
    if chip is None:
        return None
    return Hardware(chip=chip, chip_count=box.chip_count, memory_gib=box.memory_bytes / BYTES_PER_GIB)


def _host(box: Box) -> HostSettings:
    return HostSettings(wired_limit_gb=box.wired_limit_mib * BYTES_PER_MIB / BYTES_PER_GB)
