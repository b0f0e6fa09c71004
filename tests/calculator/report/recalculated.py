"""Workbooks for tests: some blue cells are changed as a person would, then two programs compute them anew."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import formulas
import openpyxl
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.worksheet import Worksheet

from calculator.decision.comparison import Comparison
from calculator.report.live_lines import LiveOption, live_options
from calculator.report.live_parts import Factor
from calculator.report.live_prices import price_of
from calculator.report.workbook_summary import COLUMNS, HEAD
from tests.libreoffice import opened


@dataclass(frozen=True)
class Recalculated:
    """What the sheets Summary and Checks show after the computation, by option and by check."""

    summary: dict[str, dict[str, float | str]]
    checks: list[float]
    changed: float


def with_changes(content: bytes, changes: Mapping[str, float | str], file: Path) -> dict[str, str]:
    """Writes the workbook with these named cells changed; which cell each name stands for."""
    book = openpyxl.load_workbook(BytesIO(content))
    cells: dict[str, str] = {}
    for name, defined in book.defined_names.items():
        sheet, _, address = str(defined.attr_text).rpartition("!")
        cells[name] = f"{sheet}!{address}"
        if name in changes:
            page = book[sheet.strip("'")]
            assert isinstance(page, Worksheet)
            page[address.replace("$", "")].value = changes[name]
    assert set(changes) <= set(cells)
    book.save(file)
    return cells


def by_libreoffice(file: Path, folder: Path) -> Recalculated:
    """Opened with a hard recalculation."""
    cells = {(cell.sheet, cell.row, cell.column): cell.value for cell in opened(file, folder=folder)}
    return _read(cells)


def by_formulas(file: Path) -> Recalculated:
    """Computed by the Python package `formulas`, which shares no code with a spreadsheet."""
    model: Any = formulas.ExcelModel().loads(str(file)).finish()
    solution: Any = model.calculate()
    cells: dict[tuple[str, int, int], float | str] = {}
    titles = {title.upper(): title for title in openpyxl.load_workbook(file, read_only=True).sheetnames}
    for key, ranges in solution.items():
        match = re.fullmatch(r"'\[.+\](?P<sheet>.+)'!(?P<column>[A-Z]+)(?P<row>\d+)", key)
        if match and hasattr(ranges, "value"):
            value = ranges.value[0, 0]
            number = isinstance(value, int | float) and not isinstance(value, bool)
            place = (titles[match["sheet"]], int(match["row"]) - 1, column_index_from_string(match["column"]) - 1)
            cells[place] = float(value) if number else str(value)
    return _read(cells)


def _read(cells: Mapping[tuple[str, int, int], float | str]) -> Recalculated:
    summary: dict[str, dict[str, float | str]] = {}
    row = HEAD + 1
    while isinstance(name := cells.get(("Summary", row, 0)), str) and name not in ("", "empty"):
        summary[name] = {title: cells.get(("Summary", row, column), "") for column, title in enumerate(COLUMNS)}
        row += 1
    checks = [value for (sheet, line, column), value in cells.items() if sheet == "Checks" and column == 2 and line > 3]
    labels = {value: (line, column) for (sheet, line, column), value in cells.items() if sheet == "Inputs"}
    line, column = labels["Inputs changed since the export"]
    assert all(isinstance(check, float) for check in checks)
    return Recalculated(summary, [float(check) for check in checks], float(cells["Inputs", line, column + 1]))


def engine_at(comparison: Comparison, changes: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """What the engine says at these prices, with the machines and hours of the comparison, by option and column."""
    found: dict[str, dict[str, float]] = {}
    candidates = comparison.candidates
    scenario = candidates.scenario
    fields = {key: value for key, value in changes.items() if key in type(scenario).model_fields}
    leases = {
        owner: lease.model_copy(
            update={
                name: changes[f"{owner}.lease_{name}"]
                for name in ("usd_per_month", "buyout_usd")
                if f"{owner}.lease_{name}" in changes
            }
        )
        for owner, lease in scenario.leases.items()
    }
    under = candidates.under(scenario.model_copy(update={**fields, "leases": leases}))
    for candidate in candidates:
        tco = under.cost(candidate, values=dict(changes))
        found[candidate.option.id] = {
            "Present value": tco.present_value_cost_usd,
            "Cash": tco.total_cost_usd,
            "Present value, invoices": tco.hard_present_value_cost_usd,
            "Cash, invoices": tco.hard_cost_usd,
            "Per year": tco.equivalent_annual_cost_usd,
            "Per million tokens": tco.usd_per_mtok,
        }
    return found


def differences(shown: Recalculated, wanted: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Every figure that the workbook shows otherwise than the engine, beyond 1e-9 of it or of a dollar."""
    return [
        f"{option} {title}: {shown.summary[option][title]} instead of {value}"
        for option, columns in wanted.items()
        for title, value in columns.items()
        if math.isfinite(value)
        and not math.isclose(float(shown.summary[option][title] or 0.0), value, rel_tol=1e-9, abs_tol=1e-9)
    ]


def live_keys(comparison: Comparison) -> dict[str, tuple[float, Factor]]:
    """The prices that some line follows, with what each is now."""
    found: dict[str, tuple[float, Factor]] = {}
    for option in live_options(comparison):
        for factor, value in _factors(option, comparison):
            found[factor.key] = (value, factor)
    return found


def _factors(option: LiveOption, comparison: Comparison) -> list[tuple[Factor, float]]:
    return [
        (factor, price_of(factor.key, candidate=option.candidate, scenario=comparison.scenario).value)
        for line in option.lines
        for part in line.parts
        for factor in part.product.factors
    ]
