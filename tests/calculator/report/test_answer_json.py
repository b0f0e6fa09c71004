"""JSON of a comparison: every output is there, and the ledger's lines sum to each."""

import io
import json
import math
from typing import Any

import numpy as np
import numpy_financial as npf
import pandas as pd
import pytest
import pyxirr

from calculator import Scenario, compare, load_catalog
from calculator.analysis.deep import analyse, analysis_dict
from calculator.catalog.options import Machine
from calculator.report.answer_json import comparison_dict
from calculator.report.ledger_csv import tidy_csv

CATALOG = load_catalog()


MAC = "mac-studio-m5-ultra-256"


CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "lease, tax": {
        "tax_mode": "macrs-mid-quarter",
        "leases": {MAC: {"usd_per_month": 300, "buyout_usd": 1000}},
        "fiscal_year_end_month": 6,
    },
    "mid-month": {"timing": "mid-month", "already_own_usd": {"dual-rtx-4090-threadripper": 4000}},
    "annual-end, growth": {"timing": "annual-end", "demand_growth_rate": 1.0, "when_full": "buy-another", "months": 30},
}


@pytest.fixture(scope="module", params=CASES)
def answer(request: pytest.FixtureRequest) -> dict[str, Any]:
    comparison = compare(Scenario.parse(CASES[request.param]), CATALOG)
    found = comparison_dict(comparison)
    found["analysis"] = json.loads(json.dumps(analysis_dict(analyse(comparison, CATALOG, count=500)), allow_nan=False))
    found["ledger"] = pd.read_csv(io.StringIO(tidy_csv(comparison)))
    return found


def flows(answer: dict[str, Any], option: str, *, hardness: str | None = None) -> np.ndarray:
    """Signed dollars per month 0..N from the CSV."""
    rows = answer["ledger"]
    rows = rows[rows["option"] == option]
    if hardness:
        rows = rows[rows["hard_or_soft"] == hardness]
    months = answer["scenario"]["months"]
    return np.array([rows.loc[rows["month"] == month, "amount_usd"].sum() for month in range(months + 1)])


ONCE = frozenset(
    {
        "hardware",
        "sales tax",
        "electrical work",
        "warranty",
        "setup",
        "resale",
        "disposal",
        "buy-out",
        "tax on sale",
        "tax on depreciation",
        "further machines",
        "further setup",
        "further resale",
    }
)


def factors(answer: dict[str, Any]) -> np.ndarray:
    """Discount factor of each month by the convention."""
    scenario = answer["scenario"]
    months = np.arange(scenario["months"] + 1)
    when = {"month-end": months, "mid-month": np.maximum(months - 0.5, 0), "annual-end": np.ceil(months / 12) * 12}
    return (1 + scenario["discount_rate"]) ** (-when[scenario["timing"]] / 12)


def present_value(answer: dict[str, Any], option: str, *, hardness: str | None = None) -> float:
    """What is paid once counts in its own month, everything else by the convention."""
    rate, total = answer["scenario"]["discount_rate"], 0.0
    by_convention = factors(answer)
    rows = answer["ledger"]
    for row in rows[rows["option"] == option].itertuples():
        if hardness and row.hard_or_soft != hardness:
            continue
        exact = row.line in ONCE or row.month == 0
        total += row.amount_usd * ((1 + rate) ** (-row.month / 12) if exact else by_convention[row.month])
    return total


TAX = {"tax_rate": 0.25, "depreciation_fractions": (0.6, 0.4), "fiscal_year_end_month": 9}


def test_totals_are_the_sums_of_the_ledger(answer: dict[str, Any]) -> None:
    for row in answer["options"]:
        flow = flows(answer, row["id"])
        assert -flow.sum() == pytest.approx(row["total_cost_usd"], rel=1e-9)
        assert -flows(answer, row["id"], hardness="hard").sum() == pytest.approx(
            row["hard_cost_usd"], rel=1e-9, abs=1e-6
        )
        assert sum(row["lines"].values()) == pytest.approx(row["net_cash_usd"], rel=1e-12)
        assert set(row["line_hardness"]) == set(row["lines"])
        soft = sum(usd for line, usd in row["lines"].items() if row["line_hardness"][line] == "soft")
        assert row["total_cost_usd"] + soft == pytest.approx(row["hard_cost_usd"], rel=1e-9, abs=1e-6)


def test_present_values_are_those_of_the_ledger(answer: dict[str, Any]) -> None:
    for row in answer["options"]:
        assert -present_value(answer, row["id"]) == pytest.approx(row["present_value_cost_usd"], rel=1e-9)
        hard = -present_value(answer, row["id"], hardness="hard")
        assert hard == pytest.approx(row["hard_present_value_cost_usd"], rel=1e-9)


def test_equivalent_annual_and_levelised_cost_follow_from_the_present_value(answer: dict[str, Any]) -> None:
    yearly = 12 / factors(answer)[1:].sum()
    scenario = answer["scenario"]
    requests = scenario["requests_per_working_day"] * scenario["working_days_per_year"] / 12
    per_request = scenario["prompt_tokens"] + scenario["retrieved_tokens"] + scenario["answer_tokens"]
    months = np.arange(1, scenario["months"] + 1)
    mtok = requests * per_request / 1e6 * (1 + scenario["demand_growth_rate"]) ** ((months - 1) / 12)
    valued = float(mtok @ factors(answer)[1:])
    for row in answer["options"]:
        for kind in ("", "hard_"):
            value = row[f"{kind}present_value_cost_usd"]
            assert row[f"{kind}equivalent_annual_cost_usd"] == pytest.approx(value * yearly, rel=1e-9)
            assert row[f"{kind}usd_per_mtok"] == pytest.approx(value / valued, rel=1e-9)  # tokens discounted too
        assert row["served_tokens"] == pytest.approx(mtok.sum() * 1e6, rel=1e-9)
        assert 0 <= row["marginal_usd_per_mtok"] <= row["usd_per_mtok"]


def test_every_pair_has_payback_rates_and_ratios_or_the_reason_why_not(answer: dict[str, Any]) -> None:
    appraisal = answer["analysis"]["appraisal"]
    ids = [row["id"] for row in answer["options"]]
    assert [(row["option"], row["other"]) for row in appraisal["against"]] == [
        (a, b) for a in ids for b in ids if a != b
    ]
    for row in appraisal["against"]:
        difference = flows(answer, row["option"]) - flows(answer, row["other"])
        running = difference.cumsum()
        payback = row["simple_payback"]
        if payback["period"] is None:
            assert payback["reason"].startswith("never")
            assert running[-1] < 0
        else:  # the last crossing: from then on it stays positive
            assert running[math.ceil(payback["period"]) :].min() >= -1e-6
            assert payback["period"] == 0 or running[math.ceil(payback["period"]) - 1] < 0
        hard = (flows(answer, row["option"], hardness="hard") - flows(answer, row["other"], hardness="hard")).cumsum()
        assert (row["hard_payback"]["period"] is None) == (hard[-1] < 0)
        rows = {one["id"]: one["hard_present_value_cost_usd"] for one in answer["options"]}
        assert row["hard_saving_usd"] == pytest.approx(rows[row["other"]] - rows[row["option"]])
        changes = int(np.sum(np.diff(np.sign(difference[np.abs(difference) > 1e-12])) != 0))
        if changes == 1:
            expected = pyxirr.irr(difference)
            if expected is not None and row["internal_rate"]["rate"] is not None:
                assert row["internal_rate"]["rate"] == pytest.approx((1 + expected) ** 12 - 1, rel=1e-6)
        else:
            assert row["internal_rate"]["rate"] is None
            assert "sign" in row["internal_rate"]["reason"]
        assert len(row["value_by_rate"]) >= 5
        for name in ("modified_internal_rate", "savings_to_investment", "adjusted_internal_rate"):
            assert row[name]["rate"] is not None or row[name]["reason"]
        ratio, years = row["savings_to_investment"]["rate"], answer["scenario"]["months"] / 12
        if ratio is not None and ratio > 0:
            yielded = (1 + answer["scenario"]["discount_rate"]) * ratio ** (1 / years) - 1
            assert row["adjusted_internal_rate"]["rate"] == pytest.approx(yielded, rel=1e-9)
            assert (ratio > 1) == (row["saving_usd"] > 0)  # the same verdict, whichever way it is put


def test_regret_saving_and_in_house_price_are_differences_of_the_options(answer: dict[str, Any]) -> None:
    rows = {row["id"]: row for row in answer["options"]}
    appraisal = answer["analysis"]["appraisal"]
    least = min(row["present_value_cost_usd"] for row in rows.values())
    for name, usd in appraisal["regret_usd"].items():
        assert usd == pytest.approx(rows[name]["present_value_cost_usd"] - least, abs=1e-6)
    for row in appraisal["against"]:
        gap = rows[row["other"]]["present_value_cost_usd"] - rows[row["option"]]["present_value_cost_usd"]
        assert row["saving_usd"] == pytest.approx(gap, abs=1e-6)
    own = {name for name in rows if isinstance(CATALOG.option(name), Machine)}
    assert {row["option"] for row in appraisal["in_house"]} == own
    for row in appraisal["in_house"]:
        mine, api = rows[row["option"]], rows[row["api"]]
        monthly = (mine["equivalent_annual_cost_usd"] - api["equivalent_annual_cost_usd"]) / 12
        assert row["usd_per_month"] == pytest.approx(monthly)
        assert row["usd_per_mtok"] == pytest.approx(mine["usd_per_mtok"] - api["usd_per_mtok"])


def test_exit_curve_runs_from_12_to_84_months_and_meets_the_total(answer: dict[str, Any]) -> None:
    months, rows = answer["scenario"]["months"], {row["id"]: row for row in answer["options"]}
    for name, curve in answer["analysis"]["appraisal"]["exits"].items():
        assert [point["month"] for point in curve] == list(range(12, 85, 6))
        (here,) = [point for point in curve if point["month"] == months]
        for kind in (
            "total_cost_usd",
            "present_value_cost_usd",
            "equivalent_annual_cost_usd",
            "hard_equivalent_annual_cost_usd",
        ):
            assert here[kind] == pytest.approx(rows[name][kind])


@pytest.mark.parametrize("span", ["year", "quarter"])
def test_books_sum_to_the_cash_of_the_ledger(answer: dict[str, Any], span: str) -> None:
    for row in answer["options"]:
        books = answer["analysis"]["appraisal"][f"books_by_{span}"][row["id"]]
        cash = sum(p["capital_usd"] + p["operating_usd"] + p["staff_usd"] + p["tax_usd"] - p["sale_usd"] for p in books)
        forgone = answer["scenario"]["already_own_usd"].get(row["id"], 0.0)  # a cost of the decision, no cash
        assert cash == pytest.approx(row["total_cost_usd"] - forgone, rel=1e-9)
        assert sum(p["expense_usd"] for p in books) == pytest.approx(row["total_cost_usd"] - forgone, rel=1e-9)
        assert all(("Q" in p["label"]) == (span == "quarter") for p in books)


def test_carbon_is_energy_times_the_grid_with_its_source_and_vintage(answer: dict[str, Any]) -> None:
    grid = CATALOG.grid_carbon[answer["scenario"]["grid"]].carbon_g_per_kwh
    rows = {row["id"]: row for row in answer["options"]}
    carbon = answer["analysis"]["appraisal"]["carbon"]
    assert set(carbon) == {name for name in rows if isinstance(CATALOG.option(name), Machine)}
    for name, found in carbon.items():
        assert found["central_kg"] == pytest.approx(rows[name]["energy_kwh"] * grid.central / 1000)
        assert found["low_kg"] <= found["central_kg"] <= found["high_kg"]
        assert found["source"]
        assert found["source"] not in CATALOG.sources  # its title, not its id
        assert found["as_of"] == grid.as_of


def test_real_view_deflates_the_ledger(answer: dict[str, Any]) -> None:
    inflation = answer["scenario"]["inflation_rate"]
    for name, usd in answer["analysis"]["appraisal"]["real_total_cost_usd"].items():
        flow = flows(answer, name)
        assert usd == pytest.approx(-float(flow @ (1 + inflation) ** (-np.arange(len(flow)) / 12)), rel=1e-9)


def test_convention_and_seed_stand_beside_the_headlines(answer: dict[str, Any]) -> None:
    said = {"month-end": "at month-end", "mid-month": "in mid-month", "annual-end": "at year-end"}
    convention = answer["verdicts"]["convention"]
    assert said[answer["scenario"]["timing"]] in convention
    assert "Discounted at 10 % a year (nominal, compounded monthly)" in convention
    assert answer["analysis"]["convention"] == convention
    assert answer["analysis"]["seed"]
    assert answer["verdicts"]["overall"]["hard"]["sentence"].startswith("Counting only invoices, not staff hours")


def test_credit_of_each_purchase_is_worth_nothing_at_the_cost_of_debt(answer: dict[str, Any]) -> None:
    scenario, appraisal = answer["scenario"], answer["analysis"]["appraisal"]
    bought = {row["id"] for row in answer["options"] if "hardware" in row["lines"]} - set(scenario["already_own_usd"])
    assert set(appraisal["credits"]) == bought
    rows = {row["id"]: row for row in answer["options"]}
    for name, credit in appraisal["credits"].items():
        lines = rows[name]["lines"]
        borrowed = -sum(lines.get(line, 0.0) for line in ("hardware", "sales tax", "electrical work", "warranty"))
        assert credit["borrowed_usd"] == pytest.approx(borrowed)
        monthly = (1 + scenario["debt_rate"]) ** (1 / 12) - 1
        payment = -float(npf.pmt(monthly, scenario["months"], borrowed))
        assert credit["usd_per_month"] == pytest.approx(payment)
        assert credit["interest_usd"] == pytest.approx(payment * scenario["months"] - borrowed)
        assert credit["value_usd"] == pytest.approx(0, abs=1e-6)
        assert sum(credit["flows_usd"]) == pytest.approx(-credit["interest_usd"])
        for other, months in credit["repaid_after_months"].items():
            saved = flows(answer, name)[1] - flows(answer, other)[1]
            assert saved > 0
            if saved > borrowed * monthly:
                assert months == pytest.approx(float(npf.nper(monthly, -saved, borrowed)))
            else:  # not even the interest
                assert months is None
    assert appraisal["real_discount_rate"] == pytest.approx(1.1 / (1 + scenario["inflation_rate"]) - 1)


@pytest.mark.parametrize("mode", ["expense", "macrs-half-year", "macrs-mid-quarter", "straight-line", "custom"])
def test_tax_from_the_scenario_to_the_answer(mode: str) -> None:
    before, after = (compare(Scenario.parse({**TAX, "tax_mode": one}), CATALOG) for one in ("none", mode))
    for plain, taxed in zip(before.options, after.options, strict=True):
        assert plain.tco is not None
        assert taxed.tco is not None
        # over the life every dollar is deducted once, and the sale's gain is taxed: nominal cost falls by the rate
        assert taxed.tco.total_cost_usd == pytest.approx(0.75 * plain.tco.total_cost_usd)
        ratio = taxed.tco.present_value_cost_usd / plain.tco.present_value_cost_usd
        own = plain.kind == "own" and mode != "expense"  # with everything deducted when paid tax changes no ranking
        assert ratio > 0.7501 if own else ratio == pytest.approx(0.75)
        if plain.kind == "own":
            relief, sale = taxed.tco.lines["tax on depreciation"], taxed.tco.lines["tax on sale"]
            capital = sum(plain.tco.lines[line] for line in ("hardware", "sales tax"))
            assert relief + sale == pytest.approx(0.25 * -(capital + plain.tco.lines["resale"]))


def test_lease_is_in_the_answer_where_one_was_asked_for(answer: dict[str, Any]) -> None:
    leases, months = answer["analysis"]["appraisal"]["leases"], answer["scenario"]["months"]
    assert set(leases) == set(answer["scenario"]["leases"])
    for name, terms in answer["scenario"]["leases"].items():
        monthly = (1 + answer["scenario"]["debt_rate"]) ** (1 / 12) - 1
        paid = float(npf.pv(monthly, months, -terms["usd_per_month"], -(terms["buyout_usd"] or 0), "begin"))
        assert leases[name]["liability_usd"] == pytest.approx(paid)
