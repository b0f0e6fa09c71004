"""The measurement desk: one object per server for its machine, its probes and its store.

Reading creates nothing; the first record creates the store. Probes run in a worker process and one shared register,
so a reload or a second visitor sees the same run. A store that is missing, broken or unreachable yields a sentence
and no measurements, and is not queried again for a while.
"""

import datetime
import functools
import hashlib
import os
import platform
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.models import LanguageModel
from calculator.physics.measured import MeasuredSpeed
from calculator.physics.models_that_fit import Box
from measurements.importers.facts import Facts, Imported, Known
from measurements.importers.reading import decode, import_content
from measurements.models.ask_mlx_lm import shipped_config_ids
from measurements.models.uploaded_config import model_of_config
from measurements.probe.jobs import JOBS, ProbeJob, ProbeJobs
from measurements.probe.measure import probe_is_running
from measurements.probe.request import has_gpu_backend, spec_for, why_no_probe
from measurements.records.ceilings import Ceilings, ceilings_of, machine_ceilings
from measurements.records.gate import gate_of
from measurements.records.host import host_id, this_host
from measurements.records.listing import Row, row_of, words
from measurements.records.record import Host, Measurement, MeasurementError
from measurements.records.spec import Tier
from measurements.records.store import Store, Stored, export_lines
from measurements.records.store_connection import URL_VARIABLE, StoreError, store_file
from measurements.records.trusted_speeds import installed_versions, speeds_of

VISITORS_VARIABLE = "MEASUREMENTS_VISITORS"
"""`measure`: visitors may start and cancel probes and import files. `look`: visitors may only read. Unset: `measure`
when the server listens on the loopback address only, otherwise `look`."""

ASK_AGAIN_S = 30.0  # an unreachable database costs its connection time-out, so not at every move of a slider
HOST_KEPT_S = 60.0  # the power mode may change while the server runs
LOOPBACK = ("127.0.0.1", "::1", "localhost")
PROBE_TIERS: tuple[Tier, ...] = ("host", "fast")
"""Tiers offered on the page, where a visitor names a shipped model and never a path or an address."""

PROBE_FORMATS = ("mlx-4bit", "mlx-8bit", "mlx-6bit", "mlx-mxfp4", "mlx-nvfp4", "mlx-mxfp8", "bf16")
PROBE_DEPTHS = (64, 256, 512, 2_048, 8_192, 32_768, 131_072)


def visitors_may_only_look(address: str | None) -> str:
    """Why visitors may neither measure nor import files on a server that listens on this address; "" if they may."""
    setting = os.environ.get(VISITORS_VARIABLE, "").strip().lower()
    if setting == "measure" or (not setting and address in LOOPBACK):
        return ""
    advice = "Its administrator can measure and import on the command line: python -m measurements probe, import."
    if setting:
        wrong = "" if setting == "look" else f" ({VISITORS_VARIABLE} is {setting[:20]!r}; use measure or look.)"
        return f"Visitors of this server may only look. {advice}{wrong}"
    return (
        f"This server can be reached from other machines, so its visitors may only look. {advice} "
        f"Set {VISITORS_VARIABLE}=measure to allow visitors as well."
    )


@dataclass(frozen=True, slots=True)
class Contents:
    """The store's records at the last reading; `problem` is a sentence if it could not be read."""

    items: tuple[Stored, ...] = ()
    speeds: tuple[MeasuredSpeed, ...] = ()
    problem: str = ""


class Desk:
    """The measurements of this server. Every method may be called from any thread."""

    def __init__(self, catalog: Catalog, *, url: str | None = None, jobs: ProbeJobs = JOBS) -> None:
        self.catalog, self._url, self._jobs = catalog, url, jobs
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._mark: object = None
        self._contents = Contents()
        self._ask_again = 0.0
        self._host: tuple[float, Host] | None = None

    # -- this machine

    def host(self) -> Host:
        """The machine that this server runs on."""
        found = self._host
        if found is None or time.monotonic() - found[0] > HOST_KEPT_S:
            found = self._host = (time.monotonic(), this_host(self.catalog.chips))
        return found[1]

    def box(self) -> Box:
        """This machine in the calculator's terms."""
        host = self.host()
        return Box(host.chip, host.memory_bytes, chip_count=host.chip_count, wired_limit_mib=host.wired_limit_mib)

    def machine_ceilings(self) -> Ceilings:
        """Bandwidth and matrix rate of this machine from the catalogue, else from its newest host probe."""
        return machine_ceilings(self.catalog, host=self.host(), items=self.contents().items)

    def versions(self) -> dict[str, str]:
        """Versions of Python and, if installed, of mlx and mlx-lm."""
        return {"Python": platform.python_version(), **installed_versions()}

    def own_model(self, name: str, content: bytes) -> LanguageModel:
        """The shapes of an uploaded config.json; raises PlanError or CatalogError with a sentence."""
        return model_of_config(name, content)

    # -- probes

    def why_no_probe(self) -> str:
        """Why this machine cannot be measured; "" if it can."""
        return why_no_probe()

    def has_gpu(self) -> bool:
        """Whether mlx would compute on a GPU here; without one its results are not local-LLM speeds."""
        return has_gpu_backend()

    def probe_models(self) -> list[str]:
        """Models whose architecture ships with the tool."""
        return shipped_config_ids()

    def start(self, *, tier: Tier, model: str, format_id: str, depths: Sequence[int], trial_count: int) -> ProbeJob:
        """Begin a probe; raises MeasurementError or UnknownIdError with a sentence."""
        if tier not in PROBE_TIERS:
            raise MeasurementError(
                f"tier is {tier!r}; the page offers {' and '.join(PROBE_TIERS)}. Use the command line for others."
            )
        if model and model not in self.probe_models():
            raise MeasurementError(
                f"model is {model[:40]!r}; the page measures shipped models only. Choose one from the list."
            )
        if reason := self.why_no_probe():
            raise MeasurementError(reason)
        limits: dict[str, object] = {"depths": tuple(sorted(depths)), "trial_count": trial_count}
        spec = spec_for(
            "" if tier == "host" else model, tier=tier, format_id="" if tier == "host" else format_id, limits=limits
        )
        return self._jobs.start(spec, catalog=self.catalog, store=self._writable())

    def job(self) -> ProbeJob | None:
        """The running probe, else this server's last one; None if there was none."""
        return self._jobs.running() or next(iter(self._jobs.recent()), None)

    def ceilings(self, job: ProbeJob) -> Ceilings:
        """The speeds that bandwidth and arithmetic alone would allow for this probe's model."""
        return ceilings_of(job.plan, machine=self.machine_ceilings(), batch_count=job.spec.batch_count)

    def findings(self, job: ProbeJob) -> list[str]:
        """The results of a finished probe: one line per record, with its share of the ceiling."""
        ceilings = self.ceilings(job)
        return [words(record, ceilings=ceilings) for record in job.outcome.records] if job.outcome is not None else []

    def runs_elsewhere(self) -> bool:
        """Whether another program on this machine is running a probe."""
        return self._jobs.running() is None and probe_is_running()

    def cancel(self) -> bool:
        """Ask the running probe to stop."""
        return self._jobs.cancel()

    # -- the store

    def contents(self) -> Contents:
        """The stored records; read again only after the store has changed."""
        with self._lock:
            if self._contents.problem and time.monotonic() < self._ask_again:
                return self._contents
            try:
                mark = self._mark_now()
                if mark != self._mark or self._contents.problem:
                    self._contents, self._mark = self._read(mark), mark
            except MeasurementError as error:
                self._contents = Contents(problem=str(error))
                self._ask_again = time.monotonic() + ASK_AGAIN_S
            return self._contents

    def speeds(self) -> tuple[MeasuredSpeed, ...]:
        """The speeds for `calculator.compare`; empty if nothing is stored or the store cannot be read."""
        return self.contents().speeds

    def problem(self) -> str:
        """Why no measurement is used, in a sentence; "" if the store can be read."""
        return self.contents().problem

    def rows(self) -> tuple[Row, ...]:
        """Every stored record as a line of a list, the newest first."""
        host, versions, today = self.host(), installed_versions(), datetime.datetime.now(datetime.UTC).date()
        found = (row_of(item, host=host, versions=versions, today=today) for item in self.contents().items)
        return tuple(sorted(found, key=lambda row: row.measured_at, reverse=True))

    def record(self, record_id: str) -> Measurement | None:
        """The record with that id and all its samples; None if it is not stored."""
        return next((item.record for item in self.contents().items if item.id == record_id), None)

    def export(self, record_ids: Sequence[str]) -> str:
        """These records as JSON lines: what `import_file` reads back unchanged."""
        wanted = set(record_ids)
        return "".join(
            f"{line}\n" for line in export_lines(item for item in self.contents().items if item.id in wanted)
        )

    def store_name(self) -> str:
        """The name of the store, without a password."""
        try:
            file = store_file(self._url)
        except StoreError as error:
            return str(error)
        return "a PostgreSQL database" if file is None else f"the file {file.name}"

    # -- other people's files

    def read_file(self, name: str, content: bytes, **facts: str | int) -> Imported:
        """The rows of a file: accepted, refused with the reason, and the facts that the file does not state.

        facts: chip, chip_count, model (for all rows), format, batch_count, prompt_tokens, answer_tokens,
        runtime_version, measured_at, source, licence.
        """
        return self._read_file(name, content, tuple(sorted(facts.items())))

    def keep(self, records: Sequence[Measurement]) -> dict[str, int]:
        """Store the records and count them as added, already known, or deleted earlier. Raises StoreError."""
        outcomes = self._writable().append_all(records)
        self._ask_again = 0.0
        return {name: outcomes.count(name) for name in ("added", "known", "deleted")}

    @functools.lru_cache(maxsize=4)  # noqa: B019 - one desk per server, which lives as long as it
    def _read_file(self, name: str, content: bytes, facts: tuple[tuple[str, str | int], ...]) -> Imported:
        answers = dict(facts)
        model = str(answers.pop("model", ""))
        user_facts = Facts(**answers, models={"": model} if model else {}, file_name=Path(name).name[:300])  # pyright: ignore[reportArgumentType] - checked by the record's own fields
        return import_content(
            decode(content, name=user_facts.file_name),
            facts=user_facts,
            known=Known.of(self.catalog),
            gate=gate_of(self.catalog),
        )

    def _mark_now(self) -> object:
        """A mark that changes when the store does; None if there is no store yet."""
        file = store_file(self._url)
        if file is None:
            return self._opened().mark()
        found: list[object] = [str(file)]
        for path in (file, file.with_name(f"{file.name}-wal")):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            except OSError as error:
                raise StoreError(
                    f"The store {file.name} cannot be read: {error.strerror}. Check {URL_VARIABLE}."
                ) from None
            if status.st_size:
                found += [status.st_mtime_ns, status.st_size, status.st_ino, _change_count(path)]
        return tuple(found) if len(found) > 1 else None

    def _read(self, mark: object) -> Contents:
        if mark is None:
            return Contents()
        items = tuple(self._opened().records())
        here = Host(host_id=host_id()) if not items else self.host()
        usable = tuple(item for item in items if item.record.status == "ok")
        return Contents(items, speeds_of(usable, host=here, versions=installed_versions()))

    def _opened(self) -> Store:
        if self._store is None:
            self._store = Store(self._url)
        return self._store

    def _writable(self) -> Store:
        """The store, created if it does not exist; raises StoreError."""
        file = store_file(self._url)
        if file is not None and not file.exists():
            self._store = None  # what it was opened on is gone
        return self._opened()


def open_desk() -> Desk:
    """This server's desk, the same for every visitor, on the store that MEASUREMENTS_URL names."""
    return _desk(os.environ.get(URL_VARIABLE) or None)


@functools.lru_cache(maxsize=8)
def _desk(url: str | None) -> Desk:
    return Desk(load_catalog(), url=url)


def _change_count(path: Path) -> str:
    """A hash of the first hundred bytes, whose SQLite change counter tells two writes in one clock tick apart."""
    try:
        with path.open("rb") as stream:
            return hashlib.sha256(stream.read(100)).hexdigest()[:12]
    except OSError as error:
        raise StoreError(f"The store {path.name} cannot be read: {error.strerror}. Check {URL_VARIABLE}.") from None
