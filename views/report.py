"""Downloads as buttons, and a permanent link."""

import streamlit as st

from calculator.catalog import Catalog
from calculator.decision.comparison import Comparison
from views.downloads import downloads
from views.link import write_link


def show_downloads(comparison: Comparison, *, catalog: Catalog) -> None:
    """Draw a button per file to take home, and the permanent link."""
    st.subheader("Take it with you", anchor=False)
    with st.container(horizontal=True):
        for file in downloads(comparison, catalog=catalog):
            st.download_button(
                file.label,
                file.content,
                file_name=file.file_name,
                mime=file.mime,
                on_click="ignore",
                key=file.key,
                help=file.says,
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
