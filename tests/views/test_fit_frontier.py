"""All machines against a budget: nothing within the limits names the limits."""

import re

from calculator import Scenario
from calculator.decision.choose import Wanted, choose
from tests.views.other_pages import comparison_of, fit_script, opened
from tests.views.pages import CATALOG, table
from views.charts.fit import counted_name
from views.fit_frontier import caption_text, none_within, spoken_text


def test_names_that_the_chart_has_no_room_for_are_excepted_and_their_fold_is_named() -> None:
    fold = "The 5 that nothing beats, and the 40 that cannot do it"
    assert caption_text([], fold=fold).endswith(
        "A full dot without a name is beaten in cost and speed, and is there for its memory. Speeds within 5 % count as equal."
    )
    one, three = caption_text(["Box"], fold=fold), caption_text(["Box", "Mac", "PC"], fold=fold)
    assert f'memory, except Box, whose name has no room here: open "{fold}" to see it. ' in one
    assert f'except Box, Mac and PC, whose names have no room here: open "{fold}" to see them. ' in three


def test_spoken_text_and_list_call_the_machines_as_the_chart_does() -> None:
    asked = Scenario(requests_per_working_day=4000)
    found = choose(asked, CATALOG, wanted=Wanted(), as_of=comparison_of(asked).prices_as_of)
    names = [counted_name(one) for one in found.best()]
    assert any(re.match(r"\d+ x ", name) for name in names)
    spoken = spoken_text(found.best())
    for one, name in zip(found.best(), names, strict=True):
        assert f"{name} ${one.present_value_usd:,.0f}, " in spoken
    app = opened(fit_script, requests_per_working_day="4000")
    assert list(table(app, "Machine")["Machine"]) == names


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
