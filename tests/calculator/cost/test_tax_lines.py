"""Tax lines: identities over the whole life, the published tables and the fiscal year."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.cost.tax_lines import schedule_of, tax_remark
from calculator.cost.tco import Tco
from calculator.errors import CalculatorError, CatalogError
from calculator.finance.ledger import calendar_usd
from calculator.risk.candidates import Candidate
from calculator.scenario.scenario import Scenario
from tests.calculator.offers import CATALOG, OFFERS, SCENARIO, candidates

MAC_CANDIDATE = OFFERS[0]


NOT_RUNNING = ("lease", "resale", "setup", "administration")
MODES = ["expense", "macrs-half-year", "macrs-mid-quarter", "straight-line"]


def _cost(candidate: Candidate, scenario: Scenario = SCENARIO) -> Tco:
    return candidates(candidate, scenario=scenario).cost(candidate)


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
    # whenever it is deducted, over the whole life every dollar of cost is deducted once (the sale taxes what was too
    # much)
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


def test_tax_on_depreciation_is_of_the_cost_or_of_what_one_has_would_bring() -> None:
    taxed = SCENARIO.changed(tax_mode="expense")
    bought, owned = (
        next(line for line in _cost(MAC_CANDIDATE, one).entries if line.name == "tax on depreciation")
        for one in (taxed, taxed.changed(already_own_usd={"mac": 3_000}))
    )
    assert bought.inputs["cost_usd"] == pytest.approx(10_725)
    assert "tax rate * cost" in bought.formula
    assert owned.inputs["worth_usd"] == pytest.approx(3_000)
    assert "sale that is forgone" in owned.formula


@pytest.mark.parametrize("mode", MODES)
def test_tax_of_a_further_machine_is_relieved_when_it_is_paid(mode: str) -> None:
    plain = SCENARIO.changed(demand_growth_rate=3.0, when_full="buy-another", months=20)
    lines = _cost(MAC_CANDIDATE, plain.changed(tax_mode=mode)).lines
    untaxed = ("hardware", "sales tax", "resale", "setup", "administration", "further setup", "further administration")
    running = sum(usd for name, usd in lines.items() if name not in untaxed and not name.startswith("tax on"))
    assert lines["tax on running costs"] == pytest.approx(-plain.tax_rate * running)


def test_macrs_without_the_published_tables_is_refused() -> None:
    with pytest.raises(CalculatorError, match=r"tax_mode is 'macrs-half-year'.*Pass catalog\.tax"):
        schedule_of(SCENARIO.changed(tax_mode="macrs-half-year"))


def test_macrs_table_that_is_misprinted_is_refused_whichever_catalogue_it_comes_from() -> None:
    good = CATALOG.tax
    row = (0.21, *good.macrs["half-year"][1:])
    bad = dataclasses.replace(good, macrs={**good.macrs, "half-year": row})
    scenario = SCENARIO.changed(tax_mode="macrs-half-year")
    with pytest.raises(CatalogError, match=r"macrs\.half-year"):
        schedule_of(scenario, tables=bad)
    assert schedule_of(scenario, tables=good).deductions[0][1] == 0.2


@pytest.mark.parametrize(
    ("mode", "start", "end", "is_said"),
    [
        ("macrs-half-year", 12, 12, True),
        ("macrs-half-year", 10, 12, True),
        ("macrs-half-year", 9, 12, False),
        ("macrs-half-year", 5, 6, True),
        ("macrs-mid-quarter", 12, 12, False),
        ("none", 12, 12, False),
    ],
)
def test_purchase_of_the_last_quarter_is_told_where_the_half_year_table_is_used(
    mode: str, start: int, end: int, is_said: bool
) -> None:
    remark = tax_remark(SCENARIO.changed(tax_mode=mode, start_month=f"2027-{start:02d}", fiscal_year_end_month=end))
    assert (remark is not None) == is_said
    assert remark is None or remark.code == "mid-quarter"


@pytest.mark.parametrize("buyout_usd", [None, 900.0])
def test_relief_of_what_is_paid_in_advance_falls_into_the_calendar_month_of_its_payment(
    buyout_usd: float | None,
) -> None:
    lease = {"usd_per_month": 230, "in_advance": True, "buyout_usd": buyout_usd}
    untaxed = SCENARIO.changed(leases={"mac": lease}, tax_mode="none")
    before, after = (_cost(MAC_CANDIDATE, one) for one in (untaxed, untaxed.changed(tax_mode="expense", tax_rate=0.25)))
    flows = {line.name: calendar_usd(line, flow) for line, flow in zip(after.entries, after.flows, strict=True)}
    assert flows["lease"] == [0.0, *[-230.0] * SCENARIO.months]
    assert flows["tax on running costs paid in advance"] == [0.0, *[57.5] * SCENARIO.months]
    running = [flow for name, flow in flows.items() if name in before.lines and name not in NOT_RUNNING]
    relief = [-0.25 * sum(month) for month in zip(*running, strict=True)]
    assert flows["tax on running costs"] == pytest.approx(relief)
    assert after.present_value_cost_usd == pytest.approx(0.75 * before.present_value_cost_usd, rel=1e-12)
    assert after.total_cost_usd == pytest.approx(0.75 * before.total_cost_usd, rel=1e-12)


def test_tax_in_advance_is_a_line_only_where_something_is_paid_in_advance() -> None:
    late = {"usd_per_month": 230, "in_advance": False}
    for scenario in (SCENARIO, SCENARIO.changed(leases={"mac": late})):
        taxed = _cost(MAC_CANDIDATE, scenario.changed(tax_mode="expense"))
        assert [line.name for line in taxed.entries if line.in_advance] == []
