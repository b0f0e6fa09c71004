"""Tiers of the probe: real weights, and the end of the time limit."""

from pathlib import Path

import pytest

from measurements.probe.records_of_events import records_of
from measurements.probe.request import spec_for
from measurements.probe.run import run_worker
from measurements.records.record import Host
from tests.measurements.tiny import tiny_spec

pytest.importorskip("mlx_lm.models", reason="mlx-lm is not installed")


def test_real_probe_loads_a_folder_and_times_prompt_and_answer(saved_model: Path, tmp_path: Path) -> None:
    asked = spec_for(
        str(saved_model),
        tier="real",
        format_id="bf16",
        limits={"depths": (48,), "generated_tokens": 5, "trial_count": 2, "chunk_tokens": 16},
    )
    spec = asked.model_copy(update={"lock_file": str(tmp_path / "lock"), "memory_limit_bytes": 3_000_000_000})
    outcome = run_worker(spec)
    assert outcome.status == "ok", outcome.sentence
    decode, prefill = records_of(outcome, spec, Host())
    assert (decode.model.weights, decode.workload.kv_fill) == ("real", "prompt")
    assert (decode.workload.prompt_tokens, decode.workload.generated_tokens) == (48, 5)
    assert decode.result.load_s is not None
    assert prefill.result.time_to_first_token_s is not None
    assert prefill.result.prefill_tokens_per_s is not None
    # 48 prompt tokens over the time to first token, trial by trial
    times, speeds = prefill.result.time_to_first_token_s.samples, prefill.result.prefill_tokens_per_s.samples
    assert [48 / seconds for seconds in times] == pytest.approx(list(speeds))
    assert outcome.samples("decode")[0]["tokens"] == 5
    # 10.5 MB of parameters by hand: embedding and head 2 x 1000 x 256, the last norm 256, and 6 layers of
    # 2 x 256 x 256 + 2 x 128 x 256 + 3 x 512 x 256 + 2 x 256
    by_hand = 2 * (2 * 1000 * 256 + 6 * (2 * 256 * 256 + 2 * 128 * 256 + 3 * 512 * 256 + 2 * 256) + 256)
    assert decode.result.weights_bytes == by_hand


def test_probe_ends_early_and_says_so_where_the_box_has_no_room_for_a_round(tmp_path: Path) -> None:
    outcome = run_worker(tiny_spec(tmp_path, trial_count=200, time_limit_s=6.0))
    assert outcome.status == "ok", outcome.sentence
    assert 1 <= outcome.event("shortened")["trials"] < 200
    assert outcome.seconds < 8
