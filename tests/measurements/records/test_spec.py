"""Probe specs: formats and quantisation, one request at a time with real weights."""

from pathlib import Path
from typing import Any

import pytest

from measurements.records.record import MeasurementError
from measurements.records.spec import Quantization, format_of_quantization, quantization_of
from tests.measurements.tiny import tiny_spec


@pytest.mark.parametrize(
    ("packing", "said"),
    [
        (None, "bf16"),
        ({"bits": 8, "group_size": 32}, "mlx-8bit-g32"),
        ({"bits": 4, "group_size": 32, "mode": "mxfp4"}, "mlx-mxfp4"),
        ({"bits": 4, "group_size": 64, "lm_head": {"bits": 6, "group_size": 64}}, ""),
        ({"bits": 4, "group_size": 64, "model.layers.0.mlp": False}, "mlx-4bit"),
        ({"quant_method": "awq"}, ""),
        ("4bit", ""),
    ],
)
def test_format_of_a_converted_model(packing: Any, said: str) -> None:
    assert format_of_quantization(packing) == said


def test_real_tier_runs_one_request_at_a_time_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one request at a time"):
        tiny_spec(tmp_path, tier="real", batch_count=4)


@pytest.mark.parametrize(
    ("name", "packing"),
    [
        ("bf16", None),
        ("mlx-4bit", Quantization(mode="affine", bits=4, group_size=64)),
        ("mlx-8bit-g32", Quantization(mode="affine", bits=8, group_size=32)),
        ("mlx-mxfp4", Quantization(mode="mxfp4", bits=4, group_size=32)),
        ("mlx-nvfp4", Quantization(mode="nvfp4", bits=4, group_size=16)),
    ],
)
def test_quantization_of_a_format(name: str, packing: Quantization | None) -> None:
    assert quantization_of(name) == packing


def test_format_that_mlx_cannot_pack_is_refused() -> None:
    with pytest.raises(MeasurementError, match="format is 'q4_k_m'"):
        quantization_of("q4_k_m")
