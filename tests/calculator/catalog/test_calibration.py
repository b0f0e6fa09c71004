"""Fitted constants of speed as they are read: effects by group, and a missing part is named."""

import tomllib
from typing import Any

import pytest

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.calibration import Effect, calibration_of
from calculator.catalog.loader import FOLDER
from calculator.errors import CatalogError

LAW = {
    "noise": 0.1,
    "spread": {"loss/all": 2.0},
    "stretch": {"chip": 1.5},
    "effects": {"loss/chip": {"nvidia-rtx-4090": [0.25, 0.05, 12]}},
}
TABLE: dict[str, Any] = {
    "calibration": {"as_of": "2026-11-22", "year": 2026.7, "rows": {"decode": 3, "prefill": 2}},
    "decode": LAW,
    "prefill": LAW,
}


def test_effects_are_read_by_group_and_name() -> None:
    found = calibration_of(TABLE)
    assert found.decode.effects == {"loss/chip/nvidia-rtx-4090": Effect(0.25, 0.05, 12)}
    assert (found.year, found.rows["prefill"], found.decode.stretch["chip"]) == (2026.7, 2, 1.5)


@pytest.mark.parametrize(
    ("path", "key"), [((), "prefill"), (("calibration",), "as_of"), (("decode",), "noise"), (("prefill",), "effects")]
)
def test_missing_part_is_named_with_the_command_that_writes_it(path: tuple[str, ...], key: str) -> None:
    table = {name: dict(part) for name, part in TABLE.items()}
    inner = table
    for name in path:
        inner = inner[name]
    del inner[key]
    with pytest.raises(CatalogError, match=rf"^calibration\.toml: '{key}' is missing\. Regenerate it: python -m"):
        calibration_of(table)


def test_shipped_constants_are_those_of_the_shipped_rows(catalog: Catalog) -> None:
    found = catalog.calibration
    assert found.rows["decode"] > 1000
    assert all(effect.error > 0 for law in (found.decode, found.prefill) for effect in law.effects.values())
    assert min(law.noise for law in (found.decode, found.prefill)) > 0


def test_calibration_of_says_what_is_missing_and_how_to_repair_it() -> None:
    with pytest.raises(CatalogError, match=r"calibration\.toml: 'calibration' is missing\. Regenerate it"):
        calibration_of({})


def test_calibration_holds_date_rows_and_error() -> None:
    table = tomllib.loads((FOLDER / "calibration.toml").read_text("utf-8"))
    known = load_catalog().calibration
    assert known.as_of == "2026-11-26"
    assert known.rows["decode"] > 1000
    assert known.rows["prefill"] > 800
    for quantity in ("decode", "prefill"):
        assert 0 < table[quantity]["median_abs_error"]["publisher_left_out"] < 0.25
