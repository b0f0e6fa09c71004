"""A verdict under the switch of staff hours, and its odds in one sentence."""

from dataclasses import replace

from calculator import Scenario
from calculator.decision.comparison import HardVerdict, Verdict
from calculator.decision.shown_verdict import odds_sentence, shown_verdict
from calculator.number import Range

HARD = HardVerdict("", "b", "a", Range(-10.0, 200.0, 900.0, "USD"), 0.71)
WHOLE = Verdict("", "", "a", "b", Range(900.0, 4_424.0, 5_200.0, "USD"), 0.93, False, HARD)


def test_switch_of_staff_hours_shows_the_one_or_the_other() -> None:
    counted, bare = (shown_verdict(WHOLE, Scenario.parse({"labour": one})) for one in ("with", "without"))
    assert (counted.cheapest, counted.gap, counted.is_close) == ("a", WHOLE.difference_usd, False)
    assert (bare.cheapest, bare.gap, bare.is_close) == ("b", HARD.difference_usd, True)


def test_invoices_that_nobody_can_rank_leave_the_whole() -> None:
    none = replace(WHOLE, hard=HardVerdict("", None, None, Range(0.0, 0.0, 0.0, "USD"), None))
    assert shown_verdict(none, Scenario(labour="without")).cheapest == "a"


def test_odds_name_the_share_and_the_gap() -> None:
    counted, bare = (shown_verdict(WHOLE, Scenario.parse({"labour": one})) for one in ("with", "without"))
    assert odds_sentence(counted, "A", is_pair=False) == (
        "Stays the cheapest in 93 of 100 futures; in 8 of 10 the gap is $900 to $5,200."
    )
    assert odds_sentence(bare, "B", is_pair=True) == (
        "B is the cheaper one in 71 of 100 futures; in 8 of 10 the gap is -$10 to $900."
    )
    assert odds_sentence(replace(bare, chance=None), "B", is_pair=True) == ""
    assert odds_sentence(replace(bare, next=None), "B", is_pair=True) == ""
