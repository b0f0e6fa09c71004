"""The table of contents of the pages: load, ask, compute, show. `make run` serves them through server.py."""

from datetime import date
from pathlib import Path

import streamlit as st

from calculator import compare, load_catalog
from calculator.risk.monte_carlo import FULL_COUNT
from measurements.desk import PROBE_DEPTHS, PROBE_FORMATS, open_desk, visitors_may_only_look
from views.address import bring_back_address, keep_in_address, leave_address, typed_now
from views.ask import ask_primary, ask_rest, scenario_of, show_presets
from views.decision import show_charts, show_options, show_remarks, show_verdict
from views.evidence import show_assumptions
from views.link import catalog_with_own, read_link
from views.look import markdown_text
from views.measurement_parts import show_speed_sources
from views.measurements import show_measurements
from views.notices import show_notices
from views.report import show_downloads

st.set_page_config(
    page_title="Local LLM TCO", page_icon=str(Path(__file__).parent / "views" / "icon.png"), layout="wide"
)

stock = load_catalog()
desk = open_desk()


def decision() -> None:
    """The decision page: questions, verdict, charts, evidence and downloads."""
    bring_back_address()
    link = read_link({name: st.query_params.get_all(name) for name in st.query_params}, catalog=stock)
    catalog = catalog_with_own(link, stock)
    keep_in_address(link)

    st.title("Which hardware should serve our local language model?", anchor=False)
    st.markdown(
        "A Mac with unified memory, a PC with GPUs, a rented GPU or a hosted API: "
        "does it fit, how fast is it, what does it cost."
    )
    notices, verdict = st.container(), st.container()

    values = ask_primary(catalog, link_values=link.values)
    show_presets(catalog)
    with st.expander("Everything else you can change: options, demand, people, energy, money, time"):
        values |= ask_rest(catalog, link_values=link.values, answered=values)

    scenario, replaced = scenario_of(values | link.without_widget(), typed=typed_now(link, values))
    comparison = compare(scenario, catalog, desk.speeds(), as_of=date.today().isoformat(), draw_count=FULL_COUNT)

    with notices:
        show_notices(link, comparison, replaced=replaced)
        if problem := desk.problem():
            st.warning(f"No measurement is used: {markdown_text(problem)}")
    with verdict:
        show_verdict(comparison)
    show_options(comparison, catalog=catalog)
    show_speed_sources(comparison)
    show_charts(comparison)
    show_remarks(comparison)
    show_assumptions(comparison, catalog=catalog)
    show_downloads(comparison, catalog=catalog)


def measurements() -> None:
    """The measurements page: this server, its probes, imported files and the stored records."""
    leave_address()
    look_only = visitors_may_only_look(st.get_option("server.address"))
    show_measurements(desk, catalog=stock, probe_formats=PROBE_FORMATS, probe_depths=PROBE_DEPTHS, look_only=look_only)


st.navigation(
    [
        st.Page(decision, title="Decision", default=True, help="Which hardware to choose, and what it costs"),
        st.Page(
            measurements,
            title="Measurements",
            url_path="measurements",
            help="Measure this server, bring files, see what is stored",
        ),
    ],
    position="top",
).run()
