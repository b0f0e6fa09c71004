"""The model of a probe's records: what was run, and the catalogue id of a real model."""

from pathlib import Path
from typing import Any

from measurements.probe.records_of_events import records_of
from measurements.probe.run import Outcome
from measurements.records.record import Host, Measurement
from tests.measurements.tiny import FastProbe, tiny_spec


def test_records_name_what_was_run(fast_probe: FastProbe) -> None:
    _, _, (record, *_) = fast_probe
    assert (record.model.model, record.model.architecture, record.model.weights, record.model.distinct_layer_count) == (
        "tiny",
        "llama",
        "random-aliased",
        2,
    )
    assert len(record.model.config_sha256) == 64
    assert record.result.weights_bytes is not None
    assert record.result.distinct_weights_bytes is not None
    assert record.result.distinct_weights_bytes < record.result.weights_bytes


def _outcome_of(samples: list[dict[str, Any]], **plan: object) -> Outcome:
    events: list[dict[str, Any]] = [
        {"event": "hello", "backend": "metal", "versions": {"mlx": "0.32.4"}, "device": {}},
        {"event": "plan", **plan},
    ]
    return Outcome("ok", "", [*events, *({"event": "sample", **sample} for sample in samples)])


def _decode(wall_s: float, trial: int) -> dict[str, Any]:
    return {"phase": "decode", "depth": 32, "trial": trial, "tokens": 10, "wall_s": wall_s, "cpu_s": wall_s}


def _real_record(tmp_path: Path, config: dict[str, Any], *, name: str) -> Measurement:
    found = _outcome_of([{**_decode(1.0, 0), "depth": 0, "prompt": 512}])
    found.events.insert(1, {"event": "model", "config": config})
    spec = tiny_spec(tmp_path, tier="real", config={}, model=name.lower(), model_name=name)
    (record,) = records_of(found, spec, Host(chip="apple-m2-ultra-76", host_id="h"))
    return record


def test_real_model_of_the_catalogue_is_named_so_that_its_speed_is_used(tmp_path: Path) -> None:
    from measurements.models.ask_mlx_lm import load_config
    from measurements.records.trusted_speeds import is_usable

    shipped = load_config("qwen3-0.6b")
    record = _real_record(
        tmp_path, {**shipped, "quantization": {"group_size": 64, "bits": 4}}, name="mlx-community/Qwen3-0.6B-4bit"
    )
    assert (record.model.model, record.model.format, record.model.bits) == ("qwen3-0.6b", "mlx-4bit", 4)
    assert is_usable(record)
    # a namesake of other shapes is not that model
    other = _real_record(tmp_path, {**shipped, "num_hidden_layers": 99}, name="mlx-community/Qwen3-0.6B-bf16")
    assert (other.model.model, other.model.format, other.model.bits) == ("mlx-community/qwen3-0.6b-bf16", "bf16", 16)
