"""Which model fits on which machine: all models of the catalogue against the compared machines; a click chooses."""

from typing import Any

import streamlit as st

from calculator.catalog.deployment import Deployment, HostSettings, Workload, format_on
from calculator.catalog.hardware import hardware_of
from calculator.physics.memory.memory_fit import memory_fit
from calculator.units import BYTES_PER_GB
from views.address import put_button
from views.drawing import draw_table
from views.fit_curves import boxes
from views.shell import Case
from views.turns import turn

_KEY = "fit matrix"
_HEIGHT_PX = 420


@st.fragment
def show_fit_matrix(case: Case) -> None:
    """Draw the table; a click on a row makes its model the scenario's."""
    st.subheader("Which models fit?", anchor=False)
    with turn():
        rows = matrix(case)
    if not rows:
        st.markdown("No machine is compared, so there is no memory to fill.")
        return
    order = list(rows)
    chosen = draw_table(
        [rows[model] for model in order],
        key=_KEY,
        alt="Gigabytes to spare of each model on each machine; negative: missing",
        height=_HEIGHT_PX,
        select=True,
    )
    people, other = case.scenario.concurrent_request_count, case.scenario.second_tenant_gb
    held = "one person" if people == 1 else f"all {people} people at once"
    beside = f", beside {other:g} GB of other software" if other else ""
    st.caption(
        f"Gigabytes that one machine has to spare for {held}, at the bits and the context asked for{beside}; with a minus: "
        "missing. Select a row to decide on that model."
    )
    if chosen is not None and order[chosen] != case.scenario.model:
        put_button(f"Decide on {rows[order[chosen]]['Model']}", {"model": order[chosen]})


def matrix(case: Case) -> dict[str, dict[str, Any]]:
    """By model: its name and, for each compared machine, the gigabytes to spare (negative: missing), largest first."""
    scenario, catalog = case.scenario, case.catalog
    host = HostSettings(second_tenant_gb=scenario.second_tenant_gb, wired_limit_gb=scenario.macos_wired_limit_gb)
    workload = Workload(
        prompt_tokens=scenario.input_tokens(),
        context_tokens=scenario.context_tokens(),
        batch_count=scenario.concurrent_request_count,
    )
    found: dict[str, dict[str, Any]] = {}
    machines = boxes(scenario, catalog)
    for model in sorted(catalog.models.values(), key=lambda one: -one.parameter_count()):
        row: dict[str, Any] = {"Model": model.name}
        for option in machines:
            runtime = catalog.runtime(option.runtime)
            bits = scenario.weight_class_of(option.id)
            bits = bits if bits in runtime.formats else next(iter(runtime.formats))
            deployment = Deployment(
                model,
                format=format_on(runtime, catalog.format(runtime.formats[bits]), catalog=catalog),
                runtime=runtime,
                hardware=hardware_of(option, chips=catalog.chips),
                split=option.split,
                host=host,
            )
            fit = memory_fit(deployment, workload, catalog=catalog)
            row[option.name] = round(fit.headroom_bytes / BYTES_PER_GB, 1)
        found[model.id] = row
    return found if machines else {}
