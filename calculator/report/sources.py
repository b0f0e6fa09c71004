"""Sources behind an answer: every figure of the scenario and of the options compared, with basis, source and date."""

import re
from dataclasses import dataclass

from calculator.catalog import Catalog
from calculator.catalog.loader import evidence_of
from calculator.decision.comparison import Comparison
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
        rows += [_row(f"{option.name}: {_words(path)}", found, catalog) for path, found in evidence_of(entry).items()]
        if (chip := getattr(entry, "chip", "")) in catalog.chips:
            chips[chip] = None
    for chip in chips:
        found = catalog.chips[chip]
        rows += [_row(f"{found.name}: {_words(path)}", one, catalog) for path, one in evidence_of(found).items()]
    return rows


def _of_scenario(comparison: Comparison, catalog: Catalog) -> list[SourceRow]:
    scenario, rows = comparison.scenario, list[SourceRow]()
    for name, knob in knobs().items():
        if (quantity := catalog.defaults.get(name)) is not None:
            rows.append(_row(knob.label, quantity, catalog))
            value = float(getattr(scenario, name))
            if name in scenario.typed or value != quantity.central:
                rows[-1] = _yours(knob.label, value, quantity.unit)
    return rows + [_yours(_words(name), value, "") for name, value in scenario.figures.items()]


def _yours(what: str, value: float, unit: str) -> SourceRow:
    return SourceRow(what, value, value, value, unit, "yours", "", "", "", "Your own figure.")


def _row(what: str, quantity: Quantity, catalog: Catalog) -> SourceRow:
    sources = [catalog.sources[part] for part in quantity.source.split("+") if part in catalog.sources]
    return SourceRow(
        what=what,
        value=quantity.central,
        low=quantity.low,
        high=quantity.high,
        unit=quantity.unit,
        basis=quantity.basis,
        source="; ".join(source.title for source in sources),
        link=next((source.url for source in sources if source.url.startswith("https://")), ""),
        as_of=quantity.as_of,
        note=quantity.note,
    )


def _words(path: str) -> str:
    """`prices[1].price_usd` as "price", `power.idle_w` as "power, idle w"."""
    plain = re.sub(r"\[\d+\]", "", path)
    for entry, words in _PLAIN.items():
        plain = plain.replace(entry, words)
    return plain.replace("_", " ").replace(".", ", ")


_PLAIN = {"prices.price_usd": "price", "rates.rate_usd_per_h": "hourly rate", "tariffs.": "tariff, "}
