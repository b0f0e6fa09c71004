"""Workbook of an answer (XLSX): eight sheets, live formulas for prices and rates, the engine's figures stamped.

Inputs (blue, named) -> Demand (quantities) -> Cash flow (payments) -> Summary, with Checks that are zero. Every formula
carries the value that it has at export, so a viewer that computes nothing shows the same figures.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import io
from collections.abc import Mapping, Sequence
from datetime import datetime

from xlsxwriter import Workbook

from calculator.catalog import Catalog
from calculator.decision import input_words
from calculator.decision.can_do import can_do
from calculator.decision.comparison import Comparison, OptionResult
from calculator.decision.input_words import in_unit
from calculator.decision.shown_verdict import MAC_OR_PC, OVERALL
from calculator.decision.stand_ins import without_exchanges
from calculator.report.live_lines import live_options
from calculator.report.sources import source_rows
from calculator.report.workbook_flows import write_flows
from calculator.report.workbook_inputs import label_in_words, live_inputs, write_inputs
from calculator.report.workbook_page import Book, Page
from calculator.report.workbook_summary import write_checks, write_summary
from calculator.risk.candidates import Candidates
from calculator.risk.sensitivity import SwitchPoint, switching_values, tornado
from calculator.units import BYTES_PER_GB

SHEETS = ("Inputs", "Demand", "Machines", "Cash flow", "Summary", "Sensitivity", "Sources", "Checks")


def workbook_bytes(comparison: Comparison, catalog: Catalog) -> bytes:
    """The workbook as a file; the same bytes for the same answer."""
    out = io.BytesIO()
    workbook = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    day = datetime.fromisoformat(comparison.prices_as_of or comparison.catalogue_compiled)
    workbook.set_properties(
        {
            "title": f"Local LLM TCO: {comparison.scenario.name}",
            "subject": f"scenario {comparison.scenario_id}, catalogue {comparison.catalogue_hash}",
            "comments": f"version {comparison.version}, prices as of {comparison.prices_as_of}",
            "created": day,
        }
    )
    for name in SHEETS:
        workbook.add_worksheet(name)
    book = Book(workbook)
    options = live_options(comparison)
    inputs = live_inputs(comparison, options, catalog)
    write_inputs(book, comparison, inputs, catalog=catalog)
    pages = write_flows(book, comparison, options, inputs)
    _write_machines(book, comparison)
    summary = write_summary(book, comparison, options, pages=pages)
    _write_sensitivity(book, comparison)
    _write_sources(book, comparison, catalog)
    write_checks(book, comparison, options, pages=pages, summary=summary)
    summary.sheet.activate()
    workbook.close()
    return out.getvalue()


def _write_machines(book: Book, comparison: Comparison) -> None:
    titles = (
        *("Option", "Name", "Can do the job", "Machines", "Further ones in months", "Why so many"),
        *("Needs, GB", "May use, GB", "Format", "Runtime", "Tokens per second, low", "central", "high"),
        *("First word, s, low", "central", "high", "Busy hour p95, s", "How speed is known"),
        *("Idle, W", "Reading, W", "Writing, W", "Served here", "Leaves the house", "Why not"),
    )
    page = book.page(
        "Machines",
        note="Stamped: what the engine found at export. Change the scenario in the product to change them.",
        widths={0: 26, 1: 34, 5: 40, **dict.fromkeys(range(6, 23), 12), 23: 60},
    )
    page.head(3, titles)
    for row, option in enumerate(comparison.options, start=4):
        page.row(row, _machine(option))


def _machine(option: OptionResult) -> list[str | float | None]:
    judged, memory, watts = option.eligibility, option.memory, option.power_w
    decode, first, busy, shares = option.decode, option.time_to_first_token, judged.first_token_p95_s, judged.shares
    return [
        *(option.id, option.name, can_do(option).words, judged.machine_count),
        *(" ".join(map(str, judged.further_months)), judged.machine_count_reason),
        *((memory.peak_bytes / BYTES_PER_GB, memory.usable_bytes / BYTES_PER_GB) if memory else (None, None)),
        *(option.format_name, option.runtime_id),
        *((decode.low, decode.central, decode.high) if decode else (None, None, None)),
        *((first.low, first.central, first.high) if first else (None, None, None)),
        *(busy and _finite(busy.central), option.basis_of_speed),
        *(watts.get("idle"), watts.get("prefill"), watts.get("decode")),
        *((shares.served_here_fraction, shares.leaves_house_fraction) if shares else (None, None)),
        " ".join(reason.text for reason in judged.reasons),
    ]


def _finite(value: float) -> float | None:
    return value if value < float("inf") else None


def _write_sensitivity(book: Book, comparison: Comparison) -> None:
    """Each question that the answer settles, Mac or PC first: what moves its gap, and what turns it."""
    page = book.page(
        "Sensitivity",
        note="Stamped at export. Gap: what the best other option costs more than the cheapest, in today's money.",
        widths={0: 66, 1: 26, **dict.fromkeys(range(2, 8), 16)},
    )
    if len(comparison.candidates) < 2:
        page.text(3, 0, "Fewer than two options can do the job, so nothing turns the answer.")
        return
    names = {option.id: option.name for option in comparison.options}
    pair, row = comparison.verdicts.mac_or_pc, 3
    if pair is not None and pair.cheapest and pair.next:
        question = f"{MAC_OR_PC} {names[pair.cheapest]} against {names[pair.next]}"
        both = pair.cheapest, pair.next
        asked = comparison.candidates.only(both)
        points = without_exchanges(switching_values(asked), comparison.candidates, pair=both)
        row = _write_question(page, question, asked, points, names=names, row=row) + 2
    points = switching_values(comparison.candidates)
    _write_question(page, OVERALL, comparison.candidates, points, names=names, row=row)
    page.sheet.freeze_panes(0, 0)


def _write_question(
    page: Page,
    question: str,
    candidates: Candidates,
    points: Sequence[SwitchPoint],
    *,
    names: Mapping[str, str],
    row: int,
) -> int:
    """The two tables of one question from this row on; the row after them."""
    page.text(row, 0, question, "bold")
    row += 1
    gaps = ("Gap at P10, USD", "Gap at P90, USD", "Width, USD")
    page.head(row, ("Input", "Unit", "P10", "Central", "P90", *gaps))
    row += 1
    for swing in tornado(candidates):
        unit = input_words.unit(swing.name)
        ends = [in_unit(value, unit) for value in (swing.low_value, swing.central_value, swing.high_value)]
        moved = (swing.gap_at_low_usd, swing.gap_at_high_usd, swing.width_usd)
        page.row(row, (label_in_words(swing.name, names), unit[0], *ends, *moved))
        row += 1
    row += 1
    titles = ("What turns the answer", "Unit", "Now", "Turns at", "Within P10 to P90", "Cheapest then")
    for column, title in enumerate(titles):
        page.text(row, column, title, "head")
    for point in points:
        if point.value is not None:
            row += 1
            then, label = names.get(point.winner or "", ""), label_in_words(point.name, names)
            unit = input_words.unit(point.name)
            now, at = in_unit(point.central_value, unit), in_unit(point.value, unit)
            page.row(row, (label, unit[0], now, at, "yes" if point.in_range else "no"))
            page.text(row, len(titles) - 1, then)
    return row + 1


def _write_sources(book: Book, comparison: Comparison, catalog: Catalog) -> None:
    page = book.page(
        "Sources",
        note="Every figure behind the answer at export, with how it is known.",
        widths={0: 52, 1: 12, 2: 12, 3: 12, 4: 24, 5: 12, 6: 50, 7: 40, 8: 12, 9: 70},
    )
    page.head(3, ("Figure", "Value", "P10", "P90", "Unit", "Basis", "Source", "Link", "Date", "Note"))
    for row, one in enumerate(source_rows(comparison, catalog), start=4):
        page.row(
            row,
            (one.what, one.value, one.low, one.high, one.unit, one.basis, one.source, one.link, one.as_of, one.note),
        )
