"""Kills and power cuts on the measurement store: nothing acknowledged may be lost, nothing corrupt.

    python bench/loss.py                    1,000 kills and 1,000 power cuts
    python bench/loss.py --kills 50 --cuts 0

A kill is SIGKILL to a writing process at a random moment. A power cut is played: the store's own statements run on
SQLite over a file system that writes down every write, sync and directory entry in order; the list is cut at a random
place, and of what was not synced before it a random part is kept, sector by sector, or none, or what came first. An
unsynced unlink may be undone by a cut, as in POSIX. Then the store is opened as after any start.

The settings that the store does not use are played beside it. They must lose something, or the play would prove
nothing.
"""

import argparse
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.power_cut import CutDisk, playing_store
from measurements.records.record import Engine, Host, Measurement, ModelUnderTest, Result, Series
from measurements.records.store import Store

ROWS_AT_ONCE = 5
COMMITS_A_RECORDING = 40
CUTS_A_RECORDING = 25


@dataclass
class Tally:
    """What was found after all kills or cuts."""

    blows: int = 0
    acknowledged: int = 0
    lost: int = 0
    halves: int = 0
    corrupt: int = 0
    examples: list[str] = field(default_factory=list[str])

    def add(self, said: str) -> None:
        """Keep the first few findings in words."""
        self.examples = [*self.examples, said][:5]

    def line(self) -> str:
        """One line of the printed table."""
        return (
            f"{self.blows:6,} blows  {self.acknowledged:8,} acknowledged  {self.lost:5,} lost  "
            f"{self.halves:3} half transactions  {self.corrupt:4} corrupt"
        )


def batch_of(number: int) -> list[Measurement]:
    """Records of one transaction, which is stored whole or not at all."""
    return [
        Measurement(
            kind="fast",
            run=f"{number}-{row}",
            measured_at="2026-11-22T10:00:00Z",
            host=Host(host_id="h1", chip="apple-m2-ultra-76"),
            engine=Engine(name="mlx-lm", version="0.32.4"),
            model=ModelUnderTest(model="llama-3-70b", format="mlx-4bit"),
            result=Result(decode_tokens_per_s=Series.of([12.0, 12.1, 12.2])),
            notes="x" * random.Random(number).randint(0, 2_000),
        )
        for row in range(ROWS_AT_ONCE)
    ]


def check(file: Path, *, acknowledged: set[int], tally: Tally, when: str) -> int:
    """Open the store as after a start, compare it with what was acknowledged, and return the next free number."""
    tally.blows += 1
    try:
        with closing(sqlite3.connect(file)) as raw:
            sound = raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            rows = [run for (run,) in raw.execute("SELECT json_extract(body, '$.run') FROM measurements")]
            keys = raw.execute("SELECT count(*) FROM measurement_contents").fetchone()[0]
        with closing(Store(str(file))) as store:
            sound = sound and store.count() == len(rows) == keys
    except sqlite3.DatabaseError as error:
        rows, sound = [], "no such table" in str(error)
        tally.lost += len(acknowledged)
        tally.add(f"{when}: {error}")
        acknowledged = set[int]()
    counts: dict[int, int] = {}
    for run in rows:
        number = int(run.split("-")[0])
        counts[number] = counts.get(number, 0) + 1
    gone = acknowledged - counts.keys()
    half = [number for number, count in counts.items() if count != ROWS_AT_ONCE]
    tally.lost += len(gone)
    tally.halves += len(half)
    tally.corrupt += not sound
    if gone or half or not sound:
        tally.add(f"{when}: lost {sorted(gone)[:5]}, half {half[:5]}, {'sound' if sound else 'corrupt'}")
    return max(counts, default=-1) + 1


def kills(count: int, *, seed: int = 7) -> Tally:
    """SIGKILL to a forked writer, `count` times on one growing store, at random moments among its commits."""
    chance, tally, number = random.Random(seed), Tally(), 0
    acknowledged: set[int] = set()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "store.sqlite"
        Store(str(file)).close()
        for blow in range(count):
            if number > 2_000:  # a small store keeps each check short
                tally.acknowledged += len(acknowledged)
                file.unlink()
                Store(str(file)).close()
                acknowledged, number = set[int](), 0
            acknowledged |= _killed_writer(file, number, wait_s=chance.uniform(0, 0.04))
            number = check(file, acknowledged=acknowledged, tally=tally, when=f"kill {blow}")
        tally.acknowledged += len(acknowledged)
    return tally


def _killed_writer(file: Path, number: int, *, wait_s: float) -> set[int]:
    """The batches that a writer acknowledged before it was killed `wait_s` after its first."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        store = Store(str(file))
        while True:
            store.append_all(batch_of(number))
            os.write(writing, f"{number}\n".encode())
            number += 1
    os.close(writing)
    said = os.read(reading, 1 << 16)
    time.sleep(wait_s)
    os.kill(process, signal.SIGKILL)
    while more := os.read(reading, 1 << 16):
        said += more
    os.close(reading)
    os.waitpid(process, 0)
    return {int(line) for line in said.split(b"\n")[:-1]}


def cuts(count: int, *, synchronous: str = "", write_ahead: bool = False, seed: int = 11) -> Tally:
    """Power cuts at `count` random places of recordings of the store; `synchronous` replaces the store's own setting."""
    chance, tally = random.Random(seed), Tally()
    while tally.blows < count:
        disk, marks = CutDisk(), list[tuple[int, int]]()
        with (
            tempfile.TemporaryDirectory() as folder,
            playing_store(Path(folder) / "store.sqlite", disk, synchronous, write_ahead=write_ahead) as store,
        ):
            for number in range(COMMITS_A_RECORDING):
                store.append_all(batch_of(number))
                marks.append((len(disk.log), number))
        tally.acknowledged += len(marks)
        for place in _places(disk, chance, min(CUTS_A_RECORDING, count - tally.blows)):
            with tempfile.TemporaryDirectory() as after:
                disk.write_image(place, Path(after), chance)
                kept = {number for mark, number in marks if mark <= place}
                check(Path(after) / "store.sqlite", acknowledged=kept, tally=tally, when=f"cut at {place}")
    return tally


def _places(disk: CutDisk, chance: random.Random, count: int) -> Iterator[int]:
    """Random places of the recording after the schema stands, from which on anything may be acknowledged."""
    for _ in range(count):
        yield chance.randint(disk.schema_stands_at, len(disk.log))


def main() -> int:
    """Print what was found; exit code 1 if the store lost or broke anything, or the play could not see a loss."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--cuts", type=int, default=1_000)
    options = parser.parse_args()
    failed = False
    began = time.monotonic()
    print(f"SQLite {sqlite3.sqlite_version} (kills), batches of {ROWS_AT_ONCE} records")
    plays = [("kill -9, the store as it is", lambda: kills(options.kills), False)] if options.kills else []
    if options.cuts:
        few = min(options.cuts, 100)
        plays += [
            ("power cut, the store as it is (journal)", lambda: cuts(options.cuts), False),
            ("power cut, the store with a write-ahead log", lambda: cuts(options.cuts, write_ahead=True), False),
            ("not ours: journal, synchronous FULL", lambda: cuts(few, synchronous="FULL"), True),
            ("not ours: write-ahead log, NORMAL", lambda: cuts(few, synchronous="NORMAL", write_ahead=True), True),
            ("not ours: journal, OFF", lambda: cuts(few, synchronous="OFF"), True),
        ]
    for name, play, must_lose in plays:
        found = play()
        harm = found.lost + found.halves + found.corrupt
        failed = failed or (harm == 0 if must_lose else harm > 0)
        print(f"{name:44} {found.line()}", flush=True)
        for said in found.examples if harm and not must_lose else ():
            print(f"    {said}")
    print(f"{time.monotonic() - began:.0f} s")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
