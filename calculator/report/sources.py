"""Sources behind an answer: every figure of the scenario and of the options compared, with basis, source and date."""

from dataclasses import dataclass, replace

from calculator.catalog import Catalog
from calculator.decision import input_words
from calculator.decision.comparison import Comparison
from calculator.decision.input_words import Unit, in_unit
from calculator.evidence import Quantity
from calculator.report.option_figures import OptionFigure, option_figures
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
        rows += [_of_entry(option.name, one, catalog) for one in option_figures(entry, comparison.scenario, catalog)]
        if (chip := getattr(entry, "chip", "")) in catalog.chips:
            chips[chip] = None
    for chip in chips:
        found = catalog.chips[chip]
        rows += [_of_entry(found.name, one, catalog) for one in option_figures(found, comparison.scenario, catalog)]
    return rows


def _of_entry(name: str, one: OptionFigure, catalog: Catalog) -> SourceRow:
    row = _row(f"{name}: {one.words}", one.quantity, catalog, unit=_unit(one.path, one.quantity.unit))
    return replace(row, as_of=one.as_of)


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


_UNITS = {
    **{"h": "hours", "s": "seconds", "min": "minutes", "year": "years", "h/year": "hours a year"},
    **{"USD/h": "USD an hour", "USD/month": "USD a month", "USD/Mtok": "USD per million tokens"},
}
