"""Plausible records to vary in tests."""

from typing import Any

from measurements.records.record import Engine, Host, Measurement, ModelUnderTest, Result, Series, Workload


def a_measurement(run: str = "1", **changes: Any) -> Measurement:
    """Llama-3-70B 4-bit on an M2 Ultra, decode 12.1 token/s: a plausible record to vary."""
    fields: dict[str, object] = {
        "kind": "fast",
        "run": run,
        "measured_at": "2026-11-22T10:00:00Z",
        "host": Host(host_id="h1", chip="apple-m2-ultra-76", gpu_core_count=76, os="macOS", os_version="26.1"),
        "engine": Engine(name="mlx-lm", version="0.32.4", mlx_lm_version="0.32.2", backend="metal"),
        "model": ModelUnderTest(
            model="llama-3-70b", format="mlx-4bit", bits=4, group_size=64, weights="random-aliased"
        ),
        "workload": Workload(depth_tokens=512, generated_tokens=64, kv_fill="synthetic"),
        "result": Result(decode_tokens_per_s=Series.of([12.0, 12.1, 12.2])),
    }
    return Measurement.model_validate(fields | changes)
