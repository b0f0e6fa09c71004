"""Records of a probe: every sample, remarks, power and host figures."""

from pathlib import Path
from typing import Any

import pytest

from measurements.probe.records_of_events import records_of
from measurements.probe.run import Outcome
from measurements.records.record import Host
from tests.measurements.tiny import FastProbe, tiny_spec


def test_records_hold_every_sample_per_depth_and_phase(
    fast_probe: FastProbe,
) -> None:
    found, spec, records = fast_probe
    assert [(r.workload.depth_tokens, r.workload.prompt_tokens, r.workload.generated_tokens) for r in records] == [
        (32, 0, 4),
        (128, 0, 4),
        (32 + 4, 32, 0),
        (128 + 4, 32, 0),
    ]
    decode = records[0].result.decode_tokens_per_s
    assert decode is not None
    expected = [sample["tokens"] / sample["wall_s"] for sample in found.samples("decode") if sample["depth"] == 32]
    assert list(decode.samples) == expected
    assert len(expected) == spec.trial_count
    assert len({record.run for record in records}) == 1


def test_records_from_the_cpu_backend_say_that_they_are_no_llm_speed(
    fast_probe: FastProbe,
) -> None:
    _, _, records = fast_probe
    for record in records:
        assert record.engine.name == "mlx-cpu"
        codes = {remark.code for remark in record.remarks}
        assert {"cpu-backend", "random-weights"} <= codes
    assert "not a local-LLM speed" in records[0].remarks[0].text


def _outcome_of(samples: list[dict[str, Any]], **plan: object) -> Outcome:
    events: list[dict[str, Any]] = [
        {"event": "hello", "backend": "metal", "versions": {"mlx": "0.32.4"}, "device": {}},
        {"event": "plan", **plan},
    ]
    return Outcome("ok", "", [*events, *({"event": "sample", **sample} for sample in samples)])


def _decode(wall_s: float, trial: int) -> dict[str, Any]:
    return {"phase": "decode", "depth": 32, "trial": trial, "tokens": 10, "wall_s": wall_s, "cpu_s": wall_s}


def test_trials_that_disagree_are_rejected_and_kept(tmp_path: Path) -> None:
    # 10 tokens in 1.0, 1.1, 1.4 s: 10, 9.09, 7.14 token/s spread over (9.82 - 7.53)/9.09 = 25 %
    wild = records_of(_outcome_of([_decode(1.0, 0), _decode(1.1, 1), _decode(1.4, 2)]), tiny_spec(tmp_path), Host())
    assert [record.status for record in wild] == ["rejected"]
    assert "spread" in {remark.code for remark in wild[0].remarks}
    calm = records_of(_outcome_of([_decode(1.0, 0), _decode(1.01, 1), _decode(1.02, 2)]), tiny_spec(tmp_path), Host())
    assert [record.status for record in calm] == ["ok"]
    few = records_of(_outcome_of([_decode(1.0, 0), _decode(1.4, 1)]), tiny_spec(tmp_path), Host())
    assert [record.status for record in few] == [
        "ok"
    ]  # two trials cannot be told apart from chance; the range shows it


def test_weights_inside_the_cache_and_full_time_boxes_are_said(tmp_path: Path) -> None:
    found = _outcome_of([_decode(1.0, 0)], cache_resident=True, in_float32=True)
    found.events.append({"event": "shortened", "trials": 1, "wanted": 5})
    (record,) = records_of(found, tiny_spec(tmp_path), Host())
    assert {"cache-resident", "float32", "shortened"} <= {remark.code for remark in record.remarks}


def test_power_is_kept_with_its_scope_and_energy_per_token(tmp_path: Path) -> None:
    (record,) = records_of(
        _outcome_of([_decode(1.0, 0)]),
        tiny_spec(tmp_path),
        Host(),
        power={"mean_power_w": 200.0, "power_scope": "wall"},
    )
    # 200 W at 10 token/s are 20 J per token
    assert (record.result.mean_power_w, record.result.power_scope, record.result.energy_j_per_token) == (
        200.0,
        "wall",
        20.0,
    )


def test_host_line_through_two_sizes_gives_bandwidth_and_overhead(tmp_path: Path) -> None:
    # 8 layers of 2 MB in 8*30 us and of 8 MB in 8*90 us: 6 MB in 60 us = 100 GB/s; 30 us - 2 MB/100 GB/s = 10 us
    samples = [
        {
            "phase": "layers",
            "size": size,
            "layer_count": 8,
            "bytes_per_layer": size * 1_000_000,
            "trial": trial,
            "wall_s": wall,
            "cpu_s": wall,
        }
        for trial in range(3)
        for size, wall in ((2, 8 * 30e-6), (8, 8 * 90e-6))
    ]
    samples += [{"phase": "matrix", "flops": 4e12, "trial": 0, "wall_s": 0.5, "cpu_s": 0.5}]
    (record,) = records_of(_outcome_of(samples), tiny_spec(tmp_path, tier="host"), Host())
    assert record.result.bandwidth_gb_per_s is not None
    assert record.result.layer_overhead_us is not None
    assert record.result.matrix_tflops is not None
    assert record.result.bandwidth_gb_per_s.central == pytest.approx(100)
    assert record.result.layer_overhead_us.central == pytest.approx(10)
    assert record.result.matrix_tflops.central == pytest.approx(8)
