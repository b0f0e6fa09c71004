"""Draws, odds, tornado, switching values, map, information: identities, limits, and cases worked by hand."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.cost.tco import cost_of
from calculator.errors import CalculatorError
from calculator.evidence import Quantity
from calculator.risk.candidates import Candidate, Candidates, costs, spreads_of
from calculator.risk.distributions import Spread, draw, quantiles, rank_correlated, scenario_spreads
from calculator.risk.monte_carlo import Odds, ranges, simulate
from calculator.risk.sensitivity import switching_values, tornado, who_wins
from calculator.risk.value_of_information import total_effects, value_of_information
from calculator.scenario.scenario import Scenario
from tests.calculator.offers import (
    ALL,
    API,
    CATALOG,
    DEFAULTS,
    MAC,
    MAC_USAGE,
    OFFERS,
    PC,
    PC_USAGE,
    SCENARIO,
    TARIFF,
    TWO,
    candidates,
    three,
)

RULES = CATALOG.distributions


def _central(candidate: Candidate, scenario: Scenario = SCENARIO, **values: float) -> float:
    found = cost_of(
        candidate.option, scenario=scenario, usage=candidate.usage, reference_api=candidate.reference_api, values=values
    )
    return found.present_value_cost_usd


# --- distributions ----------------------------------------------------------------------------------------------------


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
    ranks = np.corrcoef([found[name].argsort().argsort() for name in names])
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
    spearman = np.corrcoef(mixed.argsort(axis=0).argsort(axis=0), rowvar=False)[0, 1]
    assert spearman == pytest.approx(rank, abs=0.06)


# --- ranges of the scenario ---------------------------------------------------------------------------------------------


def test_spread_of_an_untouched_value_is_the_defaults() -> None:
    found = scenario_spreads(SCENARIO, defaults=DEFAULTS, rules=RULES)["pc_administration_h_per_year"]
    assert (found.low, found.central, found.high) == (5, 15, 60)


def test_spread_of_a_fact_that_was_typed_is_gone() -> None:
    found = scenario_spreads(SCENARIO.changed(wage_usd_per_h=120), defaults=DEFAULTS, rules=RULES)["wage_usd_per_h"]
    assert found.certain
    assert found.central == 120


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
    # rates one knows, and figures of the peak hour that decide latency and no dollar
    without = {"tax_rate", "debt_rate", "peak_factor_ratio", "answer_variation_ratio"}
    assert wide - without <= set(RULES.kinds)
    assert set(RULES.kinds) <= set(DEFAULTS)


# --- odds -----------------------------------------------------------------------------------------------------------------


def _certain(among: Candidates = ALL) -> dict[str, Spread]:
    found = spreads_of(among)
    return {name: Spread(spread.central, spread.central, spread.central) for name, spread in found.items()}


def test_odds_without_width_are_the_deterministic_answer() -> None:
    odds = simulate(ALL, count=64, spreads=_certain())
    for candidate in ALL:
        name = candidate.option.id
        assert three(odds.present_value(name)) == pytest.approx([_central(candidate)] * 3, rel=1e-9)
    assert odds.cheapest_probability()["api"] == 1.0


def test_odds_of_values_drawn_at_their_centre_are_the_deterministic_answer() -> None:
    spreads = spreads_of(ALL)
    found = costs(ALL, {name: np.full(5, spread.central) for name, spread in spreads.items()})
    for candidate in ALL:
        assert found[candidate.option.id].present_value_cost_usd == pytest.approx([_central(candidate)] * 5, rel=1e-9)


def test_odds_are_the_same_in_chunks_and_in_one() -> None:
    many = simulate(ALL, count=20_000)
    first = costs(ALL, many.inputs)
    for name, usd in many.present_value_usd.items():
        assert np.array_equal(usd, first[name].present_value_cost_usd)


def test_odds_are_paired() -> None:
    # pitfall 28: both machines meet the same wage, so their difference varies less than independent draws would
    odds = simulate(TWO.under(SCENARIO.changed(pc_administration_h_per_year=15)), count=4096)
    mac, pc = odds.present_value_usd["mac"], odds.present_value_usd["pc"]
    assert np.var(pc - mac) < 0.9 * (np.var(pc) + np.var(mac))
    low, middle, high = three(odds.difference("pc", "mac"))
    assert low < middle < high
    assert three(odds.difference("mac", "pc")) == pytest.approx((-high, -middle, -low))


def test_odds_sum_to_one_and_follow_a_hand_made_table() -> None:
    table = {"a": np.array([1.0, 5.0, 2.0, 2.0]), "b": np.array([2.0, 1.0, 3.0, 9.0])}
    odds = Odds(table, table, table, {}, {}, 0)
    assert odds.cheapest_probability() == {"a": 0.75, "b": 0.25}
    assert odds.expected_regret_usd() == {"a": 1.0, "b": 2.25}
    assert odds.worst_tenth_usd() == {"a": 5.0, "b": 9.0}


def test_fast_ranges_are_close_to_many_draws() -> None:
    fast = ranges(ALL)
    many = simulate(ALL, count=20_000)
    for name in ("mac", "pc", "cloud", "api"):
        assert three(fast.present_value(name)) == pytest.approx(three(many.present_value(name)), rel=0.08)


def test_simulation_of_one_draw_is_refused() -> None:
    with pytest.raises(CalculatorError, match="at least 2 draws"):
        simulate(ALL, count=1)


# --- tornado, switching values, map ---------------------------------------------------------------------------------------


def test_tornado_bars_are_the_cost_at_both_ends() -> None:
    bars = {bar.name: bar for bar in tornado(TWO)}
    bar = bars["pc_administration_h_per_year"]
    mac, pc = TWO
    assert (bar.low_value, bar.high_value) == (5, 60)
    for hours, gap in ((5.0, bar.gap_at_low_usd), (60.0, bar.gap_at_high_usd)):
        expected = _central(pc, pc_administration_h_per_year=hours) - _central(mac, pc_administration_h_per_year=hours)
        assert gap == pytest.approx(expected, rel=1e-9)


def test_tornado_is_sorted_inside_the_sliders_and_without_idle_bars() -> None:
    from calculator.risk.candidates import input_bounds

    bars = tornado(TWO)
    assert [bar.width_usd for bar in bars] == sorted((bar.width_usd for bar in bars), reverse=True)
    assert "cloud_price_trend_rate" not in {bar.name for bar in bars}
    for bar in bars:
        low, high = input_bounds(bar.name)
        assert low <= bar.low_value <= bar.central_value <= bar.high_value <= high


@pytest.mark.parametrize("months", [12, 36, 60])
def test_switching_value_plugged_back_gives_no_gap(months: int) -> None:
    scenario = SCENARIO.changed(months=months)
    points = [point for point in switching_values(TWO.under(scenario)) if point.value is not None]
    assert len(points) >= 3
    for point in points:
        found = costs(TWO.under(scenario), {point.name: np.array([point.value])})
        gap = found["pc"].present_value_cost_usd - found["mac"].present_value_cost_usd
        assert float(np.squeeze(gap)) == pytest.approx(0, abs=0.01), point.name
        assert point.winner == "pc"
        assert point.bounds[0] <= point.value <= point.bounds[1]


def test_switching_value_of_hours_is_worked_by_hand() -> None:
    # the gap is linear in the hours: gap(15) - (15 - h) * slope = 0
    mac, pc = TWO
    gap = [
        _central(pc, pc_administration_h_per_year=h) - _central(mac, pc_administration_h_per_year=h) for h in (14, 15)
    ]
    expected = 15 - gap[1] / (gap[1] - gap[0])
    (point,) = switching_values(TWO, names=["pc_administration_h_per_year"])
    assert point.value == pytest.approx(expected, rel=1e-6)
    assert point.in_range == (5 <= expected <= 60)


def test_switching_value_of_an_api_price_is_its_multiple() -> None:
    pair = candidates(OFFERS[0], OFFERS[3])
    (point,) = switching_values(pair, names=["host/llama.price_ratio"])
    own = _central(OFFERS[0])
    api = cost_of(API, scenario=SCENARIO)
    tokens = sum(
        -usd
        for entry, row in zip(api.entries, api.flows, strict=True)
        if "tokens" in entry.name
        for usd in np.array(row) * 1.1 ** (-np.arange(37) / 12)
    )
    expected = (own - (api.present_value_cost_usd - tokens)) / tokens
    if expected <= 20:
        assert point.value == pytest.approx(expected, rel=1e-6)
    else:
        assert point.value is None


def test_map_says_who_wins_where() -> None:
    hours, wages = np.linspace(0, 60, 21), np.linspace(20, 200, 19)
    found = who_wins(TWO, x=("pc_administration_h_per_year", hours), y=("wage_usd_per_h", wages))
    assert found.winner.shape == found.gap_usd.shape == (19, 21)
    mac, pc = TWO
    for row, column in ((0, 0), (18, 20), (7, 3)):
        values = {"wage_usd_per_h": float(wages[row]), "pc_administration_h_per_year": float(hours[column])}
        costs_usd = {"mac": _central(mac, **values), "pc": _central(pc, **values)}
        assert found.options[found.winner[row, column]] == min(costs_usd, key=lambda name: costs_usd[name])
        assert found.gap_usd[row, column] == pytest.approx(abs(costs_usd["mac"] - costs_usd["pc"]), rel=1e-9)
    assert found.options[found.winner[0, 0]] == "pc"
    assert found.options[found.winner[18, 20]] == "mac"


def test_map_of_one_input_is_refused() -> None:
    axis = ("wage_usd_per_h", np.array([1.0, 2.0]))
    with pytest.raises(CalculatorError, match="two different inputs"):
        who_wins(TWO, x=axis, y=axis)


def test_sensitivity_without_a_rival_is_refused() -> None:
    with pytest.raises(CalculatorError, match="only one option"):
        tornado(candidates(OFFERS[0]))
    with pytest.raises(CalculatorError, match="none of the options"):
        switching_values(candidates())


def test_unknown_input_is_refused() -> None:
    with pytest.raises(CalculatorError, match="hourly is not an input"):
        switching_values(TWO, names=["hourly"])


# --- information ------------------------------------------------------------------------------------------------------------


def _hand_made(count: int = 1000) -> Odds:
    # a costs 10 or 30, as x is low or high; b always 18: choose b, knowing x gains (18 - 10) in half of the futures = 4
    x = np.tile([0.0, 1.0], count // 2)
    y = np.random.default_rng(0).permutation(count).astype(float)
    table = {"a": 10 + 20 * x, "b": np.full(count, 18.0)}
    return Odds(table, table, table, {"x": x, "y": y}, {}, 0)


def test_value_of_information_is_worked_by_hand() -> None:
    found = value_of_information(_hand_made())
    assert found.choice == "b"
    assert found.total_usd == pytest.approx(4.0)
    assert found.by_input["x"] == pytest.approx(4.0)
    assert found.by_input["y"] < 0.3  # an input that has nothing to do with it


@pytest.mark.parametrize("months", [12, 36, 84])
@pytest.mark.parametrize("seed", [1, 2])
def test_value_of_information_is_never_negative_and_bounds_each_part(months: int, seed: int) -> None:
    odds = simulate(TWO.under(SCENARIO.changed(months=months)), count=2000, seed=seed)
    found = value_of_information(odds)
    assert found.total_usd >= 0
    for name, usd in found.by_input.items():
        assert 0 <= usd <= found.total_usd + 1e-9, name


@given(st.integers(0, 10_000), st.integers(2, 5))
@settings(max_examples=30)
def test_value_of_information_is_bounded_for_any_table(seed: int, options: int) -> None:
    generator = np.random.default_rng(seed)
    table = {str(index): generator.lognormal(3, 1, 400) for index in range(options)}
    odds = Odds(table, table, table, {"x": table["0"], "y": generator.random(400)}, {}, seed)
    found = value_of_information(odds)
    assert all(0 <= usd <= found.total_usd + 1e-9 for usd in found.by_input.values())


def test_information_without_width_is_worth_nothing() -> None:
    odds = simulate(ALL, count=100, spreads=_certain())
    assert value_of_information(odds).total_usd == 0.0


def test_total_effects_of_a_difference_are_shares() -> None:
    found = total_effects(TWO, pair=("pc", "mac"), count=512)
    assert next(iter(found)) == "pc_administration_h_per_year"  # labour, not watts, decides
    assert all(-1e-9 <= share <= 1.2 for share in found.values())
    assert found["cloud_price_trend_rate"] == 0.0
    assert 0.95 < sum(found.values()) < 1.6


def test_total_effects_of_a_sum_are_the_shares_of_its_variances(monkeypatch: pytest.MonkeyPatch) -> None:
    # f = a + 2 b with equal spreads: shares 1/5 and 4/5
    from calculator.cost.tco import CostDraws
    from calculator.risk import value_of_information as information

    spreads = {"a": Spread(-1, 0, 1, "pert"), "b": Spread(-1, 0, 1, "pert")}

    def fake(candidates, values):
        usd = values["a"] + 2 * values["b"]
        zero = np.zeros_like(usd)
        return {"pc": CostDraws(usd, usd, usd), "mac": CostDraws(zero, zero, zero)}

    monkeypatch.setattr(information, "spreads_of", lambda *_, **__: spreads)
    monkeypatch.setattr(information, "costs", fake)
    found = total_effects(TWO, pair=("pc", "mac"))
    assert found["b"] == pytest.approx(0.8, abs=0.01)
    assert found["a"] == pytest.approx(0.2, abs=0.01)


def test_ranges_of_options_use_the_same_tariff_for_option_and_overflow() -> None:
    spreads = spreads_of(ALL)
    assert "host/llama.input_usd_per_mtok" in spreads
    assert isinstance(DEFAULTS["wage_usd_per_h"], Quantity)
    half = dataclasses.replace(MAC_USAGE, served_fraction=0.5)
    pair = candidates(Candidate(MAC, half, TARIFF), Candidate(API), Candidate(PC, PC_USAGE, TARIFF))
    dear = costs(pair, {"host/llama.input_usd_per_mtok": np.array([0.2, 2.0])})
    assert dear["api"].total_cost_usd[1] > dear["api"].total_cost_usd[0]
    assert dear["mac"].total_cost_usd[1] > dear["mac"].total_cost_usd[0]
    assert float(np.ptp(dear["pc"].total_cost_usd)) == 0.0
