"""Draws of random scenarios stay inside their bounds, and nobody pays for more hours than a day or a month has."""

import random
from typing import Any

import numpy as np
import pytest

from calculator.catalog.distributions import Distributions
from calculator.catalog.options import CloudOffer, Machine
from calculator.cost.inputs import Inputs
from calculator.cost.tco import charges_of
from calculator.decision.compare import compare
from calculator.number import Range
from calculator.risk.candidates import Candidate, Candidates, spreads_of
from calculator.risk.distributions import draw
from calculator.scenario.own_figures import FIGURE_BOUNDS
from calculator.scenario.scenario import Scenario, knobs
from calculator.units import H_PER_MONTH
from tests.calculator.offers import CATALOG, CLOUD, PC_USAGE, TARIFF, candidates

RULES: Distributions = CATALOG.distributions
COUNT = 2048
OPTIONS = tuple(name for name in (*CATALOG.machines, *CATALOG.clouds, *CATALOG.apis))


def _scenario(seed: int) -> Scenario:
    """A random scenario: every number that is drawn somewhere in its bounds or left alone, and some of the options."""
    chance = random.Random(seed)
    numbers = knobs()
    values: dict[str, Any] = {}
    for name in RULES.kinds:
        low, high, default = numbers[name].low, numbers[name].high, float(numbers[name].default)
        if chance.random() < 0.3 and np.isfinite([low, high]).all():
            values[name] = low + (min(high, max(10 * abs(default), 0.1)) - low) * chance.random()
    return Scenario(
        **values,
        options=tuple(chance.sample(OPTIONS, 6)),
        cloud_rate=chance.choice(["on-demand", "reserved", "spot"]),
        on_h_per_day=chance.choice([0.5, 8.0, 10.0, 23.5, 24.0]),
        working_days_per_year=chance.choice([1, 252, 365]),
    )


def _candidates(scenario: Scenario) -> Candidates:
    """Every option of the scenario as if it could do the work, with speeds of wide ranges."""
    speeds = Range(5.0, 20.0, 60.0)
    made: list[Candidate] = []
    for name in scenario.options:
        option = CATALOG.option(name)
        if isinstance(option, Machine | CloudOffer):
            made.append(Candidate(option, PC_USAGE, TARIFF, speeds, speeds))
        else:
            made.append(Candidate(option, reference_api=TARIFF))
    return Candidates.of(made, scenario=scenario, catalog=CATALOG, prices_as_of="2029-11-26")


def _bounds(name: str) -> tuple[float, float]:
    if "." not in name:
        return knobs()[name].low, knobs()[name].high
    figure = name.rpartition(".")[2]
    if figure.endswith("_ratio"):
        return RULES.limits["speed_ratio" if "speed" in figure else "watt_ratio"]
    return RULES.limits.get(figure, FIGURE_BOUNDS[figure])


@pytest.mark.parametrize("part", range(10))
def test_draws_of_100_random_scenarios_stay_inside_their_bounds(part: int) -> None:
    for seed in range(10 * part, 10 * part + 10):
        spreads = spreads_of(_candidates(_scenario(seed)))
        drawn = draw(spreads, rules=RULES, count=COUNT)
        assert drawn
        for name, values in drawn.items():
            low, high = _bounds(name)
            assert low <= values.min(), (seed, name)
            assert values.max() <= high, (seed, name)
            assert spreads[name].floor <= values.min() <= values.max() <= spreads[name].ceiling, (seed, name)


def test_watts_never_pass_110_percent_of_the_makers_maximum() -> None:
    known = [box for box in CATALOG.machines.values() if box.power.max_w is not None]
    assert known
    for box in known:
        one = Candidates.of([Candidate(box, PC_USAGE, TARIFF)], scenario=Scenario(options=(box.id,)), catalog=CATALOG)
        drawn = draw(spreads_of(one), rules=RULES, count=COUNT)
        for state in ("prefill", "decode"):
            stated = getattr(box.power, f"{state}_w")
            most = max(1.1 * box.power.max_w.central, stated.high)  # type: ignore[union-attr]
            ratios = drawn.get(f"{box.id}.{state}_watt_ratio", np.ones(1))
            assert ratios.max() * stated.central <= most * (1 + 1e-12), (box.id, state)


@pytest.mark.parametrize("on_h", [0.5, 10.0, 23.5, 24.0])
@pytest.mark.parametrize("days", [1, 252, 365])
def test_paid_hours_never_pass_those_of_the_day_nor_of_the_month(on_h: float, days: int) -> None:
    scenario = Scenario(on_h_per_day=on_h, working_days_per_year=days)
    one = candidates(Candidate(CLOUD, PC_USAGE, TARIFF), scenario=scenario)
    given = {"cloud.billing_minutes": np.geomspace(0.01, 1e5, 500), "cloud.startup_minutes": np.linspace(0, 1e4, 500)}
    charges = charges_of(CLOUD, inputs=Inputs(one.scenario, given), usage=PC_USAGE, reference_api=TARIFF)
    (rental,) = [line for line in charges.lines if line.name == "rental"]
    paid = np.asarray(rental.inputs["paid_h_per_month"])
    assert paid.max() <= min(H_PER_MONTH, 24 * days / 12) * (1 + 1e-12)
    assert paid.min() > 0


def test_billing_step_of_a_future_is_an_hour_at_most() -> None:
    (name,) = [name for name in CATALOG.clouds if name == "cloud-h100"]
    one = Candidates.of(
        [Candidate(CATALOG.clouds[name], PC_USAGE, TARIFF)], scenario=Scenario(options=(name,)), catalog=CATALOG
    )
    minutes = draw(spreads_of(one), rules=RULES, count=10_000)[f"{name}.billing_minutes"]
    assert minutes.max() == 60
    assert np.mean(minutes == 60) == pytest.approx(0.1, abs=0.001)


@pytest.mark.parametrize("offset", [-0.1, 0.1])
def test_wage_beside_the_default_gives_the_range_of_the_default_typed(offset: float) -> None:
    pair = ("mac-studio-m5-ultra-256", "dual-rtx-4090-threadripper")

    def p90(wage: float) -> float:
        found = compare(Scenario(options=pair, wage_usd_per_h=wage), CATALOG, draw_count=10_000)
        row = next(row for row in found.options if row.id == pair[1])
        assert row.present_value_usd is not None
        return row.present_value_usd.high

    assert p90(95.0 + offset) == pytest.approx(p90(95.0), rel=0.02)
