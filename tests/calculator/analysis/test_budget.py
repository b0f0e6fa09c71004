"""Budget by quarter: the ledger's cash, and quantiles of the same futures that the odds draw."""

import itertools

import numpy as np
import pytest

from calculator import Scenario, load_catalog
from calculator.analysis.appraisal import books
from calculator.analysis.budget import BUDGET_DRAWS, Budget, budget_of, fiscal_periods, is_cash
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.errors import CalculatorError
from calculator.risk.monte_carlo import simulate

CATALOG = load_catalog()
MAC, PC, RENTED, API = "mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "cloud-h100", "api-same-model"


@pytest.fixture(scope="module")
def found() -> Comparison:
    growing = {"demand_growth_rate": 0.8, "requests_per_working_day": 2000, "months": 31}
    return compare(Scenario.parse({"options": (MAC, PC, RENTED, API), **growing}), CATALOG, draw_count=0)


@pytest.mark.parametrize("option", [MAC, PC, RENTED, API])
@pytest.mark.parametrize("hard_only", [False, True])
def test_base_case_of_the_periods_is_the_ledgers_cash(found: Comparison, option: str, hard_only: bool) -> None:
    budget, tco = budget_of(found.candidates, option, hard_only=hard_only, count=64), found[option].tco
    assert tco is not None
    assert budget.whole.cash_usd == pytest.approx(tco.hard_cost_usd, rel=1e-9)
    assert budget.whole.staff_usd == pytest.approx(tco.total_cost_usd - tco.hard_cost_usd, rel=1e-9, abs=1e-6)
    assert sum(period.cash_usd for period in budget.periods) == pytest.approx(tco.hard_cost_usd, rel=1e-9)
    first = budget.periods[0]
    assert first.cash_usd + first.staff_usd == pytest.approx(-sum(tco.monthly_usd[: first.last + 1]), rel=1e-9)


@pytest.mark.parametrize("by_quarter", [True, False])
def test_periods_are_those_of_the_books_with_their_cash_and_staff(found: Comparison, by_quarter: bool) -> None:
    scenario, tco = found.scenario, found[MAC].tco
    assert tco is not None
    budget = budget_of(found.candidates, MAC, by_quarter=by_quarter, count=64)
    booked = books(tco, scenario=scenario, by_quarter=by_quarter)
    assert [period.label for period in budget.periods] == [period.label for period in booked]
    for mine, theirs in zip(budget.periods, booked, strict=True):
        cash = theirs.capital_usd + theirs.operating_usd + theirs.tax_usd - theirs.sale_usd
        assert mine.cash_usd == pytest.approx(cash, abs=1e-6)
        assert mine.staff_usd == pytest.approx(theirs.staff_usd, abs=1e-6)


def test_periods_are_fiscal_and_follow_each_other_to_the_last_month() -> None:
    asked = Scenario(start_month="2026-12", months=31, fiscal_year_end_month=12)
    periods = fiscal_periods(asked, by_quarter=True)
    assert periods[:3] == [("FY2026 Q4", 0, 1), ("FY2027 Q1", 2, 4), ("FY2027 Q2", 5, 7)]
    assert periods[-1][2] == 31
    for before, after in itertools.pairwise(periods):
        assert after[1] == before[2] + 1
    june = fiscal_periods(asked.changed(fiscal_year_end_month=6), by_quarter=False)
    assert june[0] == ("FY2027", 0, 7)


def test_what_keeping_a_machine_forgoes_is_no_cash() -> None:
    asked = Scenario.parse({"options": (MAC, API), "already_own_usd": {MAC: 4000.0}})
    found = compare(asked, CATALOG, draw_count=0)
    tco = found[MAC].tco
    assert tco is not None
    forgone = -sum(sum(flow) for line, flow in zip(tco.entries, tco.flows, strict=True) if not is_cash(line))
    assert forgone > 0
    whole = budget_of(found.candidates, MAC, count=64).whole
    assert whole.cash_usd == pytest.approx(tco.hard_cost_usd - forgone, rel=1e-9)


@pytest.mark.parametrize("option", [MAC, RENTED, API])
def test_quantiles_of_the_whole_are_those_of_the_odds(found: Comparison, option: str) -> None:
    odds = simulate(found.candidates, count=BUDGET_DRAWS)
    whole = budget_of(found.candidates, option).whole
    assert whole.p50_usd == pytest.approx(float(np.median(odds.total_usd[option])), rel=1e-9)
    assert whole.p90_usd == pytest.approx(odds.total(option).high, rel=1e-9)


def test_nine_of_ten_futures_stay_below_p90_and_not_all_go_wrong_at_once(found: Comparison) -> None:
    budget: Budget = budget_of(found.candidates, MAC)
    assert all(period.p50_usd <= period.p90_usd for period in budget.periods)
    assert budget.whole.p90_usd < sum(period.p90_usd for period in budget.periods)


def test_option_that_cannot_do_the_job_has_no_budget(found: Comparison) -> None:
    with pytest.raises(CalculatorError, match="cannot do the job"):
        budget_of(found.candidates, "dgx-spark")


@pytest.mark.parametrize("in_advance", [True, False])
@pytest.mark.parametrize("by_quarter", [True, False])
def test_lease_costs_one_payment_in_each_calendar_month(in_advance: bool, by_quarter: bool) -> None:
    """36 months from December: one month in the first quarter, two in the last, three in each between; to the cent."""
    lease = {"usd_per_month": 230.0, "in_advance": in_advance}
    asked = Scenario.parse({"options": (MAC, API), "leases": {MAC: lease}, "start_month": "2026-12"})
    free = Scenario.parse({**asked.model_dump(), "leases": {MAC: {**lease, "usd_per_month": 0.0}}})
    found, without = (compare(one, CATALOG, draw_count=0) for one in (asked, free))
    mine, theirs = found[MAC].tco, without[MAC].tco
    assert mine is not None
    assert theirs is not None
    months = [1, *[3] * 11, 2] if by_quarter else [1, 12, 12, 11]
    paid = [230.0 * count for count in months]
    booked, bare = (books(tco, scenario=asked, by_quarter=by_quarter) for tco in (mine, theirs))
    assert [a.operating_usd - b.operating_usd for a, b in zip(booked, bare, strict=True)] == pytest.approx(paid)
    assert [a.expense_usd - b.expense_usd for a, b in zip(booked, bare, strict=True)] == pytest.approx(paid)
    budgets = [budget_of(one.candidates, MAC, by_quarter=by_quarter, count=64) for one in (found, without)]
    periods = list(zip(*(budget.periods for budget in budgets), strict=True))
    assert [a.cash_usd - b.cash_usd for a, b in periods] == pytest.approx(paid)
    assert [a.p50_usd - b.p50_usd for a, b in periods] == pytest.approx(paid)
    assert budgets[0].whole.cash_usd == pytest.approx(mine.hard_cost_usd, abs=0.005)
    assert sum(period.expense_usd for period in booked) == pytest.approx(mine.total_cost_usd, abs=0.005)


def test_relief_of_a_lease_falls_into_the_quarter_of_its_payments_in_budget_and_memo() -> None:
    """Expensed at 25 %: of each quarter's lease a quarter comes back in the same quarter; the memo has the same years."""
    lease = {"usd_per_month": 230.0, "in_advance": True}
    asked = Scenario.parse(
        {
            **{"options": (MAC, API), "leases": {MAC: lease}, "start_month": "2026-12"},
            **{"tax_mode": "expense", "tax_rate": 0.25},
        }
    )
    free = Scenario.parse({**asked.model_dump(), "leases": {MAC: {**lease, "usd_per_month": 0.0}}})
    found, without = (compare(one, CATALOG, draw_count=0) for one in (asked, free))
    mine, theirs = found[MAC].tco, without[MAC].tco
    assert mine is not None
    assert theirs is not None
    paid = [230.0 * count for count in (1, *[3] * 11, 2)]
    booked, bare = (books(tco, scenario=asked, by_quarter=True) for tco in (mine, theirs))
    assert [b.tax_usd - a.tax_usd for a, b in zip(booked, bare, strict=True)] == pytest.approx([0.25 * x for x in paid])
    budgets = [budget_of(one.candidates, MAC, by_quarter=True, count=64) for one in (found, without)]
    periods = list(zip(*(budget.periods for budget in budgets), strict=True))
    after_tax = pytest.approx([0.75 * usd for usd in paid])
    assert [a.cash_usd - b.cash_usd for a, b in periods] == after_tax
    assert [a.p50_usd - b.p50_usd for a, b in periods] == after_tax
