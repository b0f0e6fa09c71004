"""Prices at which a verdict is too close to call: in the verdict's own money, with the options' names."""

import pytest

from calculator import Comparison, Scenario, load_catalog
from calculator.decision.close_calls import close_calls, in_words
from calculator.decision.compare import compare
from calculator.report.terminal import comparison_text
from calculator.risk.price_bands import PriceBand

CATALOG = load_catalog()
BIG, SMALL, AM5 = "mac-studio-m5-ultra-256", "mac-studio-m5-ultra-96", "dual-rtx-4090-am5"


def answer(count: int = 64, **values: object) -> Comparison:
    return compare(Scenario.parse(values), CATALOG, draw_count=count, with_turns=False)


def test_price_at_which_the_pair_gets_too_close_is_named_with_the_one_at_which_the_other_wins() -> None:
    found = answer(options=(SMALL, AM5))
    assert not found.verdict.too_close
    names = {row.id: row.name for row in found.options}
    call = {call.name: call for call in close_calls(found, found.verdict)}[f"{SMALL}.price_usd"]
    assert call.low is not None
    assert call.high is not None
    assert call.now < call.low < call.high
    said = f"(now $5,499): up to ${call.low:,.0f} it is clearly cheaper, from ${call.high:,.0f} {names[AM5]} is"
    assert said in call.sentence
    assert call.sentence.endswith("; in between the two are too close to call.")
    assert call.sentence in comparison_text(found)


@pytest.mark.parametrize("money", ["cash", "present-value"])
def test_bands_are_in_the_money_of_the_verdict(money: str) -> None:
    found = answer(options=(BIG, AM5), money=money)
    call = next(call for call in close_calls(found, found.verdict) if call.name == f"{AM5}.price_usd")
    for edge, side in ((call.low, -1), (call.high, 1)):
        if edge is None:
            continue
        for factor, is_close in ((1 + side * 0.02, False), (1 - side * 0.02, True)):
            price = edge * factor
            asked = answer(
                options=(BIG, AM5),
                money=money,
                figures={f"{AM5}.price_usd": price},
                ranges={f"{AM5}.price_usd": (price, price, price)},
            )
            assert asked.verdict.too_close is is_close


def test_no_futures_and_no_second_option_have_no_such_price() -> None:
    alone = answer(options=(SMALL,))
    assert close_calls(alone, alone.verdict) == ()
    base = answer(count=0, options=(SMALL, AM5))
    assert close_calls(base, base.verdict) == ()


def test_band_is_told_of_the_one_whose_price_it_is_and_of_both_by_name_where_it_is_neithers() -> None:
    names = {"a": "Alpha", "b": "Beta"}
    own = PriceBand("a.price_usd", 100.0, 80.0, None, below="a", above="b")
    hosts = PriceBand("host/model.price_ratio", 1.0, None, 0.5, below="a", above="b")
    call, shared = in_words([own, hosts], names=names)
    assert "from 0.50 times today's Beta is clearly cheaper" in shared.sentence
    assert call.label == "price of Alpha before tax"
    assert (call.now, call.low, call.high) == (100.0, 80.0, None)
    assert call.sentence == (
        "Price of Alpha before tax (now $100): up to $80 it is clearly cheaper; above that the two are too close to call."
    )


def test_pair_of_mac_and_pc_names_no_price_beyond_which_another_mac_is_still_cheaper() -> None:
    """The dearer Mac stands in for the first one; where the two Macs are the pair, the second wins at such a price."""
    found = answer(options=(SMALL, BIG, AM5))
    kinds, overall = found.verdicts.mac_or_pc, found.verdict
    assert kinds is not None
    assert (kinds.cheapest, kinds.next, overall.cheapest, overall.next) == (SMALL, AM5, SMALL, BIG)
    name = f"{SMALL}.price_usd"
    of_kinds, of_all = ({call.name: call for call in close_calls(found, one)}[name] for one in (kinds, overall))
    assert of_kinds.high is None
    assert of_all.high is not None
    there = answer(options=(SMALL, BIG, AM5), figures={name: of_all.high * 1.02}).verdicts.mac_or_pc
    assert there is not None
    assert there.cheapest == BIG
