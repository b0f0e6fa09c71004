"""Parts of a sweep on disk: whole or not there, joined in order, refused where another sweep was begun."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from calculator.errors import ScenarioError
from calculator.report.parquet import begun, join_parts, parts_folder, write_part


def _row(number: int, refused: str | None = None) -> dict[str, Any]:
    costs = None if refused else 100.0 * number
    return {"combination": number, "refused": refused, "option": "mac", "total_cost_usd": costs}


def test_parts_are_joined_in_order_and_removed(tmp_path: Path) -> None:
    out = tmp_path / "sweep.parquet"
    assert begun(out, work_id="a", chunk_count=2) == []
    write_part(out, 1, [_row(2), _row(3, "3 is refused.")])
    assert begun(out, work_id="a", chunk_count=2) == [1]
    write_part(out, 0, [_row(0), _row(1)])
    assert join_parts(out, 2) == (4, 1, "3 is refused.")
    table = pd.read_parquet(out)
    assert table["combination"].to_list() == [0, 1, 2, 3]
    assert table["total_cost_usd"].isna().to_list() == [False, False, False, True]
    assert not parts_folder(out).exists()


def test_parts_of_another_sweep_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "sweep.parquet"
    begun(out, work_id="a", chunk_count=1)
    with pytest.raises(ScenarioError, match="parts of another sweep"):
        begun(out, work_id="b", chunk_count=1)


def test_folder_as_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="is a folder"):
        begun(tmp_path, work_id="a", chunk_count=1)
