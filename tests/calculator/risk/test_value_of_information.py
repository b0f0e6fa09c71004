"""Value of information and total effects: worked by hand, and bounds for any table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.risk.candidates import Candidates, spreads_of
from calculator.risk.distributions import Spread
from calculator.risk.monte_carlo import Odds, simulate
from calculator.risk.value_of_information import total_effects, value_of_information
from tests.calculator.offers import (
    ALL,
    SCENARIO,
    TWO,
)


def _certain(among: Candidates = ALL) -> dict[str, Spread]:
    found = spreads_of(among)
    return {name: Spread(spread.central, spread.central, spread.central) for name, spread in found.items()}


def _hand_made(count: int = 1000) -> Odds:
    # a costs 10 or 30, as x is low or high; b always 18: choose b, knowing x gains (18 - 10) in half of the futures = 4
    x = np.tile([0.0, 1.0], count // 2)
    y = np.random.default_rng(0).permutation(count).astype(float)
    table = {"a": 10 + 20 * x, "b": np.full(count, 18.0)}
    return Odds(table, table, table, table, {"x": x, "y": y}, {}, 0)


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
    odds = Odds(table, table, table, table, {"x": table["0"], "y": generator.random(400)}, {}, seed)
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
        return {"pc": CostDraws(usd, usd, usd, usd), "mac": CostDraws(zero, zero, zero, zero)}

    monkeypatch.setattr(information, "spreads_of", lambda *_, **__: spreads)
    monkeypatch.setattr(information, "costs", fake)
    found = total_effects(TWO, pair=("pc", "mac"))
    assert found["b"] == pytest.approx(0.8, abs=0.01)
    assert found["a"] == pytest.approx(0.2, abs=0.01)


def test_pair_that_never_differs_has_no_effects() -> None:
    """An option beside itself: no input moves a difference that is always 0."""
    name = next(iter(TWO)).option.id
    found = total_effects(TWO, pair=(name, name))
    assert found
    assert set(found.values()) == {0.0}
