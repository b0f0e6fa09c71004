"""Prices by age and weight: the move that turns an answer turns it, and what matters soonest stands first."""

import pytest

from calculator.analysis.price_watch import watched_prices
from calculator.catalog import load_catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.scenario.scenario import Scenario

CATALOG = load_catalog()
DAY = "2026-11-26"


def _compared(scenario: Scenario) -> Comparison:
    return compare(scenario, CATALOG, as_of=DAY, draw_count=0, with_turns=False)


def test_price_beyond_its_turn_makes_another_option_win() -> None:
    rows = {row.option: row for row in watched_prices(_compared(Scenario()), CATALOG)}
    row = rows["mac-studio-m5-ultra-96"]
    assert row.turn is not None
    assert (row.turn.contest, row.turn.winner) == ("mac-or-pc", "mac-studio-m5-ultra-256")
    for factor, winner in ((0.99, "mac-studio-m5-ultra-96"), (1.01, row.turn.winner)):
        price = 5499 * row.turn.ratio * factor
        again = _compared(Scenario(figures={"mac-studio-m5-ultra-96.price_usd": price}))
        cheapest = min(
            (one for one in again.options if one.eligible and one.tco and one.id.startswith(("mac", "dual"))),
            key=lambda one: one.tco.present_value_cost_usd if one.tco else 0.0,
        )
        assert cheapest.id == winner


def test_first_is_what_would_turn_an_answer_with_the_fewest_spreads() -> None:
    rows = watched_prices(_compared(Scenario()), CATALOG)
    spreads = [row.turn.spreads for row in rows if row.turn is not None and row.turn.spreads is not None]
    assert spreads == sorted(spreads)
    rest = [row.shelf_lives for row in rows if row.turn is None]
    assert rest == sorted(rest, reverse=True)
    assert {row.option for row in rows} >= {*CATALOG.machines, *CATALOG.clouds}


def test_age_is_counted_on_the_day_of_looking() -> None:
    rows = {row.option: row for row in watched_prices(_compared(Scenario()), CATALOG)}
    spark = rows["dgx-spark"]
    assert (spark.kind, spark.as_of, spark.age_days) == ("list", "2026-10-02", 55)  # 29 + 26
    assert spark.shelf_lives == pytest.approx(55 / CATALOG.constants["list_price_fresh_days"].central)
    assert not spark.compared


def test_price_of_ones_own_is_not_watched() -> None:
    scenario = Scenario(figures={"mac-studio-m5-ultra-96.price_usd": 5000})
    assert "mac-studio-m5-ultra-96" not in {row.option for row in watched_prices(_compared(scenario), CATALOG)}


def test_one_option_alone_turns_nothing() -> None:
    rows = watched_prices(_compared(Scenario(options=("mac-studio-m5-ultra-96",))), CATALOG)
    assert all(row.turn is None for row in rows)
