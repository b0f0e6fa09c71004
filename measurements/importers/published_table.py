"""Importer of published tables: CSV with the columns of measurements/published.csv, read by the calculator's own
reader.

A row with both speeds becomes two records, each with its own context. A rate over whole requests, or a wait turned
into a rate, is not a decode or prefill speed and is not imported. Rows that contradict others of the same source are
refused.
"""

import csv
import io
import re
from collections.abc import Mapping

from calculator.calibration.cases import Case, case_of
from calculator.calibration.gate import contradictions, decode_refusal, prefill_refusal
from calculator.calibration.rows import REQUIRED_COLUMNS, PublishedRow, rows_of
from calculator.catalog import Catalog
from calculator.units import BYTES_PER_GB
from measurements.importers.facts import Collector, Facts, Imported
from measurements.records.record import Series

NAME = "published table"
_SCOPES = {
    "wall": "wall",
    "system": "system",
    "package": "soc",
    "soc": "soc",
    "board": "gpu",
    "gpu": "gpu",
    "boards": "gpu",
}


def is_table(content: str) -> bool:
    """Whether the first line names the columns of a published table."""
    first = content.lstrip("\ufeff \r\n").split("\n", 1)[0]
    return all(name in first for name in REQUIRED_COLUMNS)


def import_table(content: str, *, facts: Facts, catalog: Catalog) -> Imported:
    """Import every row that the catalogue covers and physics allows, as records of kind `published`."""
    collector = Collector(NAME)
    try:
        raw = list(csv.DictReader(io.StringIO(content.lstrip("\ufeff"), newline="")))
        rows = rows_of([{name: value or "" for name, value in row.items() if name is not None} for row in raw])
    except (csv.Error, ValueError, KeyError, TypeError) as error:
        collector.refuse("file", f"The table cannot be read ({str(error)[:200]}).")
        return collector.imported()
    cases = [case_of(row, catalog) for row in rows]
    contradicted = contradictions([case for case in cases if isinstance(case, Case)])
    for record, row, case in zip(raw, rows, cases, strict=True):
        if isinstance(case, str):
            collector.refuse(row.id, f"The catalogue does not cover this row: {case}.")
        else:
            _one(record, row, case, contradicted, facts=facts, collector=collector)
    return collector.imported()


def _one(
    raw: Mapping[str, str],
    row: PublishedRow,
    case: Case,
    contradicted: Mapping[tuple[str, str], str],
    *,
    facts: Facts,
    collector: Collector,
) -> None:
    decode_reason = (
        "it is a rate over whole requests"
        if row.rate_kind == "request"
        else decode_refusal(case) or contradicted.get((row.id, "decode"))
    )
    prefill_reason = (
        "it is a mean wait, not a rate"
        if row.prefill_kind != "throughput"
        else prefill_refusal(case) or contradicted.get((row.id, "prefill"))
    )
    if decode_reason and prefill_reason:
        collector.refuse(row.id, f"decode: {decode_reason}; prefill: {prefill_reason}.")
        return
    date = (raw.get("source_date") or "").strip()
    scope = _SCOPES.get(row.power_scope) if row.power_w else None
    common = {
        "kind": "published",
        "measured_at": date if re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", date) else f"{int(row.year or 2026)}",
        "host": {"chip": row.device_id, "chip_name": raw.get("device") or "", "chip_count": row.device_count},
        "engine": {"name": case.deployment.runtime.id, "version": raw.get("runtime_version") or ""},
        "model": {
            "model": row.model_id,
            "model_name": raw.get("model") or "",
            "format": case.deployment.format.id,
            "format_name": raw.get("quant") or "",
            "weights": "real",
            "file_bytes": round((row.file_size_gb or 0) * BYTES_PER_GB),
        },
        "provenance": {
            **facts.provenance(NAME, place=row.id, raw=row.notes),
            "source": row.source[:300],
            "source_as_of": date,
        },
    }
    work = {"batch_count": row.batch_count, "split": row.split, "speculative": row.speculative}
    peak = round(row.peak_memory_gb * BYTES_PER_GB) if row.peak_memory_gb else None
    if decode_reason is None:
        start = max(0, round(row.context_tokens - row.answer_tokens / 2))
        collector.add(
            row.id,
            {
                **common,
                "workload": {**work, "depth_tokens": start, "generated_tokens": row.answer_tokens},
                "result": {
                    "decode_tokens_per_s": Series.of([row.decode_tokens_per_s or 0]),
                    "peak_bytes": peak,
                    "mean_power_w": row.power_w if scope else None,
                    "power_scope": scope,
                },
            },
        )
    if prefill_reason is None:
        collector.add(
            row.id,
            {
                **common,
                "workload": {**work, "depth_tokens": row.prefill_depth_tokens, "prompt_tokens": row.prompt_tokens or 0},
                "result": {"prefill_tokens_per_s": Series.of([row.prefill_tokens_per_s or 0]), "peak_bytes": peak},
            },
        )
