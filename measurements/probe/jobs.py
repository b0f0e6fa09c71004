"""Register of a server's probes, which outlives a page reload and a cleared cache.

A job runs in a thread of the server, and the measuring itself in the worker process. All visitors see the same job,
and no second one can start while it runs, here or in another program on this machine.
"""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from calculator.catalog import Catalog
from measurements.probe.measure import Keep, measure, probe_is_running
from measurements.probe.power import opened_meter
from measurements.probe.run import Json, Outcome
from measurements.records.record import MeasurementError, now
from measurements.records.spec import ProbeSpec
from measurements.visitors import NotAllowedError, why_nobody_may

KEPT_JOBS = 20
_STAGES = {
    "hello": "planning",
    "fetching": "downloading",
    "plan": "making weights",
    "built": "warming up",
    "compiling": "compiling kernels, which takes minutes the first time",
}
"""The stage shown until the worker reports its progress."""

Measure = Callable[..., Outcome]


@dataclass
class ProbeJob:
    """One probe: its request, progress and outcome. Safe to read from any thread."""

    id: int
    spec: ProbeSpec
    started_at: str
    began: float = field(default_factory=time.monotonic)
    what: str = "starting"
    done: int = 0
    total: int = 0
    left_s: float | None = None
    plan: Json = field(default_factory=dict[str, object])
    samples: list[Json] = field(default_factory=list[Json])
    outcome: Outcome | None = None
    problem: str = ""
    cancelling: threading.Event = field(default_factory=threading.Event)

    def is_running(self) -> bool:
        """Whether the probe has neither ended nor failed."""
        return self.outcome is None and not self.problem

    def seconds(self) -> float:
        """Seconds that the probe has been running, or ran."""
        return self.outcome.seconds if self.outcome is not None else time.monotonic() - self.began

    def hear(self, event: Json) -> None:
        """Take in one event of the worker."""
        self.what = _STAGES.get(event["event"], self.what)
        if event["event"] == "progress":
            self.what, self.done, self.total = str(event["what"]), int(event["done"]), int(event["total"])
            self.left_s = float(event["left_s"]) if "left_s" in event else None
        elif event["event"] == "plan":
            self.plan = event
        elif event["event"] == "sample":
            self.samples.append(event)


class ProbeJobs:
    """The register of probes; a server process has one, `JOBS` below."""

    def __init__(self, run: Measure = measure) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._jobs: list[ProbeJob] = []

    def start(self, spec: ProbeSpec, *, catalog: Catalog, keep: Keep | None) -> ProbeJob:
        """Start a probe; raises NotAllowedError, or MeasurementError if one is running on this machine."""
        if reason := why_nobody_may():
            raise NotAllowedError(reason)
        with self._lock:
            if self.running() is not None or probe_is_running(spec.lock_file):
                raise MeasurementError("A probe is running on this machine. Wait until it ends, or cancel it.")
            job = ProbeJob(next(self._numbers), spec, now())
            self._jobs = [*self._jobs, job][-KEPT_JOBS:]
        threading.Thread(target=self._work, args=(job, catalog, keep), daemon=True, name=f"probe-{job.id}").start()
        return job

    def running(self) -> ProbeJob | None:
        """The running probe, if any."""
        return next((job for job in self._jobs if job.is_running()), None)

    def recent(self) -> list[ProbeJob]:
        """The latest probes of this server, newest first."""
        return list(reversed(self._jobs))

    def cancel(self) -> bool:
        """Ask the running probe to stop; False if none is running. Raises NotAllowedError."""
        if reason := why_nobody_may():
            raise NotAllowedError(reason)
        job = self.running()
        if job is not None:
            job.cancelling.set()
        return job is not None

    def _work(self, job: ProbeJob, catalog: Catalog, keep: Keep | None) -> None:
        try:
            with opened_meter() as meter:
                job.outcome = self._run(
                    job.spec, catalog=catalog, keep=keep, on_event=job.hear, cancel=job.cancelling, meter=meter
                )
        except MeasurementError as error:  # the store is gone and with it the measurement; the page must say so
            job.problem = str(error)
        except OSError as error:
            job.problem = f"The probe could not be started: {error.strerror or error}."
        finally:
            if job.is_running():
                job.problem = "The probe ended unexpectedly. See the server's log for the reason."


JOBS = ProbeJobs()
