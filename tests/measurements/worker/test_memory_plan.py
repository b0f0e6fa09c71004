"""Memory plan of a probe: it bounds what is held and refuses what does not fit."""

from pathlib import Path

import pytest

from measurements.probe.request import spec_for
from measurements.probe.run import run_worker
from tests.measurements.tiny import TOO_LARGE, FastProbe, tiny_spec

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
