"""Two folded tools of the Fit & speed page: memory of a fine-tuning, and of a vector index beside the model."""

from typing import Any, cast

import streamlit as st

from calculator.catalog.deployment import HostSettings, format_on
from calculator.catalog.hardware import hardware_of
from calculator.decision.memory_words import not_loaded
from calculator.physics.memory.finetuning import TrainingStep, finetune_fit
from calculator.physics.memory.spare_words import spare_words
from calculator.physics.memory.vector_index import IndexKind, index_bytes
from calculator.service.capability import scenario_model
from calculator.units import BYTES_PER_GB
from views.address import put_button
from views.drawing import draw_small_table, show_reasons
from views.fit_boxes import machines
from views.look import gb
from views.shell import Case

_INDEXES = {"flat": "Flat: every vector", "hnsw": "HNSW: graph of neighbours", "ivf-pq": "IVF-PQ: compressed"}
_NUMBERS = {4.0: "32 bits", 2.0: "16 bits", 1.0: "8 bits"}


def show_tools(case: Case) -> None:
    """Draw both tools, folded; they hold no widgets while shut."""
    tuning = st.expander("Would fine-tuning fit?", key="tuning", on_change="rerun")
    if tuning.open:
        with tuning:
            _show_tuning(case)
    index = st.expander("How large is a vector index?", key="index", on_change="rerun")
    if index.open:
        with index:
            _show_index(case)


@st.fragment
def _show_tuning(case: Case) -> None:
    with st.container(horizontal=True):
        rank = st.number_input("Rank of the adapters", 1, 512, 16, key="rank")
        tokens = st.number_input("Tokens of one example", 64, 131_072, 2_048, step=256, key="example tokens")
        count = st.number_input("Examples per step", 1, 256, 1, key="examples per step")
    packed = st.toggle("Weights stay in 4 bits (QLoRA)", value=True, key="packed")
    step = TrainingStep(sequence_tokens=int(tokens), batch_count=int(count), rank=int(rank))
    catalog, scenario = case.catalog, case.scenario
    model = scenario_model(scenario, catalog)
    rows: list[dict[str, Any]] = []
    reasons: list[tuple[str, str]] = []
    for option in machines(scenario, catalog):
        runtime = catalog.runtime(option.runtime)
        bits = "4-bit" if packed else "16-bit"
        if bits not in runtime.formats:
            rows.append(_untrained(option.name, f"no: {not_loaded(bits)}"))
            reasons.append((option.name, f"{runtime.name} has no {bits} format."))
            continue
        fit = finetune_fit(
            model,
            hardware=hardware_of(option, chips=catalog.chips),
            format=format_on(runtime, catalog.format(runtime.formats[bits]), catalog=catalog),
            step=step,
            host=HostSettings(second_tenant_gb=scenario.second_tenant_gb, wired_limit_gb=scenario.macos_wired_limit_gb),
            catalog=catalog,
        )
        rows.append(
            {
                "Option": option.name,
                "Fits": "yes" if fit.fits else f"no: {gb(-fit.headroom_bytes)} short",
                "Needs": gb(fit.peak_bytes),
                "Training may use": gb(fit.usable_bytes),
                "Spare": f"{gb(fit.headroom_bytes)}{spare_words(fit) if fit.fits else ''}",
                "Trained parameters": f"{fit.trainable_parameters / 1e6:,.0f} million",
            }
        )
    draw_small_table(rows, alt="Memory of one training step on each option")
    show_reasons(reasons)


def _untrained(name: str, why: str) -> dict[str, Any]:
    """The row of a machine on which nothing is trained so, with the reason."""
    unknown = dict.fromkeys(("Needs", "Training may use", "Spare", "Trained parameters"), "-")
    return {"Option": name, "Fits": why, **unknown}


@st.fragment
def _show_index(case: Case) -> None:
    with st.container(horizontal=True):
        count = st.number_input("Vectors (chunks of text)", 0, 10_000_000_000, 1_000_000, step=100_000, key="vectors")
        dimensions = st.number_input("Dimensions", 1, 65_536, 1_024, step=128, key="dimensions")
        kind = st.selectbox("Index", list(_INDEXES), format_func=lambda key: _INDEXES[key], key="index kind")
        size: float = next(iter(_NUMBERS))
        if kind != "ivf-pq":  # it keeps codes, whatever the numbers were
            size = st.selectbox("Numbers in", list(_NUMBERS), format_func=lambda key: _NUMBERS[key], key="number size")
        text = st.number_input("Text kept beside each (bytes)", 0, 1_000_000, 1_000, step=500, key="payload")
    needed = index_bytes(
        int(count),
        dimension_count=int(dimensions),
        index=cast(IndexKind, kind),
        number_bytes=float(size),
        payload_bytes=float(text),
    )
    gigabytes = round(needed / BYTES_PER_GB, 1)
    st.markdown(f"It takes **{gigabytes:,.1f} GB** of memory beside the model.")
    put_button("Count it in the scenario", {"second_tenant_gb": min(gigabytes, 1000.0)})
