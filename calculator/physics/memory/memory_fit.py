"""Does it fit? Bytes of weights, cache and work space against what the machine really gives the GPU.

The parts stand in weights.py, kv_cache.py, transient.py and usable.py; here they meet and become an answer.
"""

from dataclasses import dataclass, replace

from calculator.catalog import Catalog
from calculator.catalog.hardware import Hardware
from calculator.catalog.models import LanguageModel, Runtime, Split, WeightFormat
from calculator.evidence import Remark
from calculator.physics.memory.another_size import custom_model
from calculator.physics.memory.kv_cache import FULL_BITS, kv_cache_bytes, kv_read_bytes
from calculator.physics.memory.usable import Usable, host_usable_bytes, usable
from calculator.physics.memory.weights import (
    active_parameter_count,
    bytes_by_role,
    embedding_bytes,
    parameter_count,
    weights_bytes,
    weights_read_bytes,
)
from calculator.physics.memory.work_space import (
    TransientConstants,
    recommended_prefill_step_tokens,
    transient_bytes,
)
from calculator.units import BYTES_PER_GB, BYTES_PER_GIB

__all__ = [
    "MemoryFit",
    "active_parameter_count",
    "custom_model",
    "format_on",
    "kv_cache_bytes",
    "kv_read_bytes",
    "memory_fit",
    "parameter_count",
    "recommended_prefill_step_tokens",
    "transient_bytes",
    "usable",
    "weights_bytes",
    "weights_read_bytes",
]

TIGHT_FRACTION = 0.05
"""Headroom below which a fit is called tight."""


@dataclass(frozen=True, slots=True)
class CardFit:
    """One card (or box) of a split: whole layers, or its share of all where `layer_count` is None."""

    layer_count: int | None
    peak_bytes: int
    usable_bytes: int


@dataclass(frozen=True, slots=True)
class MemoryFit:
    """The answer in bytes, per whole box and for the tightest chip.

    `peak_bytes` = weights + KV cache + transient + runtime overhead (+ second tenant where memory is shared), summed over
    the box. `usable_bytes` is what the GPU may have, summed (with a second tenant in unified memory: what both may have
    together). With a split one card can be too full although the sum fits: `tightest_peak_bytes` against
    `tightest_usable_bytes` decides, of card `tightest_card` (from 1) of `cards`. `headroom_bytes` is negative by what is missing. `weights_bytes` counts the GPU's
    share: llama.cpp keeps a token embedding in the PC's own memory.
    """

    weights_bytes: int
    kv_cache_bytes: int
    transient_bytes: int
    overhead_bytes: int
    second_tenant_bytes: int
    peak_bytes: int
    usable_bytes: int
    tightest_peak_bytes: int
    tightest_usable_bytes: int
    headroom_bytes: int
    fits: bool
    remarks: tuple[Remark, ...] = ()
    cards: tuple[CardFit, ...] = ()
    tightest_card: int = 1


def format_on(runtime: Runtime, format: WeightFormat, *, catalog: Catalog) -> WeightFormat:
    """The format that this name means on this runtime: "nvfp4" is MLX's own on mlx-lm."""
    own = runtime.own_formats.get(format.id)
    return catalog.format(own) if own else format


def memory_fit(
    model: LanguageModel,
    *,
    hardware: Hardware,
    format: WeightFormat,
    runtime: Runtime,
    context_tokens: int,
    catalog: Catalog,
    batch_count: int = 1,
    split: Split = "layer",
    kv_bits: int = FULL_BITS,
    prefill_step_tokens: int | None = None,
    second_tenant_gb: float = 0.0,
    wired_limit_gb: float = 0.0,
    macos: str | None = None,
    desktop_gib: float | None = None,
    prompt_tokens: int | None = None,
) -> MemoryFit:
    """Whether the model fits, by how much, and what fills the memory.

    peak = weights + cache + transient + overhead x chips. One chip: peak <= usable. Layer split: whole layers go to the
    cards, the last one holds the head and its logits; the fullest card must fit. Tensor split: equal shares. A second
    tenant counts in unified memory, and in the PC's own memory beside a card. "Does not fit" is an answer, not an error.
    The work space is that of reading `prompt_tokens`, the whole context unless given: what was written took none.
    Raises ScenarioError for a cache width that the runtime lacks.
    """
    format = format_on(runtime, format, catalog=catalog)
    constants = TransientConstants.of(catalog.constants)
    read = context_tokens if prompt_tokens is None else max(1, min(prompt_tokens, context_tokens))
    step = min(prefill_step_tokens or runtime.prefill_step_tokens, read)
    room = usable(
        hardware, runtime=runtime, catalog=catalog, wired_limit_gb=wired_limit_gb, macos=macos, desktop_gib=desktop_gib
    )
    chips = hardware.chip_count * hardware.node_count
    tenant = round(second_tenant_gb * BYTES_PER_GB)

    keeps_apart = runtime.embedding_on_host and hardware.chip.vendor != "apple" and not model.is_tied()
    on_host = embedding_bytes(model, format=format) if keeps_apart else 0
    weights = weights_bytes(model, format=format) - on_host
    cache = kv_cache_bytes(
        model,
        runtime=runtime,
        context_tokens=context_tokens,
        batch_count=batch_count,
        kv_bits=kv_bits,
        prefill_step_tokens=step,
    )
    transient = transient_bytes(
        model, runtime=runtime, context_tokens=read, constants=constants, prefill_step_tokens=step
    )
    overhead_gib = (runtime.unified_overhead_gib if room.is_unified else None) or runtime.overhead_gib
    overhead = round(overhead_gib.central * BYTES_PER_GIB)
    shared_tenant = tenant if room.is_unified else 0
    peak = weights + cache + transient + overhead * chips + shared_tenant
    shares = _card_shares(
        model, format=format, chips=chips, split=split, weights=weights, cache=cache, transient=transient
    )
    cards = tuple(
        CardFit(layers, size + overhead + shared_tenant, room.card_bytes(number, second_tenant_bytes=shared_tenant))
        for number, (layers, size) in enumerate(shares)
    )
    tightest = min(range(len(cards)), key=lambda number: cards[number].usable_bytes - cards[number].peak_bytes)
    tightest_peak, tightest_usable = cards[tightest].peak_bytes, cards[tightest].usable_bytes
    headroom = room.bytes_beside(shared_tenant) - peak if chips == 1 else chips * (tightest_usable - tightest_peak)
    host_short = _host_shortage_bytes(hardware, room=room, needed=on_host + tenant - shared_tenant, catalog=catalog)
    fits = headroom >= 0 and host_short == 0
    fit = MemoryFit(
        weights_bytes=weights, kv_cache_bytes=cache, transient_bytes=transient, overhead_bytes=overhead * chips,
        second_tenant_bytes=tenant, peak_bytes=peak, usable_bytes=room.bytes_beside(shared_tenant),
        tightest_peak_bytes=tightest_peak, tightest_usable_bytes=tightest_usable, headroom_bytes=headroom, fits=fits,
        cards=cards, tightest_card=tightest + 1,
    )  # fmt: skip
    remarks = _remarks(
        fit, model=model, hardware=hardware, format=format, runtime=runtime, room=room, context_tokens=context_tokens,
        step=step, host_short=host_short, constants=constants,
    )  # fmt: skip
    return replace(fit, remarks=remarks)


def _card_shares(
    model: LanguageModel, *, format: WeightFormat, chips: int, split: Split, weights: int, cache: int, transient: int
) -> list[tuple[int | None, int]]:
    """Layers, and bytes of weights, cache and work space, of every card; the last one also holds head and work space."""
    if chips == 1:
        return [(model.layer_count, weights + cache + transient)]
    if split == "tensor":
        return [(None, round((weights + cache) / chips) + transient)] * chips
    by_role = bytes_by_role(model, format)
    head = by_role.get("output", 0) or by_role.get("embedding", 0)
    blocks = max(weights - head, 0)
    cards: list[tuple[int | None, int]] = []
    for number in range(chips):
        first, last = (round(at * (model.layer_count + 1) / chips) for at in (number, number + 1))
        is_last = number == chips - 1
        layers = min(last, model.layer_count) - first
        share = layers / model.layer_count
        cards.append((layers, round((blocks + cache) * share) + (head + transient if is_last else 0)))
    return cards


def _host_shortage_bytes(hardware: Hardware, *, room: Usable, needed: int, catalog: Catalog) -> int:
    """What a PC's own memory lacks for the embedding and the second tenant; 0 where it is unknown or shared."""
    if room.is_unified or hardware.system_ram_gb is None:
        return 0
    reserved = catalog.constants["host_reserved_gib"].central
    return max(0, needed - host_usable_bytes(hardware.system_ram_gb, reserved_gib=reserved))


def _remarks(
    fit: MemoryFit,
    *,
    model: LanguageModel,
    hardware: Hardware,
    format: WeightFormat,
    runtime: Runtime,
    room: Usable,
    context_tokens: int,
    step: int,
    host_short: int,
    constants: TransientConstants,
) -> tuple[Remark, ...]:
    found: list[Remark] = []
    if context_tokens > model.context_limit_tokens:
        text = f"{model.name} was made for {model.context_limit_tokens:,} tokens; {context_tokens:,} are asked for."
        found.append(Remark(code="context-beyond-model", text=text, level="warning"))
    if fit.headroom_bytes < 0:
        found.append(_does_not_fit(fit, model=model, format=format, context_tokens=context_tokens, hardware=hardware))
        found.extend(_beyond_wired_limit(fit, hardware=hardware, room=room))
    elif fit.headroom_bytes < TIGHT_FRACTION * fit.usable_bytes:
        text = f"It fits with {_gb(fit.headroom_bytes)} GB to spare, less than 5 %: a longer prompt or a window on the screen can tip it."
        found.append(Remark(code="tight", text=text, level="warning"))
    if host_short:
        text = f"The PC's own memory lacks {_gb(host_short)} GB for what does not go on the card (second tenant, embedding)."
        found.append(Remark(code="host-memory-short", text=text, level="problem"))
    found.extend(
        _smaller_step(fit, model=model, runtime=runtime, context_tokens=context_tokens, step=step, constants=constants)
    )
    kept = runtime.kept_prompt_count * fit.kv_cache_bytes
    if 0 <= fit.headroom_bytes < kept:
        text = (
            f"{runtime.name}'s server keeps the caches of {runtime.kept_prompt_count} finished prompts by default: up to "
            f"{_gb(kept)} GB at this length, {_gb(fit.headroom_bytes)} GB are left. Limit it with --prompt-cache-bytes."
        )
        found.append(Remark(code="server-prompt-caches", text=text, level="info"))
    if hardware.chip.vendor == "apple" and room.basis == "assumption":
        text = (
            f"How much of {hardware.memory_gb:g} GB macOS lets the GPU have by default is an assumption: {room.note}."
        )
        found.append(Remark(code="macos-limit-assumed", text=text, level="info"))
    return tuple(found)


def _does_not_fit(
    fit: MemoryFit, *, model: LanguageModel, format: WeightFormat, context_tokens: int, hardware: Hardware
) -> Remark:
    parts = {
        "weights": fit.weights_bytes, "cache": fit.kv_cache_bytes, "work space": fit.transient_bytes,
        "second tenant": fit.second_tenant_bytes if fit.peak_bytes > fit.weights_bytes + fit.kv_cache_bytes else 0,
    }  # fmt: skip
    largest = max(parts, key=lambda name: parts[name])
    where = f"{hardware.chip_count} x {hardware.chip.name}" if hardware.chip_count > 1 else hardware.chip.name
    text = (
        f"{model.name} in {format.name} at {context_tokens:,} tokens needs {_gb(fit.peak_bytes)} GB; {where} gives it "
        f"{_gb(fit.usable_bytes)} GB: {_gb(-fit.headroom_bytes)} GB are missing. The {largest} take{'s' if largest.endswith(('space', 'tenant', 'cache')) else ''} "
        f"{_gb(parts[largest])} GB."
    )
    if fit.peak_bytes > fit.usable_bytes and -fit.headroom_bytes != fit.peak_bytes - fit.usable_bytes:
        text += f" Missing is what the fullest card lacks, times {hardware.chip_count}: layers are not cut."
    if fit.peak_bytes <= fit.usable_bytes:
        text += f" The sum would fit, but the fullest card, number {fit.tightest_card}, needs {_gb(fit.tightest_peak_bytes)} GB of its {_gb(fit.tightest_usable_bytes)} GB."
    return Remark(code="does-not-fit", text=text, level="problem")


def _beyond_wired_limit(fit: MemoryFit, *, hardware: Hardware, room: Usable) -> list[Remark]:
    """On a Mac the limit is a setting, and crossing it is a cliff."""
    if hardware.chip.vendor != "apple" or hardware.chip_count > 1:
        return []
    text = "Beyond the limit macOS moves weights in and out for every token: 20 to 150 times slower has been measured."
    found = [Remark(code="wired-limit-cliff", text=text, level="warning")]
    model_bytes = fit.peak_bytes - fit.second_tenant_bytes
    if fit.peak_bytes <= room.shared_bytes and not room.is_raised:
        needed_mb = -(-model_bytes // 2**20)
        text = (
            f"It would fit with a raised limit: sudo sysctl iogpu.wired_limit_mb={needed_mb} (reset by every restart)."
        )
        found.append(Remark(code="raise-wired-limit", text=text, level="info"))
    return found


def _smaller_step(
    fit: MemoryFit,
    *,
    model: LanguageModel,
    runtime: Runtime,
    context_tokens: int,
    step: int,
    constants: TransientConstants,
) -> list[Remark]:
    """A smaller prefill step where it makes the difference, or saves more than a twentieth of the memory."""
    if runtime.transient != "mlx":
        return []
    available = max(fit.headroom_bytes + fit.transient_bytes, 0)
    better = recommended_prefill_step_tokens(
        model, runtime=runtime, context_tokens=context_tokens, constants=constants, available_bytes=available
    )
    if better >= step:
        return []
    needed = transient_bytes(
        model, runtime=runtime, context_tokens=context_tokens, constants=constants, prefill_step_tokens=better
    )
    saved = fit.transient_bytes - needed
    if fit.headroom_bytes < 0 and saved + fit.headroom_bytes >= 0:
        text = f"With a prefill step of {better} tokens instead of {step} it fits: {_gb(saved)} GB less work space."
        return [Remark(code="smaller-prefill-step", text=text, level="warning")]
    if saved > TIGHT_FRACTION * fit.usable_bytes:
        text = (
            f"A prefill step of {better} tokens instead of {step} would save {_gb(saved)} GB at about the same speed."
        )
        return [Remark(code="smaller-prefill-step", text=text, level="info")]
    return []


def _gb(size: float) -> str:
    return f"{size / BYTES_PER_GB:,.1f}"
