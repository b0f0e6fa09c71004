"""Downloads: the ledger as tidy and wide CSV, and a permanent link."""

from functools import partial

import streamlit as st

from calculator.decision.comparison import Comparison
from calculator.report.ledger_csv import tidy_csv, wide_csv
from views.link import write_link


def show_downloads(comparison: Comparison) -> None:
    """Draw the two CSV downloads and the permanent link."""
    st.subheader("Take it with you", anchor=False)
    stem = f"local-llm-tco-{comparison.scenario_id}"
    with st.container(horizontal=True):
        st.download_button(
            "Ledger as CSV, one row per payment",
            partial(tidy_csv, comparison),
            file_name=f"{stem}-tidy.csv",
            mime="text/csv",
            on_click="ignore",
            key="tidy_csv",
            help="For machines: every dated payment; the lines that begin with # restate the question.",
        )
        st.download_button(
            "Summary as CSV, by year",
            partial(wide_csv, comparison),
            file_name=f"{stem}-by-year.csv",
            mime="text/csv",
            on_click="ignore",
            key="wide_csv",
            help="For people: one row per option and cost line, one column per year.",
        )
    with st.expander("Permanent link"):
        st.caption(
            "It names every value, so it means the same after a default has changed, and says so when a price has."
        )
        st.code(permanent_link(comparison), language=None, wrap_lines=True)
    st.caption(
        f"Scenario {comparison.scenario_id} · catalogue {comparison.catalogue_hash} of {comparison.catalogue_compiled} "
        f"· prices as of {comparison.prices_as_of} · version {comparison.version}"
    )


def permanent_link(comparison: Comparison) -> str:
    """The address of this page with every value of the scenario."""
    base = (st.context.url or "").split("?")[0]
    address = write_link(
        comparison.scenario,
        catalogue_hash=comparison.catalogue_hash,
        prices_as_of=comparison.prices_as_of,
        measurements_hash=comparison.measurements_hash,
    )
    return f"{base}?{address}"
