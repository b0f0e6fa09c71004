"""Connection of the store: durable settings, and sentences about addresses, files and disks."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from measurements.records.store import Store
from measurements.records.store_connection import StoreError, store_url


def test_sqlite_is_set_up_for_durability(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "m.sqlite"))
    with store._reading() as connection:  # pyright: ignore[reportPrivateUsage]
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "journal_mode")
        }
    safe = sqlite3.sqlite_version_info >= (3, 51, 3)
    assert found == {"synchronous": 3, "journal_mode": "wal" if safe else "delete"}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://root@host/x", "use the path of a SQLite file"),
        ("sqlite://", "use the path of a SQLite file"),
        ("postgresql://nobody:secret@127.0.0.1:1/none", "Start the database"),
        ("/no/such/folder/m.sqlite", "Create its folder"),
    ],
)
def test_store_that_cannot_be_opened_says_what_to_do(url: str, said: str) -> None:
    began = time.monotonic()
    with pytest.raises(StoreError, match=said) as raised:
        Store(url)
    assert "secret" not in str(raised.value)
    assert time.monotonic() - began < 5


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "m.sqlite"
    file.write_bytes(b"this is a letter, not a database. " * 100)
    with pytest.raises(StoreError, match="name another path"):
        Store(str(file))


_FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from measurements.records.store import Store
from measurements.records.store_connection import StoreError
from tests.measurements.examples import a_measurement
store = Store(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
acknowledged = 0
try:
    while True:
        acknowledged += store.append(a_measurement(str(acknowledged))) == "added"
except StoreError as error:
    print(acknowledged, error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE is Unix only")
def test_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    file = str(tmp_path / "m.sqlite")
    done = subprocess.run([sys.executable, "-c", _FULL_DISK, file], capture_output=True, text=True, check=True)
    acknowledged, sentence = done.stdout.split(" ", 1)
    assert "Free some space" in sentence
    assert int(acknowledged) > 10
    assert Store(file).count() == int(acknowledged)


def test_address_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text(f"{tmp_path / 'm.sqlite'}\n", "utf-8")
    monkeypatch.delenv("MEASUREMENTS_URL", raising=False)
    monkeypatch.setenv("MEASUREMENTS_URL_FILE", str(tmp_path / "secret"))
    assert store_url(None).database == str(tmp_path / "m.sqlite")
    assert store_url("other.sqlite").database == "other.sqlite"
    monkeypatch.setenv("MEASUREMENTS_URL", "third.sqlite")
    with pytest.raises(StoreError, match="are both set"):
        store_url(None)


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), (b"\n", "is empty"), (b"\xff", "cannot be read")]
)
def test_file_without_an_address_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    monkeypatch.delenv("MEASUREMENTS_URL", raising=False)
    monkeypatch.setenv("MEASUREMENTS_URL_FILE", str(tmp_path / "secret"))
    with pytest.raises(StoreError, match=said) as refused:
        store_url(None)
    assert str(tmp_path) not in str(refused.value)


def test_password_is_in_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEASUREMENTS_URL_FILE", str(tmp_path / "secret"))
    monkeypatch.delenv("MEASUREMENTS_URL", raising=False)
    for address in (
        "postgresql://me:hunter2@127.0.0.1:1/x",
        "mysql://me:hunter2@host/x",
        "://hunter2",
        "x://hunter2@[::",
    ):
        (tmp_path / "secret").write_text(address, "utf-8")
        with pytest.raises(StoreError) as refused:
            Store()
        assert "hunter2" not in f"{refused.value!r} {refused.value}"
