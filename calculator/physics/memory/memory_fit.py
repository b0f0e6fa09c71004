"""Memory fit: bytes of weights, cache and work space against what the machine really gives the GPU.

The parts are computed in weights.py, kv_cache.py, work_space.py and usable.py; here they meet and become an answer.
"""

from dataclasses import dataclass, replace

from calculator.catalog import Catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.catalog.hardware import Hardware
from calculator.evidence import Remark
from calculator.physics.memory.card_shares import card_shares
from calculator.physics.memory.format_words import format_remarks
from calculator.physics.memory.kv_cache import card_cache_bytes, kv_cache_bytes
from calculator.physics.memory.tower_words import tower_remarks
from calculator.physics.memory.usable import Usable, host_usable_bytes, large_card, usable
from calculator.physics.memory.weights import embedding_bytes, weights_bytes
from calculator.physics.memory.work_space import (
    TransientConstants,
    recommended_prefill_step_tokens,
    transient_bytes,
)
from calculator.units import BYTES_PER_GB, BYTES_PER_GIB, BYTES_PER_MIB, plain_number

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
    """The answer in bytes, for the whole box and for its tightest chip.

    With a split one card can be too full although the sum fits: then the tightest card decides.
    """

    weights_bytes: int
    """The GPU's share, towers included where they are loaded: llama.cpp keeps a token embedding in the PC's memory."""
    kv_cache_bytes: int
    transient_bytes: int
    """Work space of reading a prompt."""
    overhead_bytes: int
    """The runtime's own, on all chips."""
    second_tenant_bytes: int
    peak_bytes: int
    """Weights + cache + work space + overhead (+ second tenant where memory is shared), summed over the box."""
    usable_bytes: int
    """What the GPU may have, summed; in unified memory what model and second tenant may have together."""
    tightest_peak_bytes: int
    tightest_usable_bytes: int
    headroom_bytes: int
    """What is left; negative by what is missing."""
    fits: bool
    remarks: tuple[Remark, ...] = ()
    cards: tuple[CardFit, ...] = ()
    tightest_card: int = 1
    """Number of the tightest of `cards`, from 1."""
    draft_bytes: int = 0
    """A draft model's weights and cache, where one runs beside the model."""
    tower_bytes: int = 0
    """Encoders of images and sound, as far as their layout is known, loaded or not."""
    towers_included: bool = False
    """Whether `weights_bytes` holds them."""
    second_tenant_beside_bytes: int = 0
    """The part of the second tenant that is not in `peak_bytes`: it lies in the PC's own memory, beside the cards."""
    host_needed_bytes: int = 0
    """What must lie in the PC's own memory: that part, and a token embedding that stays off the cards."""
    host_usable_bytes: int | None = None
    """What the system leaves of the PC's own memory; None where it is unified, or its size unknown."""

    def language_weights_bytes(self) -> int:
        """The GPU's share of the language model alone."""
        return self.weights_bytes - (self.tower_bytes if self.towers_included else 0)


@dataclass(frozen=True, slots=True)
class _Case:
    """What the remarks look at beside the bytes."""

    deployment: Deployment
    room: Usable
    constants: TransientConstants
    context_tokens: int
    step_tokens: int
    host_shortage_bytes: int


def memory_fit(deployment: Deployment, workload: Workload, *, catalog: Catalog) -> MemoryFit:
    """Whether the model fits, by how much, and what fills the memory. "Does not fit" is an answer, not an error.

    peak = weights + cache + work space + overhead x chips. One chip: peak <= usable. Layer split: whole layers go to
    the cards, the last one holds the head and its logits; the fullest card must fit. Tensor split: equal shares. A
    second tenant counts in unified memory, and in the PC's own memory beside a card.
    Raises ScenarioError for a cache width that the runtime lacks.
    """
    deployment = deployment.with_own_format(catalog)
    model, format = deployment.model, deployment.format
    runtime, hardware = deployment.runtime, deployment.hardware
    constants = TransientConstants.of(catalog.constants)
    context, longest = workload.context(), workload.longest_prompt_tokens
    read = context if longest is None else max(1, min(longest, context))
    large = large_card(runtime, hardware)
    default = runtime if large is None else large
    step = workload.prefill_step_tokens or default.prefill_step_tokens
    if runtime.transient != "vllm":
        step = min(step, read)
    room = usable(hardware, runtime=runtime, host=deployment.host, catalog=catalog)
    chips = hardware.all_chips_count()
    tenant = round(deployment.host.second_tenant_gb * BYTES_PER_GB)

    keeps_apart = runtime.embedding_on_host and hardware.chip.vendor != "apple" and not model.is_tied()
    on_host = embedding_bytes(model, format=format) if keeps_apart else 0
    towers = model.tower_bytes() if deployment.loads_towers() else 0
    weights = weights_bytes(model, format=format) - on_host + towers
    cache = _cache_bytes(deployment, workload, step_tokens=step)
    transient = transient_bytes(
        model,
        runtime=runtime,
        context_tokens=read,
        constants=constants,
        prefill_step_tokens=step,
        sequence_count=deployment.host.sequence_count or default.most_sequences,
    )
    on_each = runtime.transient == "vllm"
    overhead_gib = (runtime.unified_overhead_gib if room.is_unified else None) or runtime.overhead_gib
    links_gib = runtime.links_gib.central if runtime.links_gib is not None and chips > 1 else 0.0
    overhead = round((overhead_gib.central + links_gib) * BYTES_PER_GIB)
    shared_tenant = tenant if room.is_unified else 0
    peak = weights + cache + transient * (chips if on_each else 1) + overhead * chips + shared_tenant
    shares = card_shares(deployment, weights=weights, cache=cache, transient=transient, towers=towers)
    cards = tuple(
        CardFit(layers, size + overhead + shared_tenant, room.card_bytes(number, second_tenant_bytes=shared_tenant))
        for number, (layers, size) in enumerate(shares)
    )
    tightest = min(range(len(cards)), key=lambda number: cards[number].usable_bytes - cards[number].peak_bytes)
    tightest_peak, tightest_usable = cards[tightest].peak_bytes, cards[tightest].usable_bytes
    headroom = room.bytes_beside(shared_tenant) - peak if chips == 1 else chips * (tightest_usable - tightest_peak)
    host_needed = on_host + tenant - shared_tenant
    host_room = _host_room_bytes(hardware, room=room, catalog=catalog)
    host_short = 0 if host_room is None else max(0, host_needed - host_room)
    fit = MemoryFit(
        weights_bytes=weights,
        kv_cache_bytes=cache,
        transient_bytes=transient * (chips if on_each else 1),
        overhead_bytes=overhead * chips,
        second_tenant_bytes=tenant,
        peak_bytes=peak,
        usable_bytes=room.bytes_beside(shared_tenant),
        tightest_peak_bytes=tightest_peak,
        tightest_usable_bytes=tightest_usable,
        headroom_bytes=headroom,
        fits=headroom >= 0 and host_short == 0,
        cards=cards,
        tightest_card=tightest + 1,
        tower_bytes=model.tower_bytes(),
        towers_included=deployment.loads_towers() and bool(model.towers),
        second_tenant_beside_bytes=tenant - shared_tenant,
        host_needed_bytes=host_needed,
        host_usable_bytes=host_room,
    )
    case = _Case(
        deployment=deployment,
        room=room,
        constants=constants,
        context_tokens=context,
        step_tokens=step,
        host_shortage_bytes=host_short,
    )
    return replace(fit, remarks=_remarks(fit, case))


def _cache_bytes(deployment: Deployment, workload: Workload, *, step_tokens: int) -> int:
    """The cache of all sequences, with what the chips of a tensor split keep more than once."""
    chips = deployment.hardware.all_chips_count()
    asked = {
        "context_tokens": workload.context(),
        "batch_count": workload.held_count or workload.batch_count,
        "kv_bits": deployment.kv_bits,
        "prefill_step_tokens": step_tokens,
    }
    if chips > 1 and deployment.split == "tensor":
        return chips * card_cache_bytes(deployment.model, runtime=deployment.runtime, chip_count=chips, **asked)
    return kv_cache_bytes(deployment.model, runtime=deployment.runtime, **asked)


def _host_room_bytes(hardware: Hardware, *, room: Usable, catalog: Catalog) -> int | None:
    """What the system leaves of a PC's own memory; None where it is unified, or its size unknown."""
    if room.is_unified or hardware.system_ram_gib is None:
        return None
    reserved = catalog.constants["host_reserved_gib"].central
    return host_usable_bytes(hardware.system_ram_gib, reserved_gib=reserved)


def _remarks(fit: MemoryFit, case: _Case) -> tuple[Remark, ...]:
    model, runtime, hardware = case.deployment.model, case.deployment.runtime, case.deployment.hardware
    found: list[Remark] = []
    if case.context_tokens > model.context_limit_tokens:
        text = (
            f"{model.name} supports {model.context_limit_tokens:,} tokens of context; "
            f"you asked for {case.context_tokens:,}."
        )
        found.append(Remark(code="context-beyond-model", text=text, level="warning"))
    if fit.headroom_bytes < 0:
        found.append(_does_not_fit(fit, case))
        found.extend(_beyond_wired_limit(fit, case))
    elif fit.headroom_bytes < TIGHT_FRACTION * fit.usable_bytes:
        text = (
            f"It fits with {_gb(fit.headroom_bytes)} GB to spare, under 5 % headroom: "
            "a longer prompt or an open desktop app could push it over."
        )
        found.append(Remark(code="tight", text=text, level="warning"))
    if case.host_shortage_bytes:
        text = (
            f"System RAM is {_gb(case.host_shortage_bytes)} GB too small for what stays off the card "
            "(the other software and the embedding)."
        )
        found.append(Remark(code="host-memory-short", text=text, level="problem"))
    found.extend(_smaller_step(fit, case))
    found.extend(tower_remarks(model, runtime=runtime, included=fit.towers_included))
    found.extend(format_remarks(model, format=case.deployment.format, weights_bytes=fit.language_weights_bytes()))
    kept = runtime.kept_prompt_count * fit.kv_cache_bytes
    if 0 <= fit.headroom_bytes < kept:
        text = (
            f"{runtime.name}'s server keeps the caches of {runtime.kept_prompt_count} finished prompts by default: "
            f"up to {_gb(kept)} GB at this length, and only {_gb(fit.headroom_bytes)} GB are left. "
            "Limit it with --prompt-cache-bytes."
        )
        found.append(Remark(code="server-prompt-caches", text=text, level="info"))
    if hardware.chip.vendor == "apple" and case.room.basis == "assumption":
        size = plain_number(hardware.memory_gib)
        text = f"The default GPU memory limit of a {size} GB Mac is our estimate ({case.room.note})."
        found.append(Remark(code="macos-limit-assumed", text=text, level="info"))
    return tuple(found)


def _does_not_fit(fit: MemoryFit, case: _Case) -> Remark:
    """How much is missing, and of what."""
    hardware = case.deployment.hardware
    parts = {
        "weights": fit.weights_bytes,
        "cache": fit.kv_cache_bytes,
        "work space": fit.transient_bytes,
        "other software": fit.second_tenant_bytes if fit.peak_bytes > fit.weights_bytes + fit.kv_cache_bytes else 0,
    }
    largest = max(parts, key=lambda name: parts[name])
    where = f"{hardware.chip_count} x {hardware.chip.name}" if hardware.chip_count > 1 else hardware.chip.name
    text = (
        f"{case.deployment.model.name} in {case.deployment.format.name} at {case.context_tokens:,} tokens needs "
        f"{_gb(fit.peak_bytes)} GB; {where} offers {_gb(fit.usable_bytes)} GB, {_gb(-fit.headroom_bytes)} GB too "
        f"little. The {largest} take{'' if largest == 'weights' else 's'} {_gb(parts[largest])} GB."
    )
    if fit.peak_bytes > fit.usable_bytes and -fit.headroom_bytes != fit.peak_bytes - fit.usable_bytes:
        text += (
            f" The shortfall is the fullest card's, times {len(fit.cards)} cards, "
            "because a layer cannot be split between cards."
        )
    if fit.peak_bytes <= fit.usable_bytes:
        text += (
            f" The sum would fit, but the fullest card, number {fit.tightest_card}, needs "
            f"{_gb(fit.tightest_peak_bytes)} GB and has {_gb(fit.tightest_usable_bytes)} GB."
        )
    desktop_gib = case.deployment.host.desktop_gib
    if desktop_gib and not case.room.is_unified and case.room.tightest_bytes == 0:
        text += (
            f" The desktop's {plain_number(desktop_gib)} GiB leave nothing of the first card's "
            f"{plain_number(hardware.memory_gib)}; enter what the screen takes of it."
        )
    return Remark(code="does-not-fit", text=text, level="problem")


def _beyond_wired_limit(fit: MemoryFit, case: _Case) -> list[Remark]:
    """On a Mac the limit is a setting, and crossing it is a cliff."""
    hardware, room = case.deployment.hardware, case.room
    if hardware.chip.vendor != "apple" or hardware.chip_count > 1:
        return []
    text = "Beyond the limit macOS swaps weights in and out for every token, which has measured 20 to 150 times slower."
    found = [Remark(code="wired-limit-cliff", text=text, level="warning")]
    model_bytes = fit.peak_bytes - fit.second_tenant_bytes
    if fit.peak_bytes <= room.shared_bytes and not room.is_raised:
        needed_mb = -(-model_bytes // BYTES_PER_MIB)
        text = (
            f"A higher limit would make it fit: sudo sysctl iogpu.wired_limit_mb={needed_mb} (every restart resets it)."
        )
        found.append(Remark(code="raise-wired-limit", text=text, level="info"))
    return found


def _smaller_step(fit: MemoryFit, case: _Case) -> list[Remark]:
    """A smaller prefill step where it makes the difference, or saves more than a twentieth of the memory."""
    model, runtime = case.deployment.model, case.deployment.runtime
    if runtime.transient != "mlx":
        return []
    better = recommended_prefill_step_tokens(
        model,
        runtime=runtime,
        context_tokens=case.context_tokens,
        constants=case.constants,
        available_bytes=max(fit.headroom_bytes + fit.transient_bytes, 0),
    )
    if better >= case.step_tokens:
        return []
    needed = transient_bytes(
        model,
        runtime=runtime,
        context_tokens=case.context_tokens,
        constants=case.constants,
        prefill_step_tokens=better,
    )
    saved = fit.transient_bytes - needed
    steps = f"a prefill step of {better} tokens instead of {case.step_tokens}"
    if fit.headroom_bytes < 0 and saved + fit.headroom_bytes >= 0:
        text = f"It fits with {steps}, which needs {_gb(saved)} GB less work space."
        return [Remark(code="smaller-prefill-step", text=text, level="warning")]
    if saved > TIGHT_FRACTION * fit.usable_bytes:
        text = f"{steps[:1].upper()}{steps[1:]} would save {_gb(saved)} GB at about the same speed."
        return [Remark(code="smaller-prefill-step", text=text, level="info")]
    return []


def _gb(size: float) -> str:
    return f"{size / BYTES_PER_GB:,.1f}"
