"""Files to take home: one list for the command line, the page and the web server.

A file is made when it is asked for; what makes it is imported then, as pandas takes longer to import than all the rest.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

from calculator.catalog import Catalog
from calculator.decision.comparison import Comparison

CSV_MIME = "text/csv"
_OF_TABLES = "utf-8-sig"
"""With the mark at its start by which Excel knows that a file is UTF-8."""


@dataclass(frozen=True, slots=True)
class HomeFile:
    """One kind of file.

    key: its name in code and, with hyphens, its flag. label: on a button. says: what is in it, for `--help`.
    suffix: the end of its name. content: makes it. is_table: a CSV, which goes with a sidecar in JSON. is_text: whether
    a terminal can show it. package: what must be installed to make it; empty where all is.
    """

    key: str
    label: str
    says: str
    suffix: str
    mime: str
    content: Callable[[Comparison, Catalog], bytes]
    is_table: bool = False
    is_text: bool = True
    package: str = ""

    @property
    def can_be_made(self) -> bool:
        """Whether its package is installed here."""
        return not self.package or importlib.util.find_spec(self.package) is not None

    def name(self, comparison: Comparison) -> str:
        """The file's name: product, scenario, kind."""
        return f"local-llm-tco-{comparison.scenario_id}{self.suffix}"


def _tidy(comparison: Comparison, _: Catalog) -> bytes:
    from calculator.report.ledger_csv import tidy_csv

    return tidy_csv(comparison).encode(_OF_TABLES)


def _wide(comparison: Comparison, _: Catalog) -> bytes:
    from calculator.report.ledger_csv import wide_csv

    return wide_csv(comparison).encode(_OF_TABLES)


def _summary(comparison: Comparison, _: Catalog) -> bytes:
    from calculator.report.summary_csv import summary_csv

    return summary_csv(comparison).encode(_OF_TABLES)


def _facts(comparison: Comparison, _: Catalog) -> bytes:
    from calculator.report.facts import facts_json

    return facts_json(comparison).encode()


def _focus(comparison: Comparison, _: Catalog) -> bytes:
    from calculator.report.focus_csv import focus_csv

    return focus_csv(comparison).encode()


def _html(comparison: Comparison, catalog: Catalog) -> bytes:
    from calculator.report.html_report import html_report

    return html_report(comparison, catalog).encode()


def _memo(comparison: Comparison, catalog: Catalog) -> bytes:
    from calculator.report.memo import memo_pdf

    return memo_pdf(comparison, catalog)


def _workbook(comparison: Comparison, catalog: Catalog) -> bytes:
    from calculator.report.workbook import workbook_bytes

    return workbook_bytes(comparison, catalog)


HOME_FILES = (
    HomeFile(
        "memo",
        "Memo to sign (PDF)",
        "one page to approve: recommendation, range, what would turn it, budget by quarter; inputs and sources behind it",
        ".pdf",
        "application/pdf",
        _memo,
        is_text=False,
        package="typst",
    ),
    HomeFile(
        "html",
        "Report (HTML)",
        "the same as one HTML file, to read, send or print",
        ".html",
        "text/html",
        _html,
    ),
    HomeFile(
        "xlsx",
        "Workbook (Excel)",
        "a workbook whose costs follow the prices and rates that you change in it",
        ".xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _workbook,
        is_text=False,
    ),
    HomeFile(
        "summary_csv",
        "Summary (CSV)",
        "one row per option: can it do the job, machines, speed, cost and range",
        "-summary.csv",
        CSV_MIME,
        _summary,
        is_table=True,
    ),
    HomeFile(
        "csv",
        "Ledger (CSV)",
        "the ledger, one row per option, line and month",
        "-ledger.csv",
        CSV_MIME,
        _tidy,
        is_table=True,
    ),
    HomeFile(
        "wide_csv",
        "Ledger by year (CSV)",
        "the ledger by year, for reading",
        "-by-year.csv",
        CSV_MIME,
        _wide,
        is_table=True,
    ),
    HomeFile(
        "focus_csv",
        "Forecast for FinOps tools (FOCUS 1.2)",
        "the ledger as billing rows of the FinOps standard FOCUS 1.2, marked as a forecast",
        "-focus.csv",
        CSV_MIME,
        _focus,
        is_table=True,
    ),
    HomeFile(
        "meta",
        "About these files (JSON)",
        "the question, the day, the versions and the hashes behind every file",
        ".meta.json",
        "application/json",
        _facts,
    ),
)
