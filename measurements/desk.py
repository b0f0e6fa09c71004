"""What may a page ask of the measurements? One object for the whole server: its machine, its probes, its store.

Looking creates nothing: the store is made by the first record. The web process never imports mlx; a probe runs in the
worker's process, in the one register of jobs, so that a reload or a second visitor sees the same run. A store that is
absent, broken or out of reach gives a sentence and no measurements, and is not asked again for a while.
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
from calculator.catalog.options import LanguageModel
from calculator.physics.measured import MeasuredSpeed
from calculator.physics.models_that_fit import Box
from measurements.importers.facts import Facts, Imported, Known
from measurements.importers.reading import decode, import_content
from measurements.models.ask_mlx_lm import shipped_config_ids
from measurements.models.uploaded_config import model_of_config
from measurements.probe.jobs import JOBS, ProbeJob, ProbeJobs
from measurements.probe.measure import probe_is_running
from measurements.probe.request import has_gpu_backend, spec_for, why_no_probe
from measurements.records.ceilings import Ceilings, ceilings_of, stated_here
from measurements.records.gate import gate_of
from measurements.records.host import host_id, this_host
from measurements.records.listing import Row, row_of, words
from measurements.records.record import Host, Measurement, MeasurementError
from measurements.records.spec import Tier
from measurements.records.store import URL_VARIABLE, Store, Stored, StoreError, export_lines, store_file
from measurements.records.trusted_speeds import installed_versions, speeds_of

VISITORS_VARIABLE = "MEASUREMENTS_VISITORS"
"""`measure`: whoever opens the page may start and cancel probes and keep files. `look`: nobody may. Not set: as if
`measure` where the server listens on the loopback address alone, else `look`."""

ASK_AGAIN_S = 30.0  # a database that is gone costs its connection's time-out; not at every move of a slider
HOST_KEPT_S = 60.0  # the power mode may change while the server runs
LOOPBACK = ("127.0.0.1", "::1", "localhost")
PROBE_TIERS: tuple[Tier, ...] = ("host", "fast")
"""What the page offers. A visitor names a shipped model, never a path or an address; `real` is for the command line."""

PROBE_FORMATS = ("mlx-4bit", "mlx-8bit", "mlx-6bit", "mlx-mxfp4", "mlx-nvfp4", "mlx-mxfp8", "bf16")
PROBE_DEPTHS = (64, 256, 512, 2_048, 8_192, 32_768, 131_072)


def visitors_may_only_look(address: str | None) -> str:
    """Why visitors of a server that listens on this address may neither measure nor bring files; "" where they may."""
    said = os.environ.get(VISITORS_VARIABLE, "").strip().lower()
    if said == "measure" or (not said and address in LOOPBACK):
        return ""
    told = "Whoever runs this server measures and imports on its command line: python -m measurements probe, import."
    if said:
        wrong = "" if said == "look" else f" ({VISITORS_VARIABLE} is {said[:20]!r}; it may be measure or look.)"
        return f"On this server visitors may look only. {told}{wrong}"
    return f"This server can be reached from other machines, so its visitors may look only. {told} {VISITORS_VARIABLE}=measure would let visitors, too."


@dataclass(frozen=True, slots=True)
class Contents:
    """What the store held when it was last looked at; `problem` is a sentence where it could not be read."""

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
        """The machine as the calculator wants it."""
        host = self.host()
        return Box(host.chip, host.memory_bytes, chip_count=host.chip_count, wired_limit_mib=host.wired_limit_mib)

    def stated(self) -> Ceilings:
        """Bandwidth and matrix rate of this machine and who says so: the catalogue, else the newest host probe here."""
        return stated_here(self.catalog, host=self.host(), items=self.contents().items)

    def versions(self) -> dict[str, str]:
        """Versions of Python and of mlx and mlx-lm where they are installed."""
        return {"Python": platform.python_version(), **installed_versions()}

    def own_model(self, name: str, content: bytes) -> LanguageModel:
        """The shapes of a config.json that somebody brings; raises PlanError or CatalogError with a sentence."""
        return model_of_config(name, content)

    # -- probes

    def why_no_probe(self) -> str:
        """Why nothing can be measured here; "" where it can."""
        return why_no_probe()

    def has_gpu(self) -> bool:
        """Would mlx compute on a GPU here? If not, what it measures is no local-LLM speed."""
        return has_gpu_backend()

    def probe_models(self) -> list[str]:
        """Models whose architecture ships with the tool."""
        return shipped_config_ids()

    def start(self, *, tier: Tier, model: str, format_id: str, depths: Sequence[int], trial_count: int) -> ProbeJob:
        """Begin a probe; raises MeasurementError or UnknownIdError with a sentence."""
        if tier not in PROBE_TIERS:
            raise MeasurementError(f"tier is {tier!r}; from the page it may be {' or '.join(PROBE_TIERS)}.")
        if model and model not in self.probe_models():
            raise MeasurementError(f"model is {model[:40]!r}; from the page it must be a shipped one.")
        if reason := self.why_no_probe():
            raise MeasurementError(reason)
        limits: dict[str, object] = {"depths": tuple(sorted(depths)), "trial_count": trial_count}
        spec = spec_for(
            "" if tier == "host" else model, tier=tier, format_id="" if tier == "host" else format_id, limits=limits
        )
        return self._jobs.start(spec, catalog=self.catalog, store=self._writable())

    def job(self) -> ProbeJob | None:
        """The probe that runs now, else the last one of this server; None where there was none."""
        return self._jobs.running() or next(iter(self._jobs.recent()), None)

    def ceilings(self, job: ProbeJob) -> Ceilings:
        """What bandwidth and arithmetic alone would allow the model that this probe runs."""
        return ceilings_of(job.plan, stated=self.stated(), batch_count=job.spec.batch_count)

    def findings(self, job: ProbeJob) -> list[str]:
        """What a probe that has ended found: one line per record, with its share of the ceiling."""
        ceilings = self.ceilings(job)
        return [words(record, ceilings=ceilings) for record in job.outcome.records] if job.outcome is not None else []

    def runs_elsewhere(self) -> bool:
        """Does another program of this machine probe?"""
        return self._jobs.running() is None and probe_is_running()

    def cancel(self) -> bool:
        """Ask the running probe to stop."""
        return self._jobs.cancel()

    # -- the store

    def contents(self) -> Contents:
        """What is stored; read again only when the store has changed."""
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
        """What `calculator.decision.compare` takes; empty where nothing is stored or the store cannot be read."""
        return self.contents().speeds

    def problem(self) -> str:
        """Why no measurement is used, in a sentence; "" where the store can be read."""
        return self.contents().problem

    def rows(self) -> tuple[Row, ...]:
        """Every stored record as a line of a list, the newest first."""
        host, versions, today = self.host(), installed_versions(), datetime.datetime.now(datetime.UTC).date()
        found = (row_of(item, host=host, versions=versions, today=today) for item in self.contents().items)
        return tuple(sorted(found, key=lambda row: row.measured_at, reverse=True))

    def record(self, record_id: str) -> Measurement | None:
        """The record of that id, complete with its samples."""
        return next((item.record for item in self.contents().items if item.id == record_id), None)

    def export(self, record_ids: Sequence[str]) -> str:
        """These records as JSON lines: what `import_file` reads back unchanged."""
        wanted = set(record_ids)
        return "".join(
            f"{line}\n" for line in export_lines(item for item in self.contents().items if item.id in wanted)
        )

    def store_name(self) -> str:
        """Where measurements are kept, without a password."""
        try:
            file = store_file(self._url)
        except StoreError as error:
            return str(error)
        return "a PostgreSQL database" if file is None else f"the file {file.name}"

    # -- other people's files

    def read_file(self, name: str, content: bytes, **facts: str | int) -> Imported:
        """What a file holds: rows taken, rows refused with the reason, and the facts that it does not tell.

        facts: chip, chip_count, model (for all rows), format, batch_count, runtime_version, measured_at, source, licence.
        """
        return self._read_file(name, content, tuple(sorted(facts.items())))

    def keep(self, records: Sequence[Measurement]) -> dict[str, int]:
        """Store them; how many were added, were known already, or had been deleted. Raises StoreError."""
        outcomes = self._writable().append_all(records)
        self._ask_again = 0.0
        return {name: outcomes.count(name) for name in ("added", "known", "deleted")}

    @functools.lru_cache(maxsize=4)  # noqa: B019 - one desk per server, which lives as long as it
    def _read_file(self, name: str, content: bytes, facts: tuple[tuple[str, str | int], ...]) -> Imported:
        said = dict(facts)
        model = str(said.pop("model", ""))
        told = Facts(**said, models={"": model} if model else {}, file_name=Path(name).name[:300])  # pyright: ignore[reportArgumentType]
        known = Known(chips=tuple(self.catalog.chips), models=tuple(self.catalog.models))
        return import_content(decode(content, name=told.file_name), facts=told, known=known, gate=gate_of(self.catalog))

    def _mark_now(self) -> object:
        """Changes when the store does; None where there is no store yet."""
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
        """The store, made where it does not exist; raises StoreError."""
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
    """SQLite's own counter of changes lies in the first hundred bytes: two writes within one tick of the clock differ in it."""
    try:
        with path.open("rb") as stream:
            return hashlib.sha256(stream.read(100)).hexdigest()[:12]
    except OSError as error:
        raise StoreError(f"The store {path.name} cannot be read: {error.strerror}. Check {URL_VARIABLE}.") from None
