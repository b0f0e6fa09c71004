"""Pages of the workbook: one sheet each, its formats, and cells that are written in one way only."""

# XlsxWriter ships no types: what it writes is checked by the tests, which open the file in two other programs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from calculator.report.cells import harmless

STAMPED = "stamped at export"
_LINE_POINTS, _SIGNS_PER_LINE, _NOTE_COLUMNS = 15, 110, 7
_RIGHT = {"align": "right", "indent": 1}
"""Of every number, so that a text in the next column keeps its distance."""
_FORMATS: dict[str, dict[str, Any]] = {
    "plain": {},
    "title": {"bold": True, "font_size": 14},
    "note": {"italic": True, "font_color": "#595959", "text_wrap": True, "valign": "top"},
    "head": {"bold": True, "bg_color": "#E7E9EE", "bottom": 1, "text_wrap": True, "valign": "top"},
    "bold": {"bold": True},
    "wrap": {"text_wrap": True, "valign": "top"},
    "number": {"num_format": "#,##0.####", **_RIGHT},
    "money": {"num_format": '#,##0.00;[Red]-#,##0.00;"-"', **_RIGHT},
    "percent": {"num_format": "0.00%", **_RIGHT},
    "factor": {"num_format": "0.000000", **_RIGHT},
    "blue": {"font_color": "#0000FF", "bg_color": "#EEF3FF", "num_format": "#,##0.######", **_RIGHT},
    "blue percent": {"font_color": "#0000FF", "bg_color": "#EEF3FF", "num_format": "0.00%", **_RIGHT},
    "blue text": {"font_color": "#0000FF", "bg_color": "#EEF3FF"},
    "check": {"num_format": "0.000000", "bold": True},
}


@dataclass(slots=True)
class Book:
    """The workbook while it is written: its formats, and the names of the cells that a person may change."""

    workbook: Workbook
    names: dict[str, str] = field(default_factory=dict[str, str])
    """Excel's name of each price, by the engine's key."""
    _formats: dict[str, Any] = field(default_factory=dict[str, Any])

    def format(self, name: str) -> Any:
        """A format by its name, made once."""
        if name not in self._formats:
            self._formats[name] = self.workbook.add_format(_FORMATS[name])
        return self._formats[name]

    def name_for(self, key: str) -> str:
        """A name that spreadsheets allow for the price of this key, another for every key, whatever the case."""
        if key not in self.names:
            plain = re.sub(r"[^A-Za-z0-9_]", "_", "_of_".join(reversed(key.rpartition(".")[::2])).removesuffix("_of_"))
            taken = {name.casefold() for name in self.names.values()}
            name, number = plain, 2
            while name.casefold() in taken:
                name, number = f"{plain}_{number}", number + 1
            self.names[key] = name
        return self.names[key]

    def page(self, title: str, *, note: str = "", widths: Mapping[int, float] | None = None) -> "Page":
        """The sheet of this title, printed one page wide in landscape."""
        sheet: Any = self.workbook.get_worksheet_by_name(title)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        for column, width in (widths or {}).items():
            sheet.set_column(column, column, width)
        page = Page(self, sheet, title)
        page.text(0, 0, title, "title")
        if note:
            page.long_text(1, (0, min(_NOTE_COLUMNS, max(widths or {0: 0}))), note, "note")
        return page


@dataclass(slots=True)
class Page:
    """One sheet."""

    book: Book
    sheet: Any
    title: str

    def text(self, row: int, column: int, text: str, style: str = "plain") -> None:
        """A text that no program takes for a formula."""
        self.sheet.write_string(row, column, harmless(text), self.book.format(style))

    def long_text(self, row: int, columns: tuple[int, int], text: str, style: str = "wrap") -> None:
        """A sentence across some columns, on as many lines as it needs."""
        first, last = columns
        if first == last:
            self.text(row, first, text, style)
            return
        self.sheet.merge_range(row, first, row, last, harmless(text), self.book.format(style))
        self.sheet.set_row(row, _LINE_POINTS * (1 + len(text) // _SIGNS_PER_LINE))

    def number(self, row: int, column: int, value: float | None, style: str = "number") -> None:
        """A stamped number; an empty cell for what is not known."""
        if value is not None:
            self.sheet.write_number(row, column, value, self.book.format(style))

    def formula(self, row: int, column: int, formula: str, value: float | str, style: str = "money") -> None:
        """A live formula with the value that it has now."""
        self.sheet.write_formula(row, column, formula, self.book.format(style), value)

    def head(self, row: int, titles: Sequence[str]) -> None:
        """The head of a table, which stays in sight."""
        for column, title in enumerate(titles):
            self.text(row, column, title, "head")
        self.sheet.set_row(row, 2 * _LINE_POINTS)
        self.sheet.freeze_panes(row + 1, 0)

    def row(self, row: int, cells: Iterable[str | float | None], style: str = "number") -> None:
        """Stamped cells beside each other: texts as texts, numbers in one style."""
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                self.text(row, column, cell, "wrap")
            else:
                self.number(row, column, cell, style)

    def at(self, row: int, column: int, *, fixed_row: bool = False, fixed_column: bool = False) -> str:
        """The address of a cell, with its sheet."""
        return f"'{self.title}'!{xl_rowcol_to_cell(row, column, row_abs=fixed_row, col_abs=fixed_column)}"

    def span(self, first: tuple[int, int], last: tuple[int, int]) -> str:
        """The address of a block of cells, with its sheet."""
        (top, left), (bottom, right) = first, last
        block = f"${xl_col_to_name(left)}${top + 1}:${xl_col_to_name(right)}${bottom + 1}"
        return f"'{self.title}'!{block}"
