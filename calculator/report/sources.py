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
    return rows + [_yours(_words(name), value, unit=_unit(name, "")) for name, value in scenario.figures.items()]


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
    """`prices[1].price_usd` as "price", `power.idle_w` as "power, idle w"."""
    plain = re.sub(r"\[\d+\]", "", path)
    for entry, words in _PLAIN.items():
        plain = plain.replace(entry, words)
    return plain.replace("_", " ").replace(".", ", ")


_UNITS = {
    **{"h": "hours", "s": "seconds", "min": "minutes", "year": "years", "h/year": "hours a year"},
    **{"USD/h": "USD an hour", "USD/month": "USD a month", "USD/Mtok": "USD per million tokens"},
}
_PLAIN = {"prices.price_usd": "price", "rates.rate_usd_per_h": "hourly rate", "tariffs.": "tariff, "}
