"""The parent of the probe's worker: starts it, listens to its events, stops it in time and names the outcome.

Every ending of the worker has a name (record.Status): a refusal, out of memory, a signal, a stall, a time-out, a
cancel. To stop, the worker is asked first, then gets SIGTERM, and SIGKILL only if it has wired no memory: on macOS,
killing a process that wired a large model leaks that memory until reboot.
"""

import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from measurements.child_environment import child_environment
from measurements.records.record import Measurement, Status
from measurements.records.spec import ProbeSpec
from measurements.visitors import without_paths

Json = dict[str, Any]
ROOT = Path(__file__).parent.parent.parent
POLL_S = 0.1
GRACE_S = 3.0
WAITS = {"fetching": "fetched", "compiling": "compiled"}
"""Events that begin a wait that no time limit counts, and those that end it."""
LONGEST_COMPILING_S = 900.0
_NAMED: dict[str, Status] = {
    "refused": "refused",
    "busy": "busy",
    "cancelled": "cancelled",
    "out-of-memory": "out-of-memory",
    "failed": "failed",
}
_CRASHES = {"SIGKILL", "SIGSEGV", "SIGABRT", "SIGBUS"}  # by name: Windows lacks two of them
_NEAR_LIMIT_FRACTION = 0.7  # a crash while holding this share of the limit counts as a failed allocation


@dataclass
class Outcome:
    """The end of a probe: its status, one sentence, and every event of the worker.

    waits: a sentence where the records could not be stored and wait in a file.
    """

    status: Status
    sentence: str
    events: list[Json] = field(default_factory=list[Json])
    seconds: float = 0.0
    records: tuple[Measurement, ...] = ()
    waits: str = ""

    def event(self, name: str) -> Json:
        """The last event of that name; {} if there was none."""
        return next((event for event in reversed(self.events) if event["event"] == name), cast(Json, {}))

    def samples(self, phase: str) -> list[Json]:
        """All samples of one phase."""
        return [event for event in self.events if event["event"] == "sample" and event["phase"] == phase]


def default_lock_file() -> str:
    """The host's one lock: a file in the system's temporary folder, shared by all users."""
    return str(Path(tempfile.gettempdir()) / "local-llm-tco-probe.lock")


def run_worker(
    spec: ProbeSpec,
    *,
    on_event: Callable[[Json], None] | None = None,
    cancel: threading.Event | None = None,
    command: tuple[str, ...] = (),
) -> Outcome:
    """Run the worker to its end and name the outcome; never raises, whatever the worker does."""
    spec = spec if spec.lock_file else spec.model_copy(update={"lock_file": default_lock_file()})
    began = time.monotonic()
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            command or (sys.executable, "-m", "measurements.worker"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            cwd=ROOT,
            env=child_environment(PYTHONUNBUFFERED="1", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false"),
            start_new_session=True,
        )
        outcome = _listen(process, spec, on_event=on_event, cancel=cancel)
        complaints.seek(0)
        tail = complaints.read()[-2_000:].decode("utf-8", "replace").strip()
    if outcome.status in ("failed", "killed-by-signal") and tail:
        outcome.sentence = f"{outcome.sentence} Its last message: {without_paths(tail.splitlines()[-1])[:300]}"
    outcome.seconds = time.monotonic() - began
    return outcome


def _listen(
    process: subprocess.Popen[bytes],
    spec: ProbeSpec,
    *,
    on_event: Callable[[Json], None] | None,
    cancel: threading.Event | None,
) -> Outcome:
    assert process.stdin is not None
    assert process.stdout is not None
    lines: queue.Queue[bytes | None] = queue.Queue()
    threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True).start()
    outcome = Outcome("failed", "")
    _write(process.stdin, spec.model_dump_json().encode() + b"\n")
    began = moved = wait_began = time.monotonic()
    verdict: tuple[Status, str] | None = None
    waited_for = ""  # what ends the present wait: a download, or kernels that are compiled
    while True:
        try:
            line = lines.get(timeout=POLL_S)
        except queue.Empty:
            line = b""
        if line is None:
            break
        event = _event_of(line)
        if event is not None:
            outcome.events.append(event)
            moved = moved if event["event"] == "beat" else time.monotonic()
            if event["event"] in WAITS:
                waited_for, wait_began = WAITS[event["event"]], moved
            elif event["event"] == waited_for:
                waited_for, began = "", began + moved - wait_began
            if on_event is not None:
                on_event(event)
        ran_s = 0.0 if waited_for else time.monotonic() - began
        still_s = time.monotonic() - moved
        if waited_for == "compiled" and still_s < LONGEST_COMPILING_S:
            still_s = 0.0
        verdict = verdict or _verdict(spec, cancel=cancel, ran_s=ran_s, still_s=still_s)
        if verdict is not None:
            _stop(process, outcome, lines)
            break
    return _named(process, outcome, verdict)


def _verdict(
    spec: ProbeSpec, *, cancel: threading.Event | None, ran_s: float, still_s: float
) -> tuple[Status, str] | None:
    """The reason for the parent to end the run now, if there is one."""
    if cancel is not None and cancel.is_set():
        return "cancelled", "The probe was cancelled."
    if ran_s > spec.time_limit_s + GRACE_S:
        return (
            "timed-out",
            f"The probe exceeded its time limit of {spec.time_limit_s:.0f} s. Choose fewer trials or smaller depths.",
        )
    if still_s > spec.stall_limit_s:
        return "stalled", f"The worker made no progress for {still_s:.0f} s; the limit is {spec.stall_limit_s:.0f} s."
    return None


def _stop(process: subprocess.Popen[bytes], outcome: Outcome, lines: "queue.Queue[bytes | None]") -> None:
    """Ask the worker to stop, then SIGTERM, then SIGKILL if nothing is wired; its events until then count."""
    assert process.stdin is not None
    _write(process.stdin, b"stop\n")
    if _ended(process, GRACE_S):
        return
    process.send_signal(signal.SIGTERM)
    if _ended(process, GRACE_S):
        return
    while not lines.empty():
        event = _event_of(lines.get() or b"")
        outcome.events += [event] if event is not None else []
    if outcome.event("built").get("wired"):
        outcome.events.append(
            {
                "event": "left",
                "sentence": "The worker holds wired memory and did not stop, so it was left to end by itself.",
            }
        )
        return
    process.kill()
    _ended(process, GRACE_S)


def _named(process: subprocess.Popen[bytes], outcome: Outcome, verdict: tuple[Status, str] | None) -> Outcome:
    assert process.stdin is not None
    code = process.poll() if verdict is not None else process.wait()
    _close(process.stdin)
    error = outcome.event("error")
    if verdict is not None:
        outcome.status, outcome.sentence = verdict
    elif error:
        outcome.status, outcome.sentence = _NAMED.get(str(error["kind"]), "failed"), str(error["sentence"])
    elif outcome.event("done"):
        outcome.status, outcome.sentence = "ok", "The probe is complete."
    elif code is not None and code < 0:
        outcome.status, outcome.sentence = _of_signal(-code, outcome)
    else:
        outcome.status, outcome.sentence = "failed", f"The worker ended with code {code} and gave no reason."
    return outcome


def _of_signal(number: int, outcome: Outcome) -> tuple[Status, str]:
    name = signal.Signals(number).name
    held = max((int(event["held_bytes"]) for event in outcome.events if event["event"] == "beat"), default=0)
    planned = int(outcome.event("plan").get("peak_bytes") or 0)
    limit = int(outcome.event("hello").get("limit_bytes") or 0)
    if name in _CRASHES and limit and max(held, planned) > _NEAR_LIMIT_FRACTION * limit:
        return (
            "out-of-memory",
            f"The worker was ended by {name} while it held {held / 1e9:.2f} GB of its limit of {limit / 1e9:.2f} GB.",
        )
    return "killed-by-signal", f"The worker was ended by {name}; it held {held / 1e9:.2f} GB."


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _pump(stream: IO[bytes], lines: "queue.Queue[bytes | None]") -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def _event_of(line: bytes) -> Json | None:
    """The JSON event of a line; None for anything else on stdout, such as a library's print."""
    try:
        event: Any = json.loads(line) if line.startswith(b"{") else None
    except ValueError:
        return None
    return cast(Json, event) if isinstance(event, dict) and "event" in event else None


def _write(stream: IO[bytes], line: bytes) -> None:
    try:
        stream.write(line)
        stream.flush()
    except OSError:
        return  # the worker is gone; its exit code says how


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:
        return  # unsent bytes for a worker that is gone
