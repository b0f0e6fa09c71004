"""Distributions and draws: quantiles, rank correlation, and the range of a value that was typed."""

import dataclasses
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.errors import CalculatorError
from calculator.risk.distributions import Spread, draw, quantiles, rank_correlated, scenario_spreads
from calculator.scenario.files import read_scenario
from calculator.scenario.scenario import Scenario
from tests.calculator.offers import CATALOG, DEFAULTS, SCENARIO
from views.link import read_link, write_link

RULES = CATALOG.distributions


@pytest.mark.parametrize(
    "spread",
    [
        Spread(5, 15, 60, "lognormal"),
        Spread(0.12, 0.135, 0.215, "lognormal"),
        Spread(0.30, 0.48, 0.65, "share"),
        Spread(0.35, 0.60, 0.95, "share"),
        Spread(-0.7, -0.3, 0.0, "pert"),
        Spread(0.0, 0.017, 0.04, "pert"),
        Spread(0.0, 0.0725, 0.1025, "share"),  # touches 0: drawn as a pert
    ],
    ids=str,
)
def test_quantiles_are_the_range_that_was_given(spread: Spread) -> None:
    assert quantiles(spread, np.array([0.1, 0.5, 0.9])) == pytest.approx(
        [spread.low, spread.central, spread.high], abs=1e-6
    )
    shares = quantiles(spread, np.linspace(0.001, 0.999, 999))
    assert np.all(np.diff(shares) >= 0)


def test_quantiles_of_a_symmetric_lognormal_are_the_normals() -> None:
    # ln x normal with sigma = ln(4)/1.28155: P97.725 (two sigmas) = 10 * exp(2 sigma)
    sigma = np.log(4) / 1.2815515655446004
    found = quantiles(Spread(2.5, 10, 40, "lognormal"), np.array([0.9772498680518208]))
    assert found[0] == pytest.approx(10 * np.exp(2 * sigma), rel=1e-9)


def test_quantiles_of_a_pert_are_a_beta() -> None:
    # the share below each quantile, integrated from the density of Beta(3, 3), 30 x^2 (1-x)^2, is its probability
    grid = np.linspace(0, 1, 200_001)
    below = np.concatenate(([0.0], np.cumsum(30 * grid[1:] ** 2 * (1 - grid[1:]) ** 2) / 200_000))
    p = np.linspace(0.01, 0.99, 99)
    tenth = float(np.interp(0.9, below, grid)) - 0.5
    found = quantiles(Spread(-1, 0, 1, "pert"), p)
    assert np.interp(0.5 + found * tenth, grid, below) == pytest.approx(p, abs=1e-5)


@given(st.floats(0.01, 0.98), st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_quantiles_of_a_share_stay_between_0_and_1(central: float, down: float, up: float) -> None:
    spread = Spread(max(central - down, 0.001), central, min(central + up, 0.999), "share")
    found = quantiles(spread, np.array([1e-6, 0.5, 1 - 1e-6]))
    assert np.all((found >= 0) & (found <= 1))


def test_quantiles_never_pass_floor_and_ceiling() -> None:
    # pitfall 23: a price trend of -70 % at P10 must not be drawn below the slider's -95 %
    spread = Spread(-0.7, -0.3, 0.0, "pert", floor=-0.95, ceiling=1.0)
    assert quantiles(spread, np.array([1e-9]))[0] == -0.95


def test_quantiles_of_a_discrete_value_are_its_cases_by_weight() -> None:
    spread = Spread(0.6, 1.0, 1.0, "discrete", cases=((1.0, 0.7), (0.6, 0.3)))
    drawn = draw({"x": spread}, rules=RULES, count=1000)["x"]
    assert np.mean(drawn == 0.6) == pytest.approx(0.3, abs=1e-9)
    assert set(np.unique(drawn)) == {0.6, 1.0}
    with pytest.raises(CalculatorError, match="must be positive"):
        quantiles(dataclasses.replace(spread, cases=((1.0, -1.0), (0.5, 0.5))), np.array([0.5]))


def test_quantiles_of_a_range_out_of_order_are_refused() -> None:
    with pytest.raises(CalculatorError, match="it must be in order"):
        quantiles(Spread(3, 2, 4), np.array([0.5]))


def test_draws_are_a_latin_hypercube_and_repeat() -> None:
    spreads = {"a": Spread(1, 2, 4), "b": Spread(0.1, 0.5, 0.9, "share")}
    first, again = draw(spreads, rules=RULES, count=500), draw(spreads, rules=RULES, count=500)
    for name, spread in spreads.items():
        assert np.array_equal(first[name], again[name])
        assert np.sort(first[name]) == pytest.approx(quantiles(spread, (np.arange(500) + 0.5) / 500))
    assert not np.array_equal(first["a"], draw(spreads, rules=RULES, count=500, seed=1)["a"])
    # adding an input does not change the draws of the others
    assert np.array_equal(first["a"], draw({**spreads, "c": Spread(1, 2, 3)}, rules=RULES, count=500)["a"])


def test_draws_of_correlated_inputs_have_their_rank_correlation() -> None:
    found = draw(scenario_spreads(SCENARIO, defaults=DEFAULTS, rules=RULES), rules=RULES, count=4000)

    def rank(first: str, second: str) -> float:
        return float(np.corrcoef(found[first].argsort().argsort(), found[second].argsort().argsort())[0, 1])

    for first, second, wanted in RULES.correlations:
        assert rank(first, second) == pytest.approx(wanted, abs=0.01)
    assert abs(rank("wage_usd_per_h", "pc_administration_h_per_year")) < 0.05


@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.parametrize("dropped", [None, "resale_fraction"])
def test_draws_of_inputs_without_a_rule_are_uncorrelated(seed: int | None, dropped: str | None) -> None:
    # two groups of correlated inputs once shared their shuffles: hours of care and resale values then moved as one
    spreads = scenario_spreads(SCENARIO, defaults=DEFAULTS, rules=RULES)
    found = draw(
        {name: spread for name, spread in spreads.items() if name != dropped}, rules=RULES, count=4000, seed=seed
    )
    wanted = {frozenset(pair): rank for *pair, rank in RULES.correlations}
    names = list(found)
    ranks = np.atleast_2d(np.corrcoef([found[name].argsort().argsort() for name in names]))
    for row, first in enumerate(names):
        for column, second in enumerate(names[:row]):
            target = wanted.get(frozenset((first, second)), 0.0)
            assert ranks[row, column] == pytest.approx(target, abs=0.02 if target else 0.08), (first, second)


@given(st.floats(-0.8, 0.8), st.integers(0, 1000))
@settings(max_examples=20)
def test_rank_correlation_keeps_every_value(rank: float, seed: int) -> None:
    generator = np.random.default_rng(seed)
    columns = np.column_stack([generator.lognormal(size=2000), generator.random(2000)])
    mixed = rank_correlated(columns, target=np.array([[1, rank], [rank, 1]]), seed=seed)
    assert np.array_equal(np.sort(mixed, axis=0), np.sort(columns, axis=0))
    spearman = np.atleast_2d(np.corrcoef(mixed.argsort(axis=0).argsort(axis=0), rowvar=False))[0, 1]
    assert spearman == pytest.approx(rank, abs=0.06)


def test_spread_of_an_untouched_value_is_the_defaults() -> None:
    found = scenario_spreads(SCENARIO, defaults=DEFAULTS, rules=RULES)["pc_administration_h_per_year"]
    assert (found.low, found.central, found.high) == (5, 15, 60)


def test_spread_of_a_fact_that_was_typed_is_gone() -> None:
    found = scenario_spreads(SCENARIO.changed(wage_usd_per_h=120), defaults=DEFAULTS, rules=RULES)["wage_usd_per_h"]
    assert found.certain
    assert found.central == 120


def test_spread_of_a_fact_that_was_typed_is_gone_even_where_it_equals_the_default(tmp_path: Path) -> None:
    default = DEFAULTS["wage_usd_per_h"].central
    file = tmp_path / "mine.toml"
    file.write_text(f"schema_version = 2\nwage_usd_per_h = {default}\n")
    link = {name: [text] for name, text in parse_qsl(write_link(Scenario(wage_usd_per_h=default), catalogue_hash="x"))}
    assert not scenario_spreads(SCENARIO, defaults=DEFAULTS, rules=RULES)["wage_usd_per_h"].certain
    for scenario in (
        SCENARIO.changed(wage_usd_per_h=default),
        Scenario(wage_usd_per_h=default),
        read_scenario(None, settings=[f"wage_usd_per_h={default:g}"]),
        read_scenario(file),
        Scenario.parse(read_link({"wage_usd_per_h": [f"{default:g}"]}, catalog=CATALOG).values),
        Scenario.parse(read_link(link, catalog=CATALOG).values),
    ):
        assert scenario_spreads(scenario, defaults=DEFAULTS, rules=RULES)["wage_usd_per_h"].certain


def test_spread_of_a_forecast_that_was_typed_moves_with_it() -> None:
    found = scenario_spreads(
        SCENARIO.changed(pc_administration_h_per_year=30, api_price_trend_rate=-0.1), defaults=DEFAULTS, rules=RULES
    )
    assert (found["pc_administration_h_per_year"].low, found["pc_administration_h_per_year"].high) == (10, 120)
    assert found["api_price_trend_rate"].low == pytest.approx(-0.5)
    assert found["api_price_trend_rate"].high == pytest.approx(0.2)


def test_spread_given_by_the_person_wins() -> None:
    scenario = SCENARIO.changed(ranges={"wage_usd_per_h": (80, 95, 130)})
    found = scenario_spreads(scenario, defaults=DEFAULTS, rules=RULES)["wage_usd_per_h"]
    assert (found.low, found.central, found.high) == (80, 95, 130)
    cases = scenario_spreads(
        SCENARIO.changed(cases={"resale_market_index": ((1.0, 0.7), (0.5, 0.3))}), defaults=DEFAULTS, rules=RULES
    )
    assert cases["resale_market_index"].cases == ((1.0, 0.7), (0.5, 0.3))


def test_every_default_with_a_range_has_a_distribution() -> None:
    wide = {name for name, quantity in DEFAULTS.items() if quantity.low < quantity.high}
    # rates one knows, a target, and figures of the peak hour that decide how many machines are bought
    without = {"tax_rate", "debt_rate", "peak_factor_ratio", "answer_variation_ratio", "first_token_p95_target_s"}
    assert wide - without <= set(RULES.kinds)
    assert set(RULES.kinds) <= set(DEFAULTS)


@pytest.mark.parametrize(("low", "central", "high"), [(3.0, 2.0, 4.0), (1.0, 5.0, 4.0)])
def test_range_out_of_order_is_refused(low: float, central: float, high: float) -> None:
    with pytest.raises(CalculatorError, match=rf"a range is {low:g}, {central:g}, {high:g}; it must be in order\."):
        quantiles(Spread(low, central, high), np.array([0.5]))
