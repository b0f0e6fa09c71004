"""Shelf: whatever becomes of the store, a page gets the last contents at once, says so, and all is well again by itself."""

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from measurements.records.spool import spool, waiting_files
from measurements.records.store import Store
from measurements.shelf import Contents, Shelf
from tests.measurements.examples import a_measurement
from tests.measurements.frozen_postgresql import frozen

AT_ONCE_S = 0.8
"""A page waits for a late reading once, PATIENCE_S; the rest is room for a busy machine."""


def shelf_of(url: str) -> Shelf:
    return Shelf(url, speeds=lambda items: ())


def soon(found: Callable[[], bool], within_s: float) -> bool:
    """Whether it becomes true while one waits, asking as often as a visitor who moves a slider."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if found():
            return True
        time.sleep(0.05)
    return found()


def looks(shelf: Shelf, count: int = 20) -> tuple[Contents, float]:
    """The last of so many looks, and the seconds of the slowest."""
    slowest, found = 0.0, Contents()
    for _ in range(count):
        began = time.monotonic()
        found = shelf.contents()
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.02)
    return found, slowest


@pytest.fixture
def postgresql_url(postgresql_server: Any) -> str:
    name = f"shelf_{time.monotonic_ns()}"
    postgresql_server.psql(f"CREATE SCHEMA {name};")
    address = str(postgresql_server.get_uri())
    return f"{address}{'&' if '?' in address else '?'}options=-csearch_path%3D{name}"


@pytest.mark.alone
def test_stopped_postgresql_holds_nobody_up_and_what_was_read_is_still_used(
    postgresql_url: str, postgresql_server: Any
) -> None:
    shelf, writer = shelf_of(postgresql_url), Store(postgresql_url)
    writer.append(a_measurement("1"))
    assert len(shelf.contents().items) == 1
    with frozen(postgresql_server.get_pid()):
        found, slowest = looks(shelf)
        assert slowest < AT_ONCE_S
        assert len(found.items) == 1
        assert "does not answer. What was read" in found.problem
        assert found.problem.endswith("ago is still used.")
        time.sleep(4.5)  # the banner stays, also after the connection was given up and tried anew
        found, slowest = looks(shelf)
        assert slowest < AT_ONCE_S
        assert (len(found.items), bool(found.problem)) == (1, True)
    writer.append(a_measurement("2"))
    assert soon(lambda: len(shelf.contents().items) == 2 and not shelf.contents().problem, within_s=8)
    writer.close()


@pytest.mark.alone
def test_first_page_after_the_start_does_not_wait_for_a_stopped_postgresql(
    postgresql_url: str, postgresql_server: Any
) -> None:
    with frozen(postgresql_server.get_pid()):
        shelf = shelf_of(postgresql_url)
        shelf.start()  # as the server does; its first visitor comes later
        time.sleep(1.0)
        found, slowest = looks(shelf)
        assert slowest < AT_ONCE_S
        assert (found.items, "does not answer" in found.problem) == ((), True)
        assert "Until then no measurement is used." in found.problem
    assert soon(lambda: not shelf.contents().problem, within_s=8)


@pytest.mark.alone
def test_slow_postgresql_holds_nobody_up(postgresql_url: str, postgresql_server: Any) -> None:
    """Another session locks the table, as a migration or a backup would: the statement is cancelled after a second."""
    import psycopg

    shelf, writer = shelf_of(postgresql_url), Store(postgresql_url)
    writer.append(a_measurement("1"))
    assert len(shelf.contents().items) == 1
    with psycopg.connect(postgresql_url) as other:
        other.execute("LOCK TABLE measurements IN ACCESS EXCLUSIVE MODE")
        _, slowest = looks(shelf)
        assert slowest < AT_ONCE_S
        assert soon(lambda: "takes too long to answer" in shelf.contents().problem, within_s=5)
        assert len(shelf.contents().items) == 1
    assert soon(lambda: not shelf.contents().problem, within_s=8)
    writer.close()


def test_schema_of_a_newer_program_is_said_without_the_stores_address(
    postgresql_url: str, postgresql_server: Any
) -> None:
    store = Store(postgresql_url)
    with store._writing() as connection:  # pyright: ignore[reportPrivateUsage]
        connection.exec_driver_sql("INSERT INTO measurements_schema (version, why) VALUES (99, 'tomorrow')")
    store.close()
    shelf = shelf_of(postgresql_url)
    assert soon(lambda: "newer version of this program (schema 99" in shelf.contents().problem, within_s=5)
    assert "postgres" not in shelf.contents().problem


@pytest.mark.alone
def test_sqlite_that_another_program_has_locked_holds_nobody_up(tmp_path: Path) -> None:
    url = str(tmp_path / "m.sqlite")
    shelf, writer = shelf_of(url), Store(url)
    writer.append(a_measurement("1"))
    assert len(shelf.contents().items) == 1
    other = sqlite3.connect(url, isolation_level=None)
    writer.append(a_measurement("2"))  # so that there is something to read
    other.execute("BEGIN EXCLUSIVE")
    found, slowest = looks(shelf)
    assert slowest < AT_ONCE_S
    assert len(found.items) == 1
    assert soon(lambda: "has locked the measurement store" in shelf.contents().problem, within_s=5)
    other.execute("ROLLBACK")
    other.close()
    assert soon(lambda: len(shelf.contents().items) == 2 and not shelf.contents().problem, within_s=8)


def test_store_that_is_gone_leaves_what_was_read_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    url = str(folder / "m.sqlite")
    shelf, writer = shelf_of(url), Store(url)
    writer.append(a_measurement("1"))
    assert len(shelf.contents().items) == 1
    (folder / "m.sqlite").rename(tmp_path / "away")
    (folder / "m.sqlite").write_bytes(b"no database " * 100)
    assert soon(lambda: "is no database" in shelf.contents().problem, within_s=5)
    assert len(shelf.contents().items) == 1
    shutil.move(tmp_path / "away", folder / "m.sqlite")
    assert soon(lambda: not shelf.contents().problem, within_s=8)


@pytest.mark.parametrize("left", [None, b""])
def test_file_that_went_away_is_no_empty_store(tmp_path: Path, left: bytes | None) -> None:
    file = tmp_path / "m.sqlite"
    shelf, writer = shelf_of(str(file)), Store(str(file))
    writer.append(a_measurement("1"))
    writer.close()
    assert len(shelf.contents().items) == 1
    file.rename(tmp_path / "away")
    if left is not None:
        file.write_bytes(left)
    assert soon(lambda: "is gone or empty" in shelf.contents().problem, within_s=5)
    assert len(shelf.contents().items) == 1
    (tmp_path / "away").replace(file)
    assert soon(lambda: not shelf.contents().problem, within_s=8)
    file.unlink()
    assert soon(lambda: "is gone or empty" in shelf.contents().problem, within_s=5)
    Store(str(file)).append(a_measurement("2"))  # a new store in its place is read as any other
    assert soon(lambda: [item.record.run for item in shelf.contents().items] == ["2"], within_s=8)


@pytest.mark.alone
def test_result_that_could_not_be_stored_is_stored_by_itself_once_that_is_possible(tmp_path: Path) -> None:
    url = str(tmp_path / "m.sqlite")
    Store(url).close()
    shelf = shelf_of(url)
    other = sqlite3.connect(url, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # it may be read, not written
    said: list[str] = []
    probe = threading.Thread(target=lambda: said.append(shelf.append_or_spool([a_measurement("1")])))
    probe.start()
    assert looks(shelf)[1] < AT_ONCE_S
    probe.join(20)
    assert "The results are kept in a file" in said[0]
    assert len(waiting_files(url)) == 1
    assert shelf.contents().waiting_count == 1
    other.execute("ROLLBACK")
    other.close()
    assert soon(lambda: len(shelf.contents().items) == 1 and not shelf.contents().waiting_count, within_s=15)
    assert not waiting_files(url)


def test_result_that_waited_when_the_server_ended_is_stored_by_the_next(tmp_path: Path) -> None:
    url = str(tmp_path / "m.sqlite")
    spool([a_measurement("1")], url=url)
    shelf = shelf_of(url)
    assert soon(lambda: len(shelf.contents().items) == 1, within_s=8)
    assert not waiting_files(url)


def test_many_visitors_at_once_share_a_reading(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = shelf_of(postgresql_url)
    assert shelf.contents() == Contents()
    marks: list[int] = []
    real = Store.mark
    monkeypatch.setattr(Store, "mark", lambda self: marks.append(1) or time.sleep(0.05) or real(self))
    visitors = [threading.Thread(target=shelf.contents) for _ in range(40)]
    for one in visitors:
        one.start()
    for one in visitors:
        one.join(5)
    assert len(marks) <= 4


def test_waiting_line_of_a_newer_version_is_put_aside_and_never_lost(tmp_path: Path) -> None:
    url = str(tmp_path / "m.sqlite")
    file = spool([a_measurement("1")], url=url)
    newer = '{"id":"x","measurement":{"schema_version":99}}\n'
    file.write_text(file.read_text() + newer)
    shelf = shelf_of(url)
    assert soon(lambda: len(shelf.contents().items) == 1 and not waiting_files(url), within_s=8)
    (aside,) = tmp_path.glob("*.unreadable.jsonl")
    assert newer in aside.read_text()


def test_reader_lives_on_after_an_error_that_nobody_foresaw(tmp_path: Path) -> None:
    fails = [True]

    def speeds(_items: Any) -> tuple[()]:
        if fails[0]:
            raise PermissionError(13, "Permission denied")
        return ()

    Store(url := str(tmp_path / "m.sqlite")).append(a_measurement("1"))
    shelf = Shelf(url, speeds=speeds)
    assert soon(lambda: shelf.contents().problem.startswith("The measurements could not be read."), within_s=8)
    fails[0] = False
    assert soon(lambda: len(shelf.contents().items) == 1 and not shelf.contents().problem, within_s=20)


def test_nobody_gets_contents_older_than_what_was_stored_before_he_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(tmp_path / "m.sqlite")
    shelf, writer = shelf_of(url), Store(url)
    writer.append(a_measurement("0"))
    assert len(shelf.contents().items) == 1
    real = Shelf._read  # pyright: ignore[reportPrivateUsage]

    def slow(self: Shelf) -> Any:
        found = real(self)
        time.sleep(0.005)  # between the reading and its use
        return found

    monkeypatch.setattr(Shelf, "_read", slow)
    stored, older, is_over = [1], list[tuple[int, int]](), threading.Event()

    def visit() -> None:
        while not is_over.is_set():
            before, found = stored[0], shelf.contents()
            if not found.problem and len(found.items) < before:
                older.append((before, len(found.items)))

    visitors = [threading.Thread(target=visit) for _ in range(6)]
    for one in visitors:
        one.start()
    for number in range(1, 25):
        writer.append(a_measurement(str(number)))
        stored[0] = number + 1
        time.sleep(0.01)
    is_over.set()
    for one in visitors:
        one.join(10)
    writer.close()
    assert older == []
    assert soon(lambda: len(shelf.contents().items) == 25, within_s=8)


def test_file_that_another_replica_has_stored_is_no_trouble(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    url = str(tmp_path / "m.sqlite")
    files = [spool([a_measurement(name)], url=url) for name in ("1", "2")]
    shelf, plain = shelf_of(url), Shelf.append_all

    def append_and_lose(records: Any) -> Any:
        done = plain(shelf, records)
        for file in files:
            file.unlink(missing_ok=True)
        return done

    shelf.append_all = append_and_lose  # pyright: ignore[reportAttributeAccessIssue]
    assert soon(lambda: len(shelf.contents().items) == 1 and not shelf.contents().waiting_count, within_s=8)
    assert not [one for one in caplog.records if one.levelname == "ERROR"]
