"""Widgets of the rarer fields of the scenario, built from each field's own metadata; what is entered goes into the
address."""

from typing import Any

import streamlit as st

from calculator import Scenario
from calculator.scenario.scenario import Knob, knobs
from views.address import put
from views.choices import choices_of, words_of_choice
from views.decide_form import FIELDS_BESIDE
from views.own_machine import ask_own_machine
from views.shell import Case
from views.usage_log import ask_usage_log

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
_BY_THE_SWITCH = ("money", "labour")


def ask_rest(case: Case, *, look_only: str = "") -> None:
    """Draw every field that has no control beside the answer, one tab per section.

    `look_only`: why a visitor may bring no usage log; empty where he may.
    """
    rest = [knob for name, knob in knobs().items() if name not in (*FIELDS_BESIDE, *_BY_THE_SWITCH)]
    if case.scenario.model != "another-size":
        rest = [knob for knob in rest if knob.name != "another_size_b"]
    sections = ["options", *dict.fromkeys(knob.section for knob in rest)]
    for section, tab in zip(sections, st.tabs([SECTION_TITLES[section] for section in sections]), strict=True):
        with tab:
            if section == "options":
                _ask_name(case.scenario)
                ask_own_machine(case.catalog, scenario=case.scenario)
                continue
            with st.grid(3, min_column_width=240, gap="medium", vertical_alignment="bottom"):
                for knob in rest:
                    if knob.section == section:
                        _widget(knob, case.scenario)
            if section == "demand":
                ask_usage_log(look_only=look_only)


def _ask_name(scenario: Scenario) -> None:
    key = _shows("name", scenario.name)
    st.text_input(
        "Name of this scenario",
        max_chars=120,
        key=key,
        on_change=_take,
        args=("name", key),
        help="Stands in the files that you take home.",
    )


def _widget(knob: Knob, scenario: Scenario) -> None:
    annotation = Scenario.model_fields[knob.name].annotation
    value = getattr(scenario, knob.name)
    label = _label(knob)
    if choices := choices_of(annotation):
        key = _shows(knob.name, value)
        st.selectbox(
            label, choices, key=key, format_func=words_of_choice, args=(knob.name, key), help=knob.help, on_change=_take
        )
    elif annotation is str:
        key = _shows(knob.name, value)
        st.text_input(label, key=key, max_chars=20, args=(knob.name, key), help=knob.help, on_change=_take)
    else:
        number = int if annotation is int else float
        key = _shows(knob.name, number(round(value * knob.shown, 10)))
        st.number_input(
            label,
            min_value=number(knob.low * knob.shown),
            max_value=number(knob.high * knob.shown),
            step=number(knob.step) or None,
            format=None if number is int else "%g",
            key=key,
            args=(knob.name, key, knob.shown, number),
            help=knob.help,
            on_change=_take,
        )


def _shows(name: str, value: Any) -> str:
    """The key of a field's widget, which shows what the address means, whatever it showed before."""
    key = f"more {name}"
    st.session_state[key] = value
    return key


def _take(name: str, key: str, factor: float = 1, number: type[int] | type[float] | None = None) -> None:
    """What a person entered, in the scenario's own unit, into the address."""
    value = st.session_state[key]
    put({name: value if number is None else number(round(value / factor, 10))})


def _label(knob: Knob) -> str:
    unit = knob.unit
    return f"{knob.label} ({unit})" if unit and unit != knob.label.lower() else knob.label
