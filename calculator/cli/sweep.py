"""Command `sweep`: every combination of a grid into one parquet file, on one machine's cores or a cluster.

    python -m calculator sweep GRID.toml --out results.parquet [--workers N | --scheduler tcp://HOST:PORT]

Chunks are computed anywhere and written here, in order; so whoever computes them, the file is the same bit for bit. A
sweep that was killed continues where it stopped when the same command is given again.
"""

import argparse
import importlib
import multiprocessing
import os
import re
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import CancelledError, ProcessPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from calculator.analysis.sweep import Grid, Rows, compute_chunk, missing_chunks, read_grid
from calculator.catalog import load_catalog
from calculator.errors import ScenarioError

_BAR = 30
_AHEAD = 4  # chunks handed out per worker before the first of them is taken back
_LEAST_AHEAD = 32  # on a cluster, where workers may join later
_INTERRUPTED = 130
_ADDRESS = re.compile(r"(tcp|tls|ws|wss)://\S+:\d{1,5}")


def register(commands: Any) -> None:
    """Add `sweep` to the parser's commands."""
    command = commands.add_parser("sweep", help="compute every combination of a grid into a parquet file; resumable")
    command.add_argument("grid", type=Path, metavar="GRID.toml")
    command.add_argument("--out", type=Path, required=True, metavar="results.parquet")
    command.add_argument(
        "--workers", type=int, default=None, metavar="N", help="number of processes; default: one per core"
    )
    command.add_argument(
        "--scheduler", metavar="tcp://...", help="use a dask.distributed cluster instead of this machine"
    )
    command.set_defaults(command=_sweep)


def _sweep(arguments: argparse.Namespace) -> int:
    from calculator.report.parquet import begun, day_begun, join_parts, write_part

    grid, out = read_grid(arguments.grid), arguments.out
    if arguments.workers is not None and arguments.workers < 1:
        raise ScenarioError(f"--workers is {arguments.workers}; it must be 1 or more. Leave it out for all cores.")
    work_id, total = grid.id(load_catalog().hash), grid.chunk_count()
    day = day_begun(out, today=date.today().isoformat())
    done = begun(out, work_id=work_id, chunk_count=total, as_of=day)
    left = missing_chunks(grid, done)
    if done:
        print(f"Resuming: {len(done)} of {total} chunks are already done.", file=sys.stderr)
    started, kept = _seconds(), len(done)
    computed = _computed(grid, left, (work_id, day), workers=arguments.workers, scheduler=arguments.scheduler)
    try:
        for finished, (chunk, rows) in enumerate(computed, start=1):
            write_part(out, chunk, rows)
            kept = len(done) + finished
            _progress(kept, total, left_s=(_seconds() - started) / finished * (len(left) - finished))
    except KeyboardInterrupt:
        print(f"\nStopped; {kept} of {total} chunks are kept. The same command continues from there.", file=sys.stderr)
        return _INTERRUPTED
    finally:
        computed.close()
    print(file=sys.stderr)
    row_count, refused_count, reason = join_parts(out, total)
    print(f"{out}: {row_count:,} rows of {grid.count():,} combinations.")
    if refused_count:
        print(f"{refused_count:,} combinations were refused (see the column `refused`); the first because: {reason}")
    return 0


Work = tuple[str, str]
"""What every worker is told: the sweep's id, and the day of looking."""


def _computed(
    grid: Grid, chunks: list[int], work: Work, *, workers: int | None, scheduler: str | None
) -> Generator[tuple[int, Rows]]:
    """The rows of each chunk, in order, from a cluster, this process, or this machine's cores."""
    if not chunks:
        return
    if scheduler:
        yield from _on_cluster(grid, chunks, work, scheduler)
    elif workers == 1 or len(chunks) == 1:
        yield from ((chunk, compute_chunk(grid, chunk, *work)) for chunk in chunks)
    else:
        pool = ProcessPoolExecutor(max_workers=workers, initializer=_end_with_parent)
        try:
            yield from _in_order(pool.submit, grid, chunks, work, ahead=_AHEAD * (workers or os.cpu_count() or 1))
        finally:
            pool.shutdown(cancel_futures=True)


def _on_cluster(grid: Grid, chunks: list[int], work: Work, scheduler: str) -> Generator[tuple[int, Rows]]:
    try:
        distributed: Any = importlib.import_module("dask.distributed")
    except ModuleNotFoundError:
        raise ScenarioError(
            "--scheduler needs dask.distributed. Install it: pip install 'dask[distributed]'."
        ) from None
    if not _ADDRESS.fullmatch(scheduler):
        raise ScenarioError(
            f"--scheduler {scheduler} is not an address. Write tcp://HOST:PORT of a running `dask scheduler`."
        )
    try:
        client = distributed.Client(scheduler, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ScenarioError(
            f"--scheduler {scheduler}: no cluster answers there ({_first_line(error)}). Write tcp://HOST:PORT of a "
            "running `dask scheduler`."
        ) from None
    try:
        threads = sum(client.nthreads().values())
        ahead = max(_AHEAD * threads, _LEAST_AHEAD)

        def submit(*call: Any) -> Any:
            return client.submit(*call, pure=False)

        yield from _in_order(submit, grid, chunks, work, ahead=ahead)
    except (OSError, RuntimeError, ImportError, CancelledError, distributed.KilledWorker) as error:
        raise ScenarioError(
            f"--scheduler {scheduler}: the cluster gave up ({_first_line(error)}). Its scheduler and workers must run "
            "this calculator (PYTHONPATH). The finished chunks are kept; the same command continues from there."
        ) from None
    finally:
        client.close()


def _in_order(
    submit: Callable[..., Any], grid: Grid, chunks: list[int], work: Work, *, ahead: int
) -> Generator[tuple[int, Rows]]:
    """Keep `ahead` chunks handed out; take them back in order. A result that was taken back is held nowhere else."""
    waiting: deque[tuple[int, Any]] = deque()
    rest = iter(chunks)
    while True:
        while len(waiting) < ahead and (chunk := next(rest, None)) is not None:
            waiting.append((chunk, submit(compute_chunk, grid, chunk, *work)))
        if not waiting:
            return
        chunk, future = waiting.popleft()
        yield chunk, future.result()


def _end_with_parent() -> None:
    """In a worker: leave interrupts to the parent, and end when it has ended, however it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _progress(finished: int, total: int, *, left_s: float) -> None:
    share = finished / total
    bar = "#" * round(share * _BAR)
    print(
        f"\r[{bar:<{_BAR}}] {finished}/{total} chunks, about {left_s:,.0f} s left ", end="", file=sys.stderr, flush=True
    )


def _seconds() -> float:
    return datetime.now(UTC).timestamp()
