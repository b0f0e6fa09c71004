"""The default answer, computed again from scratch: scenario and catalogue files in, plain loops, other libraries.

Nothing of the money's code is used but what is checked. Taken as given are the busy hours (service.py has its own
tests) and which prices the catalogue chooses.
"""

import math
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy_financial as npf
import pytest
import pyxirr

import calculator.catalog
from calculator import Comparison, Scenario, compare, load_catalog
from calculator.analysis.bridge import bridge
from calculator.risk.candidates import costs, spreads_of
from calculator.risk.monte_carlo import simulate
from calculator.risk.sensitivity import switching_values, tornado, who_wins
from calculator.risk.value_of_information import total_effects, value_of_information
from calculator.scenario.presets import preset, preset_names
from tests.calculator.offers import three

CATALOG = load_catalog()
FOLDER = Path(calculator.catalog.__file__).parent
MAC, USED, PC, CLOUD, API = (
    "mac-studio-m5-ultra-256",
    "mac-studio-m2-ultra-192-used",
    "dual-rtx-4090-threadripper",
    "cloud-h100",
    "api-same-model",
)
CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "five years, other rates": {
        "months": 60,
        "discount_rate": 0.06,
        "wage_usd_per_h": 150,
        "electricity_usd_per_kwh": 0.31,
        "electricity_escalation_rate": 0.05,
        "wage_escalation_rate": 0.03,
        "api_price_trend_rate": -0.6,
        "cloud_price_trend_rate": 0.04,
        "sales_tax_fraction": 0.1,
        "resale_market_index": 1.3,
        "warranty_months": 24,
    },
    "a broken year": {"months": 29, "inflation_rate": 0.06, "on_h_per_day": 12, "cooling_season_fraction": 1.0},
}


@cache
def _default() -> Comparison:
    return compare(Scenario(), CATALOG)


def _toml(folder: str, name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / folder / f"{name}.toml").read_text("utf-8"))


def _middle(row: dict[str, Any]) -> float:
    return float(row["value"] if "value" in row else row["central"])


class _Ledger:
    """Signed dollars by line and month, filled by hand."""

    def __init__(self, months: int) -> None:
        self.months, self.lines = months, dict[str, list[float]]()

    def once(self, name: str, usd: float, month: int = 0) -> None:
        self.lines[name] = [usd if m == month else 0.0 for m in range(self.months + 1)]

    def monthly(self, name: str, usd: Callable[[int], float]) -> None:
        self.lines[name] = [0.0] + [usd(month) for month in range(1, self.months + 1)]


def _year(month: int) -> int:
    return (month - 1) // 12


def _own(option: str, scenario: Scenario, hours: tuple[float, float], *, mac: bool) -> _Ledger:
    machine, ledger = _toml("machines", option), _Ledger(scenario.months)
    rows = machine["prices"]
    list_usd = _middle(next(row for row in rows if row["kind"] == "list")["price_usd"])
    paid = _middle(max(rows, key=lambda row: row["price_usd"]["as_of"])["price_usd"])
    care = scenario.mac_administration_h_per_year if mac else scenario.pc_administration_h_per_year
    kept = scenario.resale_fraction if mac else scenario.gpu_resale_fraction
    failures = scenario.built_failure_rate if mac else scenario.self_built_failure_rate
    prefill_h, decode_h = hours
    on_h = scenario.on_h_per_day * scenario.working_days_per_year / 12
    kwh = {
        "prefill": _middle(machine["power"]["prefill_w"]) / 1000 * prefill_h,
        "decode": _middle(machine["power"]["decode_w"]) / 1000 * decode_h,
        "idle": _middle(machine["power"]["idle_w"]) / 1000 * (on_h - prefill_h - decode_h),
    }

    def price(month: int) -> float:
        return scenario.electricity_usd_per_kwh * (1 + scenario.electricity_escalation_rate) ** _year(month)

    ledger.once("hardware", -paid)
    ledger.once("sales tax", -paid * scenario.sales_tax_fraction)
    ledger.once("setup", -_middle(machine["setup_h"]) * scenario.wage_usd_per_h)
    for state, used in kwh.items():
        ledger.monthly(f"energy {state}", lambda month, used=used: -used * price(month))
    cooling = scenario.cooling_season_fraction / scenario.cooling_cop_ratio
    ledger.monthly("cooling", lambda month: -sum(kwh.values()) * price(month) * cooling)
    wages = (1 + scenario.wage_escalation_rate, scenario.wage_usd_per_h)
    ledger.monthly("administration", lambda month: -care / 12 * wages[1] * wages[0] ** _year(month))
    ledger.monthly(
        "repair",
        lambda month: (
            -failures / 12 * scenario.repair_fraction * paid * (1 + scenario.inflation_rate) ** _year(month)
            if month > scenario.warranty_months
            else 0.0
        ),
    )
    age = 12 * _middle(machine["age_when_bought_years"]) if "age_when_bought_years" in machine else 0.0
    worth = list_usd * kept ** ((age + scenario.months) / 36) * scenario.resale_market_index
    ledger.once("resale", worth * (1 - scenario.resale_fee_fraction), scenario.months)
    return ledger


def _rented(scenario: Scenario) -> _Ledger:
    offer, ledger = _toml("cloud", CLOUD), _Ledger(scenario.months)
    rates = [row for row in offer["rates"] if row["kind"] == "on-demand"]
    rate = _middle(max(rates, key=lambda row: row["rate_usd_per_h"]["as_of"])["rate_usd_per_h"])
    step = _middle(offer["billing_minutes"])
    minutes = math.ceil((scenario.on_h_per_day * 60 + _middle(offer["startup_minutes"])) / step - 1e-9) * step
    paid_h = minutes / 60 * scenario.working_days_per_year / 12
    ledger.once("setup", -_middle(offer["setup_h"]) * scenario.wage_usd_per_h)
    trend = (1 + scenario.cloud_price_trend_rate) ** (1 / 12)
    ledger.monthly("rental", lambda month: -rate * paid_h * trend ** (month - 1))
    stored = _middle(offer["storage_gb"]) * _middle(offer["storage_usd_per_gb_month"])
    ledger.monthly("storage", lambda month: -stored)
    _care(ledger, scenario, scenario.cloud_administration_h_per_year)
    return ledger


def _hosted(scenario: Scenario) -> _Ledger:
    offer, ledger = _toml("api", API), _Ledger(scenario.months)
    tariff = next(one for one in _default().candidates if one.option.id == API).reference_api
    assert tariff is not None
    requests = scenario.requests_per_working_day * scenario.working_days_per_year / 12
    trend = (1 + scenario.api_price_trend_rate) ** (1 / 12)
    ledger.once("setup", -_middle(offer["setup_h"]) * scenario.wage_usd_per_h)
    for name, tokens, usd in (
        ("input tokens", scenario.prompt_tokens + scenario.retrieved_tokens, tariff.input_usd_per_mtok.central),
        ("output tokens", scenario.answer_tokens, tariff.output_usd_per_mtok.central),
    ):
        ledger.monthly(name, lambda month, cost=requests * tokens / 1e6 * usd: -cost * trend ** (month - 1))
    _care(ledger, scenario, scenario.api_administration_h_per_year)
    return ledger


def _care(ledger: _Ledger, scenario: Scenario, hours: float) -> None:
    usd, growth = hours / 12 * scenario.wage_usd_per_h, 1 + scenario.wage_escalation_rate
    ledger.monthly("administration", lambda month: -usd * growth ** _year(month))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("option", [MAC, USED, PC, CLOUD, API])
def test_every_line_and_total_is_the_one_computed_from_scratch(option: str, name: str) -> None:
    scenario = Scenario(**CASES[name])
    row = next(row for row in compare(scenario, CATALOG).options if row.id == option)
    assert row.tco is not None
    if option == CLOUD:
        mine = _rented(scenario)
    elif option == API:
        mine = _hosted(scenario)
    else:
        assert row.service is not None
        hours = (row.service.prefill_h, row.service.decode_h)
        mine = _own(option, scenario, hours, mac=option != PC)
    assert set(mine.lines) == set(row.tco.lines)
    for line, flow in mine.lines.items():
        assert row.tco.lines[line] == pytest.approx(sum(flow), rel=1e-9), line
    flow = [sum(column) for column in zip(*mine.lines.values(), strict=True)]
    assert row.tco.total_cost_usd == pytest.approx(-sum(flow), rel=1e-9)
    rate = (1 + scenario.discount_rate) ** (1 / 12) - 1
    value = -float(npf.npv(rate, flow))
    assert row.tco.present_value_cost_usd == pytest.approx(value, rel=1e-9)
    assert row.tco.present_value_cost_usd == pytest.approx(-float(pyxirr.npv(rate, flow) or 0.0), rel=1e-9)
    per_year = -12 * float(npf.pmt(rate, scenario.months, value))
    assert row.tco.equivalent_annual_cost_usd == pytest.approx(per_year, rel=1e-9)
    tokens = scenario.requests_per_working_day * scenario.working_days_per_year / 12 * scenario.context_tokens() / 1e6
    per_mtok = value / float(npf.npv(rate, [0.0] + [tokens] * scenario.months))
    assert row.tco.usd_per_mtok == pytest.approx(per_mtok, rel=1e-9)


# --- how sure: other draws, other estimators, one call of the whole comparison per case -------------------------------


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
        logit = [np.log(one / (1 - one)) for one in (middle, low, high)]
        found = 1 / (1 + np.exp(-halves(*logit, z / z90)))
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
        return usd[USED].present_value_cost_usd - usd[API].present_value_cost_usd

    base = gap(first)
    variance = float(np.var(np.concatenate([base, gap(second)])))
    for name in list(found)[:5]:
        share = float(np.mean((base - gap({**first, name: second[name]})) ** 2)) / (2 * variance)
        assert found[name] == pytest.approx(share, abs=0.07), name


def test_value_of_one_input_is_that_of_a_nested_monte_carlo() -> None:
    # 200 values of the input, 3,000 futures of all others for each, against the mean of six seeds (one moves by 6 dollars); at the
    # wage the choice never changes
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


def _compared(scenario: Scenario, name: str, value: float) -> dict[str, float]:
    """Present values where the whole comparison is run with one input at another value."""
    owner, _, figure = name.rpartition(".")
    if figure.endswith("_watt_ratio"):
        usage = next(one.usage for one in _default().candidates if one.option.id == owner)
        state = figure.removesuffix("_watt_ratio")
        changed = scenario.changed(figures={f"{owner}.{state}_w": getattr(usage, f"{state}_w") * value})
    else:
        changed = scenario.changed(**({"figures": {name: value}} if owner else {name: value}))
    return {row.id: row.tco.present_value_cost_usd for row in compare(changed, CATALOG).options if row.tco is not None}


@pytest.mark.parametrize("options", [(MAC, USED, PC, CLOUD, API), (USED, PC), (MAC, CLOUD, PC)])
def test_tornado_ends_and_switching_values_are_those_of_whole_comparisons(options: tuple[str, ...]) -> None:
    scenario = Scenario(options=options)
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
    scenario = Scenario(options=(USED, PC, CLOUD, API))
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


@pytest.mark.parametrize("start", preset_names())
@pytest.mark.parametrize("end", ["our-defaults", "article"])
def test_bridge_between_presets_starts_and_ends_at_whole_comparisons(start: str, end: str) -> None:
    found = bridge(preset(start), preset(end), catalog=CATALOG)

    def gap(scenario: Scenario) -> float:
        pair = (found.cheaper, found.dearer)
        mine = {
            table: {key: row for key, row in getattr(scenario, table).items() if "/" in key or key.startswith(pair)}
            for table in ("figures", "already_own_usd", "leases")
        }
        usd = {row.id: row.tco for row in compare(scenario.changed(options=pair, **mine), CATALOG).options}
        cheaper, dearer = usd[found.cheaper], usd[found.dearer]
        assert cheaper is not None
        assert dearer is not None
        return dearer.present_value_cost_usd - cheaper.present_value_cost_usd

    assert found.start_usd == pytest.approx(gap(preset(start)), abs=1e-9)
    assert found.end_usd == pytest.approx(gap(preset(end)), abs=1e-9)
    walked = found.start_usd + sum(step.change_usd for step in found.steps)
    assert walked == pytest.approx(found.end_usd, abs=1e-8)
