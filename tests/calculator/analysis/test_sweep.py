"""Sweeps of a grid: every combination once, resumed where they were killed, refused in a sentence."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from calculator import Scenario, compare, load_catalog
from calculator.__main__ import main
from calculator.analysis.sweep import CHUNK_SIZE, chunk_rows, missing_chunks, read_grid

CATALOG = load_catalog()


GRID = """
[scenario]
options = ["mac-studio-m5-ultra-256", "api-same-model"]
[grid]
model = ["llama-3-70b", "no-such-model"]
electricity_usd_per_kwh = [{prices}]
"""


def _grid(folder: Path, count: int = 3) -> Path:
    path = folder / "grid.toml"
    path.write_text(GRID.format(prices=", ".join(f"{0.1 + 0.001 * i:.4f}" for i in range(count))), "utf-8")
    return path


def test_sweep_computes_every_combination_once(tmp_path: Path) -> None:
    grid = read_grid(_grid(tmp_path))
    assert grid.count() == 6
    rows = chunk_rows(grid, 0, catalog=CATALOG)
    assert sorted({row["combination"] for row in rows}) == list(range(6))
    good = [row for row in rows if row["refused"] is None]
    assert len(good) == 6  # three prices, two options
    assert all("no-such-model" in row["refused"] for row in rows if row["refused"] is not None)
    alone = compare(
        Scenario(options=("mac-studio-m5-ultra-256", "api-same-model"), electricity_usd_per_kwh=0.101), CATALOG
    )
    mine = next(
        row for row in good if row["electricity_usd_per_kwh"] == 0.101 and row["option"] == "mac-studio-m5-ultra-256"
    )
    assert alone.options[0].tco is not None
    assert mine["present_value_cost_usd"] == alone.options[0].tco.present_value_cost_usd


def test_sweep_goes_on_where_it_was_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, whole, resumed = _grid(tmp_path, CHUNK_SIZE), tmp_path / "whole.parquet", tmp_path / "resumed.parquet"
    assert main(["sweep", str(path), "--out", str(whole), "--workers", "1"]) == 0
    # a second run that has one of its two chunks, and half of another file, when it is killed
    grid = read_grid(path)
    from calculator.report.parquet import begun, parts_folder, write_part

    assert grid.chunk_count() == 2
    assert begun(resumed, work_id=grid.id(CATALOG.hash), chunk_count=2) == []
    write_part(resumed, 1, chunk_rows(grid, 1, catalog=CATALOG))
    (parts_folder(resumed) / "000000.unfinished").write_bytes(b"half a file")
    assert missing_chunks(grid, [1]) == [0]
    assert main(["sweep", str(path), "--out", str(resumed), "--workers", "1"]) == 0
    assert "1 of 2 chunks are already done" in capsys.readouterr().err
    assert whole.read_bytes() == resumed.read_bytes()
    assert len(pd.read_parquet(whole)) == CHUNK_SIZE * 2 + CHUNK_SIZE


def test_sweep_of_another_grid_into_the_same_parts_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from calculator.report.parquet import begun

    out = tmp_path / "x.parquet"
    begun(out, work_id="another", chunk_count=9)
    assert main(["sweep", str(_grid(tmp_path)), "--out", str(out), "--workers", "1"]) == 2
    assert "another sweep" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[grid]\nhourly = [1]", "grid.hourly is not a scenario value"),
        ("[scenario]\nmonths = 36", "has no [grid] table"),
        ("[grid]\nmonths = 36", "must be a list"),
        ("[grid", "is not a valid grid file"),
        (
            "[grid]\n"
            + "\n".join(f"{name} = {list(range(1, 400))}" for name in ("wage_usd_per_h", "months", "prompt_tokens")),
            "are swept",
        ),
    ],
)
def test_wrong_grid_is_refused_in_one_sentence(
    tmp_path: Path, text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "grid.toml"
    path.write_text(text, "utf-8")
    assert main(["sweep", str(path), "--out", str(tmp_path / "x.parquet")]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert "Traceback" not in error


def test_sweep_on_two_processes_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    path = _grid(tmp_path, CHUNK_SIZE)
    outs = []
    for workers in ("1", "2"):
        out = tmp_path / f"w{workers}.parquet"
        done = subprocess.run(
            [sys.executable, "-m", "calculator", "sweep", str(path), "--out", str(out), "--workers", workers],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[3],
        )
        assert done.returncode == 0, done.stderr
        outs.append(out.read_bytes())
    assert outs[0] == outs[1]
