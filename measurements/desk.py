"""The measurement desk: this server's machine, its probes and its store, as one visitor may use them.

Reading creates nothing; the first record creates the store. Probes run in a worker process and one shared register,
so a reload or a second visitor sees the same run. A store that cannot be read yields a sentence and what was read last.
Whatever starts, stops or keeps something asks the server's mode itself, whoever calls it.
"""

import copy
import datetime
import functools
import logging
import os
import platform
import time
from collections.abc import Sequence
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
from measurements.records.host import this_host
from measurements.records.listing import Row, row_of, words
from measurements.records.record import Host, Measurement, MeasurementError
from measurements.records.spec import Tier
from measurements.records.store import Stored, export_lines
from measurements.records.store_connection import URL_VARIABLE, StoreError, store_file
from measurements.records.trusted_speeds import installed_versions, speeds_of
from measurements.shelf import Contents, Shelf
from measurements.visitors import NotAllowedError, mode_or_public, why_nobody_may

HOST_KEPT_S = 60.0  # the power mode may change while the server runs
PROBE_TIERS: tuple[Tier, ...] = ("host", "fast")
"""Tiers offered on the page, where a visitor names a shipped model and never a path or an address."""

PROBE_FORMATS = ("mlx-4bit", "mlx-8bit", "mlx-6bit", "mlx-mxfp4", "mlx-nvfp4", "mlx-mxfp8", "bf16")
PROBE_DEPTHS = (64, 256, 512, 2_048, 8_192, 32_768, 131_072)


_LOG = logging.getLogger(__name__)


class Machine:
    """The facts of this machine, read anew where they may have changed; on a public server once, by its start."""

    def __init__(self, catalog: Catalog) -> None:
        self._chips = catalog.chips
        self._found: tuple[float, Host] | None = None

    def host(self) -> Host:
        """The machine that this server runs on."""
        found = self._found
        if found is None or (time.monotonic() - found[0] > HOST_KEPT_S and not why_nobody_may()):
            found = self._found = (time.monotonic(), this_host(self._chips))
        return found[1]


class Desk:
    """The measurements of this server. Every method may be called from any thread."""

    def __init__(
        self, catalog: Catalog, *, url: str | None = None, jobs: ProbeJobs = JOBS, look_only: str = ""
    ) -> None:
        """`look_only`: why whoever has this desk may only look; the server's mode may forbid more."""
        self.catalog, self._url, self._jobs, self._look_only = catalog, url, jobs, look_only
        self._machine = Machine(catalog)
        self.shelf = Shelf(url, speeds=self._speeds_of)
        self._read_file = functools.lru_cache(maxsize=4)(self._read)

    def for_visitor(self, look_only: str) -> "Desk":
        """The same desk for a visitor who may only look for this reason, or may do all if it is ""."""
        found = copy.copy(self)
        found._look_only = look_only
        return found

    def why_only_look(self) -> str:
        """Why whoever has this desk may neither start, stop, keep nor bring anything; "" if he may."""
        return why_nobody_may() or self._look_only

    def _refuse_lookers(self) -> None:
        if reason := self.why_only_look():
            raise NotAllowedError(reason)

    # -- this machine

    def host(self) -> Host:
        """The machine that this server runs on."""
        return self._machine.host()

    def shows_machine(self) -> bool:
        """Whether visitors may know which machine this is; strangers may not."""
        return mode_or_public() != "public"

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
        """The shapes of an uploaded config.json; raises NotAllowedError, PlanError or CatalogError with a sentence."""
        self._refuse_lookers()
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
        """Begin a probe; raises NotAllowedError, MeasurementError or UnknownIdError with a sentence."""
        self._refuse_lookers()
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
        return self._jobs.start(spec, catalog=self.catalog, keep=self.shelf.append_or_spool)

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
        """Ask the running probe to stop; raises NotAllowedError."""
        self._refuse_lookers()
        return self._jobs.cancel()

    # -- the store

    def contents(self) -> Contents:
        """The stored records as last read; nobody waits for a store that does not answer."""
        return self.shelf.contents()

    def speeds(self) -> tuple[MeasuredSpeed, ...]:
        """The speeds for `calculator.compare`; empty if nothing is stored or the store cannot be read."""
        return self.contents().speeds

    def problem(self) -> str:
        """What is wrong with the store, in sentences that anybody may read; "" if nothing is."""
        found = self.contents()
        said = [found.problem] if found.problem else []
        if found.unreadable:
            count = len(found.unreadable)
            many = "1 measurement is" if count == 1 else f"{count} measurements are"
            said.append(
                f"{many} left out, because this version cannot read {'it' if count == 1 else 'them'}. The server's log "
                f"names {'it' if count == 1 else 'them'}."
            )
        if found.waiting_count:
            said.append(
                "Results wait in a file, because the store did not take them; they will be stored automatically."
            )
        return " ".join(said)

    def results_wait(self) -> bool:
        """Whether results still wait in a file to be stored."""
        return bool(self.contents().waiting_count)

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

    def has_queue(self) -> bool:
        """Whether probe requests wait in this store, which a PostgreSQL database can hold."""
        try:
            return store_file(self._url) is None
        except StoreError:
            return False

    def store_name(self) -> str:
        """The name of the store without a password, which only the person at the machine learns."""
        if mode_or_public() != "local":
            return "the server's store"
        try:
            file = store_file(self._url)
        except StoreError as error:
            return error.plain
        return "a PostgreSQL database" if file is None else f"the file {file.name}"

    # -- other people's files

    def read_file(self, name: str, content: bytes, **facts: str | int) -> Imported:
        """The rows of a file: accepted, refused with the reason, and the facts that the file does not state.

        facts: chip, chip_count, model (for all rows), format, batch_count, prompt_tokens, answer_tokens,
        runtime_version, measured_at, source, licence. Raises NotAllowedError, or MeasurementError for no text.
        """
        self._refuse_lookers()
        return self._read_file(name, content, tuple(sorted(facts.items())))

    def keep(self, records: Sequence[Measurement]) -> dict[str, int]:
        """Store the records and count them as added, already known, or deleted earlier.

        Raises NotAllowedError or StoreError, in words without user, host, port and path.
        """
        self._refuse_lookers()
        try:
            outcomes = self.shelf.append_all(records)
        except StoreError as error:
            _LOG.error("%s", error)
            raise StoreError(f"{error.plain} Nothing was stored.") from None
        return {name: outcomes.count(name) for name in ("added", "known", "deleted")}

    def _read(self, name: str, content: bytes, facts: tuple[tuple[str, str | int], ...]) -> Imported:
        answers = dict(facts)
        model = str(answers.pop("model", ""))
        user_facts = Facts(**answers, models={"": model} if model else {}, file_name=Path(name).name[:300])  # pyright: ignore[reportArgumentType] - checked by the record's own fields
        return import_content(
            decode(content, name=user_facts.file_name),
            facts=user_facts,
            known=Known.of(self.catalog),
            gate=gate_of(self.catalog),
        )

    def _speeds_of(self, usable: tuple[Stored, ...]) -> tuple[MeasuredSpeed, ...]:
        """What the calculator uses of these records; this machine is looked at only where there are some."""
        return speeds_of(usable, host=self.host(), versions=installed_versions()) if usable else ()


def open_desk(look_only: str) -> Desk:
    """This server's desk on the store that MEASUREMENTS_URL names, for a visitor who may only look for this reason."""
    return _desk(os.environ.get(URL_VARIABLE) or None).for_visitor(look_only)


@functools.lru_cache(maxsize=8)
def _desk(url: str | None) -> Desk:
    return Desk(load_catalog(), url=url)
