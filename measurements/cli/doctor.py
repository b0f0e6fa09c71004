"""`local-llm-tco doctor`: what this machine is, what works on it, a short probe, and one file to send to somebody else.

Each check is a process of its own, so that whatever goes wrong there is a line here. The file holds no name of a
person or a machine, no path and no address; records keep what was measured and drop the machine's id.

Exit code 0: everything works that this machine can do. 1: something does not.
"""

import datetime
import importlib.metadata
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calculator.catalog import load_catalog
from calculator.cli.flags import Parser
from calculator.units import BYTES_PER_GB
from calculator.version import VERSION
from measurements.child_environment import child_environment
from measurements.probe.measure import measure
from measurements.probe.request import SMALL_MODEL, has_gpu_backend, quick_sizes, spec_for, why_no_probe
from measurements.probe.run import ROOT, Json, Outcome
from measurements.records.anonymous import all_without_names, names_of_this_machine
from measurements.records.host import this_host
from measurements.records.listing import words
from measurements.records.record import Host, MeasurementError

FORMAT = "local-llm-tco doctor 1"
CHECK_LIMIT_S = 120
PROBE_LIMIT_S = 60.0  # each of the two
PACKAGES = (
    *("streamlit", "numpy", "pandas", "pydantic", "sqlalchemy", "starlette", "xlsxwriter", "filelock", "genai-prices"),
    *("typst", "mlx", "mlx-metal", "mlx-lm", "transformers", "psycopg", "procrastinate", "mcp"),
)
_PAGE = """
import os, socket, subprocess, sys, time, urllib.request
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
words = [sys.executable, "-m", "streamlit", "run", sys.argv[1], "--server.port", str(port), "--server.headless", "true"]
began = time.monotonic()
with open("page.log", "wb") as log:
    page = subprocess.Popen(words, stdout=log, stderr=log)
try:
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/decide.json", timeout=5).read()
            break
        except OSError:
            if page.poll() is not None or time.monotonic() - began > 60:
                last = open("page.log", encoding="utf-8", errors="replace").read().strip().splitlines()[-1:]
                sys.exit(f"the page does not answer: {' '.join(last)}")
            time.sleep(0.2)
    print(f"answers {time.monotonic() - began:.1f} s after its start")
finally:
    page.terminate()
    page.wait(10)
"""
_LOAD = "from calculator import load_catalog, Scenario, compare; catalog = load_catalog(); "
CHECKS: Mapping[str, str] = {
    "catalogue": _LOAD + "print(len(catalog.machines), 'machines,', len(catalog.models), 'models')",
    "answer": _LOAD + "print(compare(Scenario(), catalog).verdict.sentence)",
    "memo as a PDF": _LOAD + "compare(Scenario(), catalog).to_pdf('memo.pdf', catalog); print('written')",
    "workbook": _LOAD + "compare(Scenario(), catalog).to_xlsx('book.xlsx', catalog); print('written')",
    "store": (
        "from measurements.records.store import Store; from measurements.records.record import Measurement;"
        "record = Measurement.model_validate({'kind': 'host', 'measured_at': '2026-11-26', 'engine': {'name': 'x'}});"
        "store = Store('m.sqlite'); store.append(record); assert store.records()[0].record == record;"
        "import sqlite3; print('keeps a record, SQLite', sqlite3.sqlite_version)"
    ),
    "page": _PAGE,
}
"""Each check: a program that prints what it saw, or fails."""


def main(arguments: list[str]) -> int:
    """Look at this machine, say what was seen, and write the file."""
    parser = Parser(
        prog="python -m measurements doctor",
        description="Describe this machine, check what works on it, and probe it for two minutes; writes one file to send back.",
    )
    parser.add_argument("--quick", action="store_true", help="skip the probe; takes a few seconds")
    parser.add_argument(
        "--file", type=Path, default=None, help="where to write (default: local-llm-tco-doctor-DATE.json, a new file)"
    )
    options = parser.parse_args(arguments)
    file = options.file or Path(f"local-llm-tco-doctor-{datetime.date.today().isoformat()}.json")
    if file.exists():
        raise MeasurementError(f"{file} exists. Name another file with --file.")
    host = this_host(load_catalog().chips)
    _say_machine(host)
    checks = [_checked(name, code) for name, code in CHECKS.items()]
    probes = [] if options.quick else _probes(host)
    report = all_without_names(_report(host, checks, probes), names_of_this_machine())
    try:
        file.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise MeasurementError(f"{file} cannot be written: {error.strerror}. Name another file with --file.") from None
    print(f"\nAll of this is in {file}. It names no person, machine, path or address; look into it before you send it.")
    works = all(check["works"] for check in checks) and all(probe["status"] in ("ok", "none") for probe in probes)
    return 0 if works else 1


def _say_machine(host: Host) -> None:
    memory = f"{host.memory_bytes / BYTES_PER_GB:.1f} GB" if host.memory_bytes else "memory unknown"
    limit = f", wired limit {host.wired_limit_mib} MiB" if host.wired_limit_mib else ""
    print(f"Local LLM TCO {VERSION} on {host.system_name()}, Python {platform.python_version()}")
    print(f"{host.chip_name or 'An unknown chip'} ({host.chip or 'not in the catalogue'}), {memory}{limit}\n")


def _checked(name: str, code: str) -> Json:
    """Run one check in a process and a folder of its own; never raises, whatever happens there."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="doctor-") as folder:
        environment = child_environment(PYTHONPATH=str(ROOT), MEASUREMENTS_URL=str(Path(folder) / "m.sqlite"))
        words = [sys.executable, "-c", code, str(ROOT / "server.py")]
        try:
            done = subprocess.run(
                words, cwd=folder, env=environment, capture_output=True, timeout=CHECK_LIMIT_S, check=False
            )
            texts = done.stdout if done.returncode == 0 else done.stderr or done.stdout
            works, said = done.returncode == 0, texts.decode("utf-8", "replace").strip().splitlines()[-1:]
        except subprocess.TimeoutExpired:
            works, said = False, [f"no answer within {CHECK_LIMIT_S} s"]
    found = {"name": name, "works": works, "said": "".join(said)[:500], "seconds": round(time.monotonic() - began, 2)}
    print(f"{'works' if works else 'FAILS':6} {name:14} {found['said']}", flush=True)
    return found


def _probes(host: Host) -> list[Json]:
    """The host probe and a small model, as `make probe` runs them; nothing is stored."""
    if reason := why_no_probe():
        print(f"{'none':6} {'probe':14} {reason}")
        return [{"tier": "none", "status": "none", "sentence": reason}]
    small = "mlx-4bit" if has_gpu_backend() else "bf16"
    specs = [
        spec_for("", tier="host", format_id="", limits={"time_limit_s": PROBE_LIMIT_S}),
        spec_for(SMALL_MODEL, tier="fast", format_id=small, limits={**quick_sizes(), "time_limit_s": PROBE_LIMIT_S}),
    ]
    found: list[Json] = []
    for spec in specs:
        print(f"{'':6} {'probe':14} {spec.model or 'memory and arithmetic'}: a minute or less ...", flush=True)
        outcome = measure(spec, catalog=load_catalog(), host=host)
        found.append(_probe_words(outcome, tier=spec.tier, model=spec.model, form=spec.format))
    return found


def _probe_words(outcome: Outcome, *, tier: str, model: str, form: str) -> Json:
    works = "works" if outcome.status == "ok" else "FAILS"
    for said in [words(record) for record in outcome.records] if outcome.status == "ok" else [outcome.sentence]:
        print(f"{works:6} {'probe':14} {said}", flush=True)
    return {
        "tier": tier,
        "model": model,
        "format": form,
        "status": outcome.status,
        "sentence": outcome.sentence,
        "seconds": round(outcome.seconds, 1),
        "hello": {key: value for key, value in outcome.event("hello").items() if key != "process"},
        "plan": outcome.event("plan"),
        "records": [_nobodys(record.model_dump(mode="json", exclude_none=True)) for record in outcome.records],
    }


def _nobodys(record: Json) -> Json:
    """A record whose host has no id."""
    return {**record, "host": {key: value for key, value in record["host"].items() if key != "host_id"}}


def _report(host: Host, checks: list[Json], probes: list[Json]) -> Json:
    facts: dict[str, Any] = host.model_dump(mode="json", exclude={"host_id"})
    return {
        "format": FORMAT,
        "day": datetime.date.today().isoformat(),
        "program": VERSION,
        "python": platform.python_version(),
        "architecture": platform.machine(),
        "packages": _versions(),
        "host": facts,
        "checks": checks,
        "probes": probes,
    }


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = ""
    return found
