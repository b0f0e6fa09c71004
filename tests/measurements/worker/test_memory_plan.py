"""Memory plan of a probe: it bounds what is held and refuses what does not fit."""

import json
from pathlib import Path

import pytest

from measurements.probe.request import spec_for
from measurements.probe.run import run_worker
from tests.measurements.tiny import TOO_LARGE, FastProbe, in_worker, tiny_spec

pytest.importorskip("mlx_lm.models", reason="mlx-lm is not installed")


def test_plan_holds_against_what_is_really_held(fast_probe: FastProbe) -> None:
    found, _, _ = fast_probe
    plan, built = found.event("plan"), found.event("built")
    assert 0 <= built["held_bytes"] - plan["distinct_bytes"] < 20_000
    # decode and prefill never hold more than the plan said (its program overhead is the process itself, not MLX)
    peak = max(sample["peak_bytes"] for sample in found.samples("prefill"))
    assert peak <= plan["peak_bytes"] - plan["overhead_bytes"]


def test_real_probe_that_would_not_fit_is_refused_before_it_loads(saved_model: Path, tmp_path: Path) -> None:
    asked = spec_for(str(saved_model), tier="real", format_id="bf16", limits={"depths": (200_000,)})
    outcome = run_worker(
        asked.model_copy(update={"lock_file": str(tmp_path / "lock"), "memory_limit_bytes": 1_000_000_000})
    )
    assert outcome.status == "refused", outcome.sentence
    # the cache alone: 6 layers x 2 x 2 heads x 64 x 2 bytes x 200,000 tokens = 0.61 GB;
    # the scores: 4 heads x 64 x 200,000 x 4 bytes = 0.2 GB
    assert outcome.event("plan")["kv_bytes"][0] > 6 * 2 * 2 * 64 * 2 * 200_000
    assert outcome.event("built") == {}


def test_probe_that_would_not_fit_is_refused_with_its_figures(tmp_path: Path) -> None:
    outcome = run_worker(tiny_spec(tmp_path, **TOO_LARGE))
    plan = outcome.event("plan")
    assert outcome.status == "refused", outcome.sentence
    assert plan["peak_bytes"] > 0.9 * TOO_LARGE["memory_limit_bytes"]
    assert f"{plan['peak_bytes'] / 1e9:.2f} GB" in outcome.sentence
    assert "built" not in {event["event"] for event in outcome.events}


# Peaks of the probe on an H100 80 GB (mlx-cuda 0.32.4, 2026-11-27), steps of 512 tokens after 8,192, in bytes: work
# space beyond weights and cache, by model, packing and sequences
ON_H100 = [
    ("llama-3-8b", True, 1, 2_629_174_632),
    ("llama-3-8b", False, 1, 1_502_148_248),
    ("llama-3-8b", True, 8, 12_679_515_472),
    ("qwen3-30b-a3b", True, 1, 2_379_345_296),
    ("qwen3-30b-a3b", False, 1, 1_915_740_040),
]


def test_plan_on_cuda_covers_what_an_h100_took_and_not_three_times_as_much() -> None:
    code = f"""
import json
from pathlib import Path
from measurements.worker.memory_plan import transient_bytes, unpacked_bytes
for name, is_packed, count, _ in {ON_H100!r}:
    config = json.loads(Path(f"measurements/model_configs/{{name}}.json").read_text())
    one = transient_bytes(config, chunk_tokens=512, context_tokens=8_736, backend="cuda")
    print(json.dumps(count * one + (unpacked_bytes(config, backend="cuda") if is_packed else 0)))
"""
    planned = [json.loads(line) for line in in_worker(code).splitlines()]
    assert len(planned) == len(ON_H100)
    for (name, is_packed, count, taken), bytes_planned in zip(ON_H100, planned, strict=True):
        assert taken < bytes_planned < 3 * taken, (name, is_packed, count)
