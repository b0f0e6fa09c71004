"""Figures behind one option, each by a name of its own: page, memo, workbook and HTML report call it the same."""

import functools
import re
from dataclasses import dataclass, field
from typing import Any

from calculator.catalog import Catalog
from calculator.catalog.loader import evidence_of
from calculator.catalog.options import ApiOffer, CloudOffer, HourlyRate, Machine
from calculator.evidence import Quantity
from calculator.scenario.scenario import Scenario
from calculator.service.tariff import paid_tariff

_PLACE = re.compile(r"(prices|rates)\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class OptionFigure:
    """One figure: its path in the catalogue's file, its name in words, the date from which its age counts.

    `counts` is false for a price that stands beside the one the answer uses: an older one, or another host's.
    """

    path: str
    words: str
    quantity: Quantity
    as_of: str
    counts: bool = True


def option_figures(entry: Any, scenario: Scenario, catalog: Catalog) -> list[OptionFigure]:
    """Every figure of an option or of a chip; of several prices the one that counts comes first.

    Of a hosted API the prices of the host that the scenario's bill is made with, and of no other host or model.
    """
    tariff = paid_tariff(entry, scenario, catalog) if isinstance(entry, ApiOffer) else None
    is_kept = _is_stock(entry, scenario, catalog)  # others are made anew for every question
    of_tariff, of_entry = (_of_tariff, _of_entry) if is_kept else (_of_tariff.__wrapped__, _of_entry.__wrapped__)
    tokens = of_tariff(_Same(id(tariff), tariff)) if tariff is not None else ()
    return [*tokens, *of_entry(_Same(id(entry), entry), scenario.cloud_rate)]


def _is_stock(entry: Any, scenario: Scenario, catalog: Catalog) -> bool:
    """Whether every question finds this very entry: not a machine of one's own, nor an API or a plan of one model."""
    tables = (catalog.machines, catalog.clouds, catalog.apis, catalog.subscriptions, catalog.chips)
    return entry.id not in scenario.own_options and any(table.get(entry.id) is entry for table in tables)


@dataclass(frozen=True, slots=True)
class _Same:
    """A frozen entry as a cache key by identity; the cache keeps it alive, so no other object takes its id."""

    identity: int
    entry: Any = field(compare=False)


@functools.lru_cache(maxsize=256)
def _of_entry(of: _Same, cloud_rate: str) -> tuple[OptionFigure, ...]:
    """Kept, because every move of a slider would look through all figures of all options again."""
    found: dict[str, list[OptionFigure]] = {}
    hourly = of.entry.rate(cloud_rate) if isinstance(of.entry, CloudOffer) else None
    for path, quantity in evidence_of(of.entry).items():
        if not path.startswith("tariffs["):
            place = _PLACE.match(path)
            one = _figure(path, quantity, of.entry, hourly, int(place[2]) if place else 0)
            found.setdefault(place[1] if place else path, []).append(one)
    return tuple(one for rows in found.values() for one in sorted(rows, key=lambda row: not row.counts))


@functools.lru_cache(maxsize=256)
def _of_tariff(of: _Same) -> tuple[OptionFigure, ...]:
    host = of.entry.provider
    return tuple(
        OptionFigure(path, f"{_words(path)} at {host}", quantity, quantity.as_of)
        for path, quantity in evidence_of(of.entry).items()
    )


def _figure(path: str, quantity: Quantity, entry: Any, hourly: HourlyRate | None, place: int) -> OptionFigure:
    words = _words(path)
    if isinstance(entry, Machine) and path.startswith("prices"):
        price = entry.prices[place]
        counts = price is entry.purchase_price()
        if not counts:
            words = "list price" if price is entry.list_price() else f"another price ({price.kind})"
        return OptionFigure(path, words, quantity, price.aged_from, counts)
    if isinstance(entry, CloudOffer) and path.startswith("rates"):
        rate = entry.rates[place]
        counts = rate is hourly
        words = words if counts else f"another {words} ({_terms(rate)})"
        return OptionFigure(path, words, quantity, quantity.as_of, counts)
    return OptionFigure(path, words, quantity, quantity.as_of)


def _terms(rate: HourlyRate) -> str:
    months = f" for {rate.committed_months} months" if rate.committed_months else ""
    return f"{rate.kind}{months}{' from ' if rate.host else ''}{rate.host}"


def _words(path: str) -> str:
    """`prices[1].price_usd` as "price", `power.idle_w` as "power at rest"."""
    figure = path.rpartition(".")[2]
    return _FIGURES.get(figure, re.sub(r"\[\d+\]", "", path).replace("_", " ").replace(".", ", "))


_FIGURES = {
    "price_usd": "price",
    "gpu_price_fraction": "share of the cards in the price",
    "age_when_bought_years": "age when bought",
    "setup_h": "setup",
    "idle_w": "power at rest",
    "prefill_w": "power while reading",
    "decode_w": "power while writing",
    "sleep_w": "power asleep",
    "max_w": "most power",
    "board_max_w": "most power of the card",
    "system_ram_gb_per_s": "speed of the system RAM",
    "storage_gb_per_s": "speed of the disk",
    "embodied_kg": "CO2e of making it",
    "rate_usd_per_h": "hourly rate",
    "billing_minutes": "shortest time billed",
    "startup_minutes": "start-up time",
    "storage_gb": "storage",
    "storage_usd_per_gb_month": "storage price",
    "input_usd_per_mtok": "price of input tokens",
    "cached_input_usd_per_mtok": "price of cached input tokens",
    "cache_write_usd_per_mtok": "price of input tokens that the host keeps",
    "output_usd_per_mtok": "price of output tokens",
    "seat_usd_per_month": "price of a seat",
    "annual_usd_per_month": "price of a seat, paid by the year",
    "requests_per_window": "requests in a window",
    "window_h": "length of the window",
    "bandwidth_gb_per_s": "memory bandwidth",
    "gpu_addressable_gib": "memory that the GPU can address",
    "matrix_tflops": "16-bit matrix rate",
    "fp32_tflops": "32-bit rate",
    "host_link_gb_per_s": "link to the processor",
    "peer_link_gb_per_s": "link to another card",
}
"""What a figure of an option or of a chip is called beside its name."""
