"""Widgets of the scenario, built from each field's own metadata and bound to the address.

A widget that a person changes is noted as typed (views/address.py).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

import streamlit as st

from calculator import Catalog, Scenario
from calculator.errors import ScenarioError
from calculator.scenario.presets import preset, preset_purposes
from calculator.scenario.repair import MOST_MACHINES
from calculator.scenario.scenario import ANOTHER_SIZE, Knob, knobs
from views.address import note_typed
from views.link import write_link
from views.look import markdown_text
from views.own_machine import ask_own_machine

PRIMARY = ("model", "wage_usd_per_h", "electricity_usd_per_kwh", "resale_fraction", "gpu_resale_fraction")
SECTION_TITLES = {
    "options": "Options",
    "question": "Model",
    "demand": "Demand",
    "labour": "People",
    "energy": "Energy",
    "resale": "Resale",
    "money": "Money",
    "cloud": "Cloud and API",
    "time": "Time",
    "repair": "Repair",
    "extras": "Extra costs",
    "books": "Bookkeeping",
}
_PERCENT = 100

# Slider ends narrower than the field's bounds: a slider from $0 to $1,000 an hour is hard to set. A value beyond
# them in the address widens the slider to the field's own bounds.
_SLIDER_ENDS = {
    "wage_usd_per_h": (0.0, 400.0),
    "electricity_usd_per_kwh": (0.0, 0.6),
    "demand_growth_rate": (-0.5, 1.0),
    "wage_escalation_rate": (-0.05, 0.15),
    "electricity_escalation_rate": (-0.05, 0.15),
    "discount_rate": (0.0, 0.3),
    "inflation_rate": (-0.05, 0.15),
    "sales_tax_fraction": (0.0, 0.3),
    "api_price_trend_rate": (-0.9, 0.5),
    "cloud_price_trend_rate": (-0.9, 0.5),
}
_SLIDER_FORMATS = {"$/h": "$%g", "$/kWh": "$%.3f"}


def ask_primary(catalog: Catalog, *, link_values: Mapping[str, Any]) -> dict[str, Any]:
    """Draw the most decisive fields in the main area (model, hourly rate, electricity, resale); returns field -> value.

    `link_values` come from the address. They only widen sliders; the widgets take their values from the address itself.
    """
    all_knobs = knobs()
    values: dict[str, Any] = {}
    with st.grid(len(PRIMARY), min_column_width=190, gap="medium", vertical_alignment="bottom") as grid:
        for name in PRIMARY:
            with grid.cell():
                values[name] = _widget(all_knobs[name], catalog=catalog, link_values=link_values)
                if name == "model" and values[name] == ANOTHER_SIZE:
                    values["another_size_b"] = _widget(
                        all_knobs["another_size_b"], catalog=catalog, link_values=link_values
                    )
    return values


def ask_rest(catalog: Catalog, *, link_values: Mapping[str, Any], answered: Mapping[str, Any]) -> dict[str, Any]:
    """Draw all fields that are not `answered`, one tab per section; returns field -> value."""
    values: dict[str, Any] = {}
    rest = [knob for name, knob in knobs().items() if name not in answered and name not in PRIMARY]
    sections = ["options", *dict.fromkeys(knob.section for knob in rest)]
    tabs = st.tabs([SECTION_TITLES.get(section, section.capitalize()) for section in sections])
    for section, tab in zip(sections, tabs, strict=True):
        with tab:
            if section == "options":
                values |= _options(catalog, named=link_values.get("options", ()))
                ask_own_machine(catalog, own=link_values.get("own_options", {}))
                continue
            with st.grid(3, min_column_width=240, gap="medium", vertical_alignment="bottom"):
                for knob in rest:
                    if knob.section == section:
                        values[knob.name] = _widget(knob, catalog=catalog, link_values=link_values)
    return values


def scenario_of(values: Mapping[str, Any], *, typed: Sequence[str]) -> tuple[Scenario, dict[str, str]]:
    """The scenario of these values, and one sentence for each field that its default replaces.

    `typed` are the fields that a person set; the others have their widgets' values, and may vary within their ranges.
    Everything is checked again here: widgets enforce bounds in the browser only, and values may contradict each other.
    """
    try:
        return Scenario.parse({**values, "typed": tuple(typed)}), {}
    except ScenarioError:
        scenario, sentences = Scenario(), dict[str, str]()
    for name, value in values.items():
        try:
            scenario = scenario.changed(**{name: value})
        except ScenarioError as error:
            default = Scenario.model_fields[name].get_default(call_default_factory=True)
            instead = f"The page uses the default, {default}." if default else "It was left out."
            sentences[name] = f"{error} {instead}"
    return scenario.changed(typed=tuple(name for name in typed if name not in sentences)), sentences


def show_presets(catalog: Catalog) -> None:
    """Draw a link for each preset that opens the page with its values, and what it is for."""
    lines: list[str] = []
    for name, purpose in preset_purposes().items():
        scenario = preset(name)
        address = write_link(scenario, catalogue_hash=catalog.hash)
        lines.append(f"- [{markdown_text(scenario.name)}](?{address})  \n  {markdown_text(purpose)}")
    with st.expander("Start from an example"):
        st.markdown("\n".join(lines))


def _options(catalog: Catalog, *, named: Sequence[str]) -> dict[str, Any]:
    """The options of the catalogue, and those hosted models that the address names (api:<provider>/<model>)."""
    known = {**catalog.machines, **catalog.clouds, **catalog.apis}
    names = [*known, *(option for option in named if option not in known)]
    default = [option for option in Scenario.model_fields["options"].default if option in names]
    chosen = st.pills(
        "Options compared",
        names,
        default=default,
        selection_mode="multi",
        key="options",
        bind="query-params",
        wrap=True,
        help="Machines to buy, machines to rent and hosted APIs, by their catalogue names. At most twelve. Any other "
        "hosted model: add options=api:<provider>/<model> to the address.",
    )
    title = st.text_input(
        "Name of this scenario",
        value=Scenario.model_fields["name"].default,
        max_chars=120,
        key="name",
        bind="query-params",
        help="Stands in the exports.",
    )
    if not chosen:
        st.warning("Choose at least one option. Until then, the page compares the default options.")
    return {"options": tuple(chosen or default), "name": title}


def _widget(knob: Knob, *, catalog: Catalog, link_values: Mapping[str, Any]) -> Any:
    annotation = Scenario.model_fields[knob.name].annotation
    if knob.name == "model":
        return _choice(knob, [*catalog.models, ANOTHER_SIZE])
    if choices := _choices_of(annotation):
        return _choice(knob, choices)
    if annotation is str:
        return st.text_input(
            _label(knob),
            value=knob.default,
            key=knob.name,
            help=knob.help,
            bind="query-params",
            max_chars=20,
            on_change=note_typed,
            args=(knob.name,),
        )
    if knob.shown == _PERCENT or knob.name in _SLIDER_ENDS:
        return _slider(knob, link_values=link_values)
    number = int if annotation is int else float
    return st.number_input(
        _label(knob),
        min_value=number(knob.low),
        max_value=number(knob.high),
        value=number(knob.default),
        step=number(knob.step) or None,
        format=None if number is int else "%g",
        key=knob.name,
        help=knob.help,
        bind="query-params",
        on_change=note_typed,
        args=(knob.name,),
    )


def _choices_of(annotation: Any) -> list[str | int]:
    """What a field of words takes: its words, then the numbers of machines where it may be a number too; else empty."""
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if not any(get_origin(part) is Literal for part in get_args(annotation)):
        return []
    choices: list[str | int] = []
    for part in get_args(annotation):
        choices += range(1, MOST_MACHINES + 1) if part is int else get_args(part)
    return choices


def _choice(knob: Knob, choices: Sequence[str | int]) -> str | int:
    index = choices.index(knob.default) if knob.default in choices else 0
    return st.selectbox(
        _label(knob),
        choices,
        index=index,
        key=knob.name,
        help=knob.help,
        bind="query-params",
        on_change=note_typed,
        args=(knob.name,),
    )


def _slider(knob: Knob, *, link_values: Mapping[str, Any]) -> float:
    low, high = _SLIDER_ENDS.get(knob.name, (knob.low, knob.high))
    if not low <= link_values.get(knob.name, knob.default) <= high:
        low, high = knob.low, knob.high
    return st.slider(
        _label(knob, percent=knob.shown == _PERCENT),
        min_value=float(low),
        max_value=float(high),
        value=float(knob.default),
        step=knob.step / knob.shown,
        format="percent" if knob.shown == _PERCENT else _SLIDER_FORMATS.get(knob.unit, "%g"),
        key=knob.name,
        help=knob.help,
        bind="query-params",
        on_change=note_typed,
        args=(knob.name,),
    )


def _label(knob: Knob, *, percent: bool = False) -> str:
    unit = knob.unit.removeprefix("%").removeprefix("/") if percent else knob.unit
    text = f"per {unit}" if percent and unit else unit
    return f"{knob.label} ({text})" if text else knob.label
