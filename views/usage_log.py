"""Demand from one's own usage log, brought on the page: it is counted here and not kept."""

import io
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import streamlit as st

from calculator.errors import CalculatorError
from calculator.scenario.usage_logs.demand_of import LogDemand, demand_of
from calculator.scenario.usage_logs.reading import read_usage
from calculator.units import digits
from views.address import put_button
from views.decide_form import label_of
from views.look import markdown_text
from views.uploading import ask_files

_FILE, _ZONE, _PER_DAY = "usage log", "usage zone", "usage per day"
_TYPES = ["csv", "json", "jsonl", "log", "txt"]


@st.fragment
def ask_usage_log(*, look_only: str) -> None:
    """Draw the upload; what the log says is listed, and a button makes it the scenario's demand.

    `look_only`: why a visitor may not upload; empty where he may.
    """
    if look_only:
        st.markdown(f":gray-badge[closed to visitors] {markdown_text(look_only)}")
        return
    st.markdown(
        "**From your own usage log.** Usage CSV of OpenAI or Anthropic, LiteLLM, sessions of Claude Code or Codex, OpenTelemetry spans, or a CSV of time, input, cached, output. Only counts are taken; the file is not kept."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        zone = st.selectbox("Time zone", zones(), key=_ZONE)
        per_day = st.number_input(
            "Requests a working day, where the log has none", min_value=0.0, value=None, format="%g", key=_PER_DAY
        )
    files = ask_files("Usage log", types=_TYPES, key=_FILE, most_mb=5)
    if not files:
        return
    file = files[0]
    try:
        found = demand_in(file.getvalue(), zone=zone, requests_per_day=per_day or None)
    except CalculatorError as error:
        st.error(markdown_text(str(error)))
        return
    for name, value in found.values.items():
        st.markdown(f"{markdown_text(label_of(name))}: **{markdown_text(_shown(value))}**")
    for remark in found.remarks:
        st.caption(markdown_text(remark))
    put_button("Use this demand", found.values)


def demand_in(content: bytes, *, zone: str, requests_per_day: float | None) -> LogDemand:
    """The demand of one log. Raises ScenarioError where it holds no usage, or none that a scenario can hold."""
    tally = read_usage(io.BytesIO(content), zone=ZoneInfo(zone))
    found = demand_of(tally, requests_per_day=requests_per_day)
    found.scenario()
    return found


def zones() -> list[str]:
    """Time zones by name, UTC first."""
    return ["UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))]


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "known for every hour of the week"
    return digits(value, 4) if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
