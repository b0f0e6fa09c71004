"""The worker process: reads one JSON spec from stdin, writes JSON events to stdout, and never outlives its parent.

    hello     backend, device, versions                  plan      bytes and peak against the limit, before filling
    built     memory really held                         progress  done of total, seconds left
    sample    one trial: phase, depth, tokens, seconds   beat      twice a second: memory held now
    compiling, compiled   MLX compiles CUDA kernels      fetching, fetched     a download; no time limit counts
    done      the run is complete                        error     kind and one sentence

measurements.probe.run starts it as `python -m measurements.worker` with a reduced environment. It lowers its
priority, takes the host's one lock, ends at once when stdin closes (the parent is gone), stops between tokens at the
word "stop", and ends as "out-of-memory" above its limit. Imports neither the calculator nor the store.
"""

import contextlib
import json
import os
import sys
import threading
import time

from measurements.records import lock
from measurements.worker.session import EXIT_OF, EndedError, Json, Session

PRIORITY_STEP = 5
WATCH_S = 0.1
BEAT_S = 0.5
LOCK_PATIENCE_S = 0.5


def take_lock(path: str) -> int:
    """Take the host's one lock, held until the process ends; raises EndedError if another process holds it.

    Tries for LOCK_PATIENCE_S, because a check whether a probe is running holds the lock for an instant.
    """
    descriptor = lock.open_lock_file(path, create=True)
    deadline = time.monotonic() + LOCK_PATIENCE_S
    while not lock.locked(descriptor):
        if time.monotonic() > deadline:
            note = lock.holder(descriptor)
            who = f" ({note})" if note else ""
            raise EndedError(
                "busy", f"Another probe is running on this machine{who}. Wait until it ends, or cancel it."
            )
        time.sleep(WATCH_S / 2)
    lock.write_holder(descriptor, f"process {os.getpid()}")
    return descriptor


def _obey(session: Session) -> None:
    """Thread that hears the parent's commands; an end of stdin says that the parent is gone."""
    while command := os.read(sys.stdin.fileno(), 1000):
        if b"stop" in command:
            session.stop()
    os._exit(EXIT_OF["parent-gone"])


def _watch(session: Session, parent: int) -> None:
    """Thread that watches the parent and the memory, and sends the beat."""
    next_beat = 0.0
    while True:
        if os.getppid() != parent:
            os._exit(EXIT_OF["parent-gone"])
        held = session.memory_now()
        if session.limit_bytes and held > session.limit_bytes:
            session.end(
                "out-of-memory",
                f"The worker held {held / 1e9:.2f} GB; its limit is {session.limit_bytes / 1e9:.2f} GB.",
            )
        if time.monotonic() >= next_beat:
            session.emit("beat", held_bytes=held)
            next_beat = time.monotonic() + BEAT_S
        time.sleep(WATCH_S)


def _read_spec() -> Json:
    """The spec on the first line of stdin, read byte by byte so that no later byte is lost in a buffer."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(sys.stdin.fileno(), 1)
        if not piece:
            os._exit(EXIT_OF["parent-gone"])
        line += piece
    return json.loads(line)


def main() -> int:
    """Run one spec; the exit code names the outcome (EXIT_OF)."""
    parent = os.getppid()
    spec = _read_spec()
    session = Session(spec)
    with contextlib.suppress(OSError, AttributeError):  # Windows has no os.nice
        os.nice(PRIORITY_STEP)
    threading.Thread(target=_obey, args=(session,), daemon=True).start()
    threading.Thread(target=_watch, args=(session, parent), daemon=True).start()
    try:
        held = take_lock(spec["lock_file"]) if spec.get("lock_file") else -1
        from measurements.worker import tiers  # imports mlx, under the lock and the watch

        tiers.run(session)
        del held
    except EndedError as ended:
        session.end(ended.kind, str(ended))
    except ImportError as error:
        session.end("refused", f"mlx-lm cannot be imported here ({error}). Run `pip install mlx-lm`.")
    except Exception as error:  # noqa: BLE001 - the boundary of the process: whatever mlx-lm raises becomes an event
        session.end("failed", f"{type(error).__name__}: {str(error)[:500]}")
    session.emit("done", seconds=round(time.monotonic() - session.began, 3))
    os._exit(0)  # no destructors: freeing a large model takes seconds, and the kernel does it better


if __name__ == "__main__":
    sys.exit(main())
