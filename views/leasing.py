"""Lease or buy: a lease offer for one machine, judged at what debt costs."""

import streamlit as st

from calculator import Scenario
from calculator.analysis.lease_or_buy import lease_or_buy
from calculator.catalog.options import Machine
from calculator.risk.candidates import Candidates
from calculator.scenario.own_figures import MOST_USD
from views.address import put
from views.look import markdown_text, usd
from views.shell import Case
from views.turns import turn

_MACHINE, _MONTHLY, _BUYOUT = "lease machine", "lease monthly", "lease buyout"


def show_leasing(candidates: Candidates, case: Case) -> None:
    """Draw what each lease of the scenario is worth against buying, and a form for an offer."""
    scenario = case.scenario
    own = {one.option.id: one for one in candidates if isinstance(one.option, Machine)}
    if not own:
        return
    st.subheader("Lease or buy", anchor=False)
    for name, lease in scenario.leases.items():
        if name in own:
            with turn():
                found = lease_or_buy(candidates.under(scenario), own[name])
            better = "leasing is better" if found.net_advantage_usd > 0 else "buying is better"
            rate = f"; the lessor earns {found.implied_rate:.1%} a year" if found.implied_rate is not None else ""
            text = f"{own[name].option.name} at {usd(lease.usd_per_month)} a month: {better} by {usd(abs(found.net_advantage_usd))}, at a cost of debt of {scenario.debt_rate:.1%} a year{rate}.".replace(
                "%", " %"
            )
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(markdown_text(text), width="stretch")
                st.button("Remove the lease", key=f"no lease {name}", on_click=_take_out, args=(scenario, name))
            st.caption(
                f"Your case now leases it instead of buying it, on every page, until you remove the lease. Here both "
                f"are discounted at what debt costs you, {scenario.debt_rate:.1%}; the totals of the pages at your "
                f"discount rate, {scenario.discount_rate:.1%}.".replace("%", " %")
            )
    offered = {key: one.option.name for key, one in own.items() if key not in scenario.already_own_usd}
    with st.form("lease", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Machine", list(offered), format_func=lambda key: offered[key], key=_MACHINE)
        st.number_input("Rate ($ a month)", min_value=0.0, max_value=MOST_USD, value=None, format="%g", key=_MONTHLY)
        st.number_input(
            "Price at the end ($)",
            min_value=0.0,
            max_value=MOST_USD,
            value=None,
            format="%g",
            key=_BUYOUT,
            placeholder="it goes back",
            help="What you pay to keep it. Empty: it goes back.",
        )
        st.form_submit_button("Compare with buying", on_click=_take, args=(scenario,))


def _take(scenario: Scenario) -> None:
    state = st.session_state
    if state[_MACHINE] is None or state[_MONTHLY] is None:
        st.toast("Enter the monthly rate to compare the lease with buying.")
        return
    lease = {"usd_per_month": float(state[_MONTHLY])}
    if state[_BUYOUT] is not None:
        lease["buyout_usd"] = float(state[_BUYOUT])
    put({"leases": {**_there(scenario), state[_MACHINE]: lease}})


def _take_out(scenario: Scenario, name: str) -> None:
    put({"leases": {key: lease for key, lease in _there(scenario).items() if key != name}})


def _there(scenario: Scenario) -> dict[str, dict[str, float]]:
    return scenario.model_dump(mode="json", exclude_none=True)["leases"]
