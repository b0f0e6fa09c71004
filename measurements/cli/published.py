"""The shipped tables of published measurements: every collected row with the gate's verdict.

    python -m measurements.cli.published COLLECTED.csv

writes measurements/published.csv (rows with at least one usable figure, and rows whose ids the catalogue does not
cover yet) and measurements/refused.csv (rows without a usable figure, with the reason). Together they hold every
collected row. Facts and their sources are carried over, never other people's text.

`verdict` is accepted, flagged (used, with the remark in `why`) or not covered. `decode_refused`, `prefill_refused` and
`peak_refused` say why that figure is not used, and are empty if it is.
"""

import csv
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from calculator.calibration.cases import Case, case_of
from calculator.calibration.gate import contradictions, decode_refusal, peak_memory_refusal, prefill_refusal
from calculator.calibration.rows import read_table
from calculator.catalog import Catalog, load_catalog
from calculator.errors import CalculatorError

FOLDER = Path(__file__).parent.parent
GATE_COLUMNS = ("verdict", "why", "decode_refused", "prefill_refused", "peak_refused")
REFUSED_COLUMNS = (
    "id",
    "device_id",
    "model_id",
    "runtime_id",
    "format_id",
    "decode_tok_s",
    "prefill_tok_s",
    "source",
    "why",
)
_FIGURES: Sequence[tuple[str, str, Callable[[Case], str | None]]] = (
    ("decode", "decode_tok_s", decode_refusal),
    ("prefill", "prefill_tok_s", prefill_refusal),
    ("peak", "peak_memory_gb", peak_memory_refusal),
)


def verdict_rows(collected: Path, *, catalog: Catalog) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Rows to ship with their verdict, and refused rows with their reason, in the order of the table.

    Raises CalculatorError if the table cannot be read.
    """
    rows = read_table(collected)
    with collected.open(newline="", encoding="utf-8") as file:
        records = list(csv.DictReader(file))
    cases = [case_of(row, catalog) for row in rows]
    contradicted = contradictions([case for case in cases if isinstance(case, Case)])
    kept: list[dict[str, str]] = []
    refused: list[dict[str, str]] = []
    for record, row, case in zip(records, rows, cases, strict=True):
        shipped = {**record, "source": _public(record["source"]), **dict.fromkeys(GATE_COLUMNS, "")}
        if isinstance(case, str):
            kept.append({**shipped, "verdict": "not covered", "why": case})
            continue
        reasons = _reasons(record, case, contradicted)
        stated = [name for name, column, _ in _FIGURES if record.get(column)]
        if stated and all(name in reasons for name in stated):
            why = "; ".join(f"{name}: {reasons[name]}" for name in stated)
            refused.append({name: {**shipped, "why": why}[name] for name in REFUSED_COLUMNS})
            continue
        shipped |= {f"{name}_refused": reason for name, reason in reasons.items()}
        kept.append({**shipped, "verdict": "flagged" if row.remarks else "accepted", "why": "; ".join(row.remarks)})
    return kept, refused


def write(collected: Path, *, folder: Path = FOLDER, catalog: Catalog) -> tuple[int, int]:
    """Write published.csv and refused.csv into the folder, and return how many rows each has."""
    kept, refused = verdict_rows(collected, catalog=catalog)
    for name, rows in (("published.csv", kept), ("refused.csv", refused)):
        columns = list(rows[0]) if rows else list(REFUSED_COLUMNS)
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return len(kept), len(refused)


def _reasons(record: Mapping[str, str], case: Case, contradicted: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """Why each stated figure is refused; usable and unstated figures are absent."""
    found: dict[str, str] = {}
    for name, column, refusal in _FIGURES:
        if record.get(column):
            reason = refusal(case) or contradicted.get((case.row.id, name))
            if reason:
                found[name] = reason
    return found


def _public(source: str) -> str:
    """The source as a reader can follow it; for a stored copy, the original."""
    copy = re.match(r"^\S+ id \d+ \((.*)\)$", source)
    return f"{copy[1].partition('; repo name')[0]} (public repository)" if copy else source


def main(arguments: Sequence[str]) -> int:
    """Write both tables and print how many rows were kept and refused; 2 if the table cannot be read."""
    if len(arguments) != 1:
        print("usage: python -m measurements.cli.published COLLECTED.csv", file=sys.stderr)
        return 2
    try:
        kept, refused = write(Path(arguments[0]), catalog=load_catalog())
    except CalculatorError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{kept} rows in published.csv; {refused} rows refused, with reasons, in refused.csv")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
