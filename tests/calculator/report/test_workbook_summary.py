"""Sheets Summary and Checks: the columns of the comparison, a live winner, and checks that can fail."""

from pathlib import Path
from typing import Any

import openpyxl

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.report.workbook import workbook_bytes
from tests.calculator.report.recalculated import by_libreoffice, differences, engine_at, with_changes
from tests.libreoffice import opened

CATALOG = load_catalog()
MAC, PC = "mac-studio-m5-ultra-96", "dual-rtx-4090-am5"


def _pair() -> Comparison:
    return compare(Scenario(options=(MAC, PC), months=24), CATALOG, draw_count=64)


def test_cheapest_follows_the_blue_cells(tmp_path: Path) -> None:
    found = _pair()
    assert found.verdict.cheapest == MAC
    file = tmp_path / "answer.xlsx"
    with_changes(workbook_bytes(found, CATALOG), {"price_usd_of_mac_studio_m5_ultra_96": 90_000.0}, file)
    cells = {
        (cell.row, cell.column): cell.value
        for cell in opened(file, folder=tmp_path / "office")
        if cell.sheet == "Summary"
    }
    (row,) = [row for (row, _), value in cells.items() if value == "Cheapest at these inputs"]
    assert cells[row, 1] == found[PC].name


def test_check_is_not_zero_where_a_payment_was_overwritten(tmp_path: Path) -> None:
    content = workbook_bytes(_pair(), CATALOG)
    file = tmp_path / "answer.xlsx"
    with_changes(content, {}, file)
    book: Any = openpyxl.load_workbook(file)
    sheet = book["Cash flow"]
    (row,) = [row for row in range(1, 12) if sheet.cell(row, 3).value == "hardware"]
    sheet.cell(row, 9).value = -1.0
    book.save(file)
    assert any(by_libreoffice(file, tmp_path / "office").checks)


def test_own_machines_whose_ids_differ_by_case_alone_keep_their_own_prices(tmp_path: Path) -> None:
    """Spreadsheets do not see the case of a name: the price of one would count for both."""
    card = {"chip": "nvidia-rtx-3090", "chip_count": 4}
    own = {key: {**card, "name": f"Quad {key}", "price_usd": price} for key, price in (("A", 9_000), ("a", 20_000))}
    found = compare(Scenario.parse({"options": ["A", "a"], "own_options": own, "months": 12}), CATALOG, draw_count=0)
    content, file = workbook_bytes(found, CATALOG), tmp_path / "answer.xlsx"
    with_changes(content, {}, file)
    shown = by_libreoffice(file, tmp_path / "office")
    assert not differences(shown, engine_at(found, {}))
    assert not any(shown.checks)
    with_changes(content, {"price_usd_of_a_2": 30_000.0}, file)
    shown = by_libreoffice(file, tmp_path / "again")
    assert not differences(shown, engine_at(found, {"a.price_usd": 30_000.0}))
