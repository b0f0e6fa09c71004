"""Prices of options today, and the base case's value of every uncertain input."""

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.risk.candidates import Candidates, spreads_of
from calculator.risk.prices_now import main_prices, own_prices, values_now

CATALOG = load_catalog()
MAC, CLOUD, API = "mac-studio-m5-ultra-256", "cloud-h100", "api-same-model"


def _candidates(**figures: float) -> Candidates:
    scenario = Scenario(options=(MAC, CLOUD, API), figures=figures)
    return compare(scenario, CATALOG, draw_count=0).candidates


def test_main_price_is_that_of_a_machine_of_an_hour_and_of_all_tokens() -> None:
    found = dict(main_prices(_candidates(**{f"{MAC}.price_usd": 9000.0, f"{CLOUD}.rate_usd_per_h": 2.5})))
    (ratio,) = [value for name, value in found.items() if name.endswith(".price_ratio")]
    assert (found[f"{MAC}.price_usd"], found[f"{CLOUD}.rate_usd_per_h"], ratio) == (9000.0, 2.5, 1.0)


def test_own_price_of_a_machine_is_the_one_that_was_typed() -> None:
    candidates = _candidates(**{f"{MAC}.price_usd": 1234.0})
    (mac,) = (one for one in candidates if one.option.id == MAC)
    assert own_prices(mac, scenario=candidates.scenario)[f"{MAC}.price_usd"] == 1234.0


def test_values_now_are_those_of_the_scenario_and_of_the_person() -> None:
    candidates = _candidates(**{f"{MAC}.decode_speed_ratio": 0.9})
    spreads = spreads_of(candidates)
    found = values_now(candidates, spreads)
    assert set(found) == set(spreads)
    assert found["wage_usd_per_h"] == pytest.approx(candidates.scenario.wage_usd_per_h)
