"""The store commands: `python -m measurements import`, `export`, `list` and `delete`.

Exit code 0: done. 2: the request was wrong or gave no record, with one sentence on stderr.
"""

import json
import sys
from pathlib import Path

from calculator.catalog import load_catalog
from calculator.cli.flags import Parser
from measurements.importers.facts import Facts, Imported, Known
from measurements.importers.reading import READS, import_content, read_upload
from measurements.probe.run import Json
from measurements.records.gate import gate_of
from measurements.records.host import this_host
from measurements.records.listing import words
from measurements.records.record import Host
from measurements.records.store import Reading, Store, Stored, export_lines, open_store
from measurements.records.trusted_speeds import installed_versions, stale_because, trust_of

STORE_HELP = "a SQLite file or postgresql://user@host/name (default: MEASUREMENTS_URL, then ./measurements.sqlite)"


def import_files(arguments: list[str]) -> int:
    """Import other tools' measurements, row by row."""
    parser = Parser(prog="python -m measurements import", description="Import results that other tools measured.")
    parser.add_argument("files", nargs="+", type=Path, help=f"files to import: {READS}")
    parser.add_argument("--chip", default="", help="catalogue id of the chip, if the file does not state it")
    parser.add_argument(
        "--chip-count", type=int, default=0, help="how many of these chips, if the file does not state it"
    )
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        help="catalogue id for all rows, or NAME IN THE FILE=id; may be repeated",
    )
    parser.add_argument("--format", default="", help="weight format, if the file does not state it")
    parser.add_argument("--batch", type=int, default=0, help="requests at a time, for vLLM files that do not state it")
    parser.add_argument("--prompt-tokens", type=int, default=0, help="length of the prompt, if the file omits it")
    parser.add_argument("--answer-tokens", type=int, default=0, help="length of the answer, if the file omits it")
    parser.add_argument("--runtime-version", default="", help="version of the software that was measured")
    parser.add_argument("--measured-at", default="", help="date such as 2026-08-25, if the file does not state it")
    parser.add_argument("--source", default="", help="web address or person that the file comes from")
    parser.add_argument("--licence", default="", help="licence of the file")
    parser.add_argument("--dry-run", action="store_true", help="read and check the rows, but store nothing")
    parser.add_argument("--store", default=None, help=STORE_HELP)
    options = parser.parse_args(arguments)
    catalog = load_catalog()
    models: dict[str, str] = dict(pair.rsplit("=", 1) if "=" in pair else ("", pair) for pair in options.model)
    known, gate = Known.of(catalog), gate_of(catalog)
    code = 0
    for file in options.files:
        facts = Facts(
            chip=options.chip,
            chip_count=options.chip_count,
            models=models,
            format=options.format,
            batch_count=options.batch,
            prompt_tokens=options.prompt_tokens,
            answer_tokens=options.answer_tokens,
            runtime_version=options.runtime_version,
            measured_at=options.measured_at,
            source=options.source,
            licence=options.licence,
            file_name=file.name,
        )
        found = import_content(read_upload(file), facts=facts, known=known, gate=gate, catalog=catalog)
        code = max(code, _import_one(file, found, store=None if options.dry_run else open_store(options.store)))
    return code


def export(arguments: list[str]) -> int:
    """Export every stored record as one line of JSON."""
    parser = Parser(
        prog="python -m measurements export", description="Export the stored measurements; `import` reads them back."
    )
    parser.add_argument("file", nargs="?", default="-", help="a path, or - for stdout (default)")
    parser.add_argument("--store", default=None, help=STORE_HELP)
    options = parser.parse_args(arguments)
    found = open_store(options.store).look()
    _name_unreadable(found)
    text = "".join(line + "\n" for line in export_lines(found.items))
    if options.file == "-":
        sys.stdout.write(text)
    else:
        Path(options.file).write_text(text, "utf-8")
    return 0


def list_records(arguments: list[str]) -> int:
    """List the stored records."""
    parser = Parser(prog="python -m measurements list", description="List the stored measurements.")
    for name in ("chip", "model", "format", "runtime", "kind", "status"):
        parser.add_argument(f"--{name}", default=None, help=f"only this {name}")
    parser.add_argument("--deleted", action="store_true", help="include deleted measurements")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument("--store", default=None, help=STORE_HELP)
    options = parser.parse_args(arguments)
    found = open_store(options.store).look(
        chip=options.chip,
        model=options.model,
        format=options.format,
        runtime=options.runtime,
        kind=options.kind,
        status=options.status,
        include_deleted=options.deleted,
    )
    _name_unreadable(found)
    items = found.items
    host, versions = this_host(), installed_versions()
    for item in items:
        row = _row(item, host=host, versions=versions)
        print(
            json.dumps(row)
            if options.json
            else "  ".join(str(row[name]) for name in ("id", "measured_at", "what", "result", "trust"))
        )
    if not items and not options.json:
        print(
            "No stored measurement matches. Run `python -m measurements probe` to measure, or `import` to import a"
            " file."
        )
    return 0


def _name_unreadable(found: Reading) -> None:
    """Say on stderr which rows were left out."""
    for row in found.unreadable:
        print(f"Row {row.id} cannot be read and is left out: {row.reason}", file=sys.stderr)


def delete(arguments: list[str]) -> int:
    """Retire one record."""
    parser = Parser(
        prog="python -m measurements delete",
        description="Retire a measurement: it stays in the store but is no longer used or listed.",
    )
    parser.add_argument("id", help="id of the measurement, or its first characters")
    parser.add_argument("--because", default="", help="the reason, stored with it")
    parser.add_argument("--store", default=None, help=STORE_HELP)
    options = parser.parse_args(arguments)
    item = open_store(options.store).delete(options.id, because=options.because)
    print(f"Deleted {item.id}: {item.deleted_because}.")
    return 0


def _import_one(file: Path, found: Imported, *, store: Store | None) -> int:
    outcomes = store.append_all(list(found.records)) if store is not None else []
    known = len(outcomes) - outcomes.count("added")
    kept = (
        f"{outcomes.count('added')} stored, {known} already known"
        if store is not None
        else f"{len(found.records)} would be stored"
    )
    print(f"{file.name} ({found.format}): {kept}, {len(found.refused)} refused, {len(found.waiting)} waiting")
    for refusal in found.refused:
        print(f"  {refusal.place}: {refusal.reason}", file=sys.stderr)
    for place, text in found.warnings():
        print(f"  {place}: {text}", file=sys.stderr)
    if found.missing:
        print(f"  {found.question()}", file=sys.stderr)
    if found.template:
        print(f"\n{found.template}", file=sys.stderr)
    return 2 if found.missing or not found.records else 0


def _row(item: Stored, *, host: Host, versions: dict[str, str]) -> Json:
    record = item.record
    stale = stale_because(record, host=host, versions=versions)
    return {
        "id": item.id[:12],
        "measured_at": record.measured_at[:10],
        "kind": record.kind,
        "status": record.status,
        "what": (
            f"{record.model.model or '-'} {record.model.format or '-'} on {record.host.chip or 'an unknown chip'},"
            f" {record.engine.name} {record.engine.version}"
        ),
        "result": words(record),
        "trust": (
            trust_of(record, host=host)
            + (f" (stale: {stale})" if stale else "")
            + (" (deleted)" if item.deleted else "")
        ),
    }
