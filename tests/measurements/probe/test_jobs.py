"""Register of a server's probes: one at a time, and a sentence if the store is gone."""

from pathlib import Path
from typing import Any

import pytest

from measurements.probe.jobs import ProbeJobs
from measurements.probe.run import Outcome
from measurements.records.record import MeasurementError
from measurements.records.spec import ProbeSpec
from tests.measurements.tiny import tiny_spec


def test_jobs_run_one_at_a_time_and_survive_the_page(tmp_path: Path) -> None:
    import threading

    from calculator.catalog import load_catalog

    go, seen = threading.Event(), threading.Event()

    def slow(spec: ProbeSpec, **how: Any) -> Outcome:
        how["on_event"]({"event": "progress", "what": "measuring", "done": 3, "total": 8, "left_s": 12.5})
        how["on_event"]({"event": "sample", "phase": "decode"})
        seen.set()
        go.wait(10)
        return Outcome("cancelled" if how["cancel"].is_set() else "ok", "")

    jobs, spec, catalog = ProbeJobs(slow), tiny_spec(tmp_path), load_catalog()
    job = jobs.start(spec, catalog=catalog, keep=None)
    assert seen.wait(10)
    assert jobs.running() is job
    assert (job.what, job.done, job.total, job.left_s, len(job.samples)) == ("measuring", 3, 8, 12.5, 1)
    with pytest.raises(MeasurementError, match="is running on this machine"):
        jobs.start(spec, catalog=catalog, keep=None)
    assert jobs.cancel()
    go.set()
    for _ in range(100):
        if not job.is_running():
            break
        threading.Event().wait(0.05)
    assert job.outcome is not None
    assert job.outcome.status == "cancelled"
    assert (jobs.running(), jobs.cancel(), jobs.recent()) == (None, False, [job])


def test_job_whose_store_is_gone_says_so(tmp_path: Path) -> None:
    import threading

    from calculator.catalog import load_catalog

    def fails(spec: ProbeSpec, **how: Any) -> Outcome:
        raise MeasurementError("The store cannot be used.")

    jobs = ProbeJobs(fails)
    job = jobs.start(tiny_spec(tmp_path), catalog=load_catalog(), keep=None)
    for _ in range(100):
        if not job.is_running():
            break
        threading.Event().wait(0.02)
    assert job.problem == "The store cannot be used."
