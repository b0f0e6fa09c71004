"""Odds, effects, information, tornado and map against naive estimators: plain draws and whole comparisons."""

import math
from functools import cache
from typing import Any

import numpy as np
import pytest

from calculator import Comparison, Scenario, compare, load_catalog
from calculator.risk.candidates import costs, spreads_of
from calculator.risk.monte_carlo import simulate
from calculator.risk.sensitivity import switching_values, tornado, who_wins
from calculator.risk.value_of_information import total_effects, value_of_information
from tests.calculator.offers import three

CATALOG = load_catalog()


MAC, USED, PC, CLOUD, API = (
    "mac-studio-m5-ultra-256",
    "mac-studio-m2-ultra-192-used",
    "dual-rtx-4090-threadripper",
    "cloud-h100",
    "api-same-model",
)


# one machine each that buys what is too much for it: what varies is an input, never the number of machines
ONE_EACH: dict[str, Any] = {
    "when_full": "buy-from-api",
    "when_down": "buy-from-api",
    "machine_count": 1,
    "first_token_p95_target_s": 0,
}


@cache
def _default() -> Comparison:
    return compare(Scenario(**ONE_EACH), CATALOG)


def _values(spread: Any, z: np.ndarray) -> np.ndarray:
    """The distributions of docs/model/finance.md, written again from that page with SciPy."""
    from scipy import stats

    low, middle, high = spread.low, spread.central, spread.high
    z90 = stats.norm.ppf(0.9)

    def halves(centre: float, down: float, up: float, unit: np.ndarray) -> np.ndarray:
        return np.where(unit < 0, centre + unit * (centre - down), centre + unit * (up - centre))

    if spread.kind == "lognormal" and low > 0:
        found = np.exp(halves(np.log(middle), np.log(low), np.log(high), z / z90))
    elif spread.kind == "share" and low > 0 and high < 1:
        centre, down, up = (float(np.log(one / (1 - one))) for one in (middle, low, high))
        found = 1 / (1 + np.exp(-halves(centre, down, up, z / z90)))
    else:
        beta = stats.beta(3, 3)
        found = halves(middle, low, high, (beta.ppf(stats.norm.cdf(z)) - 0.5) / (beta.ppf(0.9) - 0.5))
    return np.clip(found, spread.floor, spread.ceiling)


def _futures(count: int, seed: int) -> dict[str, np.ndarray]:
    """Plain random draws (no hypercube) of every uncertain input, with a Gaussian copula for the stated correlations."""
    found = spreads_of(_default().candidates)
    wide = {name: one for name, one in found.items() if not one.certain}
    place = {name: index for index, name in enumerate(wide)}
    target = np.eye(len(wide))
    for first, second in (
        ("resale_fraction", "gpu_resale_fraction"),
        ("resale_fraction", "api_price_trend_rate"),
        ("gpu_resale_fraction", "api_price_trend_rate"),
        ("mac_administration_h_per_year", "pc_administration_h_per_year"),
    ):
        target[place[first], place[second]] = target[place[second], place[first]] = 2 * np.sin(np.pi / 6 * 0.5)
    normal = np.random.default_rng(seed).standard_normal((count, len(wide))) @ np.linalg.cholesky(target).T
    return {name: _values(one, normal[:, place[name]]) for name, one in wide.items()}


@cache
def _naive(count: int = 2000) -> dict[str, np.ndarray]:
    """Present values of naive futures, one scalar cost per option and future."""
    futures = _futures(count, seed=7)
    found = {one.option.id: np.empty(count) for one in _default().candidates}
    for index in range(count):
        values = {name: float(draws[index]) for name, draws in futures.items()}
        for one in _default().candidates:
            owner = one.option.id
            watts = {
                f"{owner}.{state}_w": getattr(one.usage, f"{state}_w") * values[f"{owner}.{state}_watt_ratio"]
                for state in ("prefill", "decode", "idle")
                if f"{owner}.{state}_watt_ratio" in values
            }
            tco = _default().candidates.cost(one, values={**values, **watts})
            found[owner][index] = tco.present_value_cost_usd
    return found


def _compared(scenario: Scenario, name: str, value: float) -> dict[str, float]:
    """Present values where the whole comparison is run with one input at another value.

    What varies is not typed: a share that a person types for graphics cards would hold for the whole box.
    """
    owner, _, figure = name.rpartition(".")
    if figure.endswith("_watt_ratio"):
        usage = next(one.usage for one in _default().candidates if one.option.id == owner)
        state = figure.removesuffix("_watt_ratio")
        changed = scenario.changed(figures={f"{owner}.{state}_w": getattr(usage, f"{state}_w") * value})
    else:
        changed = scenario.changed(**({"figures": {name: value}} if owner else {name: value}))
    changed = Scenario.parse({**changed.model_dump(), "typed": scenario.typed})
    return {row.id: row.tco.present_value_cost_usd for row in compare(changed, CATALOG).options if row.tco is not None}


def test_ranges_and_odds_are_those_of_a_naive_monte_carlo() -> None:
    naive = _naive()
    odds = simulate(_default().candidates)
    count = len(naive[API])
    for name, usd in naive.items():
        for share, theirs in zip((0.1, 0.5, 0.9), three(odds.present_value(name)), strict=True):
            # four standard errors of the naive quantile, from its own order statistics
            wide = 4 * math.sqrt(share * (1 - share) / count)
            low, high = np.quantile(usd, [max(share - wide, 0), min(share + wide, 1)])
            assert low <= theirs <= high, (name, share)
    table = np.array(list(naive.values()))
    chances = odds.cheapest_probability()
    for index, name in enumerate(naive):
        share = float(np.mean(table.argmin(axis=0) == index))
        assert chances[name] == pytest.approx(share, abs=4 * math.sqrt(max(share * (1 - share), 0.002) / count)), name
    for name in (MAC, USED, PC, CLOUD):
        low, middle, high = three(odds.difference(name, API))
        assert [low, middle, high] == pytest.approx(np.quantile(naive[name] - naive[API], [0.1, 0.5, 0.9]), rel=0.12)


def test_odds_lie_within_a_point_of_300_000_plain_draws() -> None:
    # 0.1 points of standard error on their side
    small, am5 = "mac-studio-m5-ultra-96", "dual-rtx-4090-am5"
    cheapest = {one.option.id: 0 for one in _default().candidates}
    pair, pair_hard, count, blocks = 0, 0, 20_000, 15
    for block in range(blocks):
        found = costs(_default().candidates, _futures(count, seed=100 + block))
        table = np.array([np.broadcast_to(one.present_value_cost_usd, count) for one in found.values()])
        for name, wins in zip(found, np.bincount(table.argmin(axis=0), minlength=len(found)), strict=True):
            cheapest[name] += int(wins)
        mac, pc = found[small], found[am5]
        pair += int(np.count_nonzero(mac.present_value_cost_usd < pc.present_value_cost_usd))
        pair_hard += int(np.count_nonzero(mac.hard_present_value_cost_usd < pc.hard_present_value_cost_usd))
    odds = simulate(_default().candidates)
    for name, share in odds.cheapest_probability().items():
        assert cheapest[name] / (count * blocks) == pytest.approx(share, abs=0.01), name
    assert pair / (count * blocks) == pytest.approx(odds.cheaper_chance(small, am5), abs=0.01)
    assert pair_hard / (count * blocks) == pytest.approx(odds.cheaper_chance(small, am5, hard=True), abs=0.01)


def test_total_effects_are_those_of_pairs_of_draws() -> None:
    # Jansen (1999): E[(f(A) - f(A with input i of B))^2] / (2 Var f), 30,000 pairs of plain random draws
    pair = _default().candidates.only((USED, API))
    found = total_effects(_default().candidates, pair=(USED, API))
    spreads = spreads_of(pair)
    generator = np.random.default_rng(3)
    first, second = (
        {name: _values(one, generator.standard_normal(30_000)) for name, one in spreads.items() if not one.certain}
        for _ in range(2)
    )

    def gap(values: dict[str, np.ndarray]) -> np.ndarray:
        usd = costs(pair, values)
        return np.asarray(usd[USED].present_value_cost_usd - usd[API].present_value_cost_usd)

    base = gap(first)
    variance = float(np.var(np.concatenate([base, gap(second)])))
    for name in list(found)[:5]:
        share = float(np.mean((base - gap({**first, name: second[name]})) ** 2)) / (2 * variance)
        assert found[name] == pytest.approx(share, abs=0.07), name


def test_value_of_one_input_is_that_of_a_nested_monte_carlo() -> None:
    # 200 values of the input, 3,000 futures of all others for each, against the mean of six seeds (one moves by 6
    # dollars); at the wage the choice never changes
    odds = simulate(_default().candidates)
    known = value_of_information(odds)
    again = [value_of_information(simulate(_default().candidates, seed=seed)) for seed in range(6)]
    futures = _futures(3000, seed=11)
    spreads = odds.spreads
    from scipy import stats

    for name, tolerance in (("api_administration_h_per_year", 15.0), ("wage_usd_per_h", 5.0)):
        means: list[list[float]] = []
        for value in _values(spreads[name], stats.norm.ppf((np.arange(200) + 0.5) / 200)):
            usd = costs(_default().candidates, {**futures, name: np.full(3000, value)})
            means.append([float(np.mean(cost.present_value_cost_usd)) for cost in usd.values()])
        table = np.array(means)
        nested = table.mean(axis=0).min() - table.min(axis=1).mean()
        assert np.mean([one.by_input[name] for one in again]) == pytest.approx(nested, abs=tolerance), name
    naive = np.array(list(_naive().values()))
    total = naive.mean(axis=1).min() - naive.min(axis=0).mean()
    spread = (naive[list(_naive()).index(API)] - naive.min(axis=0)).std() / math.sqrt(naive.shape[1])
    assert known.total_usd == pytest.approx(total, abs=4 * spread + 25)


@pytest.mark.parametrize("options", [(MAC, USED, PC, CLOUD, API), (USED, PC), (MAC, CLOUD, PC)])
def test_tornado_ends_and_switching_values_are_those_of_whole_comparisons(options: tuple[str, ...]) -> None:
    # one stream: a machine's hours then go with its requests, as the draws take them
    scenario = Scenario(**ONE_EACH, options=options, concurrent_request_count=1)
    candidates = compare(scenario, CATALOG).candidates
    base = _compared(scenario, "months", 36)
    best = min(base, key=lambda name: base[name])

    def gap(usd: dict[str, float]) -> float:
        return min(cost for name, cost in usd.items() if name != best) - usd[best]

    bars = tornado(candidates)
    assert len(bars) >= 10
    for bar in bars:
        for value, usd in ((bar.low_value, bar.gap_at_low_usd), (bar.high_value, bar.gap_at_high_usd)):
            assert usd == pytest.approx(gap(_compared(scenario, bar.name, value)), rel=1e-9, abs=1e-6), bar.name
    points = [point for point in switching_values(candidates) if point.value is not None]
    assert len(points) >= 3
    for point in points:
        assert point.value is not None
        step = 1e-5 * abs(point.value) * (1 if point.value > point.central_value else -1)
        before, after = (_compared(scenario, point.name, point.value + side * step) for side in (-1, 1))
        assert min(before, key=lambda name: before[name]) == best, point.name
        assert min(after, key=lambda name: after[name]) == point.winner, point.name


def test_batches_that_grow_with_the_load_cost_the_tornado_less_than_a_thousandth() -> None:
    # with two streams a busier machine writes more in pairs, in less time each; the draws keep the hours of the base case
    scenario = Scenario(**ONE_EACH, options=(USED, PC))
    bar = next(one for one in tornado(compare(scenario, CATALOG).candidates) if one.name == "requests_per_working_day")
    for value, usd in ((bar.low_value, bar.gap_at_low_usd), (bar.high_value, bar.gap_at_high_usd)):
        whole = _compared(scenario, bar.name, value)
        assert usd == pytest.approx(whole[PC] - whole[USED], rel=1e-3)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (("wage_usd_per_h", 0.0, 300.0), ("pc_administration_h_per_year", 0.0, 60.0)),
        (("requests_per_working_day", 20.0, 3000.0), ("electricity_usd_per_kwh", 0.0, 0.6)),
    ],
)
def test_cells_of_the_map_are_those_of_whole_comparisons(
    x: tuple[str, float, float], y: tuple[str, float, float]
) -> None:
    scenario = Scenario(**ONE_EACH, options=(USED, PC, CLOUD, API))
    axes = tuple((name, np.linspace(low, high, 80)) for name, low, high in (x, y))
    found = who_wins(compare(scenario, CATALOG).candidates, x=axes[0], y=axes[1])
    generator = np.random.default_rng(20)
    for _ in range(20):
        row, column = generator.integers(80, size=2)
        cell = {found.x_name: float(found.x[column]), found.y_name: float(found.y[row])}
        usd = {
            one.id: one.tco.present_value_cost_usd
            for one in compare(scenario.changed(**cell), CATALOG).options
            if one.tco is not None
        }
        first, second = sorted(usd.values())[:2]
        assert usd[found.options[found.winner[row, column]]] == first
        assert found.gap_usd[row, column] == pytest.approx(second - first, rel=1e-9, abs=1e-6)
