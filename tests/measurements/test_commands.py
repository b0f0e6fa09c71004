"""Do the commands do what they say, with one sentence and exit code 2 where the request is wrong?"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from calculator.catalog import load_catalog
from measurements.__main__ import main
from measurements.records.gate import refusal
from measurements.records.record import Engine, Host, MeasurementError, ModelUnderTest, Result, Series, Workload
from measurements.records.store import Store
from tests.measurements.examples import a_measurement
from tests.measurements.tiny import LLAMA

FOLDER = Path(__file__).parent.parent / "fixtures" / "importers"
ROOT = Path(__file__).parent.parent.parent


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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["import", "/no/such/file"], "cannot be read"),
        (["delete", "zz"], "No measurement has the id 'zz'"),
        (["list", "--store", "mysql://x/y"], "use the path of a SQLite file"),
        (["agent", "--queue", "http://x"], "needs a PostgreSQL address"),
        (["probe", "no-such-model"], "no-such-model"),
        (["probe", "owner/name", "--tier", "real"], "pinned revision"),
        (["probe", "llama-3-8b", "--format", "q4_k_m"], "which has no such packing"),
        (["nonsense"], "is not a command"),
        (["probe", "--trials", "100000"], "trial_count"),
        (["probe", "llama-3-8b", "--depths", "1,2,3,4,5,6,7,8,9"], "depths"),
    ],
)
def test_wrong_request_is_one_sentence_and_exit_code_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEASUREMENTS_URL", str(tmp_path / "m.sqlite"))
    assert main(arguments) == 2
    found = capsys.readouterr().err
    assert said in found
    assert "Traceback" not in found


def test_probe_prints_a_plan_its_results_and_json_last(tmp_path: Path) -> None:
    pytest.importorskip("mlx_lm.models", reason="mlx-lm is not installed")
    config = tmp_path / "config.json"
    config.write_text(json.dumps(LLAMA))
    store = str(tmp_path / "m.sqlite")
    sizes = [
        "--depths",
        "32",
        "--chunk",
        "32",
        "--tokens",
        "4",
        "--trials",
        "2",
        "--memory-limit-gb",
        "3",
        "--store",
        store,
    ]
    done = subprocess.run(
        [sys.executable, "-m", "measurements", "probe", str(config), "--tier", "fast", "--format", "bf16", *sizes],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["status"], last["tier"], len(last["records"])) == ("ok", "fast", 2)
    assert last["plan"]["layer_count"] == 6
    assert "weights 0.01 GB" in done.stderr
    assert "tokens/s at 32 tokens of context" in done.stderr
    assert last["plan"]["flops_per_prefill_token"] > 0
    assert Store(store).count() == 2


def test_agent_takes_shipped_models_only() -> None:
    from measurements.cli.agent import check_request

    check_request(model="llama-3-70b", tier="fast")
    check_request(model="", tier="host")
    for model, tier in (("/etc/passwd", "fast"), ("owner/name", "fast"), ("llama-3-70b", "real"), ("../x", "host ")):
        with pytest.raises(MeasurementError, match="an agent accepts"):
            check_request(model=model, tier=tier)


# --- the gate, on records


def _record(decode: float | None = None, prefill: float | None = None, **changes: object):  # type: ignore[no-untyped-def]
    fields = {
        "kind": "imported",
        "host": Host(chip="nvidia-rtx-4090"),
        "engine": Engine(name="llama.cpp", version="b8240"),
        "model": ModelUnderTest(model="llama-3-8b", format="q4_k_m"),
        "workload": Workload(
            prompt_tokens=512 if prefill else 0, generated_tokens=128 if decode else 0, depth_tokens=512
        ),
        "result": Result(
            decode_tokens_per_s=Series.of([decode]) if decode else None,
            prefill_tokens_per_s=Series.of([prefill]) if prefill else None,
        ),
    }
    return a_measurement(**(fields | changes))


@pytest.mark.parametrize(
    ("decode", "prefill", "changes", "said"),
    [
        (130.0, None, {}, None),  # a published RTX 4090 writes about 130 token/s with this file of 4.9 GB
        (2500.0, None, {}, "beats the bandwidth"),  # the sum of many streams, or a prefill rate, given as one stream
        (None, 7000.0, {}, None),
        (None, 900_000.0, {}, "warm cache"),
        (
            130.0,
            None,
            {"model": ModelUnderTest(model="llama-3-8b", format="q4_k_m", file_bytes=16_000_000_000)},
            "is not this format",
        ),
        (20.0, None, {"model": ModelUnderTest(model="llama-3.1-405b", format="q4_k_m")}, "do not fit"),
        (9_999.0, None, {"host": Host(chip="a-chip-of-nobody")}, None),  # cannot be judged, and is never used
    ],
)
def test_gate_refuses_what_physics_forbids(
    decode: float | None, prefill: float | None, changes: dict[str, object], said: str | None
) -> None:
    found = refusal(_record(decode, prefill, **changes), catalog=load_catalog())
    assert (found is None) if said is None else (found is not None and said in found), found
