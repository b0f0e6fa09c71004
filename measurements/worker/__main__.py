"""The process that measures: reads one JSON spec on stdin, writes JSON events on stdout, and never outlives its parent.

    hello     backend, device, versions                 plan      bytes and peak against the limit, before any is filled
    built     what is really held                       progress  done of total, seconds left
    sample    one trial: phase, depth, tokens, seconds   beat      twice a second: memory now
    done      the run is complete                        error     kind and one sentence

Started by measurements.probe.run as `python -m measurements.worker` with a scrubbed environment. It lowers its priority,
takes the host's one lock, ends at once when stdin closes (the parent is gone), stops between tokens when told "stop",
and ends itself as "out-of-memory" when it holds more than its limit. Imports neither the calculator nor the store.
"""

import contextlib
import fcntl
import json
import os
import select
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
    """The host's one lock, held until the process ends however it ends; raises EndedError where another holds it.

    Tried for LOCK_PATIENCE_S, because whoever only asks whether a probe runs holds it for an instant.
    """
    descriptor = lock.opened(path, create=True)
    deadline = time.monotonic() + LOCK_PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                holder = os.pread(descriptor, 100, 0).decode("ascii", "replace").strip()
                raise EndedError(
                    "busy", f"Another probe runs on this machine ({holder}). Wait for it, or cancel it."
                ) from None
            time.sleep(WATCH_S / 2)
    with contextlib.suppress(OSError):  # another user's file: locked all the same
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()}\n".encode())
    return descriptor


def _watch(session: Session, parent: int) -> None:
    """In a thread: the parent's life, its word, the memory, the beat."""
    next_beat = 0.0
    while True:
        ready, _, _ = select.select([sys.stdin], [], [], WATCH_S)
        if ready:
            word = os.read(sys.stdin.fileno(), 1000)
            if not word:
                os._exit(EXIT_OF["parent-gone"])
            if b"stop" in word:
                session.stop()
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


def _read_spec() -> Json:
    """The first line of stdin, read byte by byte so that nothing after it is lost to a buffer."""
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
    with contextlib.suppress(OSError):
        os.nice(PRIORITY_STEP)
    threading.Thread(target=_watch, args=(session, parent), daemon=True).start()
    try:
        held = take_lock(spec["lock_file"]) if spec.get("lock_file") else -1
        from measurements.worker import tiers  # mlx is imported here, under the lock and the watch

        tiers.run(session)
        del held
    except EndedError as ended:
        session.end(ended.kind, str(ended))
    except ImportError as error:
        session.end("refused", f"mlx-lm cannot be imported here ({error}). Install it: pip install 'mlx-lm'.")
    except Exception as error:  # noqa: BLE001 - the boundary of the process: whatever mlx-lm raises becomes an event
        session.end("failed", f"{type(error).__name__}: {str(error)[:500]}")
    session.emit("done", seconds=round(time.monotonic() - session.began, 3))
    os._exit(0)  # no destructors: freeing a large model takes seconds, and the kernel does it better


if __name__ == "__main__":
    sys.exit(main())
