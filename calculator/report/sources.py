"""Sources behind an answer: every figure of the scenario and of the options compared, with basis, source and date."""

import re
from dataclasses import dataclass

from calculator.catalog import Catalog
from calculator.catalog.loader import evidence_of
from calculator.decision import input_words
from calculator.decision.comparison import Comparison
from calculator.decision.input_words import Unit, in_unit
from calculator.evidence import Quantity
from calculator.scenario.own_catalog import catalog_of
from calculator.scenario.scenario import knobs


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One figure: what it is, its value and range, how it is known, where it was read and when."""

    what: str
    value: float
    low: float
    high: float
    unit: str
    basis: str
    source: str
    link: str
    as_of: str
    note: str


def source_rows(comparison: Comparison, catalog: Catalog) -> list[SourceRow]:
    """The scenario's figures in the page's order, then those of each option and of its chip."""
    catalog = catalog_of(comparison.scenario, catalog)
    rows = _of_scenario(comparison, catalog)
    chips: dict[str, None] = {}
    for option in comparison.options:
        entry = catalog.option(option.id)
        rows += [
            _row(f"{option.name}: {_words(path)}", found, catalog, unit=_unit(path, found.unit))
            for path, found in evidence_of(entry).items()
        ]
        if (chip := getattr(entry, "chip", "")) in catalog.chips:
            chips[chip] = None
    for chip in chips:
        found = catalog.chips[chip]
        rows += [
            _row(f"{found.name}: {_words(path)}", one, catalog, unit=_unit(path, one.unit))
            for path, one in evidence_of(found).items()
        ]
    return rows


def _of_scenario(comparison: Comparison, catalog: Catalog) -> list[SourceRow]:
    scenario, rows = comparison.scenario, list[SourceRow]()
    for name, knob in knobs().items():
        if (quantity := catalog.defaults.get(name)) is not None:
            unit = input_words.unit(name)
            rows.append(_row(knob.label, quantity, catalog, unit=unit))
            value = float(getattr(scenario, name))
            if name in scenario.typed or value != quantity.central:
                rows[-1] = _yours(knob.label, value, unit=unit)
    names = {option.id: option.name for option in comparison.options}
    for name, value in scenario.figures.items():
        label = input_words.label(name, names=names)
        rows.append(_yours(f"{label[:1].upper()}{label[1:]}", value, unit=_unit(name, "")))
    return rows


def _yours(what: str, value: float, *, unit: Unit) -> SourceRow:
    shown = in_unit(value, unit)
    return SourceRow(what, shown, shown, shown, unit[0], "yours", "", "", "", "Your own figure.")


def _row(what: str, quantity: Quantity, catalog: Catalog, *, unit: Unit) -> SourceRow:
    sources = [catalog.sources[part] for part in quantity.source.split("+") if part in catalog.sources]
    return SourceRow(
        what=what,
        value=in_unit(quantity.central, unit),
        low=in_unit(quantity.low, unit),
        high=in_unit(quantity.high, unit),
        unit=unit[0],
        basis=quantity.basis,
        source="; ".join(source.title for source in sources),
        link=next((source.url for source in sources if source.url.startswith("https://")), ""),
        as_of=quantity.as_of,
        note=quantity.note,
    )


def _unit(path: str, unit: str) -> Unit:
    """The words of an option's or a chip's figure, as an input has them; else those of the catalogue's unit."""
    found = input_words.unit(f"option.{path.rpartition('.')[2]}")
    return found if found[0] else (_UNITS.get(unit, unit), 1)


def _words(path: str) -> str:
    """`prices[1].price_usd` as "price", `power.idle_w` as "power at rest"."""
    figure = path.rpartition(".")[2]
    return _FIGURES.get(figure, re.sub(r"\[\d+\]", "", path).replace("_", " ").replace(".", ", "))


_UNITS = {
    **{"h": "hours", "s": "seconds", "min": "minutes", "year": "years", "h/year": "hours a year"},
    **{"USD/h": "USD an hour", "USD/month": "USD a month", "USD/Mtok": "USD per million tokens"},
}
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
