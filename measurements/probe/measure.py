"""Measuring and storing: runs one probe on this machine, turns its outcome into records and appends them to the store.

A run whose server dies leaves a note beside the lock. The next run finds the note and stores a record with the status
"lost", so no run disappears without a trace.
"""

import contextlib
import json
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from calculator.catalog import Catalog
from measurements.probe.power import PowerMeter, PowerWindow
from measurements.probe.records_of_events import records_of
from measurements.probe.run import Json, Outcome, default_lock_file, run_worker
from measurements.records import lock
from measurements.records.ceilings import ceilings_of, machine_ceilings
from measurements.records.host import this_host
from measurements.records.record import Engine, Host, Measurement, ModelUnderTest, now
from measurements.records.spec import ProbeSpec

Keep = Callable[[Sequence[Measurement]], str]
"""Stores records; returns "", or a sentence where they wait instead."""


def measure(
    spec: ProbeSpec,
    *,
    catalog: Catalog,
    keep: Keep | None = None,
    on_event: Callable[[Json], None] | None = None,
    cancel: threading.Event | None = None,
    meter: PowerMeter | None = None,
    host: Host | None = None,
) -> Outcome:
    """Run the probe and hand its records to `keep`, however it ends; the outcome carries the records.

    `outcome.waits` is what `keep` says where they wait to be stored. Raises what `keep` raises.
    """
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
        if event["event"] == "hello":  # from here on this run holds the lock
            _write_note(note, spec)
        if event["event"] == "built" and meter is not None:
            window.append(PowerWindow(meter))
        if on_event is not None:
            on_event(event)

    outcome = run_worker(spec, on_event=listen, cancel=cancel)
    if outcome.status != "busy":
        with contextlib.suppress(OSError):
            note.unlink()
    power = window[0].close() if window else {}
    machine = machine_ceilings(
        catalog, host=host, items=()
    )  # the catalogue alone: a bound, not an earlier probe's figure
    ceilings = ceilings_of(outcome.event("plan"), machine=machine, batch_count=spec.batch_count)
    outcome.records = records_of(outcome, spec, host, power=power, ceilings=ceilings.decode)
    if keep is not None:
        outcome.waits = keep([*([lost] if lost else []), *outcome.records])
    return outcome


def lost_run(lock_file: str) -> Measurement | None:
    """The record of a run that died with its server: its note is there, and nobody holds the lock."""
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
        return None  # another user's note, which that user will find
    return Measurement.model_validate(
        {
            "kind": tier,
            "status": "lost",
            "measured_at": started,
            "engine": Engine(name="mlx-lm"),
            "model": ModelUnderTest(model=model),
            "notes": "The program that ran this probe ended before the probe did, so its results are lost.",
        }
    )


def probe_is_running(lock_file: str = "") -> bool:
    """Whether any process on this host holds the probe's lock."""
    try:
        descriptor = lock.open_lock_file(lock_file or default_lock_file(), create=False)
    except OSError:
        return False
    try:
        return not lock.locked(descriptor)
    finally:
        os.close(descriptor)


def _write_note(note: Path, spec: ProbeSpec) -> None:
    with contextlib.suppress(OSError):  # another user's note is there: a lost run then goes unnoticed
        note.write_text(json.dumps({"started": now(), "tier": spec.tier, "model": spec.model}), "utf-8")
