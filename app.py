"""The table of contents of the pages: load, ask, compute, show. `make run` serves them through server.py."""

from pathlib import Path

import streamlit as st

from calculator import load_catalog
from measurements.desk import PROBE_DEPTHS, PROBE_FORMATS, open_desk, visitors_may_only_look
from views.address import follow_address
from views.decide import show_decide
from views.measurements import show_measurements

st.set_page_config(
    page_title="Local LLM TCO", page_icon=str(Path(__file__).parent / "views" / "icon.png"), layout="wide"
)

stock = load_catalog()
desk = open_desk()


def decide() -> None:
    """Which hardware to choose: verdicts, options, charts, and what to know before one signs."""
    show_decide(stock, speeds=desk.speeds, problem=desk.problem())


def measurements() -> None:
    """This server, its probes, imported files and the stored records."""
    look_only = visitors_may_only_look(st.get_option("server.address"))
    show_measurements(desk, catalog=stock, probe_formats=PROBE_FORMATS, probe_depths=PROBE_DEPTHS, look_only=look_only)


page = st.navigation(
    [
        st.Page(decide, title="Decide", default=True, help="Which hardware to choose, and what it costs"),
        st.Page(
            measurements,
            title="Measurements",
            url_path="measurements",
            help="Measure this server, bring files, see what is stored",
        ),
    ],
    position="top",
)
follow_address(page.url_path)
page.run()
