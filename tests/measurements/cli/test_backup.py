"""The commands backup and restore."""

from pathlib import Path

import pytest

from measurements.__main__ import main
from measurements.records.store import Store
from tests.measurements.examples import a_measurement


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.delenv("MEASUREMENTS_URL", raising=False)
    return here


def test_backup_goes_into_a_store_of_either_kind(place: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    store.append_all([a_measurement("1"), a_measurement("2")])
    url = store.url.render_as_string(hide_password=False)
    assert main(["backup", "b.jsonl", "--store", url]) == 0
    assert "2 rows, schema version" in capsys.readouterr().out
    assert main(["restore", "b.jsonl", "--check"]) == 0
    assert not (place / "measurements.sqlite").exists()
    assert main(["restore", "b.jsonl", "--store", "new.sqlite"]) == 0
    assert "Restored 2 rows" in capsys.readouterr().out
    assert [item.record for item in Store("new.sqlite").records()] == [item.record for item in store.records()]


def test_nothing_is_made_or_overwritten_by_mistake(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", "b.jsonl"]) == 2
    assert "nothing to back up" in capsys.readouterr().err
    assert not list(place.iterdir())
    (place / "b.jsonl").write_text("hello", "utf-8")
    assert main(["restore", "b.jsonl"]) == 2
    assert "is no row of a backup" in capsys.readouterr().err
    assert [path.name for path in place.iterdir()] == ["b.jsonl"]
    Store("measurements.sqlite").append(a_measurement("1"))
    assert main(["backup", "b.jsonl"]) == 2
    assert "never overwritten" in capsys.readouterr().err
    assert main(["backup", "good.jsonl"]) == 0
    assert main(["restore", "good.jsonl"]) == 2
    assert "holds measurements already" in capsys.readouterr().err
