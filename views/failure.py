"""What a person reads when a page fails: a refusal in its own words, anything else as a reference into the log."""

import logging
import secrets

import streamlit as st

from calculator.errors import CalculatorError
from views.look import markdown_text


def say_what_failed(error: Exception) -> bool:
    """Show a refusal in its own words, and any other error as a reference into the log, without details."""
    if isinstance(error, CalculatorError):
        st.error(markdown_text(str(error)))
        return True
    reference = secrets.token_hex(4)
    logging.getLogger(__name__).error("page failed, reference %s", reference, exc_info=error)
    st.error(
        f"Something went wrong on this page; reload it. If it happens again, report reference {reference}: "
        "the server's log has the details."
    )
    return True
