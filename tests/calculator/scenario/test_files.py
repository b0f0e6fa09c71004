"""Scenario files and settings: typed, read, and refused in one sentence."""

import json
from pathlib import Path

import pytest

from calculator import Scenario
from calculator.__main__ import main
from calculator.errors import ScenarioError
from calculator.scenario.files import typed


@pytest.mark.parametrize("text", ["", " ", "nan", "1e999", "0x10", "1,5", "True", "[]", "\u0661", "--1", "1_000"])
def test_typed_text_never_raises_and_parse_judges(text: str) -> None:
    value = typed("wage_usd_per_h", text)
    try:
        Scenario.parse({"wage_usd_per_h": value})
    except ScenarioError as error:
        assert str(error).startswith("wage_usd_per_h")


def test_whole_numbers_are_taken_as_such() -> None:
    assert Scenario.parse({"months": typed("months", "48")}).months == 48
    with pytest.raises(ScenarioError, match="whole number"):
        Scenario.parse({"months": typed("months", "48.5")})


@pytest.mark.parametrize(
    "text",
    ['{"months": ' + "1" * 5000 + "}", "[" * 100_000, '{"a":' * 100_000, '{"name": "\\ud800"}'],
    ids=["digits", "deep list", "deep table", "surrogate"],
)
def test_scenario_file_that_breaks_the_reader_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text, "utf-8")
    assert main(["compare", str(path)]) == 2
    assert 0 < len(capsys.readouterr().err) < 400


@pytest.mark.parametrize("text", ["months = " + "1" * 5000, "a = " + "[" * 50_000], ids=["digits", "deep list"])
def test_toml_that_breaks_the_reader_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text, "utf-8")
    assert main(["compare", str(path)]) == 2
    assert 0 < len(capsys.readouterr().err) < 400


@pytest.mark.parametrize("name", ["x" * 300, "x" * 5000, "a\0b"])
def test_scenario_path_that_no_system_takes_is_refused(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["compare", name]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_json_of_a_comparison_is_a_scenario_file_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["compare", "--json", "-", "--set", "months=48"]) == 0
    answer = json.loads(capsys.readouterr().out)
    path = tmp_path / "again.json"
    path.write_text(json.dumps(answer), "utf-8")
    assert main(["compare", str(path), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["scenario_id"] == answer["scenario_id"]
