"""Load time of a model: bytes over the slowest link they pass."""

from dataclasses import dataclass

from calculator.catalog import Catalog
from calculator.catalog.hardware import Hardware
from calculator.evidence import Quantity
from calculator.number import Range
from calculator.units import BYTES_PER_GB


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTime(Range):
    """Seconds from the command to the first possible prompt, reading of weights only."""

    unit: str = "s"
    bound_by: str
    """The slowest part: storage, page cache or host link."""
    note: str


def load_time(size_bytes: int, *, hardware: Hardware, is_warm: bool = False, catalog: Catalog) -> LoadTime:
    """Weights over the slowest link they pass: the drive (cold) or the page cache (warm), and the host link of the
    cards.

    Cards load one after the other in llama.cpp and MLX: the link counts once. Boxes read their own part, each from
    its own drive. Ranges are those of the link's figure. Initialisation (compiling kernels, capturing graphs) comes
    on top: seconds for llama.cpp and MLX, up to minutes for vLLM.
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
    gb = size_bytes / BYTES_PER_GB / hardware.box_count()
    note = source.note if hardware.storage_gb_per_s is None or is_warm else "the machine's own storage"
    return LoadTime(low=gb / high, central=gb / central, high=gb / low, bound_by=name, note=note)


def _rate(link: Quantity | None, at: str) -> float:
    return float(getattr(link, at)) if link is not None else float("inf")
