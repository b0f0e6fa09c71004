"""Prefill: time to first token by hand, limits, published figures."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.catalog.calibration import Calibration, Law
from calculator.catalog.deployment import Deployment, Workload
from calculator.catalog.hardware import hardware_of
from calculator.catalog.models import Split
from calculator.physics.memory.work import work_of
from calculator.physics.speed.classes import Conditions, matrix_flops_per_ms
from calculator.physics.speed.prefill import prefill_estimate, prefill_speed, prefill_terms, time_to_first_token
from calculator.physics.speed.speed import Speed

CATALOG = load_catalog()


NEUTRAL = Calibration("2026-11-22", 2026.7, {}, Law({}, {}, 0.1, {}), Law({}, {}, 0.1, {}))


def deployed(chip: str, model: str, format: str, runtime: str, *, count: int = 1, split: Split = "layer") -> Deployment:
    hardware = hardware_of(CATALOG.chips[chip], chips=CATALOG.chips, chip_count=count)
    return Deployment(CATALOG.model(model), CATALOG.format(format), CATALOG.runtime(runtime), hardware, split=split)


def speed(
    chip: str,
    model: str,
    format: str,
    runtime: str,
    *,
    prompt: float = 4096,
    depth: float = 0,
    count: int = 1,
    split: Split = "layer",
) -> Speed:
    deployment = deployed(chip, model, format, runtime, count=count, split=split)
    workload = Workload(prompt_tokens=prompt, depth_tokens=depth)
    return prefill_speed(deployment, workload, calibration=CATALOG.calibration)


def test_prefill_terms_hand_worked_case() -> None:
    # Llama-3 8B F16 on a 4090 (330.4 TFLOPS with the halving undone), 512 tokens: linear 2 x 6.979e9 x 512 + head 2 x
    # 0.5253e9 = 7.148e12 operations
    terms, _ = prefill_terms(
        deployed("nvidia-rtx-4090", "llama-3-8b", "f16", "llama.cpp"),
        Workload(prompt_tokens=512),
        conditions=Conditions(step_tokens=512),
    )
    base = {term.name: term.base_ms for term in terms}
    assert matrix_flops_per_ms(CATALOG.chips["nvidia-rtx-4090"]) == pytest.approx(330.4e9)
    assert base["linear"] == pytest.approx((2 * 6.979e9 * 512 + 2 * 0.5253e9) / 330.4e9, rel=1e-3)
    assert base["attention"] == pytest.approx(2 * 32 * 256 * 32 * 512 * 256 / 330.4e9)
    assert base["launch"] == pytest.approx(32 * 0.05)


def test_scores_of_llama_cpp_before_flash_attention_cross_the_memory() -> None:
    # Llama-3 8B, 8,192 tokens: 32 heads x 32 layers x 8,192 x 4,096 scores x 16 bytes = 549.8 GB / 1,008 GB/s = 545 ms.
    # Published for May 2024 on an RTX 3090: a token took 225 us in a prompt of 512, 375 us in one of 8,192.
    deployment = deployed("nvidia-rtx-4090", "llama-3-8b", "f16", "llama.cpp")
    old, new = (
        {term.name: term.base_ms for term in prefill_terms(deployment, Workload(8192), conditions=conditions)[0]}
        for conditions in (Conditions(age_years=2.2), Conditions())
    )
    assert old["scores"] == pytest.approx(32 * 32 * 8192 * 4096 * 16 / 1008e6)
    assert "scores" not in new


def test_pipeline_of_llama_cpp_has_four_chunks_at_once_at_the_most() -> None:
    # 16 chunks of 512 on n cards: n x 16 / (16 + n - 1) times one card with neutral constants, as four from five cards on
    def ms(count: int) -> float:
        deployment = deployed("nvidia-rtx-4090", "llama-3-8b", "q4_k_m", "llama.cpp", count=count)
        return prefill_estimate(deployment, Workload(8192), calibration=NEUTRAL).central_ms

    assert ms(1) / ms(2) == pytest.approx(2 * 16 / 17)
    assert ms(1) / ms(4) == pytest.approx(4 * 16 / 19)
    assert ms(8) == pytest.approx(ms(4))


def test_time_to_first_token_hand_worked_case() -> None:
    prefill = Speed(low=100, central=200, high=400, unit="token/s", bound_by="compute", basis="fitted")
    found = time_to_first_token(prefill, prompt_tokens=4000, cached_fraction=0.5)  # 2,000 tokens
    assert (found.low, found.central, found.high, found.unit) == (5.0, 10.0, 20.0, "s")


@settings(max_examples=40, deadline=None)
@given(
    chip=st.sampled_from(sorted(CATALOG.chips)),
    model=st.sampled_from(sorted(CATALOG.models)),
    prompt=st.integers(512, 60_000),
    more=st.integers(1, 60_000),
)
def test_prefill_time_rises_with_the_prompt_and_its_depth(chip: str, model: str, prompt: int, more: int) -> None:
    def seconds(tokens: int, depth: int = 0) -> float:
        return tokens / speed(chip, model, "q4_k_m", "llama.cpp", prompt=tokens, depth=depth).central

    assert seconds(prompt + more) > seconds(prompt)
    assert seconds(prompt, depth=more) >= seconds(prompt)


@settings(max_examples=40, deadline=None)
@given(
    chip=st.sampled_from(sorted(CATALOG.chips)),
    model=st.sampled_from(sorted(CATALOG.models)),
    prompt=st.integers(512, 100_000),
)
def test_prefill_speed_stays_below_the_matrix_rate(chip: str, model: str, prompt: int) -> None:
    found = speed(chip, model, "q4_k_m", "llama.cpp", prompt=prompt)
    flops = work_of(CATALOG.model(model), CATALOG.format("q4_k_m")).linear_flops
    neural = 4.0 if CATALOG.chips[chip].family == "apple-m5" else 1.0  # matrix units that no published rate covers
    assert 0 < found.low < found.central < found.high
    assert found.central * flops < matrix_flops_per_ms(CATALOG.chips[chip]) * 1000 * neural


@pytest.mark.parametrize(
    ("chip", "count", "measured", "year"),
    [
        ("nvidia-rtx-4090", 2, 905, 2024.36),
        ("apple-m2-ultra-76", 1, 118, 2024.36),
        ("apple-m3-ultra-80", 1, 162, 2025.94),
    ],
)
def test_prefill_estimate_of_its_own_year_agrees_with_published_70b_figures(
    chip: str, count: int, measured: float, year: float
) -> None:
    known = CATALOG.calibration
    prompt = 512 if year > 2025 else 1024
    found = prefill_estimate(
        deployed(chip, "llama-3-70b", "q4_k_m", "llama.cpp", count=count),
        Workload(prompt_tokens=prompt),
        conditions=Conditions(step_tokens=512, age_years=known.year - year),
        calibration=known,
    )
    assert 1000 * prompt / found.central_ms == pytest.approx(measured, rel=0.2)
    assert (
        speed(chip, "llama-3-70b", "q4_k_m", "llama.cpp", prompt=prompt, count=count).high > measured
    )  # later builds are not slower


def test_prefill_speed_of_an_m5_is_a_multiple_of_an_m4() -> None:
    fast = speed("apple-m5-max-40", "qwen3-32b", "mlx-4bit", "mlx-lm").central
    slow = speed("apple-m4-max-40", "qwen3-32b", "mlx-4bit", "mlx-lm").central
    assert 1.5 < fast / slow < 5.0


def test_prefill_speed_tensor_split_over_pcie_gains_little_for_long_prompts() -> None:
    # published: 27B on 3090s, 1,852 tok/s on two and 865 on four cards in a tensor split, 3,167 on four in a layer
    # split
    two = speed("nvidia-rtx-3090", "qwen3.8-27b", "fp8", "vllm", prompt=8192, count=2, split="tensor").central
    four = speed("nvidia-rtx-3090", "qwen3.8-27b", "fp8", "vllm", prompt=8192, count=4, split="tensor").central
    layer = speed("nvidia-rtx-3090", "qwen3.8-27b", "q4_k_m", "llama.cpp", prompt=8192, count=4).central
    assert four < two < layer


def test_prefill_speed_with_neutral_constants_is_finite_for_every_chip() -> None:
    for chip in CATALOG.chips:
        deployment = deployed(chip, "gpt-oss-20b", "mxfp4", "llama.cpp")
        found = prefill_speed(deployment, Workload(prompt_tokens=2048), calibration=NEUTRAL)
        assert 0 < found.low < found.high < float("inf")


def test_prefill_step_of_the_workload_changes_the_speed() -> None:
    deployment = deployed("nvidia-gb10", "gpt-oss-120b", "mxfp4", "llama.cpp")
    usual, large = (
        prefill_speed(
            deployment, Workload(prompt_tokens=8192, prefill_step_tokens=step), calibration=CATALOG.calibration
        ).central
        for step in (None, 2048)
    )
    assert large > usual


def test_prefill_at_a_depth_is_the_rate_of_the_new_tokens_alone() -> None:
    # llama-bench "pp2048 @ d32768": 2,048 tokens after 32,768, slower than 2,048 from an empty cache
    new = speed("amd-strix-halo-128", "llama-2-7b", "q4_0", "llama.cpp", prompt=2048, depth=32768).central
    assert new < 0.5 * speed("amd-strix-halo-128", "llama-2-7b", "q4_0", "llama.cpp", prompt=2048).central


def test_prefill_of_a_latent_cache_costs_llama_cpp_more_arithmetic() -> None:
    # DeepSeek-V3 works with 192 + 128 numbers a head once unpacked, with 576 + 512 as it is stored
    bases = {}
    for runtime, format in (("llama.cpp", "q4_k_m"), ("vllm", "fp8")):
        terms, _ = prefill_terms(deployed("nvidia-h200", "deepseek-v3-671b", format, runtime), Workload(4096))
        bases[runtime] = next(term.base_ms for term in terms if term.name == "attention")
    assert bases["llama.cpp"] / bases["vllm"] == pytest.approx(1088 / 320)
