"""The doctor: what it says and writes, what it leaves out, and that a broken part is a line and no error."""

import json
from pathlib import Path
from typing import Any

import pytest

import local_llm_tco
from measurements.cli import doctor
from measurements.probe.run import Outcome
from measurements.records.host import this_host
from measurements.records.record import Host
from tests.measurements.examples import a_measurement


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _written(place: Path) -> dict[str, Any]:
    (file,) = place.glob("*.json")
    return json.loads(file.read_text("utf-8"))


def test_quick_doctor_says_what_works_and_writes_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert local_llm_tco.main(["doctor", "--quick"]) == 0
    said, found = capsys.readouterr().out, _written(place)
    assert [check["name"] for check in found["checks"]] == list(doctor.CHECKS)
    assert all(check["works"] for check in found["checks"]), found["checks"]
    assert all(f"works  {name}" in said for name in doctor.CHECKS)
    assert found["probes"] == []
    assert found["packages"]["streamlit"]
    assert found["host"]["os"]
    assert [path.suffix for path in place.iterdir()] == [".json"]


def test_file_names_no_person_machine_or_path(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "names_of_this_machine", lambda: ["Adas-Mac", "lovelace"])
    monkeypatch.setattr(
        doctor,
        "CHECKS",
        {"planted": "raise SystemExit('/Users/lovelace/x on Adas-Mac, postgresql://me:secret@db/x, 10.1.2.3')"},
    )
    monkeypatch.setattr(doctor, "why_no_probe", lambda: "")
    record = a_measurement("1", notes="read from /Users/lovelace/y", host=Host(host_id="c0ffee0123456789", chip="x"))

    def measure(spec: Any, **_: Any) -> Outcome:
        events = [{"event": "hello", "process": 4711, "device": "of lovelace"}]
        return Outcome("ok", "The probe on Adas-Mac is complete.", events=events, records=(record,))

    monkeypatch.setattr(doctor, "measure", measure)
    assert local_llm_tco.main(["doctor"]) == 1
    text = json.dumps(_written(place))
    for secret in ("Adas-Mac", "lovelace", "Users", "secret", "10.1.2.3", "c0ffee0123456789", "host_id", "4711"):
        assert secret not in text
    assert this_host().host_id not in text
    assert str(place) not in text
    assert "12.1" in text


def test_part_that_breaks_or_hangs_is_a_line(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CHECK_LIMIT_S", 1)
    monkeypatch.setattr(
        doctor,
        "CHECKS",
        {
            "error": "raise ValueError('why')",
            "crash": "import os; os.abort()",
            "hang": "import time; time.sleep(60)",
            "fine": "print('seen')",
        },
    )
    assert local_llm_tco.main(["doctor", "--quick"]) == 1
    found = {check["name"]: (check["works"], check["said"]) for check in _written(place)["checks"]}
    assert found == {
        "error": (False, "ValueError: why"),
        "crash": (False, found["crash"][1]),
        "hang": (False, "no answer within 1 s"),
        "fine": (True, "seen"),
    }


def test_machine_that_cannot_be_probed_is_no_failure(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CHECKS", {"fine": "print('seen')"})
    monkeypatch.setattr(doctor, "why_no_probe", lambda: "mlx is not installed here.")
    assert local_llm_tco.main(["doctor"]) == 0
    assert _written(place)["probes"] == [{"tier": "none", "status": "none", "sentence": "mlx is not installed here."}]


def test_existing_file_and_missing_folder_are_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "mine.json").write_text("precious", "utf-8")
    assert local_llm_tco.main(["doctor", "--quick", "--file", "mine.json"]) == 2
    assert "exists. Name another file" in capsys.readouterr().err
    assert (place / "mine.json").read_text("utf-8") == "precious"


def test_folder_that_is_not_there_is_said(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", {})
    assert local_llm_tco.main(["doctor", "--quick", "--file", "nowhere/x.json"]) == 2
    assert "cannot be written: No such file or directory" in capsys.readouterr().err
