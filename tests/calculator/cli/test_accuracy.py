"""`accuracy`: the promised keys, a reason for each odd row, a table for people."""

import json
from pathlib import Path

import pytest

from calculator.calibration.fitting import TABLE
from calculator.calibration.rows import read_table
from calculator.catalog import load_catalog
from calculator.cli.accuracy import report, run, table_of
from calculator.errors import CalculatorError

CATALOG = load_catalog()


FIGURES = {"covered", "median_abs_error", "p90_abs_error", "median_signed_error", "interval_coverage"}


HEADER = (
    "id,device_id,device_count,model_id,runtime_id,format_id,prompt_tokens,context_depth,batch,prefill_tok_s,"
    "decode_tok_s,peak_memory_gb,plausible,speculative,model,runtime,quant,source,source_date,notes"
)


def table_file(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def test_run_prints_json_with_the_promised_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table_file(
        tmp_path,
        "a,nvidia-rtx-4080,1,gemma-2-9b,llama.cpp,q4_k_m,512,0,1,4000,80,,True,False,,,,github.com/c/d,2026-01,",
        "b,apple-m3-max-40,1,qwen2.5-7b,mlx-lm,mlx-4bit,1024,1024,1,700,70,5.2,True,False,,,,github.com/c/d,2026-01,",
        "c,,1,qwen2.5-7b,mlx-lm,mlx-4bit,1024,1024,1,700,70,,True,False,,,,github.com/c/d,2026-01,",
    )
    assert run([str(path), "--json"], catalog=CATALOG) == 0
    found = json.loads(capsys.readouterr().out)
    for quantity in ("decode", "prefill", "peak_memory"):
        assert FIGURES | {"rows", "by_device", "by_runtime", "not_covered"} <= set(found[quantity])
    assert found["decode"]["rows"] == 3
    assert found["decode"]["covered"] == 2
    assert found["decode"]["not_covered"] == {"device not named in our ids": 1}
    assert set(found["decode"]["by_device"]) == {"nvidia-rtx-4080", "apple-m3-max-40"}
    assert found["peak_memory"]["covered"] == 1


def test_run_gives_each_odd_row_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = TABLE.read_text("utf-8").splitlines()
    few = tmp_path / "few.csv"  # a fit to all of them takes seconds and gives the same reasons
    few.write_text("\n".join(shipped[:200]) + "\n", "utf-8")
    monkeypatch.setattr("calculator.calibration.accuracy.TABLE", few)
    path = table_file(
        tmp_path,
        "a,nvidia-foo,1,llama-3-8b,llama.cpp,q4_k_m,512,0,1,4000,80,5,True,False,,,,x,2026-01,",
        "b,nvidia-rtx-4090,1,llama-9,llama.cpp,q4_k_m,512,0,1,4000,80,5,True,False,,,,x,2026-01,",
        "c,nvidia-rtx-4090,1,llama-3-8b,triton,q4_k_m,512,0,1,4000,80,5,True,False,,,,x,20xx,",
        "d,nvidia-rtx-4090,1,llama-3-8b,llama.cpp,qx,512,0,1,4000,80,5,True,False,,,,,,",
        "e,nvidia-rtx-4090,1,llama-3-8b,llama.cpp,q4_k_m,abc,0,1,4000,80,5,maybe,False,,,,,,",
        "f,nvidia-rtx-4090,0,llama-3-8b,llama.cpp,q4_k_m,512,0,0,0,0,0,True,False,,,,x,,power cap 0; instances=0; ub=0",
        "g,nvidia-rtx-4090,1,llama-3-8b,lm-studio,,512,,1,,95,,True,False,,,,x,,",
        ",,,,,,,,,,1,,,,,,,,,",
    )
    for left_out in ("none", "source"):
        assert run([str(path), "--leave-out", left_out, "--json"], catalog=CATALOG) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["decode"]["rows"] == 8
        assert found["decode"]["covered"] == 1
        assert found["decode"]["not_covered"] == {
            "a rate of N tokens/s": 1,
            "device nvidia-foo is not in the catalogue": 1,
            "device not named in our ids": 1,
            "format qx is not in the catalogue": 1,
            "model llama-9 is not in the catalogue": 1,
            "prompt_tokens is not a number from 0 to 100,000,000": 1,
            "runtime triton is not in the catalogue": 1,
        }


def test_run_prints_a_table_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table_file(
        tmp_path,
        "a,nvidia-rtx-4080,1,gemma-2-9b,llama.cpp,q4_k_m,512,0,1,4000,80,,True,False,,,,github.com/c/d,2026-01,",
    )
    assert run([str(path)], catalog=CATALOG) == 0
    text = capsys.readouterr().out
    assert text == table_of(report(read_table(path), catalog=CATALOG)) + "\n"
    assert "nvidia-rtx-4080" in text


def test_run_refuses_a_table_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(CalculatorError, match="does not exist"):
        run([str(tmp_path / "none.csv")], catalog=CATALOG)
