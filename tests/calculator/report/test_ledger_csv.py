"""Ledger downloads: tables that open as they are, the same number as everywhere else, safe cells."""

import csv
import io
import math
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from calculator import Scenario, compare, load_catalog
from calculator.analysis.budget import budget_of
from calculator.decision.comparison import Comparison
from calculator.report.answer_json import comparison_dict
from calculator.report.focus_csv import focus_csv
from calculator.report.ledger_csv import TIDY_COLUMNS, month_dates, tidy_csv, wide_csv
from calculator.report.workbook import workbook_bytes
from tests.libreoffice import csv_filter, opened

CATALOG = load_catalog()


@pytest.fixture(scope="module")
def default() -> Comparison:
    return compare(Scenario(), CATALOG)


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def test_total_is_the_same_number_in_chart_page_csv_and_json(default: Comparison) -> None:
    frame = pd.read_csv(io.StringIO(tidy_csv(default)))
    assert list(frame.columns) == TIDY_COLUMNS
    as_json = {row["id"]: row for row in comparison_dict(default)["options"]}
    for option in default.options:
        assert option.tco is not None
        total = option.tco.total_cost_usd
        in_csv = -frame.loc[frame["option"] == option.id, "amount_usd"].sum()
        assert in_csv == pytest.approx(total, abs=0.005)
        assert as_json[option.id]["total_cost_usd"] == total
        assert -as_json[option.id]["net_cash_usd"] == pytest.approx(total, abs=0.005)
        assert -sum(as_json[option.id]["lines"].values()) == pytest.approx(total, abs=0.005)
        assert -option.tco.cumulative_usd[-1] == pytest.approx(total, abs=0.005)


def test_wide_csv_total_rows_equal_the_totals(default: Comparison) -> None:
    frame = pd.read_csv(io.StringIO(wide_csv(default)))
    totals: Any = frame[frame["line"] == "total"].set_index("option")["total_usd"]
    for option in default.options:
        assert option.tco is not None
        assert -totals[option.id] == pytest.approx(option.tco.total_cost_usd, abs=0.01)
    years = [name for name in frame.columns if name.startswith("FY")]
    assert years == ["FY2026", "FY2027", "FY2028", "FY2029"]
    apart: Any = frame["total_usd"] - frame[years].sum(axis=1)
    assert float(apart.abs().max()) < 0.03  # cents, rounded one by one


def test_csv_dates_run_monthly_from_the_purchase(default: Comparison) -> None:
    frame = pd.read_csv(io.StringIO(tidy_csv(default)))
    by_month: Any = frame.groupby("month")["date"].unique().map(list)
    assert by_month[0] == ["2026-12-01"]
    assert by_month[1] == ["2026-12-01"]  # the purchase is the start of month 1
    assert by_month[2] == ["2027-01-01"]
    assert by_month[36] == ["2029-11-01"]


@pytest.mark.parametrize("start", ["2026-12", "2027-01", "2027-05"])
def test_every_face_puts_a_payment_in_the_same_calendar_month(start: str) -> None:
    """Tidy CSV, wide CSV and budget by fiscal year, and FOCUS by billing period: the same dollars in the same month."""
    found = compare(Scenario(start_month=start, months=30, options=("mac-studio-m5-ultra-96", "cloud-h100")), CATALOG)
    tidy = pd.read_csv(io.StringIO(tidy_csv(found)))
    wide: Any = pd.read_csv(io.StringIO(wide_csv(found))).query("line == 'total'").set_index("option")
    focus = pd.read_csv(io.StringIO(focus_csv(found)))
    for option in ("mac-studio-m5-ultra-96", "cloud-h100"):
        mine: Any = tidy[tidy["option"] == option]
        by_month = -mine.groupby(mine["date"].str[:7])["amount_usd"].sum()
        billed: Any = focus[focus["x_Option"] == option]
        by_period = billed.groupby(billed["BillingPeriodStart"].str[:7])["BilledCost"].sum()
        assert by_period.to_dict() == pytest.approx(by_month.to_dict(), abs=0.01)
        assert by_month.index[0] == start
        by_year = -mine.groupby(mine["date"].str[:4])["amount_usd"].sum()
        in_wide = {year: -wide.loc[option, f"FY{year}"] for year in by_year.index}
        assert in_wide == pytest.approx(by_year.to_dict(), abs=0.01)
        periods = budget_of(found.candidates, option, by_quarter=False, count=64).periods
        spent = {period.label.removeprefix("FY"): period.cash_usd + period.staff_usd for period in periods}
        assert spent == pytest.approx(by_year.to_dict(), abs=0.01)


def test_workbook_heads_its_months_with_the_dates_of_the_csv(default: Comparison) -> None:
    sheet: Any = openpyxl.load_workbook(io.BytesIO(workbook_bytes(default, CATALOG)))["Cash flow"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(max_row=12)]
    heads = next(row for row in rows if sum(isinstance(cell, str) and cell.startswith("20") for cell in row) > 30)
    assert [cell for cell in heads if isinstance(cell, str) and cell.startswith("20")] == [
        day[:7] for day in month_dates(default.scenario)
    ]


def test_csv_cells_cannot_be_formulas() -> None:
    name = '=HYPERLINK("http://x","y"),=1+1'
    text = tidy_csv(compare(Scenario(name=name), CATALOG))
    for row in csv.reader(io.StringIO(text)):
        for cell in row[:-1]:
            if not _is_number(cell):
                assert not cell.startswith(("=", "+", "-", "@", "\t")), cell


def test_csv_is_written_for_every_kind_of_value() -> None:
    scenario = Scenario.parse(
        {
            "tax_mode": "custom",
            "depreciation_fractions": (0.5, 0.5),
            "ranges": {"wage_usd_per_h": (60, 95, 200)},
            "cases": {"resale_market_index": ((1.0, 0.7), (0.6, 0.3))},
            "currencies": {"EUR": {"per_usd": 0.9, "as_of": "2026-11-20"}},
        }
    )
    comparison = compare(scenario, CATALOG)
    for text in (tidy_csv(comparison), wide_csv(comparison)):
        frame = pd.read_csv(io.StringIO(text))
        assert len(frame) > 10
        assert set(frame["currency"]) == {"EUR"}


def test_first_line_is_the_header_and_every_row_restates_the_question(default: Comparison) -> None:
    for text in (tidy_csv(default), wide_csv(default)):
        assert "#" not in text
        frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
        assert not [name for name in frame.columns if "Unnamed" in name]
        for name, value in {
            "scenario": default.scenario.name,
            "scenario_id": default.scenario_id,
            "model": CATALOG.models[default.scenario.model].name,
            "prices_as_of": default.prices_as_of,
            "version": default.version,
            "catalogue_hash": default.catalogue_hash,
            "money": "present-value",
            "labour": "with",
            "currency": "USD",
        }.items():
            assert set(frame[name]) == {value}
        assert set(zip(frame["option"], frame["option_name"], strict=True)) == {
            (option.id, option.name) for option in default.options
        }


def test_present_values_of_the_rows_sum_to_the_present_value(default: Comparison) -> None:
    frame = pd.read_csv(io.StringIO(tidy_csv(default)))
    for option in default.options:
        rows: Any = frame[frame["option"] == option.id]
        assert option.tco is not None
        assert -rows["present_value_usd"].sum() == pytest.approx(option.tco.present_value_cost_usd, rel=1e-12)
        hard = -rows.loc[rows["hard_or_soft"] == "hard", "present_value_usd"].sum()
        assert hard == pytest.approx(option.tco.hard_present_value_cost_usd, rel=1e-12)


def test_ledger_opens_in_libreoffice_as_one_table(default: Comparison, tmp_path: Path) -> None:
    file = tmp_path / "ledger.csv"
    file.write_text(tidy_csv(default), "utf-8")
    cells = opened(file, infilter=csv_filter(","), folder=tmp_path / "office")
    head = [cell.value for cell in cells if cell.row == 0]
    assert head == TIDY_COLUMNS
    amount, option = TIDY_COLUMNS.index("amount_usd"), TIDY_COLUMNS.index("option")
    names = {cell.row: cell.value for cell in cells if cell.column == option}
    for row in default.options:
        assert row.tco is not None
        usd = [cell.value for cell in cells if cell.column == amount and names[cell.row] == row.id]
        assert -math.fsum(float(value) for value in usd) == pytest.approx(row.tco.total_cost_usd, abs=0.005)


def test_lease_in_advance_falls_into_the_month_that_it_pays_for() -> None:
    mac = "mac-studio-m5-ultra-96"
    lease = {"usd_per_month": 230.0, "in_advance": True}
    asked = Scenario.parse({"options": (mac, "api-same-model"), "leases": {mac: lease}, "start_month": "2026-12"})
    found = compare(asked, CATALOG, draw_count=0)
    frame: Any = pd.read_csv(io.StringIO(tidy_csv(found)))
    rows = frame[(frame["option"] == mac) & (frame["line"] == "lease")]
    assert list(rows["month"]) == list(range(36))
    assert list(rows["date"])[:3] == ["2026-12-01", "2027-01-01", "2027-02-01"]
    assert rows["date"].is_unique
    wide: Any = pd.read_csv(io.StringIO(wide_csv(found)))
    (years,) = wide[(wide["option"] == mac) & (wide["line"] == "lease")].to_dict("records")
    assert [years[f"FY{year}"] for year in range(2026, 2030)] == [-230.0, -2760.0, -2760.0, -2530.0]
    focus: Any = pd.read_csv(io.StringIO(focus_csv(found)))
    charged = focus[(focus["x_Option"] == mac) & (focus["x_Line"] == "lease")]["ChargePeriodStart"]
    assert sorted(day[:10] for day in charged) == list(rows["date"])
