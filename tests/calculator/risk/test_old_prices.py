"""Old prices: what is named, what widens, and what a person's own price leaves alone."""

from dataclasses import replace
from typing import Any

import pytest

from calculator.catalog.freshness import age_days
from calculator.decision.compare import compare
from calculator.risk.candidates import Candidates, spreads_of
from calculator.risk.monte_carlo import simulate
from calculator.risk.old_prices import MOST_SHELF_LIVES, old_prices
from calculator.scenario.scenario import Scenario
from tests.calculator.offers import CATALOG

DAYS = ("2026-11-26", "2027-11-26", "2029-11-26")
COMPARED: Candidates = compare(Scenario(), CATALOG, draw_count=64).candidates
AGED = ("price_usd", "rate_usd_per_h", "input_usd_per_mtok", "output_usd_per_mtok")


def _on(day: str, **values: Any) -> Candidates:
    return replace(COMPARED.under(Scenario(**values)), prices_as_of=day)


def test_ranges_of_prices_widen_with_the_day_and_no_option_vanishes() -> None:
    widths = []
    for day in DAYS:
        spreads = {name: spread for name, spread in spreads_of(_on(day)).items() if name.rpartition(".")[2] in AGED}
        widths.append({name: spread.high / spread.low for name, spread in spreads.items()})
        odds = simulate(_on(day), count=256)
        assert set(odds.present_value_usd) == {one.option.id for one in COMPARED}
    assert len(widths[0]) >= 8
    for name, at_first in widths[0].items():
        assert at_first < widths[1][name] < widths[2][name], name


def test_ranges_of_costs_widen_with_the_day() -> None:
    wide = []
    for day in DAYS:
        odds = simulate(_on(day), count=4096)
        wide.append([odds.present_value(one.option.id) for one in COMPARED])
    for first, second, third in zip(*wide, strict=True):
        assert first.high - first.low < second.high - second.low < third.high - third.low


def test_scenarios_own_day_goes_before_that_of_the_caller() -> None:
    own = _on("2026-11-26", prices_as_of="2029-11-26")
    assert own.day_of_looking() == "2029-11-26"
    assert old_prices(own) == old_prices(_on("2029-11-26"))
    assert old_prices(replace(COMPARED, prices_as_of="")) == ()


def test_old_prices_are_beyond_twice_their_shelf_life_oldest_first() -> None:
    found = old_prices(_on("2029-11-26"))
    assert {price.option_id for price in found} == {one.option.id for one in COMPARED}
    assert [price.shelf_lives for price in found] == sorted((price.shelf_lives for price in found), reverse=True)
    for price in found:
        assert price.shelf_lives > MOST_SHELF_LIVES
        assert price.age_days == age_days(price.as_of, on="2029-11-26")


def test_estimate_has_the_age_of_its_oldest_ingredient_and_is_called_one() -> None:
    boxes = [box for box in CATALOG.machines.values() if box.purchase_price().is_estimate]
    assert boxes
    box = boxes[0]
    able = compare(Scenario(options=(box.id,)), CATALOG, draw_count=64).candidates
    options = able or COMPARED
    one = replace(options, options=(replace(options.options[0], option=box),), prices_as_of="2029-11-26")
    (price,) = old_prices(one)
    assert price.kind == "estimate"
    assert price.as_of == box.purchase_price().ingredients_as_of


@pytest.mark.parametrize(
    ("values", "option"),
    [
        ({"figures": {"mac-studio-m5-ultra-256.price_usd": 9000.0}}, "mac-studio-m5-ultra-256"),
        ({"already_own_usd": {"mac-studio-m5-ultra-256": 9000.0}}, "mac-studio-m5-ultra-256"),
        ({"leases": {"mac-studio-m5-ultra-256": {"usd_per_month": 200.0}}}, "mac-studio-m5-ultra-256"),
        ({"figures": {"cloud-h100.rate_usd_per_h": 2.0}}, "cloud-h100"),
    ],
)
def test_a_persons_own_price_does_not_age(values: dict[str, Any], option: str) -> None:
    mine = _on("2029-11-26", **values)
    assert option not in {price.option_id for price in old_prices(mine)}
    if "figures" in values:
        (name,) = values["figures"]
        assert name not in spreads_of(mine)
