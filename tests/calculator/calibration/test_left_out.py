"""The file of left-out predictions: what is written is read, and the shipped one is whole."""

from pathlib import Path

from calculator.calibration.fitting import TABLE
from calculator.calibration.left_out import LeftOut, read_left_out, write_left_out
from calculator.calibration.rows import read_table
from calculator.catalog import load_catalog

CATALOG = load_catalog()


def test_rows_come_back_to_five_digits(tmp_path: Path) -> None:
    row = LeftOut("prefill", "nvidia-rtx-4090", 2, "vllm", "llama-3-70b", 1234.567, 0.0123456, 0.01, 0.02, "a, b")
    write_left_out([row], tmp_path / "rows.csv")
    [found] = read_left_out(tmp_path / "rows.csv")
    assert found == LeftOut(
        "prefill", "nvidia-rtx-4090", 2, "vllm", "llama-3-70b", 1234.6, 0.012346, 0.01, 0.02, "a, b"
    )
    assert not found.is_inside


def test_shipped_rows_are_of_the_shipped_table() -> None:
    rows = read_left_out()
    assert {row.kind for row in rows} == {"decode, one stream", "decode, several streams", "prefill"}
    assert {row.model for row in rows} <= {*CATALOG.models, ""}  # empty: a model known by its shape alone
    assert {row.device for row in rows} <= set(CATALOG.chips)
    assert {row.publisher for row in rows} <= {row.publisher for row in read_table(TABLE)}
    assert all(row.low <= row.predicted <= row.high for row in rows)
