"""All machines against a budget: nothing within the limits names the limits."""

from calculator import Scenario
from calculator.decision.choose import Wanted, choose
from tests.views.pages import CATALOG
from views.fit_frontier import nameless_text, none_within


def test_names_that_the_chart_has_no_room_for_are_said() -> None:
    assert nameless_text([]) == ""
    assert nameless_text(["Box"]) == " There is no room for the name of Box; the list below has it."
    assert "the name of Box, Mac and PC; the list below has them" in nameless_text(["Box", "Mac", "PC"])


def test_nothing_within_the_limits_names_every_limit_and_no_other() -> None:
    asked = Scenario(
        first_token_p95_target_s=5, answer_p95_target_s=90, stream_target_tokens_per_s=10, machine_count="auto"
    )
    every = none_within(choose(asked, CATALOG, wanted=Wanted(1000.0, 50.0)))
    assert every.startswith(
        "No machine to buy does this job: the budget is $1,000, it may draw 50 W at the wall, the first word must come "
        "within 5.0 s, the whole answer must come within 90 s and each person must get 10 tokens a second. "
    )
    free = asked.changed(first_token_p95_target_s=0, answer_p95_target_s=0, stream_target_tokens_per_s=0)
    said = none_within(choose(free, CATALOG, wanted=Wanted(1000.0)))
    assert said.startswith("No machine to buy does this job: the budget is $1,000. ")
