"""The CSV that a person fills in by hand: one measured run per line, in this project's own words.

Only the columns that one has are needed; `chip`, `model`, `format` and `runtime` take catalogue ids, and what is empty
is asked for as in any other file.
"""

import csv
from collections.abc import Mapping

from measurements.importers.cleaning import plain_lines
from measurements.importers.facts import Collector, Facts, Gate, Imported, Known, number, whole
from measurements.importers.pasted import Pasted, keep, rate
from measurements.importers.surroundings import Surroundings

NAME = "CSV template"
COLUMNS = (
    "chip",
    "chip_count",
    "model",
    "format",
    "runtime",
    "runtime_version",
    "prompt_tokens",
    "answer_tokens",
    "depth_tokens",
    "batch",
    "prefill_tokens_per_s",
    "decode_tokens_per_s",
    "peak_memory_gb",
    "measured_at",
)
_EXAMPLE = ("nvidia-rtx-4090", "1", "llama-3-8b", "q4_k_m", "llama.cpp", "b6092", "2000", "200", "0", "1")
_NEEDED = {"decode_tokens_per_s", "model"}


def template() -> str:
    """The header and an empty example, ready to be filled in: its two speeds are left open."""
    return f"{','.join(COLUMNS)}\n{','.join((*_EXAMPLE, '', '', '', '2026-11-26'))}\n"


def is_text(content: str) -> bool:
    """Whether a line of the text is the template's header."""
    return "decode_tokens_per_s" in content and any(_is_header(_cells(line)) for line in content.splitlines())


def import_text(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import every line below the header as one record."""
    collector = Collector(NAME, gate=gate)
    header: list[str] = []
    for line_number, line in enumerate(plain_lines(content), start=1):
        cells = _cells(line)
        if _is_header(cells):
            header = [cell.lower() for cell in cells]
        elif header and len(cells) > 1 and line.strip(", "):
            place = f"line {line_number}"
            if len(cells) > len(header):
                collector.refuse(place, f"The row has {len(cells)} cells; the header has {len(header)}.")
                continue
            _one(place, dict(zip(header, cells, strict=False)), facts=facts, known=known, collector=collector)
    return collector.imported()


def _one(place: str, row: Mapping[str, str], *, facts: Facts, known: Known, collector: Collector) -> None:
    numbers = ("chip_count", "prompt_tokens", "answer_tokens", "depth_tokens", "batch")
    counts = {name: whole(row[name]) for name in numbers if row.get(name)}
    wrong = next((name for name, value in counts.items() if value is None or value < 0), None)
    if wrong is not None:
        collector.refuse(place, f"{wrong} is {row[wrong][:40]!r}; write a whole number, or leave it empty.")
        return
    chip = facts.chip or row.get("chip", "")
    if chip and known.chips and chip not in known.chips:
        collector.refuse(place, f"chip is {chip[:60]!r}; take an id of `python -m calculator list chips`.")
        return
    counted = {name: value for name, value in counts.items() if value is not None}
    run = Pasted(
        tool=NAME,
        engine=(row.get("runtime") or "unknown")[:300],
        place=place,
        raw=",".join(row.values()),
        decode=rate(number(row.get("decode_tokens_per_s"))),
        prefill=rate(number(row.get("prefill_tokens_per_s"))),
        prompt_tokens=counted.get("prompt_tokens"),
        answer_tokens=counted.get("answer_tokens"),
        depth_tokens=counted.get("depth_tokens", 0),
        batch_count=counted.get("batch", 1),
        peak_gb=max(0.0, number(row.get("peak_memory_gb")) or 0.0),
        names=(row["model"],) if row.get("model") else (),
        format=row.get("format", ""),
        version=row.get("runtime_version", ""),
        measured_at=row.get("measured_at", ""),
        chip_name=chip,
        chip_count=counted.get("chip_count", 0),
    )
    keep(run, around=Surroundings(), facts=facts, known=known, collector=collector)


def _is_header(cells: list[str]) -> bool:
    return {cell.lower() for cell in cells} >= _NEEDED


def _cells(line: str) -> list[str]:
    """The cells of one line, with commas, semicolons (a spreadsheet in German) or tabs."""
    if not line.strip():
        return []
    mark = max((",", ";", "\t"), key=line.count)
    try:
        return [cell.strip() for cells in csv.reader([line.strip()], delimiter=mark) for cell in cells]
    except csv.Error:
        return []
