"""Appraisal: exit months, books, returns between options, and the price of keeping data in house."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator import Scenario, compare, load_catalog
from calculator.analysis.appraisal import against, appraise, books, exit_curve
from calculator.catalog.routed import Routed
from calculator.cost.tco import Tco, cost_of
from calculator.risk.candidates import Candidate
from tests.calculator.offers import OFFERS, SCENARIO, TWO, candidates, known

CATALOG = load_catalog()
MAC_CANDIDATE = OFFERS[0]


def _cost(candidate: Candidate, scenario: Scenario = SCENARIO) -> Tco:
    return candidates(candidate, scenario=scenario).cost(candidate)


@given(st.floats(0.1, 20))
@settings(max_examples=25, deadline=None)
def test_all_money_times_a_factor_keeps_rank_payback_and_returns(factor: float) -> None:
    mac, _, cloud, _ = OFFERS
    names = ("wage_usd_per_h", "electricity_usd_per_kwh")
    money = {name: float(getattr(SCENARIO, name)) for name in names} | {
        "mac.price_usd": 10_000.0,
        "cloud.rate_usd_per_h": 3.0,
        "cloud.storage_usd_per_gb_month": 0.1,
        "host/llama.input_usd_per_mtok": 0.2,
        "host/llama.output_usd_per_mtok": 0.6,
    }

    def returns(times: float) -> Any:
        values = {name: usd * times for name, usd in money.items()}
        mine, theirs = (
            cost_of(one.option, scenario=SCENARIO, usage=one.usage, reference_api=one.reference_api, values=values)
            for one in (mac, cloud)
            if not isinstance(one.option, Routed)
        )
        return against("mac", mine, "cloud", theirs, scenario=SCENARIO)

    one, many = returns(1.0), returns(factor)
    assert many.saving_usd == pytest.approx(factor * one.saving_usd, rel=1e-9)
    assert many.simple_payback.period == pytest.approx(one.simple_payback.period, rel=1e-9)
    assert many.discounted_payback.period == pytest.approx(one.discounted_payback.period, rel=1e-9)
    for name in ("internal_rate", "modified_internal_rate", "savings_to_investment", "adjusted_internal_rate"):
        assert getattr(many, name).rate == pytest.approx(getattr(one, name).rate, rel=1e-7), name


def test_exit_curve_is_the_cost_of_each_horizon() -> None:
    curve = exit_curve(candidates(MAC_CANDIDATE), MAC_CANDIDATE, months=(12, 36, 84))
    assert [point.month for point in curve] == [12, 36, 84]
    assert curve[1].present_value_cost_usd == pytest.approx(_cost(MAC_CANDIDATE).present_value_cost_usd)
    assert curve[0].equivalent_annual_cost_usd > curve[1].equivalent_annual_cost_usd  # the first years lose most


@pytest.mark.parametrize("by_quarter", [True, False])
@pytest.mark.parametrize("candidate", OFFERS, ids=lambda one: one.option.id)
def test_books_sum_to_the_cost_of_the_life(candidate: Candidate, by_quarter: bool) -> None:
    tco = _cost(candidate, SCENARIO.changed(tax_mode="macrs-half-year"))
    found = books(tco, scenario=SCENARIO, by_quarter=by_quarter)
    assert sum(period.expense_usd for period in found) == pytest.approx(tco.total_cost_usd, rel=1e-9)
    cash = sum(p.capital_usd + p.operating_usd + p.staff_usd + p.tax_usd - p.sale_usd for p in found)
    assert cash == pytest.approx(tco.total_cost_usd, rel=1e-9)


@pytest.mark.parametrize(
    ("method", "first", "second"),
    [
        # 10,725 written down to 4,176 over three years, each year a twelfth a month
        ("straight-line", (10_725 - 4_176) / 3, (10_725 - 4_176) / 3),
        ("sum-of-years", (10_725 - 4_176) * 3 / 6, (10_725 - 4_176) * 2 / 6),
        ("declining-balance", 10_725 - 4_176, 0.0),  # 2/3 of 10,725 would be more than there is to write down
        ("fixed-share", 10_725 * 0.27, 10_725 * 0.73 * 0.27),  # 1 - (4,176/10,725)^(1/3) = 0.2697, rounded to 0.270
    ],
)
def test_books_write_down_by_the_method_that_is_asked_for(method: str, first: float, second: float) -> None:
    scenario = SCENARIO.changed(book_method=method, start_month="2027-01")
    found = books(_cost(MAC_CANDIDATE, scenario), scenario=scenario)
    down = [period.depreciation_usd for period in found]
    assert down[:2] == pytest.approx([first, second])
    assert sum(down) == pytest.approx(10_725 - 4_176)
    plain = books(_cost(MAC_CANDIDATE), scenario=SCENARIO.changed(start_month="2027-01"))
    assert [p.capital_usd for p in found] == [p.capital_usd for p in plain]


@pytest.mark.parametrize("tax", ["none", "expense"])
def test_machine_that_one_has_is_no_cash_in_the_books(tax: str) -> None:
    have = SCENARIO.changed(already_own_usd={"mac": 3_000}, tax_mode=tax, tax_rate=0.25)
    tco = _cost(MAC_CANDIDATE, have)
    found = books(tco, scenario=have)
    assert sum(period.capital_usd for period in found) == 0
    forgone = 3_000 * (1 if tax == "none" else 0.75)
    assert sum(period.expense_usd for period in found) == pytest.approx(tco.total_cost_usd - forgone)


def test_books_of_a_december_purchase_begin_in_that_fiscal_year() -> None:
    found = books(_cost(MAC_CANDIDATE), scenario=SCENARIO)
    assert [period.label for period in found] == ["FY2026", "FY2027", "FY2028", "FY2029"]
    assert found[0].capital_usd == pytest.approx(10_725)
    # one of 36 months of the write-down from 10,725 to the sale of 4,176
    assert found[0].depreciation_usd == pytest.approx((10_725 - 4_176) / 36)
    june = books(_cost(MAC_CANDIDATE), scenario=SCENARIO.changed(fiscal_year_end_month=6), by_quarter=True)
    assert june[0].label == "FY2027 Q2"  # July to June: December is in its second quarter


def test_returns_of_a_machine_against_renting_are_consistent() -> None:
    mac, cloud = _cost(MAC_CANDIDATE), _cost(OFFERS[2])
    found = against("mac", mac, "cloud", cloud, scenario=SCENARIO)
    assert found.saving_usd == pytest.approx(cloud.present_value_cost_usd - mac.present_value_cost_usd)
    assert found.simple_payback.period is not None
    assert found.discounted_payback.period is not None
    assert 0 < found.simple_payback.period < found.discounted_payback.period
    rate = found.internal_rate.rate
    assert rate is not None
    difference = np.array(mac.monthly_usd) - np.array(cloud.monthly_usd)
    assert float(difference @ (1 + rate) ** (-np.arange(37) / 12)) == pytest.approx(0, abs=1e-6)
    assert dict(found.value_by_rate)[0.1] == pytest.approx(found.saving_usd)
    ratio = found.savings_to_investment.rate
    assert ratio is not None
    assert (ratio > 1) == (found.saving_usd > 0)
    assert found.adjusted_internal_rate.rate == pytest.approx(1.1 * ratio ** (1 / 3) - 1)


def test_returns_of_a_machine_against_a_cheap_api_say_never() -> None:
    found = against("mac", _cost(MAC_CANDIDATE), "api", _cost(OFFERS[3]), scenario=SCENARIO)
    assert found.simple_payback.period is None
    assert found.simple_payback.reason.startswith("never")


def test_appraisal_of_all_options() -> None:
    low, central, high = 350.0, 369.0, 384.0
    carbon = known(central, "g/kWh", low=low, high=high)
    scenario = SCENARIO.changed(leases={"pc": {"usd_per_month": 250}})
    found = appraise(candidates(*OFFERS, scenario=scenario), carbon_g_per_kwh=carbon)
    assert min(found.regret_usd.values()) == 0.0
    assert found.regret_usd["api"] == 0.0
    assert set(found.exits) == {"mac", "pc", "cloud", "api"}
    assert set(found.leases) == {"pc"}
    assert len(found.against) == 12
    kwh = _cost(MAC_CANDIDATE).energy_kwh
    emitted = found.carbon["mac"]
    assert (emitted.low_kg, emitted.central_kg, emitted.high_kg) == pytest.approx(
        (kwh * 0.35, kwh * 0.369, kwh * 0.384)
    )
    assert (emitted.as_of, emitted.note) == ("2026-11-22", "for tests")
    assert set(found.carbon) == {"mac", "pc"}
    assert 0 < found.real_total_cost_usd["cloud"] < _cost(OFFERS[2]).total_cost_usd
    premium = next(row for row in found.in_house if row.option == "mac")
    mac, api = _cost(MAC_CANDIDATE), _cost(OFFERS[3])
    assert premium.usd_per_month == pytest.approx(
        (mac.equivalent_annual_cost_usd - api.equivalent_annual_cost_usd) / 12
    )
    assert premium.usd_per_mtok == pytest.approx(mac.usd_per_mtok - api.usd_per_mtok)
    hard = mac.hard_equivalent_annual_cost_usd - api.hard_equivalent_annual_cost_usd
    assert premium.hard_usd_per_month == pytest.approx(hard / 12)
    assert premium.hard_usd_per_mtok == pytest.approx(mac.hard_usd_per_mtok - api.hard_usd_per_mtok)


def test_appraisal_without_an_api_has_no_price_of_keeping_data_in_house() -> None:
    found = appraise(TWO)
    assert found.in_house == ()
    assert found.carbon == {}
    assert appraise(candidates(OFFERS[2], OFFERS[3])).in_house == ()


def test_books_show_a_further_machine_as_capital_written_down_from_its_purchase() -> None:
    # 3.5 times the demand fits and D(m) = 4^((m-1)/12): the second machine is bought at the end of month 11, the
    # third in 17
    scenario = SCENARIO.changed(demand_growth_rate=3.0, when_full="buy-another", months=20, start_month="2027-01")
    tco = _cost(MAC_CANDIDATE, scenario)
    first, second = books(tco, scenario=scenario)
    sales = tco.lines["resale"] + tco.lines["further resale"]
    assert (first.capital_usd, second.capital_usd) == (pytest.approx(2 * 10_725), pytest.approx(10_725))
    assert first.sale_usd + second.sale_usd == pytest.approx(sales)
    # three equal machines: each is written down by a third of (cost - sales); the first over 20 months, 12 of them in
    # the first year, the second over 9, one of them (month 12) in the first year
    each = (3 * 10_725 - sales) / 3
    assert first.depreciation_usd == pytest.approx(each * (12 / 20 + 1 / 9))
    assert first.expense_usd + second.expense_usd == pytest.approx(tco.total_cost_usd)


@pytest.mark.parametrize("option", ["mac-studio-m5-ultra-96", "dual-rtx-4090-am5"])
def test_exit_month_has_an_optimum_where_machines_age_fast_enough(option: str) -> None:
    """Without ageing the last month is always the cheapest; within the ranges of the growth rates it need not be."""

    def best(**values: float) -> int:
        scenario = Scenario.parse({"options": (option,), "model": "qwen3-30b-a3b", **values})
        found = compare(scenario, CATALOG).candidates
        (one,) = found
        curve = exit_curve(found, one, months=range(12, 85, 6))
        return min(curve, key=lambda point: point.equivalent_annual_cost_usd).month

    assert best(failure_growth_rate=0, care_growth_rate=0) == 84
    assert 12 < best(failure_growth_rate=0.31, care_growth_rate=0.19) < 84
