"""The audit: no pin stands below its floor, a planted one is named, and a missing database is said."""

import datetime
import json
import shutil
import subprocess
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from deploy import audit
from deploy.locks import HOLDS, ROOT, pins


def test_no_pin_stands_below_its_floor() -> None:
    assert not audit.below_their_floor()


def test_every_floor_says_why_and_where_that_was_read() -> None:
    for floor in audit.floors():
        assert "https://" in floor.source
        assert floor.because
        assert datetime.date(2026, 11, 1) < floor.read <= datetime.datetime.now(datetime.UTC).date()


def test_pin_below_its_floor_is_named_with_the_reason(tmp_path: Path) -> None:
    for file in HOLDS:
        shutil.copy(ROOT / file, tmp_path / file)
    lock = tmp_path / "requirements.txt"
    text = lock.read_text("utf-8")
    assert "starlette==1.10.0" in text
    lock.write_text(text.replace("starlette==1.10.0", "starlette==1.0.0"), "utf-8")
    (found,) = audit.below_their_floor(tmp_path)
    assert found.startswith("requirements.txt holds starlette 1.0.0, below 1.1.0: CVE-2026-48818")


def _answer(monkeypatch: pytest.MonkeyPatch, *packages: Mapping[str, object]) -> None:
    text = json.dumps({"dependencies": packages, "fixes": []})
    monkeypatch.setattr(audit.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0, text, ""))


CLEAN = {"name": "numpy", "version": "2.4.6", "vulns": []}
WEAK = {"name": "h11", "version": "0.14.0", "vulns": [{"id": "CVE-2025-43859", "fix_versions": ["0.16.0"]}]}
UNKNOWN = {"name": "altair", "skip_reason": "Dependency not found on PyPI"}


def test_weakness_that_pip_audit_knows_fails_the_audit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _answer(monkeypatch, CLEAN, WEAK)
    assert audit.main(["pip-audit"]) == 1
    assert "h11 0.14.0: CVE-2025-43859, fixed in 0.16.0." in capsys.readouterr().out


def test_package_that_could_not_be_looked_up_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer(monkeypatch, CLEAN, UNKNOWN)
    assert audit.ask_pip_audit("pip-audit", [Path("x")]) == ([], "pip-audit could not look up altair.")


def test_database_out_of_reach_is_no_clean_bill(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _answer(monkeypatch, UNKNOWN)
    assert audit.main(["pip-audit"]) == 0
    assert "reached no database here; only the floors were compared" in capsys.readouterr().out


def test_missing_program_is_said() -> None:
    found, silence = audit.ask_pip_audit("/nowhere/pip-audit", [Path("x")])
    assert (found, silence) == ([], "pip-audit gave no answer (FileNotFoundError); only the floors were compared.")


def test_every_lock_file_that_people_run_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """The container holds packages that `make run` does not install: a driver for PostgreSQL, for one."""
    asked: list[str] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.extend(value for word, value in pairwise(command) if word == "--requirement")
        return subprocess.CompletedProcess(command, 0, json.dumps({"dependencies": [CLEAN]}), "")

    monkeypatch.setattr(audit.subprocess, "run", run)
    assert audit.main(["pip-audit"]) == 0
    assert [Path(file).name for file in asked] == [
        "requirements.txt",
        "requirements-core.txt",
        "requirements-server.txt",
    ]
    with_mlx, server = ({pin.name for pin in pins(ROOT / file)} for file in (asked[0], asked[2]))
    assert server - with_mlx, "then one file would do"
