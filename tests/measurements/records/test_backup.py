"""Backup and restore: from either kind of store into either kind, nothing lost, nothing overwritten."""

import gzip
import json
import threading
from pathlib import Path

import pytest

from measurements.records.backup import back_up_to, check_backup, restore_from
from measurements.records.migrations import MIGRATIONS
from measurements.records.store import Store, Stored
from measurements.records.store_connection import StoreError
from tests.measurements.examples import a_measurement


def _filled(store: Store) -> Store:
    store.append_all([a_measurement(str(number), notes="=1+1\n\tü \u2028 \U0001f600") for number in range(30)])
    store.append(a_measurement("real", kind="real"))
    store.delete(store.records()[3].id, because="it was warm")
    return store


def _all(store: Store) -> list[Stored]:
    return store.records(include_deleted=True)


def _contents(store: Store) -> list[tuple[object, ...]]:
    """Stored records without their row number, which a store gives by itself."""
    return [(item.id, item.stored_at, item.record, item.deleted, item.deleted_because) for item in _all(store)]


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A backup of a filled SQLite store."""
    store = _filled(Store(str(tmp_path / "source.sqlite")))
    back_up_to(tmp_path / "backup.jsonl", store)
    store.close()
    return tmp_path / "backup.jsonl"


@pytest.mark.parametrize("name", ["copy.jsonl", "copy.jsonl.gz"])
def test_restored_store_holds_every_record_of_the_other_kind(store: Store, tmp_path: Path, name: str) -> None:
    _filled(store)
    written = back_up_to(tmp_path / name, store)
    assert check_backup(tmp_path / name) == written
    other = Store(str(tmp_path / "other.sqlite"))
    assert restore_from(tmp_path / name, other) == written
    assert _contents(other) == _contents(store)
    assert other.append(a_measurement("3", notes="said otherwise")) == "deleted"
    assert other.append(a_measurement("4", notes="said otherwise")) == "known"
    assert other.append(a_measurement("new")) == "added"
    other.close()


def test_backup_of_a_file_restores_into_either_kind(store: Store, tmp_path: Path, backup: Path) -> None:
    assert restore_from(backup, store).row_count == 32
    source = Store(str(tmp_path / "source.sqlite"))
    assert _contents(store) == _contents(source)
    back_up_to(tmp_path / "again.jsonl", store)
    assert (tmp_path / "again.jsonl").read_bytes() == backup.read_bytes()


def test_backup_is_of_one_moment_while_others_write(store: Store, tmp_path: Path) -> None:
    stop, begun = threading.Event(), threading.Event()

    def write() -> None:
        writer, number = Store(str(store.url.render_as_string(hide_password=False))), 0
        while not stop.is_set():
            # two by two in one transaction: a backup holds both or none
            writer.append_all([a_measurement(f"{number}-a"), a_measurement(f"{number}-b")])
            number += 1
            begun.set()
        writer.close()

    thread = threading.Thread(target=write)
    thread.start()
    assert begun.wait(20)
    try:
        for turn in range(5):
            back_up_to(tmp_path / f"{turn}.jsonl", store)
    finally:
        stop.set()
        thread.join()
    counts = [check_backup(tmp_path / f"{turn}.jsonl").row_count for turn in range(5)]
    assert counts == sorted(counts)
    for turn in range(5):
        lines = (tmp_path / f"{turn}.jsonl").read_text("utf-8").splitlines()[1:-1]
        runs = [json.loads(json.loads(line)["body"])["run"] for line in lines]
        assert runs == [f"{number}-{letter}" for number in range(len(runs) // 2) for letter in "ab"]


def test_backup_never_overwrites(store: Store, tmp_path: Path) -> None:
    (tmp_path / "there.jsonl").write_text("precious", "utf-8")
    with pytest.raises(StoreError, match="never overwritten"):
        back_up_to(tmp_path / "there.jsonl", store)
    assert (tmp_path / "there.jsonl").read_text("utf-8") == "precious"
    with pytest.raises(StoreError, match="cannot be written: No such file or directory"):
        back_up_to(tmp_path / "nowhere/x.jsonl", store)


def test_backup_that_fails_leaves_no_file(tmp_path: Path) -> None:
    store = _filled(Store(str(tmp_path / "source.sqlite")))
    (tmp_path / "source.sqlite").write_bytes(b"no database at all" * 500)
    with pytest.raises(StoreError):
        back_up_to(tmp_path / "backup.jsonl", store)
    assert not (tmp_path / "backup.jsonl").exists()


def test_restore_refuses_a_store_that_holds_anything(store: Store, backup: Path) -> None:
    store.append(a_measurement("mine"))
    with pytest.raises(StoreError, match="holds measurements already"):
        restore_from(backup, store)
    assert [item.record.run for item in _all(store)] == ["mine"]


def test_restore_is_all_or_none(store: Store, backup: Path) -> None:
    lines = backup.read_text("utf-8").splitlines(keepends=True)
    row = json.loads(lines[20])
    del row["chip"]
    wrong = [*lines[:20], json.dumps(row) + "\n", *lines[21:-1]]
    backup.write_text("".join(wrong) + _end_of(wrong), "utf-8")
    with pytest.raises(StoreError, match="has a row without 'chip'"):
        restore_from(backup, store)
    assert not _all(store)


def _end_of(lines: list[str]) -> str:
    import hashlib

    rows = "".join(lines[1:]).encode()
    return json.dumps({"row_count": len(lines) - 1, "sha256": hashlib.sha256(rows).hexdigest()}) + "\n"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[: len(text) // 2], "is no row of a backup|is cut short"),
        (lambda text: "".join(text.splitlines(keepends=True)[:-1]), "is cut short"),
        (lambda text: text.replace("it was warm", "it was cold"), "is damaged"),
        (lambda text: text + text.splitlines(keepends=True)[1], "goes on after its end"),
        (lambda text: text.replace('"schema_version":2', '"schema_version":99', 1), "Update the program, then restore"),
        (lambda text: text.replace("local-llm-tco backup 1", "something else"), "is no backup of this program"),
        (lambda text: "hello\n", "Line 1 of .* is no row"),
        (lambda text: "[" * 100_000, "Line 1 of .* is no row"),
        (lambda text: "", "is cut short"),
    ],
)
def test_file_that_is_not_a_whole_backup_is_refused(tmp_path: Path, backup: Path, change, said: str) -> None:  # type: ignore[no-untyped-def]
    backup.write_text(change(backup.read_text("utf-8")), "utf-8")
    store = Store(str(tmp_path / "empty.sqlite"))
    with pytest.raises(StoreError, match=said):
        restore_from(backup, store)
    assert not _all(store)


def test_database_file_and_broken_archive_are_refused_with_what_to_do(tmp_path: Path, backup: Path) -> None:
    with pytest.raises(StoreError, match="is a SQLite database"):
        check_backup(tmp_path / "source.sqlite")
    packed = tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress(backup.read_bytes())[:-20])
    with pytest.raises(StoreError, match=r"packed\.gz (cannot be read|is cut short)"):
        check_backup(packed)
    with pytest.raises(StoreError, match="No such file"):
        check_backup(tmp_path / "absent")


def test_backup_of_an_older_schema_is_restored_into_todays(tmp_path: Path, store: Store) -> None:
    old = Store(str(tmp_path / "old.sqlite"), migrations=MIGRATIONS[:1])
    source = Store(str(tmp_path / "new.sqlite"))
    source.append_all([a_measurement("1"), a_measurement("2")])
    back_up_to(tmp_path / "new.jsonl", source)
    lines = (tmp_path / "new.jsonl").read_text("utf-8").splitlines(keepends=True)
    rows = [{k: v for k, v in json.loads(line).items() if k != "content_key"} for line in lines[1:-1]]
    head = lines[0].replace('"schema_version":2', '"schema_version":1')
    plain = [head, *(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)]
    (tmp_path / "old.jsonl").write_text("".join(plain) + _end_of(plain), "utf-8")
    assert old.version() == 1
    restore_from(tmp_path / "old.jsonl", store)
    assert store.version() == MIGRATIONS[-1].version
    assert store.append(a_measurement("1", notes="said otherwise")) == "known"


def test_row_that_this_program_cannot_read_is_kept(tmp_path: Path, backup: Path) -> None:
    lines = backup.read_text("utf-8").splitlines(keepends=True)
    row = json.loads(lines[1]) | {"body": '{"schema_version":99}', "content_key": None}
    changed = [lines[0], json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n", *lines[2:-1]]
    backup.write_text("".join(changed) + _end_of(changed), "utf-8")
    store = Store(str(tmp_path / "empty.sqlite"))
    assert restore_from(backup, store).row_count == 32
    with store.snapshot() as (_, rows):
        assert next(rows)["body"] == '{"schema_version":99}'


def test_backup_reads_and_changes_nothing(store: Store, tmp_path: Path) -> None:
    _filled(store)
    before = store.mark()
    back_up_to(tmp_path / "one.jsonl", store)
    back_up_to(tmp_path / "two.jsonl", store)
    assert store.mark() == before
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
