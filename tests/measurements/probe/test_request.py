"""Probe requests: checked specs, and one sentence for a target that cannot be probed."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from calculator.errors import CalculatorError
from measurements.probe.request import spec_for
from measurements.records.record import MeasurementError
from tests.measurements.tiny import LLAMA


def test_real_probe_of_500_gb_is_refused_at_once(tmp_path: Path) -> None:
    header = json.dumps(
        {"w": {"dtype": "BF16", "shape": [250_000_000_000], "data_offsets": [0, 500_000_000_000]}}
    ).encode()
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    file = tmp_path / "model.safetensors"
    file.write_bytes(len(header).to_bytes(8, "little") + header)
    try:
        os.truncate(file, file.stat().st_size + 500_000_000_000)
    except OSError:
        pytest.skip("this file system has no sparse files of that size")
    with pytest.raises(MeasurementError, match=r"holds 500\.0 GB of weights; this machine has"):
        spec_for(str(tmp_path), tier="real", format_id="bf16")


def test_real_probe_of_a_folder_with_code_is_refused_before_a_worker_starts(saved_model: Path) -> None:
    (saved_model / "modeling_evil.py").write_text("raise SystemExit('it ran')")
    try:
        with pytest.raises(MeasurementError, match=r"modeling_evil\.py may carry code"):
            spec_for(str(saved_model), tier="real", format_id="bf16")
    finally:
        (saved_model / "modeling_evil.py").unlink()


def test_spec_of_a_shipped_model_carries_its_shapes() -> None:
    spec = spec_for("llama-3-70b", tier="fast", format_id="mlx-8bit", limits={"depths": (512,), "trial_count": None})
    assert (spec.model, spec.config["num_hidden_layers"], spec.depths) == ("llama-3-70b", 80, (512,))
    assert "_about" not in spec.config


@pytest.mark.parametrize(
    ("target", "tier", "revision", "said"),
    [
        ("no-such-model", "fast", "", "no-such-model"),
        ("mlx-community/Qwen3-4B-4bit", "real", "", "pinned revision"),
        ("mlx-community/Qwen3-4B-4bit", "real", "main", "pinned revision"),
        ("/etc", "real", "", "config.json"),
        ("../../x", "real", "", "is not a model folder"),
        ("a b/c", "real", "a" * 40, "is not a repository id"),
    ],
)
def test_target_that_cannot_be_probed_is_refused_with_a_sentence(
    target: str, tier: Any, revision: str, said: str
) -> None:
    with pytest.raises(CalculatorError, match=said):
        spec_for(target, tier=tier, format_id="bf16", revision=revision)
