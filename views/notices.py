"""Notices at the top of the page: one sentence for each value of the address that could not be used.

Without them a shared link would show another number than its sender's unnoticed.
"""

from collections.abc import Mapping
from typing import cast

import streamlit as st

from calculator import Scenario
from calculator.decision.comparison import Comparison
from views.link import Link, measurements_remark, used_instead
from views.look import markdown_text

_KEY = "sentences about the address"


def show_notices(link: Link, comparison: Comparison, *, scenario: Scenario, replaced: Mapping[str, str]) -> None:
    """Draw the notices about the address, until the person changes something, and those about contradictions.

    The address keeps the value that could not be used; so the session remembers for which scenario the person was told.
    """
    if _KEY not in st.session_state:
        measured = measurements_remark(link, measurements_hash=comparison.measurements_hash)
        st.session_state[_KEY] = (
            scenario.id(),
            {**used_instead(link, scenario), **dict(enumerate(filter(None, (*link.stamp_remarks, measured))))},
        )
    opened_with, sentences = cast("tuple[str, dict[str | int, str]]", st.session_state[_KEY])
    notices: dict[str | int, str] = {**(sentences if opened_with == scenario.id() else {}), **replaced}
    for sentence in notices.values():
        st.warning(markdown_text(sentence))
