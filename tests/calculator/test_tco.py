"""What an option costs: lines worked by hand, identities, and the pitfalls of the specification."""

import dataclasses
import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator import compare, load_catalog
from calculator.catalog.options import PriceTier
from calculator.cost.inputs import Inputs
from calculator.cost.tariffs import api_prices
from calculator.cost.tco import Tco, convention_of, cost_draws, cost_of
from calculator.errors import CalculatorError, ScenarioError
from calculator.finance.discounting import annuity_factor, deflated_usd, present_value_usd, real_rate
from calculator.finance.ledger import Horizon
from calculator.scenario.scenario import Scenario
from calculator.service.usage import Usage
from tests.calculator.offers import API, CLOUD, MAC, MAC_USAGE, PC, PC_USAGE, SCENARIO, TARIFF, USED_MAC, known

FLAT = SCENARIO.changed(
    electricity_escalation_rate=0,
    wage_escalation_rate=0,
    inflation_rate=0,
    api_price_trend_rate=0,
    cloud_price_trend_rate=0,
    demand_growth_rate=0,
)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OWN = [(MAC, MAC_USAGE), (PC, PC_USAGE)]
ALL = [*OWN, (CLOUD, PC_USAGE), (API, None)]


def _cost(option, usage, scenario: Scenario = SCENARIO, reference=TARIFF, **values) -> Tco:
    return cost_of(option, scenario=scenario, usage=usage, reference_api=reference, values=values)


def _flow(tco: Tco, line: str) -> tuple[float, ...]:
    return dict(zip([entry.name for entry in tco.entries], tco.flows, strict=True))[line]


# --- lines by hand --------------------------------------------------------------------------------------------------


def test_lines_of_a_machine_are_those_worked_by_hand() -> None:
    lines = _cost(MAC, MAC_USAGE, FLAT).lines
    assert lines["hardware"] == -10_000
    assert lines["sales tax"] == pytest.approx(-725)  # 7.25 %
    assert lines["setup"] == -380  # 4 h * 95
    # 0.3 kW * 20 h + 0.25 kW * 40 h + 0.01 kW * (210 - 60) h = 6 + 10 + 1.5 kWh a month, at 0.135, 36 months
    assert lines["energy prefill"] == pytest.approx(-6 * 0.135 * 36)
    assert lines["energy decode"] == pytest.approx(-10 * 0.135 * 36)
    assert lines["energy idle"] == pytest.approx(-1.5 * 0.135 * 36)
    # air conditioner: half the year at COP 3 -> 1/6 kWh per kWh
    assert lines["cooling"] == pytest.approx(-17.5 * 0.135 * 36 / 6)
    assert lines["administration"] == pytest.approx(-6 / 12 * 95 * 36)
    # 3.3 % a year * 35 % of 10,000, in the 24 months after the warranty
    assert lines["repair"] == pytest.approx(-0.033 * 0.35 * 10_000 * 2)
    assert lines["resale"] == pytest.approx(10_000 * 0.48 * 0.87)
    assert "overflow to API" not in lines


def test_lines_of_a_pc_use_its_own_hours_resale_and_failures() -> None:
    lines = _cost(PC, PC_USAGE, FLAT).lines
    assert lines["administration"] == pytest.approx(-15 / 12 * 95 * 36)
    assert lines["resale"] == pytest.approx(8_000 * 0.60 * 0.87)
    assert lines["repair"] == pytest.approx(-0.045 * 0.35 * 8_000 * 2)


def test_lines_of_a_rented_gpu_are_those_worked_by_hand() -> None:
    lines = _cost(CLOUD, PC_USAGE, FLAT).lines
    # 10 h on + 6 min start-up = 10.1 h a day, 21 days a month, 3 $/h
    assert lines["rental"] == pytest.approx(-10.1 * 21 * 3 * 36)
    assert lines["storage"] == pytest.approx(-200 * 0.1 * 36)
    assert lines["administration"] == pytest.approx(-10 / 12 * 95 * 36)
    always = _cost(CLOUD, PC_USAGE, FLAT.changed(rental="always-on")).lines
    assert always["rental"] == pytest.approx(-730 * 3 * 36)


def test_rental_is_billed_in_whole_steps() -> None:
    by_hour = CLOUD.model_copy(
        update={"billing_minutes": CLOUD.billing_minutes.model_copy(update={"low": 60, "central": 60, "high": 60})}
    )
    assert _cost(by_hour, PC_USAGE, FLAT).lines["rental"] == pytest.approx(-11 * 21 * 3 * 36)


def test_lines_of_an_api_are_tokens_times_price() -> None:
    lines = _cost(API, None, FLAT).lines
    # 200 requests * 21 days = 4,200 a month; 3,800 in, 400 out
    assert lines["input tokens"] == pytest.approx(-4200 * 3800 / 1e6 * 0.2 * 36)
    assert lines["output tokens"] == pytest.approx(-4200 * 400 / 1e6 * 0.6 * 36)
    assert lines["setup"] == -190


def test_api_price_falls_smoothly_with_its_trend() -> None:
    tco = _cost(API, None, FLAT.changed(api_price_trend_rate=-0.3))
    month = dict(zip([line.name for line in tco.entries], tco.flows, strict=True))["input tokens"]
    assert month[13] / month[1] == pytest.approx(0.7)
    assert month[7] / month[1] == pytest.approx(0.7**0.5)


def test_cached_tokens_cost_their_own_price_and_batches_half() -> None:
    cached = TARIFF.model_copy(
        update={
            "cached_input_usd_per_mtok": TARIFF.input_usd_per_mtok.model_copy(
                update={"low": 0.02, "central": 0.02, "high": 0.02}
            )
        }
    )
    lines = _cost(API.model_copy(update={"tariffs": (cached,)}), None, FLAT.changed(cached_prompt_fraction=0.5)).lines
    assert lines["input tokens"] == pytest.approx(-4200 * 1900 / 1e6 * 0.2 * 36)
    assert lines["cached tokens"] == pytest.approx(-4200 * 1900 / 1e6 * 0.02 * 36)
    batched = _cost(API, None, FLAT.changed(api_batch_fraction=1.0)).lines
    assert batched["output tokens"] == pytest.approx(0.5 * _cost(API, None, FLAT).lines["output tokens"])


def test_long_requests_pay_their_tier_for_all_their_tokens() -> None:
    # above 10,000 tokens of input 0.4 and 0.9 instead of 0.2 and 0.6; exactly 10,000 is still the base tier
    tier = PriceTier(above_input_tokens=10_000, input_usd_per_mtok=0.4, output_usd_per_mtok=0.9)
    offer = API.model_copy(update={"tariffs": (TARIFF.model_copy(update={"tiers": (tier,)}),)})
    same = {"retrieved_tokens": 0, "answer_tokens": 100, "api_price_trend_rate": 0}
    base, long = (cost_of(offer, scenario=SCENARIO.changed(prompt_tokens=n, **same)).lines for n in (10_000, 10_001))
    requests = 200 * 252 * 3  # of 36 months
    assert base["input tokens"] == pytest.approx(-requests * 10_000 / 1e6 * 0.2)
    assert base["output tokens"] == pytest.approx(-requests * 100 / 1e6 * 0.6)
    assert long["input tokens"] == pytest.approx(-requests * 10_001 / 1e6 * 0.4)
    assert long["output tokens"] == pytest.approx(-requests * 100 / 1e6 * 0.9)
    own = {"host/llama.input_usd_per_mtok": 0.3}
    mine = cost_of(offer, scenario=SCENARIO.changed(prompt_tokens=10_001, figures=own, **same)).lines
    assert mine["input tokens"] == pytest.approx(-requests * 10_001 / 1e6 * 0.3)  # one's own figure is what one pays
    assert mine["output tokens"] == long["output tokens"]


def test_tier_is_chosen_draw_by_draw() -> None:
    tier = PriceTier(above_input_tokens=10_000, input_usd_per_mtok=0.4, output_usd_per_mtok=0.6)
    tariff = TARIFF.model_copy(update={"tiers": (tier,)})
    prompts = np.array([6_000.0, 7_000.0])  # 3,500 tokens are retrieved besides
    assert api_prices(tariff, Inputs(SCENARIO, {"prompt_tokens": prompts}))["input"] == pytest.approx([0.2, 0.4])


@pytest.mark.parametrize("prompt_tokens", [1_000, 272_000, 272_001])
@pytest.mark.parametrize("option", ["api-frontier", "api-same-capability"])
def test_bill_of_a_closed_model_is_genai_prices_own(option: str, prompt_tokens: int) -> None:
    from genai_prices import Usage as Tokens
    from genai_prices import calc_price

    catalog = load_catalog()
    offer = catalog.apis[option]
    scenario = SCENARIO.changed(
        prompt_tokens=prompt_tokens,
        retrieved_tokens=0,
        answer_tokens=500,
        cached_prompt_fraction=0.5,
        api_price_trend_rate=0,
        months=12,
    )
    lines = cost_of(offer, scenario=scenario).lines
    tokens = Tokens(input_tokens=prompt_tokens, cache_read_tokens=prompt_tokens / 2, output_tokens=500)
    one = calc_price(tokens, offer.tariffs[0].provider_model, provider_id="openai", genai_request_timestamp=NOON)
    spent = -sum(usd for name, usd in lines.items() if name.endswith("tokens"))
    assert spent == pytest.approx(200 * 252 * float(one.total_price), rel=1e-9)


def test_three_kinds_of_api_are_three_options_with_their_own_prices() -> None:
    found = compare(
        Scenario(options=("api-same-model", "api-same-capability", "api-frontier"), prompt_tokens=1000), load_catalog()
    )
    kinds = [load_catalog().apis[row.id].kind for row in found.options]
    assert kinds == ["same-model", "same-capability", "frontier"]
    paid = [row.tco.lines["output tokens"] for row in found.options if row.tco]
    # 0.32, 0.50 and 10 dollars per million tokens of the same answers
    assert [usd / paid[0] for usd in paid] == pytest.approx([1, 0.50 / 0.32, 10 / 0.32])


def test_used_machine_starts_at_its_age() -> None:
    lines = _cost(USED_MAC, MAC_USAGE, FLAT).lines
    assert lines["hardware"] == -4_500
    assert lines["resale"] == pytest.approx(6_000 * 0.48 ** (72 / 36) * 0.87)  # six years old when sold
    unlisted = USED_MAC.model_copy(update={"prices": USED_MAC.prices[1:]})
    assert _cost(unlisted, MAC_USAGE, FLAT).lines["resale"] == pytest.approx(4_500 * 0.48 * 0.87)


def test_machine_that_one_has_enters_at_what_it_would_bring_today() -> None:
    # pitfall 17: 10,000 once paid, the hours of setting it up and the tax are spent; it would bring 3,000
    lines = _cost(MAC, MAC_USAGE, FLAT.changed(already_own_usd={"mac": 3_000})).lines
    assert lines["hardware"] == -3_000
    assert "setup" not in lines
    assert "sales tax" not in lines
    # sold in 36 months: (3,000 / 0.87) gross today, 48 % of it, less the fee
    assert lines["resale"] == pytest.approx(3_000 * 0.48)
    assert lines["repair"] == pytest.approx(-0.033 * 0.35 * 3_000 * 3)  # no warranty left


def test_optional_lines_appear_when_they_are_given() -> None:
    scenario = FLAT.changed(
        electrical_work_usd=500,
        warranty_usd=300,
        disposal_usd=50,
        insurance_rate=0.01,
        space_usd_per_month=20,
        software_usd_per_month=5,
        demand_charge_usd_per_kw_month=10,
    )
    lines = _cost(PC, PC_USAGE, scenario).lines
    assert lines["electrical work"] == -500
    assert lines["warranty"] == -300
    assert lines["disposal"] == -50
    assert lines["insurance"] == pytest.approx(-80 * 3)
    assert lines["space"] == pytest.approx(-20 * 36)
    assert lines["software"] == pytest.approx(-5 * 36)
    assert lines["demand charge"] == pytest.approx(-0.9 * 10 * 36)
    assert "electrical work" not in _cost(MAC, MAC_USAGE, scenario).lines


def test_time_of_use_changes_the_price_of_the_hours_on() -> None:
    # half of the hours at twice the price: 1.5 times the bill
    scenario = FLAT.changed(peak_hours_fraction=0.5, peak_price_ratio=2.0)
    flat, peak = _cost(MAC, MAC_USAGE, FLAT).lines, _cost(MAC, MAC_USAGE, scenario).lines
    for line in ("energy prefill", "energy decode", "energy idle", "cooling"):
        assert peak[line] == pytest.approx(1.5 * flat[line])


# --- folds and identities -------------------------------------------------------------------------------------------


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
    assert -present_value_usd(deflated, annual_rate=real) == pytest.approx(tco.present_value_cost_usd, rel=1e-12)


@given(factor=st.floats(0.1, 20))
def test_doubling_all_money_doubles_the_cost_and_keeps_the_rank(factor: float) -> None:
    scaled = {
        "wage_usd_per_h": SCENARIO.wage_usd_per_h * factor,
        "electricity_usd_per_kwh": SCENARIO.electricity_usd_per_kwh * factor,
        "mac.price_usd": 10_000 * factor,
        "mac.list_price_usd": 10_000 * factor,
        "pc.price_usd": 8_000 * factor,
        "pc.list_price_usd": 8_000 * factor,
    }
    for option, usage in OWN:
        assert _cost(option, usage, **scaled).present_value_cost_usd == pytest.approx(
            factor * _cost(option, usage).present_value_cost_usd, rel=1e-9
        )


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
    "pc.list_price_usd",
    "pc.decode_speed_ratio",
]


def _central(name: str) -> float:
    own = {
        "pc.price_usd": 8_000,
        "pc.list_price_usd": 8_000,
        "pc.idle_w": 150,
        "pc.decode_w": 600,
        "pc.decode_speed_ratio": 1.0,
    }
    return float(own[name] if name in own else getattr(SCENARIO, name))


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
    assert (
        _cost(PC, PC_USAGE, **{name: value * factor}).total_cost_usd
        < _cost(PC, PC_USAGE, **{name: value}).total_cost_usd
    )


def test_cost_rises_with_power_usage_effectiveness() -> None:
    costs = [
        _cost(PC, PC_USAGE, SCENARIO.changed(site="server-room", pue_ratio=ratio)).total_cost_usd
        for ratio in (1.0, 1.5, 2.0)
    ]
    assert costs == sorted(costs)
    assert costs[0] < costs[2]


# --- equal service ----------------------------------------------------------------------------------------------------

HALF = dataclasses.replace(MAC_USAGE, prefill_h_per_month=70, decode_h_per_month=140, served_fraction=0.5)


def test_overflow_is_bought_at_the_reference_price() -> None:
    lines = _cost(MAC, HALF, FLAT).lines
    api = _cost(API, None, FLAT).lines
    assert lines["overflow to API"] == pytest.approx(0.5 * (api["input tokens"] + api["output tokens"]))
    assert lines["energy decode"] == pytest.approx(-0.25 * 140 * 0.135 * 36)


def test_overflow_is_nothing_where_everything_is_served() -> None:
    assert "overflow to API" not in _cost(MAC, MAC_USAGE, FLAT).lines


def test_overflow_without_a_price_stays_unmet_and_is_said() -> None:
    tco = _cost(MAC, HALF, FLAT, reference=None)
    assert [remark.code for remark in tco.remarks] == ["unmet-demand"]
    assert tco.served_tokens == pytest.approx(0.5 * 4200 * 4200 * 36)


def test_demand_that_grows_past_the_machine_overflows_from_then_on() -> None:
    # 60 of 210 hours busy: 3.5 times the demand fits. At 300 % growth a year D(m) = 4^((m-1)/12) passes 3.5 in month 12
    tco = _cost(MAC, MAC_USAGE, FLAT.changed(demand_growth_rate=3.0))
    flow = dict(zip([line.name for line in tco.entries], tco.flows, strict=True))["overflow to API"]
    assert flow[11] == 0
    assert flow[12] < 0
    per_month = 4200 * (3800 * 0.2 + 400 * 0.6) / 1e6
    assert flow[30] == pytest.approx(-(4 ** (29 / 12) - 3.5) * per_month)


def test_further_machine_is_bought_in_the_month_in_which_demand_passes_the_first() -> None:
    # 60 of 210 hours busy: 3.5 times the demand fits. D(m) = 4^((m-1)/12) passes 3.5 in month 12 and 7 in month 18
    scenario = FLAT.changed(demand_growth_rate=3.0, when_full="buy-another", months=20)
    tco = _cost(MAC, MAC_USAGE, scenario)
    flow = dict(zip([line.name for line in tco.entries], tco.flows, strict=True))
    assert 4 ** (10 / 12) < 3.5 < 4 ** (11 / 12)
    assert 4 ** (16 / 12) < 7 < 4 ** (17 / 12)
    assert {month: usd for month, usd in enumerate(flow["further machines"]) if usd} == {
        11: pytest.approx(-10_725),
        17: pytest.approx(-10_725),
    }
    assert "overflow to API" not in tco.lines
    # one month of care for the first from month 12, for the second from month 18
    assert tco.lines["further administration"] == pytest.approx(-(9 + 3) * 6 / 12 * 95)
    # sold in month 20 at the ages of 9 and 3 months
    assert tco.lines["further resale"] == pytest.approx(10_000 * 0.87 * (0.48 ** (9 / 36) + 0.48 ** (3 / 36)))
    # every hour on is idle or busy: 210 h per machine
    busy_kwh = 16 * sum(4 ** (m / 12) for m in range(20))
    idle_h = 210 * (20 + 9 + 3) - 60 * sum(4 ** (m / 12) for m in range(20))
    assert tco.energy_kwh == pytest.approx(busy_kwh + 0.01 * idle_h)


@given(
    growth=st.floats(-0.5, 3.0),
    requests=st.floats(50, 3_000),
    months=st.integers(12, 60),
    room=st.sampled_from([3.5, 6.0]),
)
@settings(max_examples=25, deadline=None)
def test_further_machines_of_draws_are_those_of_the_page(
    growth: float, requests: float, months: int, room: float
) -> None:
    usage = dataclasses.replace(MAC_USAGE, capacity_ratio=room)
    scenario = SCENARIO.changed(when_full="buy-another", months=months)
    values = {"demand_growth_rate": growth, "requests_per_working_day": requests}
    one = cost_of(MAC, scenario=scenario, usage=usage, reference_api=TARIFF, values=values)
    # the second future grows faster and is busier
    pair = {
        "demand_growth_rate": np.array([growth, growth + 1]),
        "requests_per_working_day": np.array([requests, 2 * requests]),
    }
    inputs, horizon = Inputs(scenario, pair), Horizon(months, scenario.discount_rate)
    drawn = cost_draws(MAC, inputs=inputs, horizon=horizon, usage=usage, reference_api=TARIFF)
    # the second draw may need more machines: they must not touch the first
    assert drawn.total_cost_usd[0] == pytest.approx(one.total_cost_usd, rel=1e-9)
    assert drawn.present_value_cost_usd[0] == pytest.approx(one.present_value_cost_usd, rel=1e-9)


def test_no_demand_at_all_buys_no_further_machine() -> None:
    idle = dataclasses.replace(MAC_USAGE, prefill_h_per_month=0, decode_h_per_month=0)
    scenario = FLAT.changed(requests_per_working_day=0, when_full="buy-another")
    found = _cost(MAC, idle, scenario)
    assert found.lines == _cost(MAC, idle, scenario.changed(when_full="buy-from-api")).lines
    assert found.total_cost_usd > 0


def test_rented_gpu_never_buys_a_further_machine() -> None:
    scenario = FLAT.changed(demand_growth_rate=3.0)
    again = _cost(CLOUD, PC_USAGE, scenario.changed(when_full="buy-another"))
    assert again.lines == _cost(CLOUD, PC_USAGE, scenario).lines


def test_rental_takes_the_rate_that_is_asked_for() -> None:
    spot = CLOUD.rates[0].model_copy(update={"kind": "spot", "rate_usd_per_h": known(1.0, "USD/h")})
    offer = CLOUD.model_copy(update={"rates": (*CLOUD.rates, spot)})
    assert _cost(offer, PC_USAGE, FLAT.changed(cloud_rate="spot")).lines["rental"] == pytest.approx(-10.1 * 21 * 36)
    without = _cost(CLOUD, PC_USAGE, FLAT.changed(cloud_rate="spot"))  # no spot rate: on demand, and never taken away
    assert without.lines == _cost(CLOUD, PC_USAGE, FLAT).lines


def test_reservation_is_paid_around_the_clock_at_the_price_of_its_first_day() -> None:
    # 3.00 less 35 % = 1.95 for 730 h; prices fall by 20 % a year, fixed for the 12 months of each commitment
    scenario = FLAT.changed(cloud_rate="reserved", cloud_price_trend_rate=-0.2)
    month = 1.95 * 730
    flow = _flow(_cost(CLOUD, PC_USAGE, scenario), "rental")
    assert flow[1] == flow[12] == pytest.approx(-month)
    assert flow[13] == flow[24] == pytest.approx(-month * 0.8)
    assert sum(flow) == pytest.approx(-12 * month * (1 + 0.8 + 0.64))
    listed = CLOUD.rates[0].model_copy(update={"kind": "reserved", "rate_usd_per_h": known(1.5, "USD/h")})
    offer = CLOUD.model_copy(update={"rates": (*CLOUD.rates, listed)})  # a rate of its own needs no discount
    assert _flow(_cost(offer, PC_USAGE, scenario), "rental")[1] == pytest.approx(-1.5 * 730)
    own = scenario.changed(options=("cloud",), figures={"cloud.rate_usd_per_h": 2.0})
    assert _flow(_cost(CLOUD, PC_USAGE, own), "rental")[1] == pytest.approx(-2.0 * 730)


def test_reservation_paid_at_once_moves_money_to_the_start_of_each_commitment() -> None:
    monthly = FLAT.changed(cloud_rate="reserved", months=36)
    half = monthly.changed(reserved_upfront_fraction=0.5)
    tco = _cost(CLOUD, PC_USAGE, half)
    once = {month: usd for month, usd in enumerate(_flow(tco, "reservation")) if usd}
    year = 1.95 * 730 * 12
    assert once == {month: pytest.approx(-year / 2) for month in (0, 12, 24)}
    assert tco.total_cost_usd == pytest.approx(_cost(CLOUD, PC_USAGE, monthly).total_cost_usd)
    assert tco.present_value_cost_usd > _cost(CLOUD, PC_USAGE, monthly).present_value_cost_usd


def test_reservation_is_paid_to_its_end_when_one_stops_before() -> None:
    # 18 months need two commitments of 12: the six months that are left of the second fall due with the last
    flow = _flow(_cost(CLOUD, PC_USAGE, FLAT.changed(cloud_rate="reserved", months=18)), "rental")
    assert flow[17] == pytest.approx(-1.95 * 730)
    assert flow[18] == pytest.approx(-1.95 * 730 * 7)


def test_spot_machine_that_is_taken_away_buys_what_it_misses_or_counts_lost_hours() -> None:
    spot = CLOUD.rates[0].model_copy(update={"kind": "spot", "rate_usd_per_h": known(1.0, "USD/h")})
    offer = CLOUD.model_copy(update={"rates": (*CLOUD.rates, spot)})
    scenario = FLAT.changed(cloud_rate="spot", spot_interruption_fraction=0.1)
    bill = -_cost(API, None, FLAT).lines["input tokens"] - _cost(API, None, FLAT).lines["output tokens"]
    lines = _cost(offer, PC_USAGE, scenario).lines
    assert lines["overflow to API"] == pytest.approx(-0.1 * bill)
    assert lines["rental"] == pytest.approx(-10.1 * 21 * 36)  # billed as if it were there
    lost = _cost(offer, PC_USAGE, scenario.changed(downtime_usd_per_h=7, availability_fraction=0.9)).lines
    assert lost["downtime"] == pytest.approx(-(1 - 0.9 * 0.9) * 210 * 7 * 36)
    assert "overflow to API" not in lost


def test_machines_cost_the_same_past_saturation_but_for_the_api() -> None:
    # a break-even volume may not exist: past saturation both sides grow with the API price alone
    def gap(requests: float) -> float:
        own = _cost(MAC, MAC_USAGE, FLAT, requests_per_working_day=requests).present_value_cost_usd
        return own - _cost(API, None, FLAT, requests_per_working_day=requests).present_value_cost_usd

    assert gap(2_000) == pytest.approx(gap(20_000), abs=1e-6)


def test_outage_is_bought_or_counted_never_both() -> None:
    # pitfall 18
    bought = _cost(MAC, MAC_USAGE, FLAT.changed(availability_fraction=0.9)).lines
    assert bought["overflow to API"] < 0
    assert "downtime" not in bought
    counted = _cost(MAC, MAC_USAGE, FLAT.changed(availability_fraction=0.9, downtime_usd_per_h=50)).lines
    assert counted["downtime"] == pytest.approx(-0.1 * 210 * 50 * 36)
    assert "overflow to API" not in counted


def test_requests_and_speed_scale_the_busy_hours() -> None:
    once, twice = _cost(MAC, MAC_USAGE, FLAT), _cost(MAC, MAC_USAGE, FLAT, requests_per_working_day=400)
    assert twice.lines["energy decode"] == pytest.approx(2 * once.lines["energy decode"])
    faster = _cost(MAC, MAC_USAGE, FLAT, **{"mac.decode_speed_ratio": 2.0})
    assert faster.lines["energy decode"] == pytest.approx(0.5 * once.lines["energy decode"])
    assert faster.lines["energy idle"] < once.lines["energy idle"]  # more hours idle


def test_no_demand_gives_no_cost_per_token_but_a_cost() -> None:
    tco = _cost(MAC, Usage(on_h_per_month=210, idle_w=10), FLAT.changed(requests_per_working_day=0))
    assert np.isnan(tco.usd_per_mtok)
    assert "no-tokens" in [remark.code for remark in tco.remarks]
    assert tco.total_cost_usd > 5_000


# --- pitfalls of the specification ------------------------------------------------------------------------------------


def test_resale_is_of_the_list_price_and_not_of_the_tax() -> None:
    # pitfall 8
    assert (
        _cost(MAC, MAC_USAGE, sales_tax_fraction=0.2).lines["resale"]
        == _cost(MAC, MAC_USAGE, sales_tax_fraction=0.0).lines["resale"]
    )


def test_cooling_is_by_air_conditioner_or_by_pue_and_never_both() -> None:
    # pitfall 10
    office, room = (_cost(MAC, MAC_USAGE, FLAT.changed(site=site)) for site in ("office", "server-room"))
    energy = sum(usd for name, usd in office.lines.items() if name.startswith("energy"))
    assert office.lines["cooling"] == pytest.approx(energy * 0.5 / 3)
    assert room.lines["cooling"] == pytest.approx(energy * 0.54)
    assert _cost(MAC, MAC_USAGE, FLAT, pue_ratio=2.9).lines["cooling"] == office.lines["cooling"]


def test_idle_hours_cost_their_own_watts() -> None:
    # pitfall 11: neither the highest watts around the clock nor nothing while idle
    lines = _cost(PC, PC_USAGE, FLAT).lines
    around_the_clock = 0.9 * 730 * 0.135 * 36
    energy = -sum(usd for name, usd in lines.items() if name.startswith("energy"))
    assert lines["energy idle"] == pytest.approx(-0.15 * (210 - 41) * 0.135 * 36)
    assert energy < 0.1 * around_the_clock


def test_prefill_is_not_free() -> None:
    # pitfall 12
    none = dataclasses.replace(MAC_USAGE, prefill_h_per_month=0)
    assert _cost(MAC, MAC_USAGE).energy_kwh > _cost(MAC, none).energy_kwh


def test_month_is_a_twelfth_of_a_year() -> None:
    # pitfall 13: 36 months of an always-on 10 W are 3 * 8,760 h, not 36 * 30 days
    asleep = Usage(on_h_per_month=0, sleep_w=10)
    tco = _cost(MAC, asleep, FLAT.changed(requests_per_working_day=0))
    assert tco.energy_kwh == pytest.approx(0.01 * 8760 * 3)


def test_energy_grows_with_use_and_not_with_capacity() -> None:
    # pitfall 14: a machine that could do 3.5 times as much is not taken to do it
    assert _cost(MAC, MAC_USAGE, FLAT).energy_kwh == pytest.approx(17.5 * 36)


def test_output_tokens_are_not_priced_as_input() -> None:
    # pitfall 15
    lines = _cost(API, None, FLAT).lines
    assert lines["output tokens"] / lines["input tokens"] == pytest.approx(400 * 0.6 / (3800 * 0.2))


def test_frontier_model_keeps_its_own_price() -> None:
    # pitfall 16: the hosted open model and a frontier model are two options, never blended into one price
    dear = TARIFF.model_copy(
        update={"model": "closed", "provider_model": "closed", "output_usd_per_mtok": known(20.0, "USD/Mtok")}
    )
    frontier = API.model_copy(update={"id": "api-frontier", "kind": "frontier", "tariffs": (dear,)})
    lines = _cost(frontier, None, FLAT, reference=TARIFF).lines
    assert lines["output tokens"] == pytest.approx(-4200 * 400 / 1e6 * 20 * 36)
    overflow = _cost(MAC, HALF, FLAT, reference=TARIFF).lines["overflow to API"]
    open_model = _cost(API, None, FLAT).lines
    assert overflow == pytest.approx(0.5 * (open_model["input tokens"] + open_model["output tokens"]))


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
    assert "(1+r)^(1/12)-1" in sentence
    assert "end of each year" in convention_of(SCENARIO.changed(timing="annual-end"))


# --- refusals ---------------------------------------------------------------------------------------------------------


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


# --- draws ------------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("availability", [1.0, 0.9])
def test_energy_of_growing_demand_never_counts_more_hours_than_the_machine_is_on(availability: float) -> None:
    # 100 h of prefill and 80 h of decode of 200 h on in month 1, yet 1.6 times that demand fits (larger batches): at the
    # limit prefill takes 160 h and decode the 40 h that are left, not 80 * 1.6 = 128 h
    usage = dataclasses.replace(
        MAC_USAGE, prefill_h_per_month=100, decode_h_per_month=80, on_h_per_month=200, capacity_ratio=1.6
    )
    scenario = FLAT.changed(demand_growth_rate=1.0, months=24, availability_fraction=availability)
    kwh = 0.0
    for month in range(1, 25):
        served = min(2 ** ((month - 1) / 12), 1.6)
        prefill_h = 100 * served * availability
        decode_h = min(80 * served, 200 - 100 * served) * availability
        idle_h = 200 - prefill_h - decode_h
        kwh += (prefill_h * usage.prefill_w + decode_h * usage.decode_w + idle_h * usage.idle_w) / 1000
    found = _cost(MAC, usage, scenario)
    assert found.energy_kwh == pytest.approx(kwh, rel=1e-9)
    assert found.lines["energy idle"] < 0 or availability == 1
    further = _cost(MAC, usage, scenario.changed(when_full="buy-another"))
    kwh = 0.0
    for month in range(1, 25):
        demand = 2 ** ((month - 1) / 12)
        machines = math.ceil(demand / 1.6)
        prefill_h = 100 * demand * availability
        decode_h = min(80 * demand, 200 * machines - 100 * demand) * availability
        idle_h = 200 * machines - prefill_h - decode_h
        kwh += (prefill_h * usage.prefill_w + decode_h * usage.decode_w + idle_h * usage.idle_w) / 1000
    assert further.energy_kwh == pytest.approx(kwh, rel=1e-9)
    assert max(_flow(further, "energy idle")) <= 1e-12  # no month in which idling brings money in
    assert further.lines["energy idle"] < 0


@pytest.mark.parametrize(("machine", "usage"), OWN)
def test_second_machine_from_the_start_costs_what_the_first_does(machine, usage) -> None:
    # twice what one can do, all of it from month 1: whatever is paid per machine is paid twice
    full = dataclasses.replace(usage, capacity_ratio=0.5, served_fraction=0.5)
    extras = FLAT.changed(
        when_full="buy-another",
        electrical_work_usd=800,
        warranty_usd=500,
        disposal_usd=100,
        insurance_rate=0.02,
        peak_hours_fraction=0.5,
        peak_price_ratio=3,
        demand_charge_usd_per_kw_month=10,
        inflation_rate=0.03,
    )
    one = _cost(machine, usage, extras.changed(when_full="buy-from-api")).lines
    two = _cost(machine, full, extras).lines

    def of(lines: dict[str, float], *names: str) -> float:
        return sum(lines.get(name, 0.0) for name in names)

    bought = of(one, "hardware", "sales tax", "electrical work", "warranty")
    assert of(two, "further machines") == pytest.approx(bought)
    assert of(two, "further setup") == pytest.approx(one["setup"])
    assert of(two, "further administration") == pytest.approx(one["administration"])
    assert of(two, "further repair") == pytest.approx(of(one, "repair", "insurance"))
    assert of(two, "further resale") == pytest.approx(of(one, "resale", "disposal"))
    # its hours at the mean price of the hours on (0.5 at 1, 0.5 at 3 times), cooled; and its own peak power
    for line in ("energy prefill", "energy decode", "energy idle", "cooling"):
        assert of(two, line) == pytest.approx(2 * of(one, line))
    peak_usd = max(usage.prefill_w, usage.decode_w) / 1000 * 10 * 36
    assert of(two, "further demand charge") == pytest.approx(-peak_usd)
