"""Which value of the address could not be used? Said at the top of the page, in one sentence each.

Streamlit itself drops such values in silence and cleans the address, so a shared link would show another number unseen.
"""

from collections.abc import Mapping

import streamlit as st

from calculator import Scenario
from views.link import Link, used_instead
from views.look import markdown_text

_KEY = "sentences about the address"


def show_notices(link: Link, scenario: Scenario, *, replaced: Mapping[str, str]) -> None:
    """The sentences about this address, until the person changes something, and those about the widgets' own values.

    An address is read once, when the page opens: later runs of the page still see the first address. What was said then
    is kept (the one use of session state; no scenario value is), because the address itself has been cleaned since.
    """
    if _KEY not in st.session_state:
        st.session_state[_KEY] = (
            scenario.id(),
            {**used_instead(link, scenario), **dict(enumerate(link.stamp_remarks))},
        )
    opened_with, sentences = st.session_state[_KEY]
    said = sentences if opened_with == scenario.id() else {}
    for sentence in {**said, **replaced}.values():
        st.warning(markdown_text(sentence))
