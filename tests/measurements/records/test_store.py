"""Measurement store: nothing acknowledged is lost, nothing is changed, deletions are rows."""

import concurrent.futures
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from calculator.evidence import Remark
from measurements.records.migrations import MIGRATIONS, Migration
from measurements.records.record import Measurement, parse_measurement
from measurements.records.store import Store, export_lines
from measurements.records.store_connection import StoreError
from tests.measurements.examples import a_measurement

THOROUGH = bool(os.environ.get("THOROUGH"))  # the full counts, in minutes; results in docs/decisions/0007


KILL_COUNT = 200 if THOROUGH else 8


ADD_A_COLUMN = Migration(
    version=MIGRATIONS[-1].version + 1,
    why="a test",
    sqlite=("ALTER TABLE measurements ADD COLUMN extra TEXT",),
    postgresql=("ALTER TABLE measurements ADD COLUMN extra TEXT",),
)


def _write_many(url: str, writer: int, count: int) -> int:
    """The first ten records one by one, the others 90 at a time; each in its own transaction if THOROUGH."""
    store = Store(url)
    records = [a_measurement(f"{writer}-{number}") for number in range(count)]
    acknowledged = 0
    while records:
        size = 1 if THOROUGH or len(records) > count - 10 else 90
        acknowledged += store.append_all(records[:size]).count("added")
        del records[:size]
    store.close()
    return acknowledged


def test_store_gives_back_what_it_was_given(store: Store) -> None:
    records = [a_measurement("1", notes="=1+1\n\ttab ü \u2028"), a_measurement("2"), a_measurement("3", kind="real")]
    assert store.append_all(records) == ["added"] * 3
    assert [item.record for item in store.records()] == records
    assert [item.id for item in store.records()] == [record.id() for record in records]
    assert [item.record.run for item in store.records(kind="real", chip="apple-m2-ultra-76")] == ["3"]
    assert store.records(chip="apple-m1-7") == []
    assert store.version() == MIGRATIONS[-1].version


def test_store_keeps_one_row_of_the_same_record(store: Store) -> None:
    record = a_measurement()
    assert [store.append(record), store.append(record)] == ["added", "known"]
    assert store.append_all([record, record, a_measurement("2")]) == ["known", "known", "added"]
    assert store.count() == 2


def test_store_hides_a_deleted_record_and_keeps_it(store: Store) -> None:
    first, second = a_measurement("1"), a_measurement("2")
    store.append_all([first, second])
    gone = store.delete(first.id()[:10], because="a fan was broken")
    assert (gone.deleted, gone.deleted_because) == (True, "a fan was broken")
    assert [item.record for item in store.records()] == [second]
    assert [item.record for item in store.records(include_deleted=True)] == [first, second]
    assert store.append(first) == "deleted"
    assert store.delete(first.id()).deleted_because == "a fan was broken"
    assert store.count() == 1


def _reworded(record: Measurement, *words: str) -> Measurement:
    """The record as another version of this program words it."""
    remarks = tuple(Remark(code="depth-0", text=text) for text in words)
    return record.model_copy(update={"remarks": remarks, "notes": " ".join(words)})


def test_store_knows_a_measurement_whatever_its_remarks_say(store: Store) -> None:
    first, other = a_measurement("1"), a_measurement("2")
    assert store.append(_reworded(first, "Decode from an empty cache.")) == "added"
    again = [_reworded(first, "Decode started with an empty cache."), first, _reworded(first, "a", "b"), other]
    assert store.append_all(again) == ["known", "known", "known", "added"]
    assert [item.record.remarks for item in store.records()] == [
        (Remark(code="depth-0", text="Decode from an empty cache."),),
        (),
    ]
    assert [item.id for item in store.records()] == [item.record.id() for item in store.records()]


def test_store_keeps_a_measurement_deleted_whatever_its_remarks_say(store: Store) -> None:
    old = _reworded(a_measurement(), "Decode from an empty cache.")
    store.append(old)
    store.delete(old.id(), because="a fan was broken")
    assert store.append(_reworded(a_measurement(), "Decode started with an empty cache.")) == "deleted"
    assert store.append(a_measurement()) == "deleted"
    assert store.count() == 0


def test_store_names_the_id_it_does_not_know(store: Store) -> None:
    store.append_all([a_measurement(str(number)) for number in range(20)])
    for asked, said in (("zz", "No measurement has the id 'zz'"), ("", "No measurement has the id")):
        with pytest.raises(StoreError, match=said):
            store.get(asked)
    ids = [item.id for item in store.records()]
    shared = next(letter for letter in "0123456789abcdef" if sum(i.startswith(letter) for i in ids) > 1)
    with pytest.raises(StoreError, match="Give more characters of the id"):
        store.get(shared)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE measurements SET chip = 'x'",
        "DELETE FROM measurements",
        "UPDATE measurement_contents SET id = 'x'",
        "DELETE FROM measurement_contents",
    ],
)
def test_database_itself_refuses_to_change_a_record(store: Store, statement: str) -> None:
    store.append(a_measurement())
    with pytest.raises(StoreError, match="append-only"), store._writing() as connection:  # pyright: ignore[reportPrivateUsage]
        connection.exec_driver_sql(statement)
    assert store.count() == 1


def test_store_appends_all_or_none(store: Store) -> None:
    bad = a_measurement("2").model_copy(update={"kind": None})
    with pytest.raises(StoreError):
        store.append_all([a_measurement("1"), bad])
    assert store.count() == 0


def test_store_export_lines_hold_every_record(store: Store) -> None:
    store.append_all([a_measurement("1"), a_measurement("2")])
    lines = list(export_lines(store.records()))
    assert len(lines) == 2
    assert all(
        item.id in line and item.record.canonical_json() in line
        for item, line in zip(store.records(), lines, strict=True)
    )


def test_eight_writers_of_a_thousand_records_lose_none(store_url: str) -> None:
    Store(store_url).close()
    context = multiprocessing.get_context("forkserver")  # processes of their own, which share what they have imported
    context.set_forkserver_preload(["tests.measurements.records.test_store"])
    with concurrent.futures.ProcessPoolExecutor(8, mp_context=context) as pool:
        acknowledged = list(pool.map(_write_many, [store_url] * 8, range(8), [1000] * 8))
    assert acknowledged == [1000] * 8
    store = Store(store_url)
    kept = {item.record.run for item in store.records()}
    store.close()
    assert kept == {f"{writer}-{number}" for writer in range(8) for number in range(1000)}


_WRITER = """
import sys
from measurements.records.store import Store
from tests.measurements.examples import a_measurement
store, number = Store(sys.argv[1]), int(sys.argv[2])
while True:
    batch = [a_measurement(f"{number}-{k}") for k in range(5)]
    store.append_all(batch)
    sys.stdout.write(f"{number}\\n"); sys.stdout.flush()
    number += 1
"""


def test_kill_minus_nine_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """Half of the kills fall among the commits, at random; after each: whole file, no lost and no half transaction."""
    file, chance, number = tmp_path / "kill.sqlite", random.Random(5), 0
    Store(str(file)).close()
    acknowledged: set[str] = set()
    for _ in range(KILL_COUNT):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(file), str(number)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(chance.uniform(0, 0.05))
        writer.send_signal(signal.SIGKILL)
        lines = (first + writer.stdout.read()).split("\n")[:-1]
        writer.stdout.close()
        writer.wait()
        acknowledged |= set(lines)
        with sqlite3.connect(file) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            rows = [
                parse_measurement(body).run.split("-")
                for (body,) in connection.execute("SELECT body FROM measurements")
            ]
        connection.close()
        batches = {batch: sum(b == batch for b, _ in rows) for batch, _ in rows}
        assert acknowledged <= set(batches)
        assert set(batches.values()) <= {5}
        number = max(map(int, batches), default=-1) + 1
    assert len(acknowledged) >= KILL_COUNT


def test_store_of_a_newer_program_is_refused(store_url: str) -> None:
    Store(store_url, migrations=(*MIGRATIONS, ADD_A_COLUMN)).close()
    newest = MIGRATIONS[-1].version
    said = f"schema version {newest + 1}; this program knows versions up to {newest}"
    with pytest.raises(StoreError, match=said):
        Store(store_url)


def test_measurement_type_is_what_the_store_returns(store: Store) -> None:
    store.append(a_measurement())
    assert isinstance(store.records()[0].record, Measurement)
