"""Files to take home, and a permanent link."""

import streamlit as st

from calculator.catalog import Catalog
from calculator.decision.comparison import Comparison
from views.downloads import downloads
from views.link import write_link

_OPEN, _LINK = "take it with you", "permanent link"


def show_downloads(comparison: Comparison, *, catalog: Catalog) -> None:
    """Draw what can be taken home, and the permanent link."""
    show_files(comparison, catalog=catalog)
    link = st.expander("Permanent link", key=_LINK, on_change="rerun")
    if not link.open:  # what shows it is half a megabyte of a browser's first load
        return
    with link:
        st.code(permanent_link(comparison), language=None, wrap_lines=True)
        st.caption(
            "It names every value, so it means the same after a default has changed, and says so when a price has.  \n"
            f"Scenario {comparison.scenario_id} · catalogue {comparison.catalogue_hash} of "
            f"{comparison.catalogue_compiled} · prices as of {comparison.prices_as_of} · version {comparison.version}"
        )


def show_files(comparison: Comparison, *, catalog: Catalog) -> None:
    """Draw the files behind one button; they have their own buttons only while it is open."""
    files = st.popover("Take it with you", key=_OPEN, on_change="rerun", icon=":material/download:")
    if not files.open:
        return
    with files:
        for file in downloads(comparison, catalog=catalog):
            st.download_button(
                file.label,
                file.content,
                file_name=file.file_name,
                mime=file.mime,
                on_click="ignore",
                key=file.key,
                help=file.says,
                width="stretch",
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
