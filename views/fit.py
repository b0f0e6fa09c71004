"""The Fit & speed page: does it fit, how fast is it for one and for many, at which bits, and on which other machine."""

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from calculator import Catalog, Scenario
from calculator.decision.can_do import can_do_sentence, can_do_text
from calculator.decision.comparison import Comparison, OptionResult
from calculator.decision.eligibility import seconds_text
from calculator.decision.memory_words import memory_short, misfit, not_loaded
from calculator.decision.words import option_name
from calculator.physics.memory.memory_fit import MemoryFit
from calculator.physics.memory.spare_words import spare_words
from calculator.scenario.scenario import knobs
from calculator.service.capability import Capability
from calculator.units import digits, plain_number
from views.address import put
from views.charts.fit import Filled, memory_bars, speed_curves
from views.choices import choices_of, words_of_basis, words_of_choice
from views.decide_form import label_of
from views.drawing import draw_chart, draw_small_table, show_reasons
from views.fit_boxes import Box, answered, different_boxes, hosted_sentences, several_cards
from views.fit_curves import (
    Measured,
    capability,
    ladder,
    speed_by_context,
    speed_by_people,
    wait_by_prompt,
    widening_text,
)
from views.fit_frontier import show_frontier
from views.fit_matrix import show_fit_matrix
from views.fit_tools import show_tools
from views.look import gb, markdown_text
from views.money import is_ranked
from views.own_model import OwnModel, ask_own_model
from views.shell import Case, Speeds, answer_of, read_case, show_case_line
from views.turns import turn

_ASKED = (
    "model",
    "weight_class",
    "prompt_tokens",
    "retrieved_tokens",
    "answer_tokens",
    "concurrent_request_count",
    "second_tenant_gb",
)
_UNITS_TO_SAY = ("tokens", "GB")  # "People asking at once" says its own
_PEOPLE = (1, 2, 4, 8)
_OF_CURVE = {
    "People at once": speed_by_people,
    "Length of the context": speed_by_context,
    "First word by prompt": wait_by_prompt,
}
_CURVES = tuple(_OF_CURVE)


def show_fit(stock: Catalog, *, speeds: Speeds, own_model: OwnModel, look_only: str) -> None:
    """Draw the page; `own_model` reads an uploaded config.json, `look_only` says why a visitor may not bring one."""
    case, measured = read_case(stock), tuple(speeds())
    comparison = answer_of(case, measured)
    show_case_line(case, comparison)
    st.title("Does it fit, and how fast is it?", anchor=False)
    _ask(case)
    st.subheader("Every option at a glance", anchor=False)
    with turn():
        rows = answered(comparison, case.catalog, measured)
    _show_table(rows, comparison, case, measured)
    st.subheader("Does it fit in memory?", anchor=False)
    filled = [Filled(_name(box, option), option.memory) for box, option in rows if option.memory is not None]
    draw_chart(memory_bars(filled), key="memory_bars", alt=_memory_alt(filled))
    _show_curves(case, measured)
    _show_ladder(case, measured)
    show_fit_matrix(case, measured)
    show_frontier(case, comparison)
    ask_own_model(case, own_model, look_only=look_only)
    show_tools(case)


def _ask(case: Case) -> None:
    """The question itself: model, bits, lengths, people and other memory; what is entered goes into the address."""
    with st.grid(4, min_column_width=200, gap="small", vertical_alignment="bottom"):
        for name in _ASKED:
            _ask_one(name, case)
    total, scenario = case.scenario.context_tokens(), case.scenario
    reserved = (
        " because so many are reserved for each" if total > scenario.input_tokens() + scenario.answer_tokens else ""
    )
    st.caption(
        f"Prompt, retrieved text and answer make up the context of one request: memory is kept for {total:,} tokens"
        f"{reserved}."
    )


def _ask_one(name: str, case: Case) -> None:
    key, label = f"fit {name}", label_of(name)
    st.session_state[key] = getattr(case.scenario, name)
    annotation = Scenario.model_fields[name].annotation
    if name == "model":
        names = {key: model.name for key, model in case.catalog.models.items()}
        options = sorted({*names, case.scenario.model}, key=lambda one: names.get(one, "").lower())
        st.selectbox(
            label,
            options,
            format_func=lambda one: names.get(one, "Another size"),
            key=key,
            on_change=_take,
            args=(name, key),
        )
    elif choices := choices_of(annotation):
        st.selectbox(label, choices, key=key, format_func=words_of_choice, on_change=_take, args=(name, key))
    else:
        number = int if annotation is int else float
        knob = knobs()[name]
        st.number_input(
            f"{label} ({knob.unit})" if knob.unit in _UNITS_TO_SAY else label,
            min_value=number(knob.low),
            max_value=number(knob.high),
            step=number(knob.step),
            format=None if number is int else "%g",
            key=key,
            on_change=_take,
            args=(name, key),
        )


def _take(name: str, key: str) -> None:
    put({name: st.session_state[key]})


Rows = list[tuple[Box, OptionResult]]


def _show_table(found: Rows, comparison: Comparison, case: Case, measured: Measured) -> None:
    if not found:
        st.markdown("Only hosted APIs are compared: their memory and speed are the host's.")
        return
    with turn():
        rows = [_row(box, option, case, measured) for box, option in found]
    draw_small_table(rows, alt="Each option's memory, people it holds, first word and speeds")
    show_reasons((_name(box, option), _sentences(option)) for box, option in found)
    hosts = hosted_sentences(comparison, case.catalog)
    if hosts:
        st.markdown(markdown_text(" ".join(hosts)))
    other = case.scenario.second_tenant_gb
    beside = (
        f" The {plain_number(other)} GB of other software count in *Needs* where model and software share one memory, "
        "and *A model may use* is then for both: macOS limits only what the GPU takes, so both together may use more "
        "than a model alone. Beside cards the software lies in system RAM, as its column says, with the embedding "
        "table that llama.cpp keeps off the card."
        if other
        else ""
    )
    cards = several_cards(case.scenario, case.catalog)
    by_card = f" {cards}" if cards else ""
    st.caption(
        "Memory is for one machine and as many people as *Memory for* says: everyone you asked for, or as many as "
        f"fit. *A model may use* is what the system leaves for it and for software in the same memory.{beside}{by_card} "
        "Speeds are for each person while that many are being answered. Decide shows "
        "the mean of the busiest hour, when fewer are answered at most moments. A dash means that it does not hold that "
        "many, or that no number of machines does the job."
    )


def _name(box: Box, option: OptionResult) -> str:
    """The option with its number of machines; a part of a route by the route and its machine."""
    counted = option_name(option.name, machine_count=option.eligibility.machine_count if is_ranked(option) else None)
    return f"{box.name.removesuffix(option.name)}{counted}" if box.route else counted


def _row(box: Box, option: OptionResult, case: Case, measured: Measured) -> dict[str, Any]:
    memory, judged = option.memory, option.eligibility
    alone_now = capability(box.option, box.scenario, case.catalog, measured)
    row: dict[str, Any] = {
        "Option": _name(box, option),
        "Can it do the job?": can_do_text(option),
        "Memory for (people)": str(alone_now.concurrent_count) if memory and alone_now.concurrent_count else "-",
        "Needs": gb(memory.peak_bytes) if memory else "-",
        "A model may use": gb(memory.usable_bytes) if memory else "-",
        "Spare": f"{gb(memory.headroom_bytes)}{spare_words(memory) if memory.fits else ''}" if memory else "-",
    }
    if case.scenario.second_tenant_gb:
        row["Other software"] = _other_software(memory) if memory and memory.second_tenant_bytes else "-"
    alone = option.time_to_first_token
    row["First word, alone"] = seconds_text(alone.central) if alone else "-"
    wait = judged.first_token_p95_s
    row["First word, busy hour"] = (
        seconds_text(wait.central) if wait and math.isfinite(wait.central) else ("the queue grows" if wait else "-")
    )
    for people in _PEOPLE:
        found = capability(box.option, box.scenario, case.catalog, measured, concurrent_request_count=people)
        holds = found.runs and found.concurrent_count >= people and found.batch_decode is not None
        row[f"{people} at once, tokens/s"] = (
            f"{found.batch_decode.central / people:,.1f}" if holds and found.batch_decode else "-"
        )
    chosen = case.scenario.machine_count_of(option.id)
    row["Machines"] = str((judged.machine_count if is_ranked(option) else chosen) or "-")
    row["Speed is"] = words_of_basis(option.basis_of_speed)
    return row


def _other_software(memory: MemoryFit) -> str:
    """Where the other software lies."""
    beside = memory.second_tenant_beside_bytes
    return f"{gb(beside)} in system RAM" if beside else f"{gb(memory.second_tenant_bytes)}, part of Needs"


def _sentences(option: OptionResult) -> str:
    """Whether it does the job, and what shares its system RAM, for which the table's cells have no room."""
    said, memory = can_do_sentence(option), option.memory
    if memory is None or not memory.second_tenant_beside_bytes:
        return said
    table = memory.host_needed_bytes - memory.second_tenant_beside_bytes
    beside = f"The {gb(memory.second_tenant_beside_bytes)} of other software lie in system RAM"
    if table:
        beside += f", with {gb(table)} of the model (its embedding table)"
    there = memory.host_usable_bytes
    room = (
        "how much RAM it has is not known" if there is None else f"it has {gb(there)} for {'both' if table else 'it'}"
    )
    return f"{said} {beside}; {room}.".lstrip()


@st.fragment
def _show_curves(case: Case, measured: Measured) -> None:
    st.subheader("How fast, and where it gets slow", anchor=False)
    shown = st.segmented_control("Speed against", _CURVES, default=_CURVES[0], key="curve", required=True)
    scenario, catalog = case.scenario, case.catalog
    with turn():
        curves = _OF_CURVE[shown or _CURVES[0]](scenario, catalog, measured)
    if shown == _CURVES[1]:
        titles, target = (
            ("tokens before the answer", "tokens a second, one person"),
            scenario.stream_target_tokens_per_s,
        )
    elif shown == _CURVES[2]:
        titles, target = ("tokens to read", "seconds to the first word"), scenario.first_token_p95_target_s
    else:
        titles, target = ("people answered at once", "tokens a second for each"), scenario.stream_target_tokens_per_s
    if not curves:
        st.markdown("None of the options can run this model as asked.")
        return
    ends = "; ".join(
        f"{curve.name} {digits(curve.speeds[0].central, 3)} to {digits(curve.speeds[-1].central, 3)}"
        for curve in curves
    )
    draw_chart(
        speed_curves(curves, x_title=titles[0], y_title=titles[1], target=target or None, falls=shown != _CURVES[2]),
        key=f"curve {shown}",
        alt=f"{titles[1]} by {titles[0]}: {ends}",
    )
    thin = "" if shown == _CURVES[2] else "; it is a share of the speed, so it looks thin where the speed is low"
    st.caption(
        f"The band covers 8 in 10 such machines{thin}. Full dots were measured, hollow ones are estimated"
        + ("; the dashed line is your target." if target else ".")
        + widening_text(curves)
    )


@st.fragment
def _show_ladder(case: Case, measured: Measured) -> None:
    st.subheader("With more bits, or fewer", anchor=False)
    classes = [
        str(one) for one in choices_of(Scenario.model_fields["weight_class"].annotation) if one != "best-that-fits"
    ]
    with turn():
        found = ladder(case.scenario, case.catalog, measured, classes=classes)
    asked = case.scenario.concurrent_request_count
    boxes = different_boxes(case.scenario, case.catalog)
    rows = [
        {"Option": box.name} | {bits: _ladder_cell(found[box.key][bits], asked=asked) for bits in classes}
        for box in boxes
    ]
    if rows:
        draw_small_table(
            rows,
            alt="Whether each option holds the model at each number of bits, and how fast it then is",
        )
        st.caption(
            "Speeds are those of one answer alone. Spare or missing memory is for the number of people you asked for, or "
            "for as many as fit at these bits."
        )
        reasons = [(box.name, ladder_reasons(found[box.key])) for box in boxes]
        if any(text for _, text in reasons):
            with st.expander("Why not at these bits"):
                show_reasons(reasons)


def _ladder_cell(one: Capability, *, asked: int) -> str:
    """Speed and spare memory at these bits, or no with what is missing."""
    prediction = one.prediction
    if one.format is None or prediction is None:
        return f"no: {not_loaded(one.weight_class)}"
    if not prediction.memory.fits:
        return f"no: {memory_short(prediction.memory)}"
    speed = f"{prediction.decode.central:,.0f} tokens/s, " if prediction.decode else ""
    spare = f"{gb(prediction.memory.headroom_bytes)} spare"
    return f"{speed}{spare}{_fewer(one.concurrent_count, asked)}"


def ladder_reasons(found: Mapping[str, Capability]) -> str:
    """Why a machine does not run the model at some bits, for each of them; empty where it runs at every precision."""
    said: list[str] = []
    for bits, one in found.items():
        if one.format is None or one.prediction is None:
            said.append(f"{one.runtime.name} has no {bits} format.")
        elif not one.prediction.memory.fits:
            said.append(f"{bits} {misfit(one.prediction.memory)}.")
    return " ".join(said)


def _fewer(count: int, asked: int) -> str:
    """For how many people the memory is, where not all fit."""
    return f", memory for {count} of {asked} people" if count < asked else ""


def _memory_alt(filled: list[Filled]) -> str:
    parts = [f"{one.name} needs {gb(one.memory.peak_bytes)} of {gb(one.memory.usable_bytes)}" for one in filled]
    return f"Memory: {', '.join(parts)}." if parts else "No option holds the model in its own memory."
