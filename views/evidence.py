"""Evidence tables: every input with its value, range, basis, source and date; assumptions stand out."""

from typing import Any

import streamlit as st

from calculator import Catalog, Scenario
from calculator.catalog.loader import evidence_of
from calculator.decision.comparison import Comparison
from calculator.evidence import Quantity
from calculator.scenario.scenario import knobs
from views.drawing import draw_table

_BASES = ("assumption", "claim", "yours", "derived", "published", "vendor", "measured")
_COLOURS = ("orange", "red", "blue", "gray", "green", "green", "green")


def show_assumptions(comparison: Comparison, *, catalog: Catalog) -> None:
    """Draw two tables: the scenario's inputs, and the facts about each compared option."""
    inputs = scenario_rows(comparison.scenario, catalog=catalog)
    facts = own_figure_rows(comparison.scenario)
    facts += [row for option in comparison.options for row in option_rows(option.id, catalog=catalog)]
    guessed = sum(row["basis"] == ["assumption"] for row in inputs + facts)
    st.subheader("What this rests on", anchor=False)
    st.markdown(
        f":orange-badge[assumption] marks {guessed} of {len(inputs) + len(facts)} figures: "
        "nobody publishes them, so each carries a range and the reason."
    )
    _table(inputs, alt="Inputs of the scenario with value, range, basis, source and date", key="inputs")
    with st.expander(f"Prices, watts and specifications of the options compared ({len(facts)} figures)"):
        _table(facts, alt="Facts about each option with value, range, basis, source and date", key="facts")


def scenario_rows(scenario: Scenario, *, catalog: Catalog) -> list[dict[str, Any]]:
    """One row per scenario value with evidence; a value that was set has the basis `yours`."""
    rows: list[dict[str, Any]] = []
    for name, knob in knobs().items():
        quantity = catalog.defaults.get(name)
        if quantity is None:
            continue
        value = getattr(scenario, name)
        row = _row(knob.label, quantity, catalog=catalog, value=value, shown=knob.shown, unit=knob.unit)
        if name in scenario.typed or value != quantity.central:
            row |= {
                "basis": ["yours"],
                "note": f"The default is {_number(quantity.central * knob.shown)} ({quantity.basis}). {quantity.note}",
            }
        rows.append(row)
    return rows


def option_rows(option_id: str, *, catalog: Catalog) -> list[dict[str, Any]]:
    """One row per figure that the catalogue holds about an option and its chip."""
    entry = catalog.option(option_id)
    rows = [
        _row(f"{entry.name}: {_words(path)}", quantity, catalog=catalog)
        for path, quantity in evidence_of(entry).items()
    ]
    chip = catalog.chips.get(getattr(entry, "chip", ""))
    if chip is not None:
        rows += [
            _row(f"{chip.name}: {_words(path)}", quantity, catalog=catalog)
            for path, quantity in evidence_of(chip).items()
        ]
    return rows


def own_figure_rows(scenario: Scenario) -> list[dict[str, Any]]:
    """One row per figure of the scenario that replaces the catalogue's."""
    note = "Comes with the scenario and replaces the catalogue's figure."
    empty = {"unit": "", "range": "", "source": "", "link": "", "date": ""}
    return [
        {"input": _words(name), "value": _number(value), **empty, "basis": ["yours"], "note": note}
        for name, value in scenario.figures.items()
    ]


def _row(
    label: str,
    quantity: Quantity,
    *,
    catalog: Catalog,
    value: float | None = None,
    shown: float = 1.0,
    unit: str | None = None,
) -> dict[str, Any]:
    sources = [catalog.sources[part] for part in filter(None, quantity.source.split("+"))]
    low, high = _number(quantity.low * shown), _number(quantity.high * shown)
    return {
        "input": label,
        "value": _number((quantity.central if value is None else value) * shown),
        "unit": quantity.unit.replace("1/year", "per year") if unit is None else unit,
        "range": low if low == high else f"{low} to {high}",
        "basis": [quantity.basis],
        "source": "; ".join(source.title for source in sources),
        "link": next((source.url for source in sources if source.url.startswith("https://")), ""),
        "date": quantity.as_of,
        "note": quantity.note,
    }


def _table(rows: list[dict[str, Any]], *, alt: str, key: str) -> None:
    columns = st.column_config
    draw_table(
        rows,
        alt=alt,
        key=key,
        columns={
            "input": columns.TextColumn("Input", pinned=True, width="medium"),
            "value": columns.TextColumn("Value", alignment="right", width="small"),
            "unit": columns.TextColumn("Unit", width="small"),
            "range": columns.TextColumn("Range", width="small"),
            "basis": columns.MultiselectColumn("Basis", options=_BASES, color=_COLOURS, width=120),
            "source": columns.TextColumn("Source", width="medium"),
            "link": columns.LinkColumn("Link", display_text="open", width="small"),
            "date": columns.TextColumn("Date", width="small"),
            "note": columns.TextColumn("Note", width="large"),
        },
    )


def _number(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def _words(path: str) -> str:
    return path.replace("_", " ").replace(".", ", ")
