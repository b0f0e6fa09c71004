"""Work space of reading a prompt: published prefill steps, and what each runtime counts."""

from dataclasses import replace
from typing import Any

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.catalog.hardware import Hardware
from calculator.physics.memory.memory_fit import MemoryFit, memory_fit
from calculator.physics.memory.work_space import (
    TransientConstants,
    recommended_prefill_step_tokens,
    transient_bytes,
)

CATALOG = load_catalog()


CONSTANTS = TransientConstants.of(CATALOG.constants)


MLX = CATALOG.runtime("mlx-lm")


def _hardware(chip: str, memory_gib: float, count: int = 1, ram_gb: float | None = None) -> Hardware:
    return Hardware(chip=CATALOG.chips[chip], chip_count=count, memory_gib=memory_gib, system_ram_gib=ram_gb)


MAC_192 = _hardware("apple-m2-ultra-76", 192)


def _fit(model: str, hardware: Hardware, format_id: str, runtime: str, tokens: int, **options: Any) -> MemoryFit:
    """The fit with fields of Workload, Deployment or HostSettings changed."""
    deployment = Deployment(CATALOG.model(model), CATALOG.format(format_id), CATALOG.runtime(runtime), hardware)
    workload = Workload(context_tokens=tokens)
    for name, value in options.items():
        if hasattr(workload, name):
            workload = replace(workload, **{name: value})
        elif hasattr(deployment, name):
            deployment = replace(deployment, **{name: value})
        else:
            deployment = replace(deployment, host=replace(deployment.host, **{name: value}))
    return memory_fit(deployment, workload, catalog=CATALOG)


def test_transient_bytes_have_the_slope_of_the_published_prefill_steps() -> None:
    """mlx-lm PR 1781: Qwen3.8-27B 4-bit at 128k on an M5 Max, peak 39.78 GB at 2,048 tokens a step ... 26.52 at 256."""
    hardware = _hardware("apple-m5-max-40", 128)
    for step, peak_gb in ((2048, 39.78), (1024, 32.26), (512, 28.54), (256, 26.52)):
        fit = _fit("qwen3.8-27b", hardware, "mlx-4bit", "mlx-lm", 131_072, prefill_step_tokens=step)
        assert (fit.peak_bytes - fit.overhead_bytes) / 1e9 == pytest.approx(peak_gb, rel=0.02), step


def test_work_space_is_that_of_the_prompt_not_of_the_answer() -> None:
    whole = _fit("llama-3-8b", MAC_192, "mlx-4bit", "mlx-lm", 2_000)
    short = _fit("llama-3-8b", MAC_192, "mlx-4bit", "mlx-lm", 2_000, longest_prompt_tokens=10)
    assert short.kv_cache_bytes == whole.kv_cache_bytes
    assert short.transient_bytes < whole.transient_bytes / 5


def test_recommended_step_is_smaller_without_a_fused_kernel_or_without_room() -> None:
    def step(model: str, tokens: int, available: float) -> int:
        return recommended_prefill_step_tokens(
            CATALOG.model(model), runtime=MLX, context_tokens=tokens, constants=CONSTANTS, available_bytes=available
        )

    assert step("llama-3-70b", 131_072, 1e12) == 2048  # head size 128 is fused
    assert step("qwen3.8-27b", 131_072, 1e12) == 512  # 256 is not
    assert step("qwen3.8-27b", 131_072, 3e9) == 256
    long = _fit("qwen3.8-27b", _hardware("apple-m5-max-40", 36), "mlx-4bit", "mlx-lm", 131_072)
    assert not long.fits
    assert any("It fits" in remark.text for remark in long.remarks if remark.code == "smaller-prefill-step")


def test_transient_bytes_are_nothing_where_the_overhead_holds_them() -> None:
    got = transient_bytes(
        CATALOG.model("llama-3-8b"), runtime=CATALOG.runtime("exllamav2"), context_tokens=4_096, constants=CONSTANTS
    )
    assert got == 0


def test_transient_bytes_of_vllm_are_the_larger_of_step_and_sampler() -> None:
    """256 sequences x 128,256 x 38.8 bytes, whatever the context; a long step exceeds it."""
    model, vllm = CATALOG.model("llama-3-8b"), CATALOG.runtime("vllm")
    asked = {"runtime": vllm, "constants": CONSTANTS}
    short, long = (transient_bytes(model, context_tokens=tokens, **asked) for tokens in (100, 100_000))
    assert short == long == round(256 * 128_256 * CATALOG.constants["vllm_sampler_bytes_ratio"].central)
    width = 4096 + 2 * 1024 + 4096 + 2 * 14336 + 4096
    step = transient_bytes(model, context_tokens=100, prefill_step_tokens=32_768, **asked)
    assert step == pytest.approx(32_768 * CATALOG.constants["vllm_layer_width_ratio"].central * width * 2)
