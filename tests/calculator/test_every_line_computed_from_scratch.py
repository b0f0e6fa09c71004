"""The default ledger, computed again from scratch: scenario and catalogue files in, plain loops, other libraries."""

import math
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy_financial as npf
import pytest
import pyxirr

import calculator.catalog
from calculator import Comparison, Scenario, compare, load_catalog

CATALOG = load_catalog()


FOLDER = Path(calculator.catalog.__file__).parent


MAC, USED, PC, CLOUD, API = (
    "mac-studio-m5-ultra-256",
    "mac-studio-m2-ultra-192-used",
    "dual-rtx-4090-threadripper",
    "cloud-h100",
    "api-same-model",
)


COUNTS = {MAC: 1, USED: 7, PC: 1}
"""Machines that keep the first word within 30 s at the busiest hour; counted again in test_an_answer_one_may_sign.py."""


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


def _own(option: str, scenario: Scenario, hours: tuple[float, float], *, mac: bool, count: int) -> _Ledger:
    machine, ledger = _toml("machines", option), _Ledger(scenario.months)
    rows = machine["prices"]
    paid = _middle(max(rows, key=lambda row: row["price_usd"]["as_of"])["price_usd"])
    paid *= count
    care = scenario.mac_administration_h_per_year if mac else scenario.pc_administration_h_per_year
    care *= 1 + (count - 1) * scenario.further_care_fraction
    kept = scenario.resale_fraction ** (scenario.months / 36)
    cards = 0.0 if mac else _middle(machine["gpu_price_fraction"])
    if not mac:
        gpu, rest = scenario.gpu_resale_fraction, scenario.pc_rest_resale_fraction
        kept = cards * gpu ** (scenario.months / 36) + (1 - cards) * rest ** (scenario.months / 36)
    failures = scenario.built_failure_rate if mac else scenario.self_built_failure_rate
    prefill_h, decode_h = hours
    on_h = scenario.on_h_per_day * scenario.working_days_per_year / 12
    kwh = {
        "prefill": _middle(machine["power"]["prefill_w"]) / 1000 * prefill_h,
        "decode": _middle(machine["power"]["decode_w"]) / 1000 * decode_h,
        "idle": _middle(machine["power"]["idle_w"]) / 1000 * (on_h * count - prefill_h - decode_h),
    }

    def price(month: int) -> float:
        return scenario.electricity_usd_per_kwh * (1 + scenario.electricity_escalation_rate) ** _year(month)

    ledger.once("hardware", -paid)
    ledger.once("sales tax", -paid * scenario.sales_tax_fraction)
    ledger.once("setup", -_middle(machine["setup_h"]) * scenario.wage_usd_per_h * count)
    for state, used in kwh.items():
        ledger.monthly(f"energy {state}", lambda month, used=used: -used * price(month))
    cooling = scenario.cooling_season_fraction / scenario.cooling_cop_ratio
    ledger.monthly("cooling", lambda month: -sum(kwh.values()) * price(month) * cooling)
    wages = (1 + scenario.wage_escalation_rate, scenario.wage_usd_per_h)
    older = 1 + scenario.care_growth_rate
    ledger.monthly(
        "administration",
        lambda month: -care / 12 * wages[1] * wages[0] ** _year(month) * older ** ((month - 1) / 12),
    )
    age = _middle(machine["age_when_bought_years"]) if "age_when_bought_years" in machine else 0.0
    used_part = 1.0 if machine["bought"] == "used" else cards if machine.get("cards_bought") == "used" else 0.0

    def repair(month: int) -> float:
        out_of_warranty = sum(
            share
            for share, warranty in (
                (used_part, scenario.used_warranty_months),
                (1 - used_part, scenario.warranty_months),
            )
            if month > warranty
        )
        often = failures / 12 * (1 + scenario.failure_growth_rate) ** (age + (month - 1) / 12)
        usd = scenario.repair_fraction * paid * (1 + scenario.inflation_rate) ** _year(month)
        return -often * usd * out_of_warranty

    ledger.monthly("repair", repair)
    worth = paid * kept * scenario.resale_market_index
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
        hours = (float(row.service.prefill_h), float(row.service.decode_h))
        count = COUNTS[option] - (option == USED and scenario.on_h_per_day == 12)  # the same day in more hours
        mine = _own(option, scenario, hours, mac=option != PC, count=count)
        assert row.eligibility.machine_count == count
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
