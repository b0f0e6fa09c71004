"""Session of a worker: events, the request to stop, the time left and the memory limit. Standard library only."""

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, NoReturn

Json = dict[str, Any]
EXIT_OF = {"parent-gone": 3, "out-of-memory": 5, "refused": 6, "busy": 7, "cancelled": 8, "failed": 9}


class EndedError(Exception):
    """The run ends with a named outcome."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


class Session:
    """What a tier uses while it measures: events, the request to stop, the time left and the memory limit."""

    def __init__(self, spec: Json) -> None:
        self.spec = spec
        self.began = self._limit_began = time.monotonic()
        self.limit_bytes = int(spec.get("memory_limit_bytes") or 0)
        self.memory_now: Callable[[], int] = resident_bytes
        self.compiles_first = False
        self._stopping = threading.Event()
        self._writing = threading.Lock()

    def emit(self, event: str, **fields: Any) -> None:
        """Write one event as one line; the process ends if nobody reads any more."""
        line = json.dumps({"event": event, "at_s": round(time.monotonic() - self.began, 4), **fields}) + "\n"
        with self._writing:
            try:
                sys.stdout.write(line)
                sys.stdout.flush()
            except (BrokenPipeError, ValueError):
                os._exit(EXIT_OF["parent-gone"])

    def progress(self, what: str, done: int, total: int, *, since: float) -> None:
        """Emit the progress, and the seconds left at the pace since that moment of time.monotonic()."""
        left_s = (time.monotonic() - since) * (total - done) / done if done else 0.0
        self.emit("progress", what=what, done=done, total=total, left_s=round(left_s, 1))

    def check(self) -> None:
        """Raises EndedError if the run has to stop; called between tokens and prefill steps."""
        if self._stopping.is_set():
            raise EndedError("cancelled", "The probe was cancelled.")

    def left_s(self) -> float:
        """Seconds until the time limit."""
        return float(self.spec["time_limit_s"]) - (time.monotonic() - self._limit_began)

    def restart_time_limit(self) -> None:
        """Start the time limit now, so that a download before it does not count."""
        self._limit_began = time.monotonic()

    @contextlib.contextmanager
    def compiling(self, *, when: bool) -> Generator[None]:
        """A first use of kernels, for which MLX compiles them on CUDA: it takes minutes once, and no time limit counts.

        Kernels for packed weights took more than 75 s on an H100 machine at first, and 15 s when MLX had kept them
        (mlx 0.32.4, 2026-11-27).
        """
        if not (when and self.compiles_first):
            yield
            return
        began = time.monotonic()
        self.emit("compiling")
        yield
        self.emit("compiled")
        self._limit_began += time.monotonic() - began

    def stop(self) -> None:
        """Ask the run to stop at its next token."""
        self._stopping.set()

    def end(self, kind: str, sentence: str) -> NoReturn:
        """Emit the reason and end the process at once, from any thread."""
        self.emit("error", kind=kind, sentence=sentence)
        os._exit(EXIT_OF.get(kind, 1))


def resident_bytes() -> int:
    """Memory of the process in RAM: now on Linux, the maximum so far on macOS, 0 where neither is known."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        try:
            import resource
        except ImportError:
            return 0  # Windows, where mlx-lm does not run either
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
