"""Store commands: import, list, export and delete."""

import json
from pathlib import Path

import pytest

from measurements.__main__ import main
from measurements.records.store import Store

FOLDER = Path(__file__).parents[2] / "fixtures" / "importers"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """An empty store."""
    return str(tmp_path / "m.sqlite")


def test_import_list_export_delete_work_together(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(FOLDER / "llama_bench_2025-10.jsonl"), "--store", url]) == 0
    assert "6 stored, 0 already known, 0 refused, 0 waiting" in capsys.readouterr().out
    assert main(["import", str(FOLDER / "llama_bench_2025-10.jsonl"), "--store", url]) == 0
    assert "0 stored, 6 already known" in capsys.readouterr().out
    assert main(["list", "--store", url, "--model", "llama-3.2-1b", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["trust"] for row in rows] == ["imported"] * 6
    assert rows[1]["result"] == "decode 195.7 tokens/s at 0 tokens of context"
    assert main(["delete", rows[0]["id"], "--because", "wrong cooler", "--store", url]) == 0
    assert main(["export", str(tmp_path / "x.jsonl"), "--store", url]) == 0
    assert main(["import", str(tmp_path / "x.jsonl"), "--store", str(tmp_path / "other.sqlite")]) == 0
    assert Store(str(tmp_path / "other.sqlite")).count() == 5
    capsys.readouterr()
    assert main(["list", "--store", url, "--deleted", "--json"]) == 0
    assert "(deleted)" in json.loads(capsys.readouterr().out.splitlines()[0])["trust"]


def test_import_asks_for_missing_facts_and_takes_them(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(FOLDER / "llama_bench_depth.md")
    assert main(["import", file, "--store", url]) == 2
    assert "the chip (--chip apple-m4-max-40), the model (--model llama-3-70b)" in capsys.readouterr().err
    assert (
        main(
            [
                "import",
                file,
                "--store",
                url,
                "--chip",
                "nvidia-rtx-4090",
                "--model",
                "qwen2 7B Q4_K - Medium=qwen2.5-7b",
            ]
        )
        == 0
    )
    assert Store(url).count() == 4


def test_import_shows_each_refused_row(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    # an M1 with 68 GB/s cannot decode a 4.7 GB file at 119 token/s: that would read 558 GB/s
    assert main(["import", str(FOLDER / "llama_bench_2026-04.json"), "--store", url, "--chip", "apple-m1-7"]) == 2
    said = capsys.readouterr().err
    assert "object 2: decode: beats the bandwidth" in said
    assert "object 1: prefill: beats the arithmetic" in said
    assert Store(url).count() == 0


def test_import_dry_run_stores_nothing(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(FOLDER / "llama_bench_2025-10.jsonl"), "--store", url, "--dry-run"]) == 0
    assert "6 would be stored" in capsys.readouterr().out
    assert not Path(url).exists()
