"""Beyond the GPU's memory: the speed with layers in a PC's own memory, and of a Mac beyond its wired limit.

Cards: whole layers go to the PC's memory until the rest fits; of a mixture of experts only the experts of layers.
llama.cpp computes those on the processor while writing and copies their weights to the card while reading a prompt;
vLLM copies them over PCIe for every token. A Mac beyond macOS's limit moves weights in and out for every token. Neither
counts as a fit: these are the speeds of a mistake, or of patience.
"""

from dataclasses import dataclass, replace
from typing import Literal

from calculator.catalog import Catalog
from calculator.catalog.deployment import Deployment, Workload, engine_of
from calculator.catalog.hardware import Hardware
from calculator.catalog.models import LanguageModel, WeightFormat
from calculator.evidence import Quantity, Remark
from calculator.physics.memory.kv_cache import kv_read_bytes
from calculator.physics.memory.memory_fit import MemoryFit, memory_fit
from calculator.physics.memory.usable import host_usable_bytes, usable
from calculator.physics.memory.weights import (
    bytes_by_role,
    expert_bytes,
    touched_expert_fraction,
    weights_bytes,
    weights_read_bytes,
)
from calculator.physics.speed.decode import decode_speed
from calculator.physics.speed.prefill import prefill_speed
from calculator.physics.speed.speed import Speed
from calculator.units import BYTES_PER_GB, MS_PER_S, US_PER_S, digits, plain_number

End = Literal["low", "central", "high"]
Moved = Literal["layers", "experts"]
"""What of a layer goes to the PC's memory: all of it (--n-gpu-layers), or its routed experts alone (--n-cpu-moe)."""
_ENDS: tuple[End, ...] = ("low", "central", "high")
_OPPOSITE: dict[End, End] = {"low": "high", "central": "central", "high": "low"}


@dataclass(frozen=True, slots=True)
class Offload:
    """Whole layers on the cards, the others (or their experts) in the PC's memory. `fits` is about the PC's memory."""

    card_layer_count: int
    host_layer_count: int
    card_bytes: int
    host_bytes: int
    fits: bool
    moved: Moved = "layers"


@dataclass(frozen=True, slots=True)
class BeyondMemory:
    """What one would get although the model does not fit in the GPU's memory; `prefill` is None where nothing is
    known of it.
    """

    how: Literal["layers in system RAM", "beyond the wired limit"]
    decode: Speed
    prefill: Speed | None
    offload: Offload | None
    remark: Remark


def offload(deployment: Deployment, workload: Workload, *, catalog: Catalog) -> Offload | None:
    """How many layers stay on the cards when the model is too large for them.

    Every layer takes its share of weights and cache; layers are taken off until the rest fits (llama.cpp's
    --n-gpu-layers). Of a mixture of experts llama.cpp takes off the experts of layers (--n-cpu-moe), as long as that is
    enough. None in unified memory, where there is no other memory to go to, and where the PC's memory is unknown. All
    layers on the cards where it fits.
    """
    hardware, model, format = deployment.hardware, deployment.model, deployment.format
    if hardware.system_ram_gib is None or hardware.chip.memory_kind == "unified":
        return None
    alone = replace(deployment.host, second_tenant_gb=0.0)  # other software lies in the PC's memory: see below
    fit = memory_fit(replace(deployment, host=alone), workload, catalog=catalog)
    movable = (fit.language_weights_bytes() - _head_bytes(model, format) + fit.kv_cache_bytes) / model.layer_count
    missing = max(0, -fit.headroom_bytes)
    moved: Moved = "layers"
    if engine_of(deployment.runtime.id, format) == "llama.cpp" and 0 < missing <= expert_bytes(model, format=format):
        moved, movable = "experts", expert_bytes(model, format=format) / model.layer_count
    on_host = min(model.layer_count, -(-missing // max(1, int(movable))))
    kept_apart = weights_bytes(model, format=format) - fit.language_weights_bytes()
    host_bytes = round(on_host * movable) + kept_apart
    reserved = catalog.constants["host_reserved_gib"].central
    room = host_usable_bytes(hardware.system_ram_gib, reserved_gib=reserved)
    room_beside = room - deployment.host.second_tenant_gb * BYTES_PER_GB
    return Offload(
        card_layer_count=model.layer_count - on_host,
        host_layer_count=on_host,
        card_bytes=round(fit.peak_bytes - on_host * movable),
        host_bytes=host_bytes,
        moved=moved,
        fits=host_bytes <= room_beside and (missing == 0 or on_host * movable >= missing),
    )


def offload_decode_speed(
    deployment: Deployment, workload: Workload, *, host_layer_count: int, moved: Moved = "layers", catalog: Catalog
) -> Speed | None:
    """Tokens per second with `host_layer_count` layers in the PC's memory; None where the runtime cannot do it.

    ms = share read on the cards x ms on the cards + (weights + cache read of the rest) / (rate of what they pass): the
    PC's memory x host_read_fraction where the processor computes them (llama.cpp), the cards' host link x
    host_link_fraction where they are copied (vLLM). Low and high take every part at its end. Three published runs with
    7 to 25 of 40 to 48 layers on the processor lie in the range, the central value within 25 % (tests); of experts k of
    E are read, and every such layer goes to the processor and back (host_hop_us, fitted to the two published runs).
    Valid for one stream to a few.
    """
    model, format, batch_count = deployment.model, deployment.format, workload.batch_count
    rate = _rate_of_decode(deployment, catalog=catalog)
    if rate is None:
        return None
    share = host_layer_count / model.layer_count
    read = float(weights_read_bytes(model, format=format, batch_count=batch_count)) - _head_bytes(model, format)
    read += float(kv_read_bytes(model, context_tokens=workload.context(), batch_count=batch_count))
    slow = read * share
    if moved == "experts":
        touched = float(touched_expert_fraction(model, batch_count=batch_count))
        slow = expert_bytes(model, format=format) * touched * share
    at_context = replace(workload, decode_context_tokens=None)
    on_cards = decode_speed(deployment, at_context, calibration=catalog.calibration)
    hop = catalog.constants["host_hop_us"] if moved == "experts" else None
    hops_ms: dict[End, float] = {
        at: getattr(hop, _OPPOSITE[at]) * host_layer_count * MS_PER_S / US_PER_S if hop else 0.0 for at in _ENDS
    }
    found = _summed(on_cards, share=1 - slow / read, slow_bytes=slow, rate=rate, tokens=batch_count, hops_ms=hops_ms)
    path = _PROCESSOR if engine_of(deployment.runtime.id, format) == "llama.cpp" else _STEP_COPY
    return _with(found, on_cards, slow_bytes=slow, path=path)


def offload_prefill_speed(
    deployment: Deployment, workload: Workload, *, host_layer_count: int, moved: Moved = "layers", catalog: Catalog
) -> Speed | None:
    """Tokens per second of reading a prompt; None where the cards' host link is unknown or the runtime cannot do it.

    ms = ms with everything on the cards + chunks x weights in the PC's memory / (host link x host_link_fraction):
    llama.cpp and vLLM copy them to the card once per chunk of the runtime's step. No published run was at hand: the
    bytes and the link are known, what else it costs is not, hence the wide range.
    """
    model, format, runtime = deployment.model, deployment.format, deployment.runtime
    rate = _link_rate(deployment.hardware, catalog=catalog)
    if rate is None or engine_of(runtime.id, format) not in ("llama.cpp", "vllm"):
        return None
    prompt_tokens = float(workload.prompt_tokens)
    from_nothing = replace(workload, cached_fraction=0.0, depth_tokens=0.0)
    on_cards = prefill_speed(deployment, from_nothing, calibration=catalog.calibration)
    share = host_layer_count / model.layer_count
    whole = weights_bytes(model, format=format) - _head_bytes(model, format)
    copied = (expert_bytes(model, format=format) if moved == "experts" else whole) * share
    copied *= -(-prompt_tokens // runtime.prefill_step_tokens)
    found = _summed(on_cards, share=1.0, slow_bytes=copied, rate=rate, tokens=prompt_tokens)
    return _with(found, on_cards, slow_bytes=copied, path=_PROMPT_COPY)


def beyond_memory(
    deployment: Deployment, workload: Workload, *, fit: MemoryFit, catalog: Catalog
) -> BeyondMemory | None:
    """The speed of a model that does not fit: offloaded beside cards, or swapped on a Mac whose memory would hold it.

    None where it fits, and where it runs nowhere: the PC's memory is too small or unknown, or the Mac's is.
    """
    if fit.headroom_bytes >= 0 or deployment.hardware.others:  # of mixed cards nothing is published
        return None
    if deployment.hardware.chip.vendor == "apple":
        return _swapped(deployment, workload, fit=fit, catalog=catalog)
    # the work space is that of the runtime's own step
    found = offload(deployment, replace(workload, prefill_step_tokens=None, held_count=None), catalog=catalog)
    if found is None or not found.fits:
        return None
    decode = offload_decode_speed(
        deployment, workload, host_layer_count=found.host_layer_count, moved=found.moved, catalog=catalog
    )
    if decode is None:
        return None
    prefill = offload_prefill_speed(
        deployment, workload, host_layer_count=found.host_layer_count, moved=found.moved, catalog=catalog
    )
    layers, held = ("whole layers", "of experts ") if found.moved == "experts" else ("layers", "")
    text = (
        f"With {found.card_layer_count} of {deployment.model.layer_count} {layers} on the cards and "
        f"{found.host_bytes / BYTES_PER_GB:,.1f} GB {held}in system RAM it would write about "
        f"{digits(decode.central, 2)} tokens per second ({digits(decode.low, 2)} to {digits(decode.high, 2)}): "
        f"{decode.note}."
    )
    remark = Remark(code="offload", text=text, level="warning")
    return BeyondMemory("layers in system RAM", decode, prefill, found, remark)


def _swapped(deployment: Deployment, workload: Workload, *, fit: MemoryFit, catalog: Catalog) -> BeyondMemory | None:
    """Within the limit, the fitted speed; beyond it, 20 to 150 times less, as long as the whole memory holds it."""
    room = usable(deployment.hardware, runtime=deployment.runtime, host=deployment.host, catalog=catalog)
    if fit.peak_bytes > room.shared_bytes:
        return None
    ratio = catalog.constants["beyond_wired_limit_time_ratio"]
    at_context = replace(workload, decode_context_tokens=None)
    within = decode_speed(deployment, at_context, calibration=catalog.calibration)
    decode = Speed(
        low=within.low / ratio.high,
        central=within.central / ratio.central,
        high=within.high / ratio.low,
        unit="token/s",
        bound_by="swapping",
        basis=within.basis,
        note=(
            f"the speed within the limit, {plain_number(ratio.low)} to {plain_number(ratio.high)} times lower; few "
            "readings"
        ),
    )
    text = (
        f"Beyond the limit it would write about {digits(decode.central, 2)} tokens per second ({digits(decode.low, 2)} "
        f"to {digits(decode.high, 2)}) instead of {digits(within.central, 2)}; {plain_number(ratio.low)} to "
        f"{plain_number(ratio.high)} times slower was read."
    )
    remark = Remark(code="beyond-wired-limit", text=text, level="warning")
    return BeyondMemory("beyond the wired limit", decode, None, None, remark)


def _head_bytes(model: LanguageModel, format: WeightFormat) -> int:
    by_role = bytes_by_role(model, format)
    return by_role.get("output", 0) or by_role.get("embedding", 0)


def _rate_of_decode(deployment: Deployment, *, catalog: Catalog) -> dict[End, float] | None:
    """Bytes per ms at which a step gets what is not on the cards."""
    engine = engine_of(deployment.runtime.id, deployment.format)
    if engine == "llama.cpp":
        memory = deployment.hardware.system_ram_gb_per_s or catalog.constants["pc_memory_gb_per_s"]
        return _product(memory, catalog.constants["host_read_fraction"])
    return _link_rate(deployment.hardware, catalog=catalog) if engine == "vllm" else None


def _link_rate(hardware: Hardware, *, catalog: Catalog) -> dict[End, float] | None:
    link = hardware.chip.host_link_gb_per_s
    return _product(link, catalog.constants["host_link_fraction"]) if link is not None else None


def _product(rate: Quantity, fraction: Quantity) -> dict[End, float]:
    return {at: getattr(rate, at) * getattr(fraction, at) * BYTES_PER_GB / MS_PER_S for at in _ENDS}


def _summed(
    on_cards: Speed,
    *,
    share: float,
    slow_bytes: float,
    rate: dict[End, float],
    tokens: float,
    hops_ms: dict[End, float] | None = None,
) -> dict[End, float]:
    """Tokens per second at each end: the cards' time for their share, the slow bytes over their rate, the ways
    between.
    """
    return {
        at: tokens
        * MS_PER_S
        / (tokens * MS_PER_S / getattr(on_cards, at) * share + slow_bytes / rate[at] + (hops_ms or {}).get(at, 0.0))
        for at in _ENDS
    }


def _with(found: dict[End, float], on_cards: Speed, *, slow_bytes: float, path: str) -> Speed:
    """`path` says which way the slow bytes take."""
    return Speed(
        low=found["low"],
        central=found["central"],
        high=found["high"],
        unit="token/s",
        bound_by=_SHORT[path] if slow_bytes else on_cards.bound_by,
        basis=on_cards.basis,
        note=f"{slow_bytes / BYTES_PER_GB:,.1f} GB {path}; that part is an estimate from a few published runs",
    )


_PROCESSOR = "per step are read by the processor from system RAM"
_STEP_COPY, _PROMPT_COPY = "per step are copied over PCIe", "per prompt are copied over PCIe"
_SHORT = {_PROCESSOR: "system RAM", _STEP_COPY: "host link", _PROMPT_COPY: "host link"}
