"""Sheets Demand and Cash flow: every payment is live or says that it is stamped, and stands in its month."""

import csv
import io
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.report.focus_csv import focus_csv
from calculator.report.ledger_csv import ledger_frame
from calculator.report.workbook import workbook_bytes
from calculator.report.workbook_flows import FIRST_MONTH, TOTAL, VALUE

CATALOG = load_catalog()
MAC = "mac-studio-m5-ultra-96"
OPTIONS = (MAC, "dual-rtx-4090-am5", "cloud-h100", "api-same-model")


def _rows(sheet: str, *, data_only: bool, **values: object) -> list[list[Any]]:
    found = compare(Scenario.parse({"options": OPTIONS, "months": 24, **values}), CATALOG, draw_count=0)
    book = openpyxl.load_workbook(BytesIO(workbook_bytes(found, CATALOG)), data_only=data_only)
    return [[cell.value for cell in row] for row in book[sheet].iter_rows()]


def _payments(**values: object) -> list[list[Any]]:
    return [row for row in _rows("Cash flow", data_only=True, **values) if row[0] in OPTIONS]


@pytest.mark.parametrize("timing", ["month-end", "mid-month", "annual-end"])
@pytest.mark.parametrize("tax_mode", ["none", "macrs-half-year"])
def test_payments_stand_in_the_ledgers_months(timing: str, tax_mode: str) -> None:
    values = {"timing": timing, "tax_mode": tax_mode, "tax_rate": 0.2}
    found = compare(Scenario.parse({"options": OPTIONS, "months": 24, **values}), CATALOG, draw_count=0)
    rows = _payments(**values)
    for option in found.options:
        assert option.tco is not None
        mine = [row for row in rows if row[0] == option.id]
        by_month = [sum(row[FIRST_MONTH + month] for row in mine) for month in range(25)]
        assert by_month == pytest.approx(list(option.tco.monthly_usd), rel=1e-9, abs=1e-9)
        assert -sum(row[TOTAL] for row in mine) == pytest.approx(option.tco.total_cost_usd, rel=1e-9)
        assert -sum(row[VALUE] for row in mine) == pytest.approx(option.tco.present_value_cost_usd, rel=1e-9)
        assert {row[2] for row in mine if any(row[FIRST_MONTH:])} == {
            name for name, usd in option.tco.lines.items() if usd
        }


@pytest.mark.parametrize("in_advance", [True, False])
@pytest.mark.parametrize("timing", ["month-end", "mid-month", "annual-end"])
def test_leased_machines_payments_stand_in_the_months_that_the_ledgers_table_dates(
    in_advance: bool, timing: str
) -> None:
    """Workbook, tidy CSV and FOCUS month by month, relief of taxes included; sums and values are the engine's."""
    lease = {"usd_per_month": 230.0, "in_advance": in_advance, "buyout_usd": 700.0}
    values = {"leases": {MAC: lease}, "tax_mode": "straight-line", "tax_rate": 0.25, "timing": timing}
    found = compare(Scenario.parse({"options": OPTIONS, "months": 24, **values}), CATALOG, draw_count=0)
    rows = [row for row in _payments(**values) if row[0] == MAC]
    (head,) = (row for row in _rows("Cash flow", data_only=True, **values) if row[FIRST_MONTH] == "2026-12")
    written: dict[tuple[str, str], float] = {}
    for row in rows:
        for month, usd in zip(head[FIRST_MONTH:], row[FIRST_MONTH:], strict=True):
            written[row[2], month] = written.get((row[2], month), 0.0) + usd
    frame: Any = ledger_frame(found)
    frame = frame[frame["option"] == MAC]
    dated = frame.groupby(["line", frame["date"].str[:7]])["amount_usd"].sum().to_dict()
    assert {key: usd for key, usd in written.items() if usd} == pytest.approx(dated)
    billed: dict[tuple[str, str], float] = {}
    for charge in csv.DictReader(io.StringIO(focus_csv(found))):
        if charge["x_Option"] == MAC and float(charge["BilledCost"]):
            key = charge["x_Line"], charge["ChargePeriodStart"][:7]
            billed[key] = billed.get(key, 0.0) - float(charge["BilledCost"])
    assert billed == pytest.approx(dated)
    tco = found[MAC].tco
    assert tco is not None
    assert -sum(row[VALUE] for row in rows) == pytest.approx(tco.present_value_cost_usd, rel=1e-9)
    assert {row[4] for row in rows if row[2] == "lease"} == (
        {"once, in advance", "monthly, in advance"} if in_advance else {"monthly"}
    )


def test_every_payment_is_live_or_says_that_it_is_stamped() -> None:
    written = [row for row in _rows("Cash flow", data_only=False) if row[0] in OPTIONS]
    for row in written:
        live = [str(cell).startswith("=") for cell in row[FIRST_MONTH : FIRST_MONTH + 25]]
        assert all(live) == row[5].startswith("live")
        assert any(live) == all(live)
    assert {row[5] for row in written} == {"live"}


def test_reservation_says_that_it_does_not_follow_the_discount_rate() -> None:
    rows = _payments(cloud_rate="reserved", months=18)
    said = {row[2]: row[5] for row in rows if row[0] == "cloud-h100"}
    assert said["rental"] in ("live", "live, but for the discount rate")
    assert said["administration"] == "live"


def test_quantities_are_counted_in_words_of_people() -> None:
    units = {row[4] for row in _rows("Demand", data_only=True) if row[0] in OPTIONS}
    assert units <= {"machine", "h", "kWh", "Mtok", "GB", "kW", "month"}
    assert {"machine", "h", "kWh", "Mtok"} <= units
