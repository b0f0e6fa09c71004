"""Tax, lease, exit month, books, returns between options: identities and cases worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.analysis.appraisal import against, appraise, books, exit_curve
from calculator.analysis.lease_or_buy import LeaseOrBuy, lease_or_buy
from calculator.cost.tco import Tco
from calculator.finance.discounting import annuity_factor
from calculator.risk.candidates import Candidate
from calculator.scenario.scenario import Scenario
from tests.calculator.offers import OFFERS, SCENARIO, TWO, candidates, known

MAC_CANDIDATE = OFFERS[0]
MODES = ["expense", "macrs-half-year", "macrs-mid-quarter", "straight-line"]


def _cost(candidate: Candidate, scenario: Scenario = SCENARIO) -> Tco:
    return candidates(candidate, scenario=scenario).cost(candidate)


def _lease_or_buy(scenario: Scenario) -> LeaseOrBuy:
    return lease_or_buy(candidates(MAC_CANDIDATE, scenario=scenario), MAC_CANDIDATE)


# --- tax ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("candidate", OFFERS, ids=lambda one: one.option.id)
@given(rate=st.floats(0.0, 0.6), discount=st.floats(-0.1, 0.4), months=st.integers(12, 84))
@settings(max_examples=15)
def test_expensing_at_once_scales_every_option_by_what_tax_leaves(
    candidate: Candidate, rate: float, discount: float, months: int
) -> None:
    # Cary Brown (1948): with the whole cost deducted at once and one rate, value after tax = (1 - t) * value before
    before = _cost(candidate, SCENARIO.changed(discount_rate=discount, months=months)).present_value_cost_usd
    taxed = SCENARIO.changed(discount_rate=discount, months=months, tax_mode="expense", tax_rate=rate)
    assert _cost(candidate, taxed).present_value_cost_usd == pytest.approx((1 - rate) * before, rel=1e-9, abs=1e-6)


def test_depreciation_later_costs_more_than_expensing() -> None:
    costs = {mode: _cost(MAC_CANDIDATE, SCENARIO.changed(tax_mode=mode)).present_value_cost_usd for mode in MODES}
    assert costs["expense"] == min(costs.values())
    assert costs["straight-line"] == max(costs.values())


@pytest.mark.parametrize("mode", MODES)
def test_tax_over_the_life_is_the_rate_times_the_nominal_cost(mode: str) -> None:
    # whenever it is deducted, over the whole life every dollar of cost is deducted once (the sale taxes what was too much)
    before = _cost(MAC_CANDIDATE).total_cost_usd
    after = _cost(MAC_CANDIDATE, SCENARIO.changed(tax_mode=mode, tax_rate=0.25)).total_cost_usd
    assert after == pytest.approx(0.75 * before, rel=1e-9)


def test_tax_on_the_sale_is_not_forgotten() -> None:
    # pitfall 9: December 2026 to November 2029, half-year table: 23.04 % of 10,725 is left on the books
    lines = _cost(MAC_CANDIDATE, SCENARIO.changed(tax_mode="macrs-half-year", tax_rate=0.26)).lines
    basis, sale = 10_725.0, 10_000 * 0.48 * 0.87
    assert lines["tax on depreciation"] == pytest.approx(0.26 * basis * (0.2 + 0.32 + 0.192 + 0.0576))
    assert lines["tax on sale"] == pytest.approx(-0.26 * (sale - 0.2304 * basis))


def test_tax_follows_the_fiscal_year() -> None:
    scenario = SCENARIO.changed(tax_mode="macrs-half-year", fiscal_year_end_month=6)
    tco = _cost(MAC_CANDIDATE, scenario)
    flow = dict(zip([line.name for line in tco.entries], tco.flows, strict=True))["tax on depreciation"]
    # bought in December 2026: fiscal years end after months 7, 19, 31; the sale in month 36 falls in the fourth
    assert [month for month, usd in enumerate(flow) if usd] == [7, 19, 31, 36]


def test_tax_custom_table_is_used() -> None:
    scenario = SCENARIO.changed(tax_mode="custom", depreciation_fractions=(0.5, 0.5), tax_rate=0.3)
    lines = _cost(MAC_CANDIDATE, scenario).lines
    assert lines["tax on depreciation"] == pytest.approx(0.3 * 10_725)
    assert lines["tax on sale"] == pytest.approx(-0.3 * 10_000 * 0.48 * 0.87)


@pytest.mark.parametrize(
    ("start", "end", "quarter"), [(1, 12, 1), (4, 12, 2), (9, 12, 3), (12, 12, 4), (12, 6, 2), (7, 6, 1)]
)
def test_mid_quarter_table_follows_the_quarter_of_the_purchase(start: int, end: int, quarter: int) -> None:
    scenario = SCENARIO.changed(
        tax_mode="macrs-mid-quarter", start_month=f"2027-{start:02d}", fiscal_year_end_month=end
    )
    first = {1: 0.35, 2: 0.25, 3: 0.15, 4: 0.05}[quarter]  # the first percentage of tables
    tco = _cost(MAC_CANDIDATE, scenario)
    flow = dict(zip([line.name for line in tco.entries], tco.flows, strict=True))["tax on depreciation"]
    month = next(month for month, usd in enumerate(flow) if usd)
    assert flow[month] == pytest.approx(0.26 * 10_725 * first)
    assert (start + month - 2) % 12 + 1 == end  # at the end of the fiscal year


def test_machine_that_one_has_is_taxed_as_if_sold_or_kept() -> None:
    have = SCENARIO.changed(already_own_usd={"mac": 3_000})
    before, after = (
        _cost(MAC_CANDIDATE, have),
        _cost(MAC_CANDIDATE, have.changed(tax_mode="macrs-half-year", tax_rate=0.26)),
    )
    assert after.present_value_cost_usd == pytest.approx(0.74 * before.present_value_cost_usd, rel=1e-9)


# --- lease --------------------------------------------------------------------------------------------------------------


def test_lease_payments_are_in_advance_and_the_machine_goes_back() -> None:
    tco = _cost(MAC_CANDIDATE, SCENARIO.changed(leases={"mac": {"usd_per_month": 300}}))
    flow = dict(zip([line.name for line in tco.entries], tco.flows, strict=True))
    assert flow["lease"][0] == flow["lease"][35] == -300
    assert flow["lease"][36] == 0
    assert "resale" not in tco.lines
    assert "hardware" not in tco.lines
    late = _cost(MAC_CANDIDATE, SCENARIO.changed(leases={"mac": {"usd_per_month": 300, "in_advance": False}}))
    assert late.total_cost_usd == pytest.approx(tco.total_cost_usd)
    assert late.present_value_cost_usd < tco.present_value_cost_usd


def test_lease_at_the_cost_of_debt_is_neither_better_nor_worse() -> None:
    # price 10,725 with tax, sale S at month 36: the payment in advance that an 8 % lender would ask for price - PV(S)
    rate = 1.08 ** (1 / 12) - 1
    sale = 10_000 * 0.48 * 0.87
    payment = (10_725 - sale * 1.08**-3) / (annuity_factor(rate, periods=36) * (1 + rate))
    scenario = SCENARIO.changed(leases={"mac": {"usd_per_month": float(payment)}}, debt_rate=0.08)
    found = _lease_or_buy(scenario)
    assert found.net_advantage_usd == pytest.approx(0, abs=1e-6)
    assert found.after_tax_debt_rate == 0.08
    dearer = scenario.changed(leases={"mac": {"usd_per_month": float(payment) + 10}})
    assert _lease_or_buy(dearer).net_advantage_usd < -300


def test_lease_is_judged_at_the_after_tax_cost_of_debt_and_not_at_the_discount_rate() -> None:
    scenario = SCENARIO.changed(
        leases={"mac": {"usd_per_month": 250}}, tax_mode="expense", tax_rate=0.25, debt_rate=0.08
    )
    found = _lease_or_buy(scenario)
    assert found.after_tax_debt_rate == pytest.approx(0.06)
    assert _lease_or_buy(scenario.changed(discount_rate=0.3)) == found


def test_implied_rate_of_a_lease_is_the_lessors() -> None:
    scenario = SCENARIO.changed(leases={"mac": {"usd_per_month": 250, "buyout_usd": 3_000}})
    found = _lease_or_buy(scenario)
    monthly = (1 + found.implied_rate) ** (1 / 12)
    earned = sum(250 * monthly**-month for month in range(36)) + 3_000 * monthly**-36
    assert earned == pytest.approx(10_000, rel=1e-9)


def test_lease_of_nothing_or_of_more_than_the_price_has_no_implied_rate() -> None:
    for usd in (0, 10_000):
        found = _lease_or_buy(SCENARIO.changed(leases={"mac": {"usd_per_month": usd}}))
        assert found.implied_rate is None


def test_implied_rate_is_of_the_price_that_the_person_gives() -> None:
    lease = SCENARIO.changed(options=("mac",), leases={"mac": {"usd_per_month": 250}})
    cheap = lease.changed(figures={"mac.price_usd": 8_000})
    dear, found = (_lease_or_buy(one).implied_rate for one in (lease, cheap))
    assert dear is not None
    assert found is not None
    assert found > dear


# --- exit, books, returns ---------------------------------------------------------------------------------------------------


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
    # 3.5 times the demand fits and D(m) = 4^((m-1)/12): the second machine is bought at the end of month 11, the third in 17
    scenario = SCENARIO.changed(demand_growth_rate=3.0, when_full="buy-another", months=20, start_month="2027-01")
    tco = _cost(MAC_CANDIDATE, scenario)
    first, second = books(tco, scenario=scenario)
    sales = tco.lines["resale"] + tco.lines["further resale"]
    assert (first.capital_usd, second.capital_usd) == (pytest.approx(2 * 10_725), pytest.approx(10_725))
    assert first.sale_usd + second.sale_usd == pytest.approx(sales)
    # three equal machines: each is written down by a third of (cost - sales); the first over 20 months, 12 of them in the
    # first year, the second over 9, one of them (month 12) in the first year
    each = (3 * 10_725 - sales) / 3
    assert first.depreciation_usd == pytest.approx(each * (12 / 20 + 1 / 9))
    assert first.expense_usd + second.expense_usd == pytest.approx(tco.total_cost_usd)


@pytest.mark.parametrize("mode", MODES)
def test_tax_of_a_further_machine_is_relieved_when_it_is_paid(mode: str) -> None:
    plain = SCENARIO.changed(demand_growth_rate=3.0, when_full="buy-another", months=20)
    lines = _cost(MAC_CANDIDATE, plain.changed(tax_mode=mode)).lines
    untaxed = ("hardware", "sales tax", "resale", "setup", "administration", "further setup", "further administration")
    running = sum(usd for name, usd in lines.items() if name not in untaxed and not name.startswith("tax on"))
    assert lines["tax on running costs"] == pytest.approx(-plain.tax_rate * running)
