"""Probe command: the plan, the results and the JSON in the last line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from measurements.probe.run import ROOT
from measurements.records.store import Store
from tests.measurements.tiny import LLAMA


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
