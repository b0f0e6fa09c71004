"""Work space of reading a prompt: published prefill steps, and what each runtime counts."""

from dataclasses import replace
from typing import Any

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.catalog.hardware import Hardware
from calculator.catalog.models import LanguageModel
from calculator.physics.memory.memory_fit import MemoryFit, memory_fit
from calculator.physics.memory.work_space import (
    TransientConstants,
    layer_width_bytes,
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


def test_transient_bytes_of_llama_cpp_are_logits_and_the_mask() -> None:
    model, runtime = CATALOG.model("llama-3-8b"), CATALOG.runtime("llama.cpp")
    asked = {"runtime": runtime, "context_tokens": 8_192, "constants": CONSTANTS}
    assert transient_bytes(model, prefill_step_tokens=512, **asked) == 512 * (128_256 * 4 + 8_192 * 2)
    short = transient_bytes(model, runtime=runtime, context_tokens=100, constants=CONSTANTS, prefill_step_tokens=512)
    assert short == 100 * (128_256 * 4 + 100 * 2)  # a step is no longer than the prompt


def test_transient_bytes_of_mlx_by_hand() -> None:
    # Llama 3 8B, fused heads: a chunk of 2,048 x (layers in flight x 43,008 numbers of a layer x 2 bytes), or the
    # logits where they are more; one layer's cache of 8 heads x 256 x 2 bytes a token is copied when it grows
    model = CATALOG.model("llama-3-8b")
    width = 2 * (4096 + 2 * 1024 + 4096 + 2 * 14336 + 4096)
    cache = 8 * 256 * 2 * 8_192

    def found(layers_in_flight: float) -> int:
        constants = replace(CONSTANTS, base_bytes=1e9, layers_in_flight=layers_in_flight)
        return transient_bytes(model, runtime=MLX, context_tokens=8_192, constants=constants)

    assert found(6.0) == pytest.approx(1e9 + 2048 * 6 * width + cache, rel=1e-3)
    assert found(0.1) == pytest.approx(1e9 + 2048 * 128_256 * 2 + cache, rel=1e-3)


def test_scores_of_heads_without_a_fused_kernel_by_hand() -> None:
    # Gemma 3 27B, were its heads of 128 not fused: a sliding layer sees its window of 1,024 and the step, the others
    # the whole prompt, and the largest matrix counts: 32 heads x step x tokens x 2 bytes
    model = CATALOG.model("gemma-3-27b")
    fused, unfused = (replace(CONSTANTS, fused_head_dims=sizes) for sizes in ((128,), (64,)))

    def scores(of: LanguageModel, tokens: int) -> int:
        asked = {"runtime": MLX, "context_tokens": tokens, "prefill_step_tokens": 512}
        return transient_bytes(of, constants=unfused, **asked) - transient_bytes(of, constants=fused, **asked)

    assert scores(model, 32_768) == 32 * 512 * 32_768 * 2
    sliding = model.model_copy(update={"caches": tuple(one for one in model.caches if one.kind == "sliding")})
    assert scores(sliding, 32_768) == 32 * 512 * (1_024 + 512) * 2
    assert scores(sliding, 800) == 32 * 512 * 800 * 2


@pytest.mark.parametrize("size", [64, 72, 80, 96, 128])
def test_head_sizes_with_a_fused_kernel_make_no_scores(size: int) -> None:
    assert size in CONSTANTS.fused_head_dims


def test_recommended_step_is_the_smallest_where_none_fits_and_fits_to_the_byte() -> None:
    model = CATALOG.model("llama-3-70b")

    def step(available: float) -> int:
        return recommended_prefill_step_tokens(
            model, runtime=MLX, context_tokens=8_192, constants=CONSTANTS, available_bytes=available
        )

    needed = {
        size: transient_bytes(model, runtime=MLX, context_tokens=8_192, constants=CONSTANTS, prefill_step_tokens=size)
        for size in (2048, 1024, 512, 256)
    }
    assert step(0) == 256
    for size, size_bytes in needed.items():
        assert step(size_bytes) == size
        assert step(size_bytes - 1) == max(256, size // 2)


def test_recommended_step_of_other_runtimes_is_their_own() -> None:
    vllm = CATALOG.runtime("vllm")
    found = recommended_prefill_step_tokens(
        CATALOG.model("llama-3-70b"), runtime=vllm, context_tokens=8_192, constants=CONSTANTS, available_bytes=0
    )
    assert found == vllm.prefill_step_tokens


def test_layer_width_counts_recurrent_parts_more_often_and_experts_that_are_asked() -> None:
    dense, experts = CATALOG.model("llama-3-8b"), CATALOG.model("mixtral-8x7b")
    assert layer_width_bytes(dense, recurrent_width=9.0) == 2 * (4096 + 2 * 1024 + 4096 + 2 * 14336 + 4096)
    # attention, router of eight, and of two of eight experts gate, up and down
    width = 4096 + 2 * 1024 + 4096 + 8 + 2 * (2 * 14336 + 4096)
    assert layer_width_bytes(experts, recurrent_width=9.0) == 2 * width
    recurrent = CATALOG.model("qwen3.5-4b")
    assert layer_width_bytes(recurrent, recurrent_width=3.0) > layer_width_bytes(recurrent, recurrent_width=1.0)
    without = recurrent.model_copy(update={"caches": tuple(c for c in recurrent.caches if c.kind != "recurrent")})
    assert layer_width_bytes(without, recurrent_width=3.0) < layer_width_bytes(recurrent, recurrent_width=3.0)
