"""Which model fits on which machine: all models of the catalogue against the compared machines; a click chooses."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from calculator.catalog.deployment import Deployment, HostSettings, Workload, format_on
from calculator.catalog.hardware import hardware_of
from calculator.catalog.models import LanguageModel, WeightClass
from calculator.catalog.options import CloudOffer, Machine
from calculator.decision.can_do import can_do_sentence, can_do_text
from calculator.decision.compare import compare
from calculator.decision.comparison import OptionResult
from calculator.decision.memory_words import memory_short, not_loaded
from calculator.errors import CalculatorError
from calculator.physics.memory.memory_fit import MemoryFit, memory_fit
from calculator.service.capability import BEST_THAT_FITS, MOST_BITS_FIRST
from calculator.units import BYTES_PER_GB, plain_number
from views.address import put_button
from views.drawing import draw_small_table, show_reasons
from views.fit_boxes import answered, machines
from views.fit_curves import Measured
from views.live_component import live_component
from views.look import markdown_text
from views.shell import Case
from views.turns import turn

_KEY = "fit matrix"
_COMPONENT = "matrix"


@st.fragment
def show_fit_matrix(case: Case, measured: Measured) -> None:
    """Draw the table; a click on a row says whether each machine does the job with that model, and offers to take it."""
    st.subheader("Which models fit?", anchor=False)
    with turn():
        rows = matrix(case)
    if not rows:
        st.markdown("No machine is compared, so there is no memory to fill.")
        return
    chosen = str(st.session_state.get(_KEY, {}).get("model") or "")
    chosen = chosen if chosen in rows else ""
    live_component(_COMPONENT)(key=_KEY, data=_data(case, rows, chosen=chosen), on_model_change=_seen)
    people, other = case.scenario.concurrent_request_count, case.scenario.second_tenant_gb
    held = "one person" if people == 1 else f"{people} people at once"
    beside = f", beside {plain_number(other)} GB of other software" if other else ""
    st.caption(
        f"Spare memory of one machine that serves {held}, at the bits and context you chose{beside}. "
        "Select a model to see below the table which machines are fast enough for it and why others are not; from there "
        "you can take it to Decide. On a narrow screen, scroll sideways to see all machines."
    )
    if not chosen:
        return
    _show_chosen(case, measured, model=chosen)
    if chosen != case.scenario.model:
        put_button(f"Decide on {case.catalog.model(chosen).name}", {"model": chosen})


def _data(case: Case, rows: Mapping[str, Mapping[str, str]], *, chosen: str) -> dict[str, Any]:
    """What the table shows: the heads, and by model its id, its name and its cells in the order of the heads."""
    return {
        "alt": "Gigabytes that each model leaves free on each machine, or why it does not fit",
        "heads": ["Model", *(name.replace(" GB", "\N{NO-BREAK SPACE}GB") for name in next(iter(rows.values())))],
        "rows": [
            {"model": model, "name": case.catalog.model(model).name, "cells": list(row.values())}
            for model, row in rows.items()
        ],
        "chosen": chosen,
    }


def _seen() -> None:
    """The table's state is read where it is drawn; without a callback it would not be kept."""


def _show_chosen(case: Case, measured: Measured, *, model: str) -> None:
    name = case.catalog.model(model).name
    try:
        with turn():
            found = answers_of_model(case, measured, model=model)
    except CalculatorError as error:
        st.markdown(markdown_text(str(error)))
        return
    draw_small_table(
        [{"Option": option, "Can it do the job?": can_do_text(answer)} for option, answer in found],
        alt=f"Whether each machine does the job with {name}",
    )
    show_reasons((option, can_do_sentence(answer)) for option, answer in found)


def answers_of_model(case: Case, measured: Measured, *, model: str) -> list[tuple[str, OptionResult]]:
    """Each machine by name and its answer with this model: whether it does the job, and if not, why."""
    found = compare(case.scenario.changed(model=model), case.catalog, measured, draw_count=0, with_turns=False)
    return [(box.name, option) for box, option in answered(found, case.catalog, measured)]


def matrix(case: Case) -> dict[str, dict[str, str]]:
    """By model, for each machine by name, the memory to spare or why it does not fit; largest model first."""
    boxes = machines(case.scenario, case.catalog)
    models = sorted(case.catalog.models.values(), key=lambda one: -one.parameter_count())
    return {model.id: {option.name: _cell(option, model, case) for option in boxes} for model in models if boxes}


def _cell(option: Machine | CloudOffer, model: LanguageModel, case: Case) -> str:
    """'12.3 GB spare', or no with what is missing; of the best bits that fit, the first that do."""
    asked = case.scenario.weight_class_of(option.id)
    runtime = case.catalog.runtime(option.runtime)
    known: list[WeightClass] = [bits for bits in MOST_BITS_FIRST if bits in runtime.formats]
    classes: list[WeightClass] = known if asked == BEST_THAT_FITS else [bits for bits in known if bits == asked]
    if not classes:
        return f"no: {not_loaded(asked)}"
    fits = (_fit(option, model, bits, case=case) for bits in classes)
    last: MemoryFit | None = None
    for last in fits:
        if last.fits:
            return f"{last.headroom_bytes / BYTES_PER_GB:,.1f} GB spare"
    assert last is not None
    return f"no: {memory_short(last)}"


def _fit(option: Machine | CloudOffer, model: LanguageModel, bits: WeightClass, *, case: Case) -> MemoryFit:
    scenario, catalog = case.scenario, case.catalog
    runtime = catalog.runtime(option.runtime)
    deployment = Deployment(
        model,
        format=format_on(runtime, catalog.format(runtime.formats[bits]), catalog=catalog),
        runtime=runtime,
        hardware=hardware_of(option, chips=catalog.chips),
        split=option.split,
        host=HostSettings(second_tenant_gb=scenario.second_tenant_gb, wired_limit_gb=scenario.macos_wired_limit_gb),
    )
    workload = Workload(
        prompt_tokens=scenario.input_tokens(),
        context_tokens=scenario.context_tokens(),
        batch_count=scenario.concurrent_request_count,
    )
    return memory_fit(deployment, workload, catalog=catalog)
