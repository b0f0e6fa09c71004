"""How long until the model is loaded, and what goes to the PC's own memory when the cards are too small?"""

from dataclasses import dataclass

from calculator.catalog import Catalog
from calculator.catalog.served import LanguageModel, Runtime, Split, WeightFormat
from calculator.evidence import Quantity
from calculator.physics.hardware import Hardware
from calculator.physics.memory import memory_fit
from calculator.physics.usable import host_usable_bytes
from calculator.physics.weights import weights_bytes
from calculator.units import BYTES_PER_GB


@dataclass(frozen=True, slots=True)
class LoadTime:
    """Seconds from the command to the first possible prompt, reading of weights only; `bound_by` names the slower part."""

    low_s: float
    central_s: float
    high_s: float
    bound_by: str
    note: str


def load_time(size_bytes: int, *, hardware: Hardware, catalog: Catalog, is_warm: bool = False) -> LoadTime:
    """Weights over the slowest link they pass: the drive (cold) or the page cache (warm), and the host link of the cards.

    Cards load one after the other in llama.cpp and MLX: the link counts once. Ranges are those of the link's figure.
    Initialisation (compiling kernels, capturing graphs) comes on top: seconds for llama.cpp and MLX, up to minutes for vLLM.
    """
    source, name = catalog.constants["page_cache_gb_per_s"], "page cache"
    if not is_warm:
        source, name = catalog.constants["default_storage_gb_per_s"], "storage"
    rates = (source.low, source.central, source.high)
    if not is_warm and hardware.storage_gb_per_s is not None:
        rates = (hardware.storage_gb_per_s,) * 3
    link = hardware.chip.host_link_gb_per_s
    if link is not None and link.central < rates[1]:
        name = "host link"
    low, central, high = (
        min(rate, _rate(link, at)) for rate, at in zip(rates, ("low", "central", "high"), strict=True)
    )
    gb = size_bytes / BYTES_PER_GB
    note = source.note if hardware.storage_gb_per_s is None or is_warm else "the machine's own storage"
    return LoadTime(low_s=gb / high, central_s=gb / central, high_s=gb / low, bound_by=name, note=note)


def _rate(link: Quantity | None, at: str) -> float:
    return float(getattr(link, at)) if link is not None else float("inf")


@dataclass(frozen=True, slots=True)
class Offload:
    """Whole layers on the cards, the rest read from the PC's memory by the processor. `fits` is about the PC's memory."""

    card_layer_count: int
    host_layer_count: int
    card_bytes: int
    host_bytes: int
    fits: bool


def offload(
    model: LanguageModel,
    *,
    hardware: Hardware,
    format: WeightFormat,
    runtime: Runtime,
    context_tokens: int,
    catalog: Catalog,
    batch_count: int = 1,
    split: Split = "layer",
    second_tenant_gb: float = 0.0,
) -> Offload | None:
    """How many layers stay on the cards when the model is too large for them (llama.cpp's --n-gpu-layers).

    Every layer takes its share of weights and cache; layers are taken off until the rest fits. None in unified memory,
    where there is no other memory to go to, and where the PC's memory is unknown. All layers on the cards where it fits.
    """
    if hardware.system_ram_gb is None or hardware.chip.memory_kind == "unified":
        return None
    fit = memory_fit(
        model, hardware=hardware, format=format, runtime=runtime, context_tokens=context_tokens, catalog=catalog,
        batch_count=batch_count, split=split,
    )  # fmt: skip
    movable = (fit.weights_bytes + fit.kv_cache_bytes) / model.layer_count
    missing = max(0, -fit.headroom_bytes)
    on_host = min(model.layer_count, -(-missing // max(1, int(movable))))
    kept_apart = weights_bytes(model, format=format) - fit.weights_bytes
    host_bytes = round(on_host * movable) + kept_apart
    reserved = catalog.constants["host_reserved_gib"].central
    room = host_usable_bytes(hardware.system_ram_gb, reserved_gib=reserved) - second_tenant_gb * BYTES_PER_GB
    card_bytes = round(fit.peak_bytes - on_host * movable)
    return Offload(
        card_layer_count=model.layer_count - on_host, host_layer_count=on_host, card_bytes=card_bytes,
        host_bytes=host_bytes, fits=host_bytes <= room and (missing == 0 or on_host * movable >= missing),
    )  # fmt: skip
