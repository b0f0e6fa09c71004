"""A verdict under the switch of staff hours, and its odds in one sentence."""

from dataclasses import replace

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison, HardVerdict, Verdict
from calculator.decision.ranking import hard_usd
from calculator.decision.shown_verdict import odds_sentence, pair_sentence, shown_verdict
from calculator.number import Range

CATALOG = load_catalog()

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


MACS, PCS = ("mac-studio-m5-ultra-96", "mac-studio-m5-ultra-256"), ("dual-rtx-4090-am5", "dual-rtx-4090-threadripper")


def _pair(labour: str, invoices_usd: dict[str, float]) -> Comparison:
    """Both kinds of machines under that switch, with other invoices of some."""
    asked = Scenario.parse({"options": (*MACS, *PCS, "api-same-model"), "labour": labour})
    found = compare(asked, CATALOG, draw_count=0)
    options = [
        replace(row, tco=replace(row.tco, hard_present_value_cost_usd=invoices_usd[row.id]))
        if row.tco is not None and row.id in invoices_usd
        else row
        for row in found.options
    ]
    return replace(found, options=tuple(options))


def test_pair_in_invoices_alone_says_how_it_was_chosen_and_who_is_cheaper_then() -> None:
    chosen = "These two are the best Mac and the best PC with staff hours counted."
    assert pair_sentence(_pair("with", {PCS[1]: 1.0})) == ""
    assert pair_sentence(_pair("without", {})) == chosen
    name = CATALOG.machines[PCS[1]].name
    cheaper = f"{chosen} On invoices alone, the cheapest PC is {name}, $1."
    assert pair_sentence(_pair("without", {PCS[1]: 1.0})) == cheaper
    same = _pair("without", {}).options
    as_cheap = {PCS[1]: hard_usd(next(row for row in same if row.id == PCS[0]))}
    assert pair_sentence(_pair("without", as_cheap)) == chosen
    both = pair_sentence(_pair("without", {PCS[1]: 1.0, MACS[1]: 2.0}))
    assert "the cheapest Mac is Mac Studio M5 Ultra 256 GB, $2." in both
    assert f"the cheapest PC is {name}, $1." in both


def test_without_a_pair_nothing_is_said_of_it() -> None:
    for options in ((MACS[0], "api-same-model"), (MACS[0], "mac-mini-m6-24", "rtx-3090-pc")):
        found = compare(Scenario.parse({"options": options, "labour": "without"}), CATALOG, draw_count=0)
        assert pair_sentence(found) == ""
