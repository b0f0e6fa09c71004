"""Evidence tables: every input with its value, range, how it is known, source and date; values are edited in place."""

import re
from datetime import date
from typing import Any, cast

import streamlit as st

from calculator import Catalog, Scenario
from calculator.decision.comparison import Comparison
from calculator.evidence import Quantity
from calculator.report.option_figures import OptionFigure, option_figures
from calculator.scenario.own_figures import FIGURE_BOUNDS
from calculator.scenario.scenario import knobs
from calculator.units import counted, digits
from views.address import put, take_back
from views.before_you_sign import all_notes
from views.drawing import column_px, draw_on_paper
from views.look import markdown_text
from views.prices import price_figures
from views.shell import Case

_BASES = ("assumption", "claim", "yours", "derived", "published", "vendor", "measured")
_COLOURS = ("orange", "red", "blue", "gray", "green", "green", "green")
_HEIGHT_PX = 560
_MARKS = {"problem": ":red-badge[problem]", "warning": ":orange-badge[note]", "info": ":gray-badge[info]"}
_ANOTHER = "another price"
"""In place of the name of a price that the answer does not use."""
Rows = list[dict[str, Any]]


def show_inputs(case: Case) -> None:
    """Draw the scenario's inputs; a value that a person enters is his from then on, and can go back to ours."""
    rows = scenario_rows(case.scenario, catalog=case.catalog)
    guessed = sum(row["How it is known"] == ["assumption"] for row in rows)
    st.markdown(
        f"{len(rows) - guessed} of {len(rows)} inputs have a source or are yours. {guessed} are our "
        ":orange-badge[assumption]: nobody publishes them, so each carries a range and the reason. Change any value in "
        "the table."
    )
    names = [row.pop("_name") for row in rows]
    key = f"inputs {case.scenario.id()}"
    _editor(rows, key=key, alt="Inputs of the scenario", on_change=_take_inputs, args=(key, names))
    mine = [name for name in names if name in case.link.own]
    if mine:
        st.button(
            f"Reset my {counted(len(mine), 'value')} to the defaults",
            on_click=take_back,
            args=(mine,),
        )


def show_facts(case: Case, comparison: Comparison) -> None:
    """Draw every note, open, and prices, watts and specifications of the compared options, grouped by option."""
    if notes := all_notes(comparison):
        st.subheader("The one note" if len(notes) == 1 else f"All {len(notes)} notes", anchor=False)
    for note in notes:
        about = f"**{markdown_text(note['about'])}** " if note["about"] else ""
        st.markdown(f"{_MARKS[note['level']]} {about}{markdown_text(note['text'])}")
    for option in comparison.options:
        rows = option_rows(option.id, scenario=case.scenario, catalog=case.catalog)
        with st.expander(f"{option.name} ({counted(len(rows), 'figure')})", expanded=len(comparison.options) == 1):
            keys = [row.pop("_key") for row in rows]
            key = f"facts {option.id} {case.scenario.id()}"
            _editor(
                rows, key=key, alt=f"Figures of {option.name}", on_change=_take_facts, args=(key, keys, case.scenario)
            )


def scenario_rows(scenario: Scenario, *, catalog: Catalog) -> Rows:
    """One row per scenario value with evidence; a value that was set has the basis `yours`."""
    rows: Rows = []
    for name, knob in knobs().items():
        quantity = catalog.defaults.get(name)
        if quantity is None:
            continue
        value = getattr(scenario, name)
        row = _row(knob.label, quantity, catalog=catalog, value=value, shown=knob.shown, unit=knob.unit)
        if name in scenario.typed or value != quantity.central:
            was = f"Ours is {_number(quantity.central * knob.shown)} ({quantity.basis})."
            row |= {"How it is known": ["yours"], "Note": f"{was} {quantity.note}"}
        rows.append(row | {"_name": name})
    return rows


def option_rows(option_id: str, *, scenario: Scenario, catalog: Catalog) -> Rows:
    """One row per figure of an option and its chip; of several prices only the one that counts can be changed."""
    entry = catalog.option(option_id)
    prices = price_figures(option_id, scenario=scenario, catalog=catalog)
    rows: Rows = []
    for one in option_figures(entry, scenario, catalog):
        figure = one.path.rpartition(".")[2]
        named = next((key for key in prices if key.endswith(f".{figure}")), f"{option_id}.{figure}")
        key = _ANOTHER if not one.counts else named if figure in FIGURE_BOUNDS else ""
        row = _figure_row(one, catalog=catalog)
        if key in scenario.figures:
            note = f"Ours is {_number(one.quantity.central)}. {one.quantity.note}"
            row |= {"Value": scenario.figures[key], "How it is known": ["yours"], "Note": note}
        rows.append(row | {"_key": key})
    chip = catalog.chips.get(getattr(entry, "chip", ""))
    if chip is not None:
        rows += [
            _figure_row(one, catalog=catalog, whose=f"{chip.name}: ") | {"_key": ""}
            for one in option_figures(chip, scenario, catalog)
        ]
    return rows


def _figure_row(one: OptionFigure, *, catalog: Catalog, whose: str = "") -> dict[str, Any]:
    row = _row(
        f"{whose}{one.words}" if whose else f"{one.words[:1].upper()}{one.words[1:]}", one.quantity, catalog=catalog
    )
    unit = one.quantity.unit.replace("USD", "$").replace("/Mtok", " per million tokens")
    return row | {
        "Unit": "" if unit == "1" else unit,
        "Date": one.as_of,
        "Age": age_text(one.as_of, today=date.today()),
    }


def _row(
    label: str,
    quantity: Quantity,
    *,
    catalog: Catalog,
    value: float | None = None,
    shown: float = 1.0,
    unit: str | None = None,
) -> dict[str, Any]:
    sources = [catalog.sources[part] for part in filter(None, quantity.source.split("+")) if part in catalog.sources]
    low, high = _number(quantity.low * shown), _number(quantity.high * shown)
    return {
        "Input": label,
        "Value": round((quantity.central if value is None else value) * shown, 6),
        "Unit": quantity.unit.replace("1/year", "per year") if unit is None else unit,
        "Range": low if low == high else f"{low} to {high}",
        "How it is known": [quantity.basis],
        "Source": "; ".join(source.title for source in sources),
        "Link": next((source.url for source in sources if source.url.startswith("https://")), ""),
        "Date": quantity.as_of,
        "Age": age_text(quantity.as_of, today=date.today()),
        "Note": quantity.note,
    }


def age_text(as_of: str, *, today: date) -> str:
    """How old a date is, as a person says it; empty where there is none.

    >>> age_text("2026-08-25", today=date(2026, 11, 26)), age_text("2023", today=date(2026, 11, 26))
    ('3 months', '3 years')
    """
    found = re.match(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", as_of)
    if not found:
        return ""
    year, month, day = (int(part) if part else None for part in found.groups())
    days = (today - date(cast(int, year), month or 7, day or 15 if month else 1)).days
    if days < 60:
        return counted(max(days, 0), "day")
    return counted(round(days / 30.44), "month") if days < 730 else counted(round(days / 365.25), "year")


def _editor(rows: Rows, *, key: str, alt: str, on_change: Any, args: tuple[Any, ...]) -> None:
    """A table of which only the values can be changed."""
    data = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    columns = st.column_config
    st.data_editor(  # pyright: ignore[reportUnknownMemberType] - its type names pandas' untyped frames
        data,
        hide_index=True,
        width="stretch",
        height=min(_HEIGHT_PX, 38 * (len(rows) + 1)),
        key=key,
        on_change=on_change,
        args=args,
        disabled=[name for name in data if name != "Value"],
        column_config={
            "Input": columns.TextColumn("Input", pinned=True, width=column_px("Input", data.get("Input", []))),
            "Value": columns.NumberColumn("Value ✎", width=90, help="Enter your own; it counts as yours."),
            "Unit": columns.TextColumn("Unit", width=column_px("Unit", data.get("Unit", []))),
            "Range": columns.TextColumn("Range", width=column_px("Range", data.get("Range", []))),
            "How it is known": columns.MultiselectColumn("How it is known", options=_BASES, color=_COLOURS, width=115),
            "Source": columns.TextColumn("Source", width=170),
            "Link": columns.LinkColumn("Link", display_text="open", width=55),
            "Date": columns.TextColumn("Date", width=column_px("Date", data.get("Date", []))),
            "Age": columns.TextColumn("Age", width=column_px("Age", data.get("Age", []))),
            "Note": columns.TextColumn("Note", width="large"),
        },
    )
    draw_on_paper(rows, key=key, alt=alt)
    st.caption(markdown_text(f"{alt}, with their ranges, sources and dates."))


def _take_inputs(key: str, names: list[str]) -> None:
    for place, value in _edited(key):
        knob = knobs()[names[place]]
        low, high = knob.low * knob.shown, knob.high * knob.shown
        if not low <= value <= high:
            st.toast(f"{knob.label} must lie between {_number(low)} and {_number(high)}.")
            continue
        whole = Scenario.model_fields[names[place]].annotation is int
        put({names[place]: round(value) if whole else round(value / knob.shown, 10)})


def _take_facts(key: str, keys: list[str], scenario: Scenario) -> None:
    for place, value in _edited(key):
        name = keys[place]
        if name == _ANOTHER:
            st.toast("The answer uses the price above this one. Change that one.")
            continue
        if not name:
            st.toast("This figure belongs to the chip. Add a machine of your own on Decide to change it.")
            continue
        low, high = FIGURE_BOUNDS[name.rpartition(".")[2]]
        if not low <= value <= high:
            st.toast(f"It must lie between {_number(low)} and {_number(high)}.")
            continue
        put({"figures": {**scenario.figures, name: value}})


def _edited(key: str) -> list[tuple[int, float]]:
    """Rows whose value a person changed, with the new one; an emptied cell changes nothing."""
    rows = cast("dict[int, dict[str, Any]]", st.session_state[key]["edited_rows"])
    return [(place, float(row["Value"])) for place, row in rows.items() if row.get("Value") is not None]


def _number(value: float) -> str:
    return digits(value, 4)
