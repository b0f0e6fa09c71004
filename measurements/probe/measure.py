"""Measure and keep: runs one probe on this machine, turns its outcome into records and appends them to the store.

A run that its server did not survive leaves a note beside the lock; whoever measures next finds it and keeps a record
with the status "lost", so that no run disappears without a word.
"""

import contextlib
import fcntl
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from calculator.catalog import Catalog
from measurements.probe.power import PowerMeter, PowerWindow
from measurements.probe.records_of_events import records_of
from measurements.probe.run import Json, Outcome, default_lock_file, run_worker
from measurements.records import lock
from measurements.records.ceilings import ceilings_of, stated_here
from measurements.records.host import this_host
from measurements.records.record import Engine, Host, Measurement, ModelUnderTest, now
from measurements.records.spec import ProbeSpec
from measurements.records.store import Store


def measure(
    spec: ProbeSpec,
    *,
    catalog: Catalog,
    store: Store | None = None,
    on_event: Callable[[Json], None] | None = None,
    cancel: threading.Event | None = None,
    meter: PowerMeter | None = None,
    host: Host | None = None,
) -> Outcome:
    """Run the probe and keep what it found, whatever that is; the outcome carries the records."""
    host = host or this_host(catalog.chips)
    lock_file = spec.lock_file or default_lock_file()
    spec = spec.model_copy(
        update={
            "lock_file": lock_file,
            "last_level_cache_bytes": spec.last_level_cache_bytes or host.last_level_cache_bytes,
        }
    )
    lost = lost_run(lock_file)
    note = Path(lock_file + ".json")
    window: list[PowerWindow] = []

    def listen(event: Json) -> None:
        if event["event"] == "hello":  # from here on the lock is ours
            _leave(note, spec)
        if event["event"] == "built" and meter is not None:
            window.append(PowerWindow(meter))
        if on_event is not None:
            on_event(event)

    outcome = run_worker(spec, on_event=listen, cancel=cancel)
    if outcome.status != "busy":
        with contextlib.suppress(OSError):
            note.unlink()
    power = window[0].close() if window else {}
    stated = stated_here(catalog, host=host, items=())  # the catalogue alone: a bound, not an earlier probe's figure
    ceilings = ceilings_of(outcome.event("plan"), stated=stated, batch_count=spec.batch_count)
    outcome.records = records_of(outcome, spec, host, power=power, ceilings=ceilings.decode)
    if store is not None:
        store.append_all([*([lost] if lost else []), *outcome.records])
    return outcome


def lost_run(lock_file: str) -> Measurement | None:
    """The record of a run whose server died with it: a note was left, and nobody holds the lock."""
    note = Path(lock_file + ".json")
    if not note.exists() or probe_is_running(lock_file):
        return None
    try:
        left: Any = json.loads(note.read_text("utf-8"))
        started, tier, model = str(left["started"]), str(left["tier"]), str(left["model"])
    except (ValueError, KeyError, TypeError):
        started, tier, model = now(), "fast", ""
    except OSError:
        return None
    try:
        note.unlink()
    except OSError:
        return None  # another user's, who will find it
    return Measurement.model_validate(
        {
            "kind": tier,
            "status": "lost",
            "measured_at": started,
            "engine": Engine(name="mlx-lm"),
            "model": ModelUnderTest(model=model),
            "notes": "The program that ran this probe ended before the probe did; nothing of it was kept.",
        }
    )


def probe_is_running(lock_file: str = "") -> bool:
    """Does any process of this host hold the probe's lock?"""
    try:
        descriptor = lock.opened(lock_file or default_lock_file(), create=False)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _leave(note: Path, spec: ProbeSpec) -> None:
    with contextlib.suppress(OSError):  # another user's note lies there: a run that is lost is then not noticed
        note.write_text(json.dumps({"started": now(), "tier": spec.tier, "model": spec.model}), "utf-8")
