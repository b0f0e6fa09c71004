"""Notices at the top of the page: one sentence for each value of the address that could not be used.

A notice stays while the address holds that value, or until a person closes it: a change of another value mends nothing.
Without them a shared link would show another number than its sender's unnoticed.
"""

from collections.abc import Mapping
from typing import cast

import streamlit as st

from calculator import Scenario
from calculator.decision.comparison import Comparison
from views.link import Link, measurements_remark, used_instead
from views.look import markdown_text

_KEY, _CLOSED = "sentences about the address", "closed notices"


def show_notices(link: Link, comparison: Comparison, *, scenario: Scenario, replaced: Mapping[str, str]) -> None:
    """Draw the notices about values that cannot be used, until each is set or they are closed; those about the link as a
    whole, until the person changes something; and those about contradictions.

    The session remembers for which scenario the person was told about the link, and which notices he has closed.
    """
    unusable = {name: text for name, text in used_instead(link, scenario).items() if name in link.problems}
    if _KEY not in st.session_state:
        measured = measurements_remark(link, measurements_hash=comparison.measurements_hash)
        st.session_state[_KEY] = (
            scenario.id(),
            {
                **{name: text for name, text in used_instead(link, scenario).items() if name not in unusable},
                **dict(enumerate(filter(None, (*link.stamp_remarks, measured)))),
            },
        )
    opened_with, sentences = cast("tuple[str, dict[str | int, str]]", st.session_state[_KEY])
    closed = cast("set[str]", st.session_state.setdefault(_CLOSED, set[str]()))
    open_ones = {name: link.problems[name] for name in unusable if link.problems[name] not in closed}
    notices: dict[str | int, str] = {
        **{name: unusable[name] for name in open_ones},
        **(sentences if sentences and opened_with == scenario.id() else {}),
        **replaced,
    }
    for sentence in notices.values():
        st.warning(markdown_text(sentence))
    if open_ones:
        label = "Close this notice" if len(open_ones) == 1 else "Close the notices about values that cannot be used"
        st.button(label, key="close notices", on_click=closed.update, args=(set(open_ones.values()),))
