"""One click that mends a reason why an option cannot do the job: a label, and the values that it sets."""

import math
from typing import Any

from calculator.decision.comparison import OptionResult
from calculator.decision.eligibility import Reason, seconds_text
from calculator.errors import ScenarioError
from calculator.scenario.scenario import Scenario, knobs

_ROOM = 1.1  # above the wait in the base case


def mending(reason: Reason, option: OptionResult, scenario: Scenario) -> dict[str, Any] | None:
    """The change of the scenario that the reason asks for; None where no single value that it can take would help."""
    change = _asked_for(reason, option, scenario)
    if change is None:
        return None
    try:
        scenario.changed(**change["put"])
    except ScenarioError:
        return None
    return change


def _asked_for(reason: Reason, option: OptionResult, scenario: Scenario) -> dict[str, Any] | None:
    if reason.code == "does-not-fit" and reason.mend.endswith(" weights fit."):
        fewer = reason.mend.removesuffix(" weights fit.")
        return _change(f"Use {fewer} weights here", weight_classes={**scenario.weight_classes, option.id: fewer})
    if reason.mend.endswith("of these machines.") and scenario.machine_count_of(option.id) is not None:
        others = {name: count for name, count in scenario.machine_counts.items() if name != option.id}
        return _change("Take as many machines as it needs", machine_count="auto", machine_counts=others)
    if reason.code == "leaves-the-house":
        return _change("Allow all work to leave the house", leaves_house_fraction_max=1.0)
    if reason.code == "unserved" and scenario.when_down == "lose" and len(option.eligibility.reasons) == 1:
        # with another reason beside it, work may be left undone for want of speed, which no repair of outages mends
        return _change("Buy from an API while it is down", when_down="buy-from-api")
    if reason.code == "first-token-too-slow":
        return _longer_wait(option)
    if reason.code == "stream-too-slow":
        return _change("Drop the target for the speed of an answer", stream_target_tokens_per_s=0)
    if reason.code == "answer-too-slow":
        return _change("Drop the target for the whole answer", answer_p95_target_s=0)
    return None


def _longer_wait(option: OptionResult) -> dict[str, Any] | None:
    wait = option.eligibility.first_token_p95_s
    if wait is None or not math.isfinite(wait.central):
        return _change("Drop the target for the first word", first_token_p95_target_s=0)
    seconds = math.ceil(wait.central * _ROOM)
    if seconds > knobs()["first_token_p95_target_s"].high:
        return _change("Drop the target for the first word", first_token_p95_target_s=0)
    return _change(f"Allow a wait of {seconds_text(seconds)}", first_token_p95_target_s=seconds)


def _change(label: str, **values: Any) -> dict[str, Any]:
    return {"label": label, "put": values}
