"""The article's claims one by one, each with its verdict and one line of arithmetic; and a claim of one's own."""

from collections.abc import Iterable

import streamlit as st

from calculator.claims.audit import audit
from calculator.claims.finding import Finding
from calculator.claims.speed import SpeedClaim, audit_speed_claim
from calculator.errors import CalculatorError
from views.choices import words_of_choice
from views.look import markdown_text
from views.shell import Case
from views.turns import turn

TITLE = "Why I Dumped My RTX 4090 Farm for Apple Silicon"
_BADGES = {
    "holds": ":green-badge[holds]",
    "plausible": ":blue-badge[plausible]",
    "contradicted": ":orange-badge[contradicted]",
    "impossible": ":red-badge[impossible]",
    "no such thing": ":red-badge[no such thing]",
}
_HOLD = "hold"
_WORST_FIRST = tuple(_BADGES)[::-1]


def show_article(case: Case) -> None:
    """Draw how many claims hold, each of them, and the form for a claim of one's own."""
    with turn():
        findings = audit(case.catalog)
    counts = {verdict: sum(one.verdict == verdict for one in findings) for verdict in _WORST_FIRST}
    said = ", ".join(
        f"{count} {_HOLD if verdict == 'holds' and count != 1 else verdict}"
        for verdict, count in counts.items()
        if count
    )
    st.markdown(markdown_text(f"“{TITLE}” makes {len(findings)} claims that can be checked: {said}."))
    st.caption("Its money, with its own figures, is the example “As in the article: its money” on Decide.")
    _check_yours(case)
    for finding in sorted(findings, key=lambda one: _WORST_FIRST.index(one.verdict)):
        _show_finding(finding)


def _show_finding(finding: Finding) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f"{_BADGES[finding.verdict]} “{markdown_text(finding.quote)}”")
        st.caption(markdown_text(f"Checked: {finding.subject}"))
        st.markdown(markdown_text(finding.sentence))
        if finding.arithmetic:
            st.caption(markdown_text("; ".join(finding.arithmetic)))
        if finding.unless:
            st.caption(markdown_text(f"Unless {finding.unless}"))
        links = [
            f"[{markdown_text(source.title)}]({source.url})"
            if source.url.startswith("https://")
            else markdown_text(source.title)
            for source in finding.sources
        ]
        if links:
            st.caption("Sources: " + "; ".join(links))


@st.fragment
def _check_yours(case: Case) -> None:
    """Whether somebody's tokens a second can be, on a machine of the catalogue."""
    catalog, scenario = case.catalog, case.scenario
    with st.expander("Check a claim of yours: so many tokens a second", key="claim", on_change="rerun") as box:
        if not box.open:
            return
        machines = {**catalog.machines, **catalog.clouds}
        first = next((name for name in scenario.options if name in machines), "")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            machine = st.selectbox(
                "Machine",
                list(machines),
                index=_place(first, machines),
                format_func=lambda key: machines[key].name,
                key="claimed machine",
            )
            model = st.selectbox(
                "Model",
                list(catalog.models),
                index=_place(scenario.model, catalog.models),
                format_func=lambda key: catalog.models[key].name,
                key="claimed model",
            )
            runtime = catalog.runtime(machines[machine].runtime)
            bits = st.selectbox(
                "Bits",
                list(runtime.formats),
                index=_place(scenario.weight_class, runtime.formats),
                format_func=words_of_choice,
                key="claimed bits",
            )
            rate = st.number_input("Tokens a second", 0.1, 1e6, 22.0, key="claimed rate")
        try:
            found = audit_speed_claim(SpeedClaim(machine, model, runtime.formats[bits], float(rate)), catalog)
        except CalculatorError as error:
            st.markdown(markdown_text(str(error)))
            return
        st.markdown(f"{_BADGES[found.verdict]} {markdown_text(found.sentence)}")
        for step in found.arithmetic:
            st.caption(markdown_text(step))


def _place(wanted: str, among: Iterable[str]) -> int:
    """Where the scenario's own choice stands in a list; the first where it is not there."""
    names = list(among)
    return names.index(wanted) if wanted in names else 0
