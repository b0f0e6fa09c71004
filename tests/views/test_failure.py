"""A refusal is shown in its own words; any other error is a reference that the log explains."""

import logging
import re

import pytest
from streamlit.testing.v1 import AppTest


def _refused() -> None:
    from calculator.errors import CalculatorError
    from views.failure import say_what_failed

    assert say_what_failed(CalculatorError("wage_usd_per_h is -1.0; it must lie in 0..1000."))


def _failed() -> None:
    from views.failure import say_what_failed

    assert say_what_failed(KeyError("/home/anna/secret"))


def test_refusal_is_shown_in_its_own_words() -> None:
    [shown] = AppTest.from_function(_refused).run().error
    assert "must lie in 0..1000" in shown.value


def test_other_error_shows_a_reference_and_the_log_has_the_details(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        [shown] = AppTest.from_function(_failed).run().error
    reference = re.search(r"reference ([0-9a-f]{8}):", shown.value)
    assert reference is not None
    assert "anna" not in shown.value
    assert reference[1] in caplog.text
    assert "anna" in caplog.text
