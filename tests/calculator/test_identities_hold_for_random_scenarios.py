"""Identities that hold whatever the figures are, on the real catalogue, each over many scenarios."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator import Scenario, compare, load_catalog
from calculator.finance.discounting import deflated_usd, present_value_usd, real_rate
from calculator.risk.candidates import Candidates, costs, spreads_of
from calculator.risk.distributions import Spread
from calculator.risk.monte_carlo import simulate
from calculator.risk.value_of_information import value_of_information
from tests.calculator.offers import three

CATALOG = load_catalog()


TIMINGS = st.sampled_from(["month-end", "mid-month", "annual-end"])


TAXES = st.sampled_from(["none", "expense", "macrs-half-year", "straight-line"])


RATES: dict[str, Any] = {
    "discount_rate": st.floats(-0.2, 0.5),
    "inflation_rate": st.floats(-0.1, 0.3),
    "demand_growth_rate": st.floats(-0.5, 1.5),
    "electricity_escalation_rate": st.floats(-0.1, 0.3),
    "wage_escalation_rate": st.floats(-0.1, 0.3),
    "api_price_trend_rate": st.floats(-0.9, 0.5),
    "cloud_price_trend_rate": st.floats(-0.5, 0.3),
    "wage_usd_per_h": st.floats(0, 300),
    "electricity_usd_per_kwh": st.floats(0, 1),
    "resale_fraction": st.floats(0, 1),
    "months": st.integers(12, 84),
    "timing": TIMINGS,
    "tax_mode": TAXES,
    "when_full": st.sampled_from(["buy-from-api", "buy-another"]),
    "site": st.sampled_from(["office", "server-room"]),
    "when_down": st.sampled_from(["lose", "buy-from-api"]),
    "availability_fraction": st.floats(0.5, 1),
}


SCENARIOS = st.fixed_dictionaries(RATES)


@cache
def _candidates(when_full: Any = "buy-another") -> Candidates:
    """The default's options, sized by one rule for what they cannot take."""
    return compare(Scenario(when_full=when_full), CATALOG, draw_count=0).candidates


def _costs(scenario: Scenario) -> dict[str, Any]:
    found = _candidates(scenario.when_full)
    return {one.option.id: found.under(scenario).cost(one) for one in found}


def _served_fractions(scenario: Scenario, demand_ratio: Any) -> dict[str, Any]:
    """Share of each month's demand that is answered, here or elsewhere: up to 64 machines, while they are there."""
    fractions: dict[str, Any] = {}
    for one in _candidates(scenario.when_full):
        fractions[one.option.id] = np.ones_like(demand_ratio)
        if one.usage is None:
            continue
        assert one.usage.capacity_ratio is not None
        if scenario.when_full == "buy-another":
            fractions[one.option.id] = np.minimum(1, 64 * one.usage.capacity_ratio / demand_ratio)
        kept = scenario.availability_fraction
        bought = 0.0 if scenario.when_down == "lose" else 1 - kept  # of all demand, while the machines are down
        fractions[one.option.id] = kept * fractions[one.option.id] + bought
    return fractions


@given(SCENARIOS)
@settings(max_examples=40, deadline=None)
def test_present_value_is_the_same_nominal_and_real_for_every_option(values: dict[str, Any]) -> None:
    # at month ends, where every dollar of the ledger's row lies at its month
    scenario = Scenario(**{**values, "timing": "month-end"})
    real = real_rate(scenario.discount_rate, inflation_rate=scenario.inflation_rate)
    for name, tco in _costs(scenario).items():
        deflated = deflated_usd(tco.monthly_usd, inflation_rate=scenario.inflation_rate)
        scale = sum(map(abs, tco.monthly_usd)) + 1
        assert -present_value_usd(deflated, annual_rate=float(real)) == pytest.approx(
            tco.present_value_cost_usd, abs=1e-9 * scale * 1.25**7
        ), name


@given(SCENARIOS)
@settings(max_examples=40, deadline=None)
def test_level_costs_times_their_factors_are_the_present_value_for_every_option(values: dict[str, Any]) -> None:
    # equivalent annual cost x annuity, and levelised cost x discounted tokens, both by a plain loop over the months
    scenario = Scenario(**values)
    month = np.arange(1, scenario.months + 1)
    when = {"month-end": month, "mid-month": month - 0.5, "annual-end": np.ceil(month / 12) * 12}[scenario.timing]
    factors = (1 + scenario.discount_rate) ** (-when / 12)
    ratio = (1 + scenario.demand_growth_rate) ** ((month - 1) / 12)
    fractions = _served_fractions(scenario, ratio)
    for name, tco in _costs(scenario).items():
        value = tco.present_value_cost_usd
        demand = 200 * 252 / 12 * 4200 / 1e6 * ratio * fractions[name]
        assert tco.equivalent_annual_cost_usd / 12 * factors.sum() == pytest.approx(value, rel=1e-9, abs=1e-6), name
        assert tco.usd_per_mtok * float(demand @ factors) == pytest.approx(value, rel=1e-9, abs=1e-6), name
        assert tco.served_tokens == pytest.approx(1e6 * demand.sum(), rel=1e-9), name


@given(SCENARIOS, st.floats(0, 0.6))
@settings(max_examples=40, deadline=None)
def test_tax_with_the_cost_deducted_at_once_never_changes_the_ranking(values: dict[str, Any], rate: float) -> None:
    # Cary Brown (1948). Once at the purchase and at month ends: a deduction that falls with its dollar
    plain = Scenario(**{**values, "tax_mode": "none"})
    before, after = _costs(plain), _costs(plain.changed(tax_mode="expense", tax_rate=rate))
    for name, tco in before.items():
        kept = (1 - rate) * tco.present_value_cost_usd
        assert after[name].present_value_cost_usd == pytest.approx(kept, rel=1e-9, abs=1e-6), name


@given(SCENARIOS)
@settings(max_examples=25, deadline=None)
def test_draws_without_width_are_the_deterministic_answer_for_every_option(values: dict[str, Any]) -> None:
    scenario = Scenario(**values)
    wide = spreads_of(_candidates(scenario.when_full).under(scenario))
    spreads = {name: Spread(one.central, one.central, one.central) for name, one in wide.items()}
    odds = simulate(_candidates(scenario.when_full).under(scenario), count=3, spreads=spreads)
    for name, tco in _costs(scenario).items():
        scale = 1e-9 * (abs(tco.total_cost_usd) + sum(map(abs, tco.lines.values())))
        assert three(odds.total(name)) == pytest.approx([tco.total_cost_usd] * 3, abs=scale), name
        assert three(odds.present_value(name)) == pytest.approx([tco.present_value_cost_usd] * 3, abs=scale), name
        assert three(odds.hard_present_value(name)) == pytest.approx(
            [tco.hard_present_value_cost_usd] * 3, abs=scale
        ), name


@given(SCENARIOS)
@settings(max_examples=20, deadline=None)
def test_draws_that_have_no_width_left_still_follow_the_same_formulas(values: dict[str, Any]) -> None:
    # arrays instead of spreads: every uncertain input as a constant array, so that no scalar path is taken
    scenario = Scenario(**values)
    wide = spreads_of(_candidates(scenario.when_full).under(scenario))
    found = costs(
        _candidates(scenario.when_full).under(scenario), {name: np.full(3, one.central) for name, one in wide.items()}
    )
    for name, tco in _costs(scenario).items():
        scale = 1e-9 * (abs(tco.total_cost_usd) + sum(map(abs, tco.lines.values())))
        got = np.broadcast_to(found[name].present_value_cost_usd, 3)
        assert got == pytest.approx([tco.present_value_cost_usd] * 3, abs=scale), name


@given(SCENARIOS, st.integers(0, 1000), st.sampled_from([256, 300, 1000]))
@settings(max_examples=20, deadline=None)
def test_value_of_information_is_never_negative_and_never_below_a_part(
    values: dict[str, Any], seed: int, count: int
) -> None:
    scenario = Scenario(**{**values, "demand_growth_rate": min(values["demand_growth_rate"], 0.5)})
    odds = simulate(_candidates(scenario.when_full).under(scenario), count=count, seed=seed)
    found = value_of_information(odds)
    assert found.total_usd >= 0
    for name, usd in found.by_input.items():
        assert 0 <= usd <= found.total_usd * (1 + 1e-9) + 1e-9, name
