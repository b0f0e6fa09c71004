"""A wait of minutes is said where nobody set a target for it, and only there."""

from dataclasses import replace

from calculator.decision.eligibility import Eligibility
from calculator.decision.unasked_wait import unasked_wait
from calculator.number import Range
from calculator.scenario.scenario import Scenario

OFF = Scenario(first_token_p95_target_s=0)
SLOW = Eligibility(
    first_token_p95_s=Range(2000.0, 2568.0, 3000.0, "s"), stream_tokens_per_s=Range(1.0, 1.72, 2.0, "tokens/s")
)


def test_wait_of_minutes_is_said_with_the_speed_of_the_answer() -> None:
    found = unasked_wait(SLOW, OFF)
    assert found is not None
    assert found.level == "warning"
    assert found.text == (
        "One person in twenty waits 42.8 minutes for the first word in the busiest hour, and an answer then grows by "
        "1.7 tokens a second. You set no target for that wait."
    )


def test_speed_of_the_answer_is_left_out_where_a_target_keeps_it() -> None:
    found = unasked_wait(SLOW, OFF.changed(stream_target_tokens_per_s=1))
    assert found is not None
    assert "tokens a second" not in found.text


def test_wait_is_not_said_where_a_target_keeps_it_or_it_is_short_unknown_or_endless() -> None:
    assert unasked_wait(SLOW, Scenario(first_token_p95_target_s=3000)) is None
    assert unasked_wait(replace(SLOW, first_token_p95_s=Range(100.0, 119.0, 300.0, "s")), OFF) is None
    assert unasked_wait(replace(SLOW, first_token_p95_s=Range(100.0, 120.0, 300.0, "s")), OFF) is not None
    assert unasked_wait(replace(SLOW, first_token_p95_s=None), OFF) is None
    endless = Range(9.0, float("inf"), float("inf"), "s")
    assert unasked_wait(replace(SLOW, first_token_p95_s=endless), OFF) is None
