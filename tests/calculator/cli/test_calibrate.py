"""`calibrate`: a table in, constants out, and a table that is none refused."""

import argparse
from pathlib import Path

import pytest

from calculator.calibration.fitting import TABLE
from calculator.catalog import load_catalog
from calculator.cli import calibrate
from calculator.errors import CalculatorError

CATALOG = load_catalog()


def test_add_table_takes_the_shipped_rows_unless_given(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    calibrate.add_table(parser)
    assert parser.parse_args([]).table == TABLE
    assert parser.parse_args([str(tmp_path / "t.csv")]).table == tmp_path / "t.csv"


def test_calibrate_refuses_a_table_that_is_none_and_writes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "calibration.toml"
    with pytest.raises(CalculatorError, match="does not exist"):
        calibrate.run([str(tmp_path / "none.csv"), "--target", str(target)], catalog=CATALOG)
    assert not target.exists()


def test_calibrate_says_where_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: dict[str, object] = {}

    def write(**values: object) -> object:
        asked.update(values)
        return values["target"]

    monkeypatch.setattr(calibrate, "write", write)
    assert calibrate.run(["--target", str(tmp_path / "c.toml")], catalog=CATALOG) == 0
    assert capsys.readouterr().out == f"wrote {tmp_path / 'c.toml'}\n"
    assert asked == {"table": TABLE, "target": tmp_path / "c.toml", "catalog": CATALOG}
