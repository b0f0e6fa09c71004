"""Before you sign: at most five remarks, the worst first, each once, and none about an option that is out already."""

from dataclasses import replace

import pytest

from calculator import Scenario
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.evidence import Remark
from calculator.number import Range
from calculator.scenario.presets import preset, preset_names
from tests.views.comparison_case import comparison
from tests.views.pages import CATALOG
from views.before_you_sign import MOST, all_notes, before_you_sign, leading_ids, more_to_know

WINNER, OTHER, OUT = "api-same-model", "mac-studio-m2-ultra-192-used", "dual-rtx-4090-threadripper"


def with_remarks(own: tuple[Remark, ...] = (), **of_options: tuple[Remark, ...]) -> Comparison:
    """The made case with these remarks and no others; winner, other, out."""
    ids = {"winner": WINNER, "other": OTHER, "out": OUT}
    rows = {ids[name]: remarks for name, remarks in of_options.items()}
    case = comparison()
    options = tuple(replace(option, remarks=rows.get(option.id, ())) for option in case.options)
    return replace(case, remarks=own, options=options)


def remark(text: str, level: str = "warning") -> Remark:
    return Remark(code="old-price", text=text, level=level)  # pyright: ignore[reportArgumentType]


def test_problems_stand_before_warnings_and_the_winners_before_the_others() -> None:
    case = with_remarks(
        (remark("About the whole."),),
        other=(remark("Of the other."), remark("A problem of the other.", "problem")),
        winner=(remark("Of the winner."), remark("For the record.", "info")),
    )
    assert [(row["level"], row["text"]) for row in before_you_sign(case)] == [
        ("problem", "A problem of the other."),
        ("warning", "About the whole."),
        ("warning", "Of the winner."),
        ("warning", "Of the other."),
    ]


def test_remark_is_about_its_option_and_does_not_repeat_its_name() -> None:
    case = with_remarks(winner=(remark("Hosted API, same model: the price is of March."),))
    assert before_you_sign(case) == [
        {"level": "warning", "about": "Hosted API, same model", "text": "The price is of March."}
    ]


def test_no_more_than_five_and_each_once() -> None:
    many = tuple(remark(f"Warning {count}.") for count in range(7))
    assert len(before_you_sign(with_remarks(many))) == MOST
    assert len(before_you_sign(with_remarks((many[0], many[0])))) == 1
    assert more_to_know(with_remarks(many)) == 7


def test_option_that_cannot_do_the_job_is_not_signed_for() -> None:
    case = with_remarks(out=(remark("It does not fit.", "problem"),))
    assert before_you_sign(case) == []
    assert more_to_know(case) == 1  # the page of sources lists it all the same


def test_all_notes_come_problems_first() -> None:
    case = with_remarks(winner=(remark("Info.", "info"), remark("Warning."), remark("Problem.", "problem")))
    assert [row["level"] for row in all_notes(case)] == ["problem", "warning", "info"]
    assert len(all_notes(case)) == more_to_know(case) == 3


def test_option_that_no_verdict_names_says_nothing_here() -> None:
    case = compare(Scenario(), CATALOG, as_of="2026-11-26", draw_count=50, with_turns=False)
    verdicts = case.verdicts
    assert verdicts.mac_or_pc is not None
    named = {verdicts.overall.cheapest, verdicts.overall.next, verdicts.mac_or_pc.cheapest, verdicts.mac_or_pc.next}
    assert set(leading_ids(case)) == named
    other = next(option for option in case.options if option.eligible and option.id not in named)
    told = replace(other, remarks=(remark("Its price is old."),))
    rows = tuple(told if row.id == other.id else replace(row, remarks=()) for row in case.options)
    found = replace(case, remarks=(), options=rows)
    assert before_you_sign(found) == []
    assert more_to_know(found) == 1


def test_leading_options_are_those_of_the_money_shown() -> None:
    case = comparison()
    verdict = replace(case.verdict, hard=replace(case.verdict.hard, cheapest=OTHER, next=WINNER))
    case = replace(case, verdicts=replace(case.verdicts, overall=verdict, mac_or_pc=None))
    assert leading_ids(case)[0] == WINNER
    bare = replace(case, scenario=case.scenario.changed(labour="without"))
    assert leading_ids(bare) == [OTHER, WINNER]


@pytest.mark.parametrize("name", preset_names())
def test_remarks_of_every_example_are_sentences_of_the_options_that_the_verdicts_name(name: str) -> None:
    case = compare(preset(name), CATALOG, as_of="2026-11-26", draw_count=50, with_turns=False)
    leading = leading_ids(case)
    assert len(leading) <= 4
    assert all(case[one].eligible for one in leading)
    names = {"", *(case[one].name for one in leading)}
    found = before_you_sign(case)
    assert len(found) <= MOST
    for row in found:
        assert row["about"] in names
        assert row["text"][:1] == row["text"][:1].upper()
        assert row["text"].endswith((".", "!", "?"))


def test_leader_that_keeps_people_waiting_for_minutes_says_so_where_no_target_is_set() -> None:
    case = comparison()
    slow = replace(case[OTHER].eligibility, first_token_p95_s=Range(2000.0, 2568.0, 3000.0, "s"))
    options = tuple(replace(one, eligibility=slow) if one.id in (OTHER, OUT) else one for one in case.options)
    case = replace(with_remarks(), options=tuple(replace(one, remarks=()) for one in options))
    assert before_you_sign(case) == []
    off = replace(case, scenario=case.scenario.changed(first_token_p95_target_s=0))
    (row,) = before_you_sign(off)
    assert row["about"] == case[OTHER].name
    assert row["text"].startswith("One person in twenty waits 42.8 minutes for the first word in the busiest hour")
    assert more_to_know(off) == 1  # what cannot do the job keeps nobody waiting
