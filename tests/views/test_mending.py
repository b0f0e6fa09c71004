"""A mending click removes the reason that it stands beside, whatever else is wrong."""

from typing import Any

import pytest

from calculator import Scenario
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.decision.eligibility import Reason
from tests.views.pages import CATALOG
from views.mending import mending

OPTIONS = (
    *("mac-studio-m5-ultra-96", "mac-mini-m6-32", "dual-rtx-4090-am5", "dgx-spark"),
    *("framework-desktop-strix-halo-128", "cloud-h100", "cloud-2x-rtx-4090", "api-same-model"),
)
CASES: dict[str, dict[str, Any]] = {
    "8 bits": {"weight_class": "8-bit"},
    "16 bits": {"weight_class": "16-bit"},
    "far too large": {"model": "kimi-k3"},
    "one machine, much work": {"machine_count": 1, "requests_per_working_day": 20_000},
    "one machine of one kind": {"machine_counts": {"dual-rtx-4090-am5": 1}, "requests_per_working_day": 20_000},
    "a year of outages": {"availability_fraction": 0.9},
    "nothing leaves the house": {"leaves_house_fraction_max": 0.0},
    "the rest is bought, little may leave": {
        "machine_count": 1,
        "requests_per_working_day": 20_000,
        "when_full": "buy-from-api",
        "leaves_house_fraction_max": 0.1,
    },
    "first word at once": {"first_token_p95_target_s": 0.5},
    "first word soon, one machine": {
        "first_token_p95_target_s": 8,
        "machine_count": 1,
        "requests_per_working_day": 2_000,
    },
    "fast stream": {"stream_target_tokens_per_s": 100},
    "short answers": {"answer_p95_target_s": 10},
    "everything at once": {
        "first_token_p95_target_s": 1,
        "stream_target_tokens_per_s": 60,
        "answer_p95_target_s": 8,
        "leaves_house_fraction_max": 0.0,
        "machine_count": 1,
        "requests_per_working_day": 5_000,
    },
}
MENDED = {
    *("does-not-fit", "overloaded-at-peak", "unserved", "leaves-the-house"),
    *("first-token-too-slow", "stream-too-slow", "answer-too-slow"),
}


def answer(scenario: Scenario) -> Comparison:
    return compare(scenario, CATALOG, draw_count=0, with_turns=False)


def mends(case: str) -> list[tuple[str, Reason, dict[str, Any] | None]]:
    scenario = Scenario.parse({**CASES[case], "options": OPTIONS})
    return [
        (option.id, reason, mending(reason, option, scenario))
        for option in answer(scenario).options
        for reason in option.eligibility.reasons
    ]


@pytest.mark.parametrize("case", CASES)
def test_change_of_a_click_removes_its_reason(case: str) -> None:
    scenario = Scenario.parse({**CASES[case], "options": OPTIONS})
    for option, reason, change in mends(case):
        if change is not None:
            mended = answer(scenario.changed(**change["put"]))[option]
            assert reason.code not in [left.code for left in mended.eligibility.reasons], (option, change)


def test_cases_hold_every_reason_that_a_click_can_mend() -> None:
    assert {reason.code for case in CASES for _, reason, change in mends(case) if change} == MENDED


@pytest.mark.parametrize("case", ["a year of outages", "nothing leaves the house", "fast stream", "short answers"])
def test_few_clicks_make_an_option_able(case: str) -> None:
    for option in ("mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "framework-desktop-strix-halo-128", "cloud-h100"):
        scenario = Scenario.parse({**CASES[case], "options": OPTIONS})
        for _ in range(3):  # behind one target that is missed another may wait
            found = answer(scenario)[option]
            if found.eligible:
                break
            change = mending(found.eligibility.reasons[0], found, scenario)
            assert change is not None
            scenario = scenario.changed(**change["put"])
        assert answer(scenario)[option].eligible


def test_label_says_what_the_click_will_do() -> None:
    labels = {change["label"] for case in CASES for _, _, change in mends(case) if change}
    for beginning in (
        "Use 4-bit weights here",
        "Take as many machines",
        "Allow all work to leave",
        "Allow a wait of 2.0 s",
    ):
        assert any(label.startswith(beginning) for label in labels), beginning


def test_fewer_bits_for_one_option_leave_those_of_the_others() -> None:
    scenario = Scenario.parse({"weight_class": "8-bit", "weight_classes": {"dgx-spark": "4-bit"}, "options": OPTIONS})
    option = answer(scenario)["dual-rtx-4090-am5"]
    (reason,) = option.eligibility.reasons
    change = mending(reason, option, scenario)
    assert change is not None
    assert change["put"]["weight_classes"] == {"dgx-spark": "4-bit", "dual-rtx-4090-am5": "4-bit"}


def test_work_left_undone_for_want_of_speed_is_not_called_an_outage() -> None:
    scenario = Scenario.parse({**CASES["first word soon, one machine"], "options": OPTIONS})
    option = answer(scenario)["dgx-spark"]
    by_code = {reason.code: mending(reason, option, scenario) for reason in option.eligibility.reasons}
    assert "unserved" in by_code
    assert by_code["unserved"] is None


def test_machine_that_is_far_too_small_offers_no_click() -> None:
    found = [change for _, reason, change in mends("far too large") if reason.code == "does-not-fit"]
    assert found
    assert not any(found)


def test_wait_beyond_what_the_field_can_hold_is_no_target_at_all() -> None:
    """Prompts of a hundred thousand tokens wait for hours on a small machine: the page once failed on that mend."""
    scenario = Scenario.parse({"prompt_tokens": 98_304, "retrieved_tokens": 0, "options": OPTIONS})
    found = [
        (reason, mending(reason, option, scenario))
        for option in answer(scenario).options
        for reason in option.eligibility.reasons
    ]
    assert found
    for _, change in found:
        if change is not None:
            scenario.changed(**change["put"])
