"""The table of contents of the pages: load, ask, compute, show. `make run` serves them through server.py."""

from pathlib import Path

import streamlit as st

from calculator import load_catalog
from measurements.desk import PROBE_DEPTHS, PROBE_FORMATS, open_desk
from measurements.visitors import why_only_look
from views.address import follow_address
from views.decide import show_decide
from views.fit import show_fit
from views.measurements import show_measurements
from views.navigation import show_phone_navigation
from views.shell import answer_of, read_case, show_case_line
from views.sources import show_sources
from views.what_if import show_what_if

st.set_page_config(
    page_title="Local LLM TCO", page_icon=str(Path(__file__).parent / "views" / "icon.png"), layout="wide"
)

stock = load_catalog()
look_only = why_only_look(address=st.get_option("server.address"), headers=st.context.headers)
desk = open_desk(look_only)


def decide() -> None:
    """Which hardware to choose: verdicts, options, charts, and what to know before one signs."""
    show_decide(stock, speeds=desk.speeds, problem=desk.problem(), look_only=look_only)


def fit() -> None:
    """Does it fit, how fast is it for one and for many, at which bits, and on which other machine."""
    show_fit(stock, speeds=desk.speeds, own_model=desk.own_model, look_only=look_only)


def what_if() -> None:
    """What flips the answer, how far each input moves it, who wins where, and what changed it."""
    show_what_if(stock, speeds=desk.speeds)


def sources() -> None:
    """Where every figure comes from, how good the predictions are, what the article got wrong, and the method."""
    show_sources(stock, speeds=desk.speeds)


def measurements() -> None:
    """This server, its probes, imported files and the stored records."""
    case = read_case(stock)
    comparison = answer_of(case, desk.speeds())
    show_case_line(case, comparison)
    show_measurements(
        desk,
        catalog=stock,
        probe_formats=PROBE_FORMATS,
        probe_depths=PROBE_DEPTHS,
        look_only=look_only,
        comparison=comparison,
    )


pages = [
    st.Page(decide, title="Decide", default=True, help="Which hardware to choose, and what it costs"),
    st.Page(fit, title="Fit & speed", url_path="fit", help="Memory and speed of each option, and of every machine"),
    st.Page(what_if, title="What if", url_path="what-if", help="What flips the answer, and what moves it"),
    st.Page(sources, title="Sources", url_path="sources", help="Every figure with its source, the article, the method"),
    st.Page(
        measurements,
        title="Measurements",
        url_path="measurements",
        help="Measure this server, bring files, see what is stored",
    ),
]
page = st.navigation(pages, position="top")
follow_address(page.url_path)
show_phone_navigation(pages)
page.run()
