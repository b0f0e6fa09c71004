"""Fitted constants: read from calibration.toml, with date, rows and error."""

import tomllib

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.calibration import calibration_of
from calculator.catalog.loader import FOLDER
from calculator.errors import CatalogError


def test_calibration_of_says_what_is_missing_and_how_to_repair_it() -> None:
    with pytest.raises(CatalogError, match=r"calibration\.toml: 'calibration' is missing\. Regenerate it"):
        calibration_of({})


def test_calibration_holds_date_rows_and_error() -> None:
    table = tomllib.loads((FOLDER / "calibration.toml").read_text("utf-8"))
    known = load_catalog().calibration
    assert known.as_of == "2026-11-22"
    assert known.rows["decode"] > 1000
    assert known.rows["prefill"] > 800
    for quantity in ("decode", "prefill"):
        assert 0 < table[quantity]["median_abs_error"]["publisher_left_out"] < 0.25
