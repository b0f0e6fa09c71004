"""Physics gate of the store, on records."""

from typing import Any

import pytest

from calculator.catalog import load_catalog
from measurements.records.gate import refusal
from measurements.records.record import Engine, Host, Measurement, ModelUnderTest, Result, Series, Workload
from tests.measurements.examples import a_measurement


def _record(decode: float | None = None, prefill: float | None = None, **changes: Any) -> Measurement:
    fields: dict[str, Any] = {
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
