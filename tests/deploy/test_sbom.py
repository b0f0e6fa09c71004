"""The bill of materials: every licence it states is read, and a pinned package that it lacks is named."""

import json
from pathlib import Path

import pytest

from deploy import sbom

BILL = {
    "specVersion": "1.6",
    "components": [
        {"name": "NumPy", "version": "2.4.6", "licenses": [{"expression": "BSD-3-Clause"}]},
        {"name": "plotly", "version": "7.1.0", "licenses": [{"license": {"id": "MIT"}}, {"license": {"name": "x"}}]},
        {"name": "silent", "version": "1"},
    ],
}
LOCK = "numpy==2.4.6 \\\n    --hash=sha256:0\nplotly==7.1.0\nabsent==3\nelsewhere==4 ; sys_platform == 'plan9'\n"


def test_licences_are_ids_names_and_expressions() -> None:
    assert [sbom.licences(one) for one in BILL["components"]] == [["BSD-3-Clause"], ["MIT", "x"], []]  # type: ignore[arg-type, union-attr]


def test_pinned_package_that_the_bill_lacks_is_named(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(LOCK, "utf-8")
    assert sbom.missing(BILL, tmp_path / "requirements.txt") == ["absent 3"]


def test_command_names_what_is_silent_and_fails_for_what_is_absent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bill.json").write_text(json.dumps(BILL), "utf-8")
    assert sbom.main([str(tmp_path / "bill.json")]) == 1
    said = capsys.readouterr().out
    assert "Without a licence in their own metadata: silent." in said
    assert "Pinned, but not in the bill" in said
    assert "starlette" in said
