"""Total cost: folds of the ledger, identities, pitfalls, refusals, and draws without width."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.cost.inputs import Inputs
from calculator.cost.tco import (
    Tco,
    charges_of,
    convention_of,
    cost_draws,
    cost_of,
    cost_shown_usd,
    folded,
    fraction_of,
    in_cash,
    present_value_cost_usd,
    tariff_of,
)
from calculator.errors import CalculatorError, ScenarioError
from calculator.finance.courses import Course
from calculator.finance.discounting import annuity_factor, deflated_usd, present_value_usd, real_rate
from calculator.finance.ledger import Horizon, Term
from calculator.service.usage import Usage
from tests.calculator.offers import API, CATALOG, CLOUD, MAC, MAC_USAGE, PC, PC_USAGE, SCENARIO, TARIFF

FLAT = SCENARIO.changed(
    electricity_escalation_rate=0,
    wage_escalation_rate=0,
    inflation_rate=0,
    api_price_trend_rate=0,
    cloud_price_trend_rate=0,
    demand_growth_rate=0,
)


OWN = [(MAC, MAC_USAGE), (PC, PC_USAGE)]


ALL = [*OWN, (CLOUD, PC_USAGE), (API, None)]


def _cost(option: Any, usage: Any, scenario: Any = SCENARIO, reference: Any = TARIFF, **values: float) -> Tco:
    return cost_of(option, scenario=scenario, usage=usage, reference_api=reference, values=values)


RISING = [
    "electricity_usd_per_kwh",
    "wage_usd_per_h",
    "pc_administration_h_per_year",
    "sales_tax_fraction",
    "cooling_season_fraction",
    "self_built_failure_rate",
    "repair_fraction",
    "on_h_per_day",
    "pc.price_usd",
    "pc.idle_w",
    "pc.decode_w",
    "resale_fee_fraction",
]


FALLING = [
    "gpu_resale_fraction",
    "resale_market_index",
    "cooling_cop_ratio",
    "pc.decode_speed_ratio",
]


def _central(name: str) -> float:
    own = {
        "pc.price_usd": 8_000,
        "pc.idle_w": 150,
        "pc.decode_w": 600,
        "pc.decode_speed_ratio": 1.0,
    }
    return float(own[name] if name in own else getattr(SCENARIO, name))


HALF = dataclasses.replace(MAC_USAGE, prefill_h_per_month=70, decode_h_per_month=140, served_fraction=0.5)


@pytest.mark.parametrize(("option", "usage"), ALL, ids=lambda item: getattr(item, "id", ""))
def test_ledger_sums_to_every_total(option, usage) -> None:
    tco = _cost(option, usage)
    rows = tco.ledger
    assert sum(row.amount_usd for row in rows) == pytest.approx(-tco.total_cost_usd, abs=1e-6)
    assert sum(tco.lines.values()) == pytest.approx(-tco.total_cost_usd, abs=1e-6)
    assert sum(tco.monthly_usd) == pytest.approx(-tco.total_cost_usd, abs=1e-6)
    assert tco.cumulative_usd[-1] == pytest.approx(-tco.total_cost_usd, abs=1e-6)
    assert tco.discounted_usd[-1] == pytest.approx(-tco.present_value_cost_usd, abs=1e-6)
    hard = sum(row.amount_usd for row in rows if row.hardness == "hard")
    assert hard == pytest.approx(-tco.hard_cost_usd, abs=1e-6)
    for name, usd in tco.lines.items():
        assert sum(row.amount_usd for row in rows if row.line == name) == pytest.approx(usd, abs=1e-9)
    assert {row.month for row in rows} <= set(range(37))


@pytest.mark.parametrize("timing", ["month-end", "mid-month", "annual-end"])
@pytest.mark.parametrize("months", [12, 36, 41, 84])
def test_equivalent_annual_cost_times_annuity_is_present_value(timing: str, months: int) -> None:
    tco = _cost(MAC, MAC_USAGE, SCENARIO.changed(timing=timing, months=months))
    level = Horizon(months, SCENARIO.discount_rate, timing).factors()[1:].sum()  # type: ignore[arg-type]
    assert tco.equivalent_annual_cost_usd / 12 * level == pytest.approx(tco.present_value_cost_usd, rel=1e-12)
    if timing == "annual-end" and months % 12 == 0:
        expected = tco.present_value_cost_usd / annuity_factor(SCENARIO.discount_rate, periods=months // 12)
        assert tco.equivalent_annual_cost_usd == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("option", "usage"), ALL, ids=lambda item: getattr(item, "id", ""))
@given(growth=st.floats(-0.5, 1.0), discount=st.floats(-0.2, 0.4))
@settings(max_examples=15)
def test_levelised_cost_times_discounted_tokens_is_present_value(option, usage, growth: float, discount: float) -> None:
    # pitfalls 20 and 27: the tokens are discounted too, and a ratio of sums is taken, not a mean of ratios
    scenario = SCENARIO.changed(demand_growth_rate=growth, discount_rate=discount)
    tco = _cost(option, usage, scenario)
    month = np.arange(1, 37)
    tokens = 4200 * 4200 / 1e6 * (1 + growth) ** ((month - 1) / 12)
    discounted = float(np.dot(tokens, (1 + discount) ** (-month / 12)))
    assert tco.usd_per_mtok * discounted == pytest.approx(tco.present_value_cost_usd, rel=1e-9)
    assert tco.served_tokens == pytest.approx(1e6 * tokens.sum(), rel=1e-9)


def test_levelised_cost_with_undiscounted_tokens_would_be_lower() -> None:
    tco = _cost(MAC, MAC_USAGE)
    assert tco.present_value_cost_usd / (tco.served_tokens / 1e6) < 0.9 * tco.usd_per_mtok


def test_cost_is_the_same_nominal_and_real() -> None:
    tco = _cost(PC, PC_USAGE)
    real = real_rate(SCENARIO.discount_rate, inflation_rate=SCENARIO.inflation_rate)
    deflated = deflated_usd(tco.monthly_usd, inflation_rate=SCENARIO.inflation_rate)
    assert -present_value_usd(deflated, annual_rate=float(real)) == pytest.approx(tco.present_value_cost_usd, rel=1e-12)


@given(factor=st.floats(0.1, 20))
def test_doubling_all_money_doubles_the_cost_and_keeps_the_rank(factor: float) -> None:
    scaled = {
        "wage_usd_per_h": SCENARIO.wage_usd_per_h * factor,
        "electricity_usd_per_kwh": SCENARIO.electricity_usd_per_kwh * factor,
        "mac.price_usd": 10_000 * factor,
        "pc.price_usd": 8_000 * factor,
    }
    for option, usage in OWN:
        assert _cost(option, usage, **scaled).present_value_cost_usd == pytest.approx(
            factor * _cost(option, usage).present_value_cost_usd, rel=1e-9
        )


@pytest.mark.parametrize("name", RISING)
@given(factor=st.floats(1.01, 1.9))
@settings(max_examples=10)
def test_cost_rises_with(name: str, factor: float) -> None:
    value = _central(name)
    assert (
        _cost(PC, PC_USAGE, **{name: value * factor}).total_cost_usd
        > _cost(PC, PC_USAGE, **{name: value}).total_cost_usd
    )


@pytest.mark.parametrize("name", FALLING)
@given(factor=st.floats(1.01, 1.6))
@settings(max_examples=10)
def test_cost_falls_with(name: str, factor: float) -> None:
    value = _central(name)
    more = value ** (1 / factor) if name.endswith("_fraction") else value * factor  # a share stays below 1
    assert _cost(PC, PC_USAGE, **{name: more}).total_cost_usd < _cost(PC, PC_USAGE, **{name: value}).total_cost_usd


def test_cost_rises_with_power_usage_effectiveness() -> None:
    costs = [
        _cost(PC, PC_USAGE, SCENARIO.changed(site="server-room", pue_ratio=ratio)).total_cost_usd
        for ratio in (1.0, 1.5, 2.0)
    ]
    assert costs == sorted(costs)
    assert costs[0] < costs[2]


def test_home_server_of_the_literature_costs_a_cent_per_million_tokens() -> None:
    # 64 kWh for 1,136 million tokens at 0.227: 0.0128 $/Mtok of electricity (ArthurVardevanyan/HomeLab PR 686, 2026-08)
    scenario = FLAT.changed(
        requests_per_working_day=1_000,
        working_days_per_year=252,
        prompt_tokens=45_000,
        retrieved_tokens=0,
        answer_tokens=9_000,
        electricity_usd_per_kwh=0.227,
        cooling_season_fraction=0.0,
    )
    mtok = 21_000 * 54_000 / 1e6
    assert mtok == pytest.approx(1_134)
    metered = Usage(decode_h_per_month=320, on_h_per_month=320, decode_w=200)
    tco = _cost(MAC, metered, scenario)
    assert tco.energy_kwh / 36 == pytest.approx(64)
    assert tco.marginal_usd_per_mtok == pytest.approx(0.0128, abs=5e-5)


def test_convention_is_stated_with_its_rate() -> None:
    sentence = convention_of(SCENARIO)
    assert "Discounted at 10 % a year (nominal, compounded monthly)" in sentence
    assert "payments at year-end" in convention_of(SCENARIO.changed(timing="annual-end"))


def test_machine_without_usage_is_refused() -> None:
    with pytest.raises(CalculatorError, match="mac: no usage given"):
        cost_of(MAC, scenario=SCENARIO)


def test_api_without_a_host_is_refused() -> None:
    with pytest.raises(CalculatorError, match="no host offers gpt-oss-120b"):
        cost_of(API, scenario=SCENARIO.changed(model="gpt-oss-120b"))


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("resale_fraction", 1.4, "resale_fraction is 1.4; it must lie in 0..1. Enter 0.7 for 70 %."),
        ("electricity_usd_per_kwh", -0.1, "electricity_usd_per_kwh is -0.1; it must lie in 0..2."),
        ("months", 0, "months is 0; it must lie in 12..84."),
        ("months", 1000, "months is 1000; it must lie in 12..84."),
        ("discount_rate", -1.0, "discount_rate is -1.0; it must lie in -0.5..1."),
        ("wage_usd_per_h", float("nan"), "wage_usd_per_h is nan; it must be a finite number in 0..1000."),
        ("prompt_tokens", 0, "prompt_tokens is 0; it must lie in 1.."),
        ("ranges", {"wage_usd_per_h": (3, 2, 1)}, "it must be low <= central <= high."),
        ("ranges", {"hourly": (1, 2, 3)}, "hourly has no range of its own"),
    ],
)
def test_bad_value_is_refused_in_one_sentence(field: str, value: object, says: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        SCENARIO.changed(**{field: value})
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("option", "usage"), [*ALL, (MAC, HALF)], ids=lambda item: getattr(item, "id", ""))
@given(
    growth=st.floats(-0.6, 2.0),
    discount=st.floats(-0.2, 0.4),
    requests=st.floats(0, 5_000),
    works=st.floats(0.5, 1),
    timing=st.sampled_from(["month-end", "mid-month", "annual-end"]),
    months=st.integers(12, 84),
)
@settings(max_examples=20, deadline=None)
def test_cost_of_draws_without_width_is_the_cost(
    option, usage, *, growth: float, discount: float, requests: float, works: float, timing: str, months: int
) -> None:
    scenario = SCENARIO.changed(timing=timing, months=months)
    values = {
        "demand_growth_rate": growth,
        "discount_rate": discount,
        "requests_per_working_day": requests,
        "availability_fraction": works,
    }
    one = cost_of(option, scenario=scenario, usage=usage, reference_api=TARIFF, values=values)
    inputs = Inputs(scenario, {name: np.full(3, value) for name, value in values.items()})
    horizon = Horizon(months, inputs.discount_rate, scenario.timing)
    drawn = cost_draws(option, inputs=inputs, horizon=horizon, usage=usage, reference_api=TARIFF)
    for mine, theirs in (
        (drawn.total_cost_usd, one.total_cost_usd),
        (drawn.present_value_cost_usd, one.present_value_cost_usd),
        (drawn.hard_present_value_cost_usd, one.hard_present_value_cost_usd),
    ):
        expected = [theirs] * 3
        assert np.broadcast_to(mine, 3) == pytest.approx(expected, rel=1e-9, abs=1e-9 * one.total_cost_usd)


@pytest.mark.parametrize("option", [MAC, PC])
def test_cost_that_is_shown_follows_both_switches(option: Any) -> None:
    tco = _cost(option, MAC_USAGE if option is MAC else PC_USAGE)
    shown = {
        (money, labour): cost_shown_usd(tco, SCENARIO.changed(money=money, labour=labour))
        for money in ("cash", "present-value")
        for labour in ("with", "without")
    }
    assert shown["cash", "with"] == pytest.approx(-sum(flow.amount_usd for flow in tco.ledger))
    assert shown["present-value", "with"] == tco.present_value_cost_usd
    staff_usd = -sum(flow.amount_usd for flow in tco.ledger if flow.hardness == "soft")
    assert staff_usd > 0
    assert shown["cash", "with"] - shown["cash", "without"] == pytest.approx(staff_usd)
    assert 0 < shown["present-value", "with"] - shown["present-value", "without"] < staff_usd


def test_cost_in_cash_has_nothing_discounted() -> None:
    tco = _cost(MAC, MAC_USAGE, SCENARIO.changed(months=48))
    found = in_cash(tco)
    assert found.present_value_cost_usd == tco.total_cost_usd
    assert found.hard_present_value_cost_usd == tco.hard_cost_usd
    assert found.equivalent_annual_cost_usd == pytest.approx(tco.total_cost_usd / 4)
    assert found.hard_equivalent_annual_cost_usd == pytest.approx(tco.hard_cost_usd / 4)
    assert found.discounted_usd == tco.cumulative_usd
    assert found.discounted_flows == tco.flows


def test_untaxed_bill_is_the_bill_and_a_taxed_one_has_lines_more() -> None:
    def names(**changed: Any) -> list[str]:
        inputs = Inputs(SCENARIO.changed(**changed), {}, CATALOG.tax)
        return [line.name for line in charges_of(MAC, inputs=inputs, usage=MAC_USAGE, reference_api=TARIFF).lines]

    plain, taxed = names(), names(tax_mode="straight-line", tax_rate=0.25)
    assert taxed[: len(plain)] == plain
    assert len(taxed) > len(plain)


def test_tokens_that_are_served_have_a_price_and_none_have_none() -> None:
    served = _cost(MAC, MAC_USAGE, FLAT)
    assert "no-tokens" not in [remark.code for remark in served.remarks]
    assert served.served_here_fraction == 1.0
    assert served.bought_fraction == 0.0
    none = _cost(MAC, Usage(on_h_per_month=210, idle_w=10), FLAT.changed(requests_per_working_day=0))
    assert [remark.code for remark in none.remarks] == ["no-tokens"]
    assert none.served_here_fraction == 1.0  # the whole of nothing
    assert none.bought_fraction == 0.0


def test_price_of_the_host_chosen_is_that_of_the_same_model_alone() -> None:
    other = TARIFF.model_copy(update={"provider": "other"})
    closed = API.model_copy(update={"kind": "frontier"})
    assert tariff_of(API, SCENARIO, other) is other
    assert tariff_of(closed, SCENARIO, other) is TARIFF
    without = API.model_copy(update={"tariffs": (other.model_copy(update={"model": "x"}), TARIFF)})
    assert tariff_of(without, SCENARIO.changed(model="llama-3-70b"), None) is TARIFF
    with pytest.raises(CalculatorError, match="no host offers"):
        tariff_of(without, SCENARIO.changed(model="llama-3-8b"), None)


def test_machine_without_a_usage_or_a_fleet_of_none_without_a_host_is_refused() -> None:
    with pytest.raises(CalculatorError, match="no usage given"):
        charges_of(MAC, inputs=Inputs(SCENARIO), reference_api=TARIFF)
    nobody = dataclasses.replace(MAC_USAGE, machine_count=0, setup_h=5.0)
    with pytest.raises(CalculatorError, match="nothing serves the demand"):
        charges_of(MAC, inputs=Inputs(SCENARIO), usage=nobody)
    lines = {
        line.name: line for line in charges_of(MAC, inputs=Inputs(SCENARIO), usage=nobody, reference_api=TARIFF).lines
    }
    assert lines["setup"].inputs["setup_h"] == 5.0
    assert "hardware" not in lines


def test_marginal_cost_of_a_token_is_the_energy_above_idling() -> None:
    # 0.29 kW x 20 h + 0.24 kW x 40 h = 15.4 kWh a month at 0.145, a sixth more for cooling, over 4,200 x 4,200 tokens
    tco = _cost(MAC, MAC_USAGE, FLAT.changed(discount_rate=0.0))
    assert tco.marginal_usd_per_mtok == pytest.approx(15.4 * 0.145 * 7 / 6 / (4200 * 4200 / 1e6))


def test_cost_of_a_token_is_the_present_value_over_the_present_value_of_tokens() -> None:
    tco = _cost(MAC, MAC_USAGE, FLAT.changed(discount_rate=0.1))
    served = 4200 * 4200 / 1e6 * sum(1.1 ** (-month / 12) for month in range(1, 37))
    assert tco.usd_per_mtok == pytest.approx(tco.present_value_cost_usd / served)
    assert tco.hard_usd_per_mtok == pytest.approx(tco.hard_present_value_cost_usd / served)
    assert tco.hard_usd_per_mtok < tco.usd_per_mtok


@pytest.mark.parametrize(("option", "usage"), [(MAC, MAC_USAGE), (PC, PC_USAGE), (API, None)])
@pytest.mark.parametrize("timing", ["month-end", "mid-month", "annual-end"])
def test_present_value_of_a_brief_bill_is_the_ledgers_to_the_bit(option: Any, usage: Usage | None, timing: str) -> None:
    scenario = SCENARIO.changed(timing=timing, demand_growth_rate=0.6, when_full="buy-another")
    horizon = Horizon(scenario.months, scenario.discount_rate, scenario.timing)
    told, brief = (
        charges_of(option, inputs=Inputs(scenario, brief=brief), usage=usage, reference_api=TARIFF)
        for brief in (False, True)
    )
    assert [(line.name, line.hardness) for line in brief.lines] == [(line.name, line.hardness) for line in told.lines]
    assert present_value_cost_usd(brief, horizon) == folded(told, horizon).present_value_cost_usd


def test_fraction_of_the_demand_lies_within_it_and_the_whole_of_nothing_is_served() -> None:
    whole, half, nothing = ((Term(mtok, Course()),) for mtok in (2.0, 1.0, 0.0))
    assert fraction_of(half, whole, months=12) == 0.5
    assert fraction_of(whole, half, months=12) == 1.0
    assert fraction_of((), whole, months=12) == 0.0
    assert fraction_of(nothing, nothing, months=12) == fraction_of((), (), months=12) == 1.0
    assert fraction_of(half, nothing, months=12) == 0.0
