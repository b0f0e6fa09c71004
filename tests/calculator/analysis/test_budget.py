"""Budget by quarter: the ledger's cash, and quantiles of the same futures that the odds draw."""

import itertools

import numpy as np
import pytest

from calculator import Scenario, load_catalog
from calculator.analysis.budget import BUDGET_DRAWS, Budget, budget_of
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
    total = tco.hard_cost_usd if hard_only else tco.total_cost_usd
    assert budget.whole.base_usd == pytest.approx(total, rel=1e-9)
    assert sum(period.base_usd for period in budget.periods) == pytest.approx(total, rel=1e-9)
    if not hard_only:
        assert budget.periods[0].base_usd == pytest.approx(-sum(tco.monthly_usd[:4]), rel=1e-9)


def test_periods_follow_each_other_to_the_last_month(found: Comparison) -> None:
    periods = budget_of(found.candidates, API, count=64).periods
    assert [(period.first, period.last) for period in periods[:2]] == [(0, 3), (4, 6)]
    assert (periods[-1].first, periods[-1].last) == (31, 31)
    for before, after in itertools.pairwise(periods):
        assert after.first == before.last + 1


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
