"""A long wait for which nobody set a target: an option that can do the job may still keep people waiting for minutes."""

import math

from calculator.decision.eligibility import LONG_S, Eligibility, seconds_text
from calculator.evidence import Remark
from calculator.scenario.scenario import Scenario


def unasked_wait(judged: Eligibility, scenario: Scenario) -> Remark | None:
    """A warning where the first word takes minutes in the busiest hour and no target is set; None elsewhere.

    It says how fast an answer then grows, where no target is set for that either.
    """
    wait, stream = judged.first_token_p95_s, judged.stream_tokens_per_s
    if scenario.first_token_p95_target_s or wait is None or wait.central < LONG_S:
        return None
    if not math.isfinite(wait.central):
        return None  # it cannot keep up, and its reason says so
    grows = ""
    if stream is not None and not scenario.stream_target_tokens_per_s and math.isfinite(stream.central):
        grows = f", and an answer then grows by {stream.central:,.1f} tokens a second"
    text = (
        f"One person in twenty waits {seconds_text(wait.central)} for the first word in the busiest hour{grows}. You "
        "set no target for that wait."
    )
    return Remark(code="wait-without-target", text=text, level="warning")
