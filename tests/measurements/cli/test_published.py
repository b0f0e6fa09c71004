"""Shipped tables of published measurements: no row is lost, every refusal has a reason."""

import csv
from pathlib import Path

import pytest

from calculator.catalog import load_catalog
from measurements.cli.published import FOLDER, GATE_COLUMNS, main, verdict_rows, write

CATALOG = load_catalog()


HEADER = (
    "id,device_id,device_count,model_id,runtime_id,format_id,prompt_tokens,context_depth,batch,prefill_tok_s,"
    "decode_tok_s,peak_memory_gb,plausible,speculative,model,runtime,quant,source,source_date,notes"
)
WORDS = "True,False,Llama 3 8B,llama.cpp,Q4_K_M,github.com/a/b,2026-01,"


def table(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "collected.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def records(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_verdict_rows_gives_each_row_one_verdict(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        f"good,nvidia-rtx-4090,1,llama-3-8b,llama.cpp,q4_k_m,512,0,1,7100,130,,{WORDS}",
        "repaired,apple-m4-max-40,1,llama-3.2-1b,mlx-lm,mlx-3bit,,0,1,,300,,True,False,Llama-3.2-1B-4bit,mlx-lm,,github.com/a/b,2026-01,",
        f"half,nvidia-rtx-4090,1,llama-3-8b,llama.cpp,q4_k_m,512,0,1,7100,900,,{WORDS}",
        f"false,nvidia-rtx-4090,1,llama-3-8b,llama.cpp,q4_k_m,512,0,1,,900,,{WORDS}",
        f"unknown,,1,llama-3-8b,llama.cpp,q4_k_m,512,0,1,,130,,{WORDS}",
    )
    kept, refused = verdict_rows(path, catalog=CATALOG)
    assert {row["id"]: row["verdict"] for row in kept} == {
        "good": "accepted",
        "repaired": "flagged",
        "half": "accepted",
        "unknown": "not covered",
    }
    assert kept[1]["why"] == "mlx-3bit, but the source's own words say 4bit"
    assert kept[2]["decode_refused"].startswith("beats the bandwidth")
    assert kept[2]["prefill_refused"] == ""
    assert kept[3]["why"] == "device not named in our ids"
    assert [row["id"] for row in refused] == ["false"]
    assert refused[0]["why"].startswith("decode: beats the bandwidth")


def test_verdict_rows_loses_no_row_and_is_stable(tmp_path: Path) -> None:
    # the shipped table through its own gate again: the same rows, the same verdicts
    shipped = records("published.csv")
    kept, refused = verdict_rows(FOLDER / "published.csv", catalog=CATALOG)
    assert len(kept) + len(refused) == len(shipped)
    assert [row["id"] for row in kept] == [row["id"] for row in shipped]
    assert [row["verdict"] for row in kept] == [row["verdict"] for row in shipped]


def test_shipped_table_and_refusals_add_up_to_what_was_collected() -> None:
    shipped, refused = records("published.csv"), records("refused.csv")
    assert len(shipped) + len(refused) == 1553 + 663
    assert not {row["id"] for row in shipped} & {row["id"] for row in refused}
    assert all(row["why"] for row in refused)
    assert all(row["source"] for row in shipped)
    assert {row["verdict"] for row in shipped} == {"accepted", "flagged", "not covered"}
    assert all(row["why"] for row in shipped if row["verdict"] != "accepted")
    assert set(GATE_COLUMNS) <= set(shipped[0])


def test_write_puts_both_files_and_says_how_many(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "good,nvidia-rtx-4090,1,llama-3-8b,llama.cpp,q4_k_m,512,0,1,7100,130,,True,False,,,,github.com/a/b,2026-01,",
    )
    assert write(path, folder=tmp_path, catalog=CATALOG) == (1, 0)
    assert (tmp_path / "published.csv").exists()
    assert (tmp_path / "refused.csv").read_text(encoding="utf-8").startswith("id,device_id")


def test_main_says_in_one_sentence_what_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.csv")]) == 2
    assert "does not exist; give the path" in capsys.readouterr().err
    assert main([]) == 2


def test_sources_of_stored_copies_name_what_they_copy(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "a,nvidia-rtx-4090,1,llama-3-8b,llama.cpp,q4_k_m,512,0,1,,130,,True,False,,,,"
        "shelf id 42 (README of a fork; repo name not given),,",
    )
    assert verdict_rows(path, catalog=CATALOG)[0][0]["source"] == "README of a fork (public repository)"
