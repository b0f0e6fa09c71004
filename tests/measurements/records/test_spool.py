"""Spool: what could not be stored is on the disk, is this user's alone, and is stored once."""

import os
from pathlib import Path
from typing import Any

import pytest

from measurements.records.spool import FOLDER_VARIABLE, keep_or_wait, spool, waiting_files, waiting_records
from measurements.records.store import Store
from measurements.records.store_connection import StoreError
from tests.measurements.examples import a_measurement


def refuse(_: Any) -> None:
    raise StoreError("The store /data/m.sqlite cannot be used: disk is full.", plain="The disk is full.")


def test_what_is_stored_waits_nowhere(tmp_path: Path) -> None:
    url, kept = str(tmp_path / "m.sqlite"), []
    assert keep_or_wait([a_measurement()], append=kept.append, url=url) == ""
    assert kept == [[a_measurement()]]
    assert not waiting_files(url)


def test_what_cannot_be_stored_waits_for_that_store_alone_and_import_reads_it(tmp_path: Path) -> None:
    url = str(tmp_path / "m.sqlite")
    said = keep_or_wait([a_measurement("1"), a_measurement("2")], append=refuse, url=url)
    assert said.startswith("The disk is full. The results are kept in a file")
    assert str(tmp_path) not in said
    [file] = waiting_files(url)
    assert file.stat().st_mode & 0o777 == 0o600
    assert waiting_records(file) == ([a_measurement("1"), a_measurement("2")], 0)
    assert not waiting_files(str(tmp_path / "other.sqlite"))
    assert [path.name for path in tmp_path.iterdir()] == [file.name]  # and no half-written file
    from measurements.cli.store import import_files

    assert import_files([str(file), "--store", url]) == 0
    assert Store(url).count() == 2


def test_file_goes_where_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "no folder").write_text("")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "no folder" / "below"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    url = "postgresql://nobody:secret@127.0.0.1:1/none"
    file = spool([a_measurement()], url=url)
    assert file.parent == tmp_path / "state" / "local-llm-tco"
    assert waiting_files(url) == [file]
    assert "secret" not in str(file)


def test_nowhere_to_wait_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("measurements.records.spool._folders", lambda url: [tmp_path / "file"])
    with pytest.raises(StoreError, match="Neither the store nor any folder takes the results"):
        keep_or_wait([a_measurement()], append=refuse, url=str(tmp_path / "m.sqlite"))


def test_link_in_a_shared_folder_is_no_waiting_file(tmp_path: Path) -> None:
    url = str(tmp_path / "m.sqlite")
    file = spool([a_measurement()], url=url)
    hidden = tmp_path / "elsewhere.jsonl"
    file.rename(hidden)
    os.symlink(hidden, file)
    assert not waiting_files(url)


def test_line_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    file = spool([a_measurement()], url=str(tmp_path / "m.sqlite"))
    file.write_text('not JSON\n{"measurement": {"schema_version": 9}}\n[]\n' + file.read_text())
    assert waiting_records(file) == ([a_measurement()], 3)


def test_folder_that_this_user_may_not_enter_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = str(tmp_path / "m.sqlite")
    file = spool([a_measurement()], url=url)
    own = Path.glob

    def refusing(self: Path, pattern: str) -> Any:
        if self.name == "closed":
            raise PermissionError(13, "Permission denied", str(self))
        return own(self, pattern)

    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "closed"))
    monkeypatch.setattr(Path, "glob", refusing)
    assert waiting_files(url) == [file]
