"""Runtime of a plan: the format's own, the one named, or one sentence."""

import pytest

from calculator.catalog import load_catalog
from measurements.models.ask_mlx_lm import PlanError
from measurements.models.plan_runtime import plan_runtime

CATALOG = load_catalog()
MLX = {"model_type": "x", "quantization": {"group_size": 64, "bits": 4}}
EXL = {"model_type": "x", "quantization_config": {"quant_method": "exl3", "bits": 3}}


def _runtime(format_id: str, *, config: dict[str, object] | None = None, named: str | None = None) -> str:
    given = config or {"model_type": "x"}
    return plan_runtime(CATALOG.format(format_id), config=given, runtime_id=named, catalog=CATALOG).id


@pytest.mark.parametrize(
    ("format_id", "runtime"),
    [
        ("q4_k_m", "llama.cpp"),
        ("f16", "llama.cpp"),
        ("mlx-4bit", "mlx-lm"),
        ("bf16", "mlx-lm"),
        ("fp8", "vllm"),
        ("awq-int4", "vllm"),
        ("nvfp4", "vllm"),
        ("nf4", "vllm"),
        ("mxfp4-native", "vllm"),
        ("exl2-4.0bpw", "exllamav2"),
        ("exl3-4.0bpw", "exllamav3"),
        ("q4f16", "mlc-llm"),
        ("as-released", "vllm"),
    ],
)
def test_format_of_a_runtime_plans_that_runtime(format_id: str, runtime: str) -> None:
    assert _runtime(format_id) == runtime


def test_every_format_has_a_runtime_that_loads_it() -> None:
    for format_id in CATALOG.formats:
        assert _runtime(format_id, named=_runtime(format_id)) == _runtime(format_id)


def test_released_checkpoint_decides_its_runtime() -> None:
    assert _runtime("as-released", config=MLX) == "mlx-lm"
    assert _runtime("as-released", config=EXL) == "exllamav3"


def test_named_runtime_takes_its_own_formats_and_refuses_others() -> None:
    assert _runtime("fp8", named="mlx-lm") == "mlx-lm"  # its own MXFP8
    assert _runtime("awq-int4", named="sglang") == "sglang"
    assert _runtime("mlx-4bit", named="lm-studio") == "lm-studio-mlx"
    assert _runtime("q4_k_m", named="lm-studio") == "lm-studio"
    for format_id, named in (
        ("q4_k_m", "vllm"),
        ("mlx-4bit", "llama.cpp"),
        ("exl3-4.0bpw", "vllm"),
        ("awq-int4", "mlx-lm"),
    ):
        with pytest.raises(PlanError, match=f"does not load {format_id}"):
            _runtime(format_id, named=named)
