"""What turns a verdict, in words, and the old prices that it rests on."""

import pytest

from calculator import Comparison, Scenario, compare, load_catalog
from calculator.decision.input_words import label
from calculator.decision.turning import Turning, turning
from calculator.report.terminal import comparison_text
from calculator.risk.candidates import spreads_of
from calculator.risk.flips import Ends

CATALOG = load_catalog()
MAC, SMALL = "mac-studio-m5-ultra-256", "mac-studio-m5-ultra-96"
AM5, API, SPARK = "dual-rtx-4090-am5", "api-same-model", "dgx-spark"


def verdict_on(**values: object) -> Comparison:
    return compare(Scenario.parse(values), CATALOG, draw_count=64)


def test_old_prices_are_named_with_whether_the_answer_survives_them() -> None:
    found = verdict_on(options=(MAC, AM5), prices_as_of="2029-11-26").verdict
    named = {price.option: price for price in found.rests_on_old_prices}
    assert set(named) == {MAC, AM5}
    assert all(price.age_days > 1000 for price in named.values())
    assert not named[AM5].survives  # three years at the pace of graphics cards: it may cost a third
    assert "at one end of its range" in named[AM5].sentence
    assert named[AM5].sentence in comparison_text(verdict_on(options=(MAC, AM5), prices_as_of="2029-11-26"))


def test_flips_are_said_with_the_names_of_the_options_and_no_ids() -> None:
    found = verdict_on(options=(MAC, AM5))
    names = {row.id: row.name for row in found.options}
    turns = turning(found.candidates, pair=(MAC, AM5), names=names, other=names[AM5])
    assert turns.flips
    assert turns.sentence.startswith(f"{names[AM5]} would be cheaper with any one of these: ")
    for flip in turns.flips:
        assert flip.sentence in turns.sentence
        assert flip.sentence.startswith(flip.label)
        assert MAC not in flip.sentence
        assert AM5 not in flip.sentence
    assert turns.longest_tail(AM5, upwards=True)
    assert turns.longest_tail("nothing", upwards=True) == ""


def test_price_beyond_its_range_is_told_where_nothing_inside_turns_the_pair() -> None:
    found = verdict_on(options=(SMALL, MAC))
    names = {row.id: row.name for row in found.options}
    turns = turning(found.candidates, pair=(SMALL, MAC), names=names, other=names[MAC])
    (flip,) = turns.flips
    assert not flip.inside_range
    assert flip.name == f"{MAC}.price_usd"
    assert turns.sentence.endswith(f"within its range. Beyond its range, one would: {flip.sentence}.")


def test_longest_tail_is_the_input_that_leans_most_that_way_and_none_that_leans_the_other() -> None:
    names = {"a": "A"}
    ends = {"a": {"wage_usd_per_h": Ends(0.0, 10.0, 30.0), "electricity_usd_per_kwh": Ends(0.0, 10.0, 21.0)}}
    turns = Turning(ends=ends, names=names)
    assert ends["a"]["wage_usd_per_h"].lean_usd > ends["a"]["electricity_usd_per_kwh"].lean_usd > 0
    assert turns.longest_tail("a", upwards=True) == label("wage_usd_per_h", names=names)
    assert turns.longest_tail("a", upwards=False) == ""
    level = Turning(ends={"a": {"wage_usd_per_h": Ends(0.0, 10.0, 20.0)}}, names=names)
    assert level.longest_tail("a", upwards=True) == level.longest_tail("a", upwards=False) == ""


def test_old_price_survives_where_whole_answers_at_both_ends_of_its_own_range_name_the_same_option() -> None:
    later = {"options": (SPARK, AM5), "prices_as_of": "2029-11-26"}
    found = verdict_on(**later)
    survives = {price.option: price.survives for price in found.verdict.rests_on_old_prices}
    assert set(survives.values()) == {True, False}
    for option, holds in survives.items():
        spread = spreads_of(found.candidates)[f"{option}.price_usd"]
        there = [
            compare(Scenario.parse({**later, "figures": {f"{option}.price_usd": usd}}), CATALOG, draw_count=0)
            for usd in (spread.low, spread.high)
        ]
        assert all(one.verdict.cheapest == found.verdict.cheapest for one in there) is holds, option


@pytest.mark.parametrize(("ahead_usd", "survives"), [(0.5, True), (-0.5, False)])
def test_cheaper_option_survives_an_old_price_by_half_a_dollar(ahead_usd: float, survives: bool) -> None:
    later = {"options": (SMALL, AM5), "prices_as_of": "2029-11-26"}

    def usd(option: str, price_usd: float) -> float:
        asked = Scenario.parse({**later, "figures": {f"{option}.price_usd": price_usd}})
        tco = compare(asked, CATALOG, draw_count=0)[option].tco
        assert tco is not None
        return tco.present_value_cost_usd

    low = spreads_of(compare(Scenario.parse(later), CATALOG, draw_count=0).candidates)[f"{AM5}.price_usd"].low
    cheap, dear = usd(SMALL, 1_000.0), usd(SMALL, 2_000.0)  # the cost is a straight line of the price
    price_usd = 1_000 + 1_000 * (usd(AM5, low) - ahead_usd - cheap) / (dear - cheap)
    found = verdict_on(**later, figures={f"{SMALL}.price_usd": price_usd}).verdict
    assert found.cheapest == SMALL
    assert {price.option: price.survives for price in found.rests_on_old_prices} == {AM5: survives}
