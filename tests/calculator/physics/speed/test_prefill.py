"""Prefill: time to first token by hand, limits, published figures."""

import math

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
from calculator.physics.speed.prefill import (
    prefill_cells,
    prefill_estimate,
    prefill_speed,
    prefill_terms,
    time_to_first_token,
)
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


@pytest.mark.parametrize(
    ("chip", "format", "is_scaled"),
    [("nvidia-rtx-4090", "q4_k_m", True), ("nvidia-rtx-4090", "f16", False), ("apple-m3-max-40", "q4_k_m", False)],
)
def test_sums_of_packed_weights_are_scaled_on_nvidia_alone(chip: str, format: str, is_scaled: bool) -> None:
    terms, _ = prefill_terms(deployed(chip, "llama-3-8b", format, "llama.cpp"), Workload(512), conditions=Conditions())
    assert ("rescaling" in {term.name for term in terms}) == is_scaled


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


def _terms(deployment: Deployment, workload: Workload, conditions: Conditions | None = None) -> dict[str, float]:
    return {
        term.name: term.base_ms
        for term in prefill_terms(deployment, workload, conditions=conditions or Conditions())[0]
    }


def test_weights_stream_once_per_chunk_and_experts_as_a_chunk_chooses_them() -> None:
    # Llama 3 8B, 16 bits: 1,300 tokens in steps of 512 are three chunks at 1,008 GB/s
    work = work_of(CATALOG.model("llama-3-8b"), CATALOG.format("f16"))
    deployment = deployed("nvidia-rtx-4090", "llama-3-8b", "f16", "llama.cpp")
    found = _terms(deployment, Workload(1300), Conditions(step_tokens=512))
    assert found["stream"] == pytest.approx(3 * work.dense_bytes / 1008e6)
    assert found["launch"] == pytest.approx(3 * 32 * 0.05)
    # Mixtral: 2 of 8 experts; a chunk of 4 tokens counts as 4^0.75 independent ones, a prompt of 3 as 3^0.75
    experts = work_of(CATALOG.model("mixtral-8x7b"), CATALOG.format("f16"))
    two_cards = deployed("nvidia-h200", "mixtral-8x7b", "f16", "llama.cpp")
    rate = CATALOG.chips["nvidia-h200"].bandwidth_gb_per_s.central * 1e6
    for prompt, step, chunk in ((8, 4, 4), (3, 512, 3)):
        touched = 1 - 0.75 ** (chunk**0.75)
        streamed = (experts.dense_bytes + experts.expert_bytes * touched) * (2 if prompt == 8 else 1)
        assert _terms(two_cards, Workload(prompt), Conditions(step_tokens=step))["stream"] == pytest.approx(
            streamed / rate
        )


def test_prompts_read_together_share_chunks_start_and_first_token() -> None:
    deployment = deployed("nvidia-rtx-4090", "llama-3-8b", "bf16", "vllm")
    work = work_of(CATALOG.model("llama-3-8b"), CATALOG.format("bf16"))
    one, four = (
        _terms(deployment, Workload(512), Conditions(step_tokens=2048, prompt_count=count)) for count in (1, 4)
    )
    assert one["first token"] == pytest.approx(work.dense_bytes / 1008e6)
    assert one["start"] == 20.0
    for name in ("stream", "launch", "first token", "start"):
        assert four[name] == pytest.approx(one[name] / 4)
    assert four["linear"] == one["linear"]
    assert (
        not {"first token", "start"}
        & _terms(deployed("nvidia-rtx-4090", "llama-3-8b", "f16", "llama.cpp"), Workload(512)).keys()
    )


def test_watts_allow_half_a_tera_operation_each() -> None:
    # an RTX 4090 of 450 W: 225 TFLOPS, of 300 W 150, a limit above its own changes nothing; cards of a tensor split add
    work = work_of(CATALOG.model("llama-3-8b"), CATALOG.format("f16"))
    flops = work.linear_flops * 512 + work.head_flops
    for watts, count, rate in ((None, 1, 225e9), (300.0, 1, 150e9), (900.0, 1, 225e9), (None, 2, 450e9)):
        deployment = deployed("nvidia-rtx-4090", "llama-3-8b", "f16", "llama.cpp", count=count, split="tensor")
        found = _terms(deployment, Workload(512), Conditions(power_limit_w=watts))
        assert found["power"] == pytest.approx(flops / rate)
    assert _terms(deployed("apple-m4-max-40", "llama-3-8b", "f16", "llama.cpp"), Workload(512))["power"] == 0


@pytest.mark.parametrize(
    ("chip", "ratio"), [("nvidia-rtx-4090", 2.0), ("apple-m4-max-40", 1.0), ("apple-m5-max-40", 4.0)]
)
def test_no_kernel_beats_eight_bits_on_tensor_cores_or_the_matrix_units(chip: str, ratio: float) -> None:
    found = _terms(deployed(chip, "llama-3-8b", "f16", "llama.cpp"), Workload(512))
    assert found["linear"] / found["arithmetic"] == pytest.approx(ratio)


def test_attention_at_a_depth_looks_back_on_it() -> None:
    found = _terms(deployed("nvidia-rtx-4090", "llama-3-8b", "f16", "llama.cpp"), Workload(512, depth_tokens=1024))
    assert found["attention"] == pytest.approx(2 * 32 * 256 * 32 * 512 * (1024 + 256) / 330.4e9)


def test_exchange_of_a_prompt_is_that_of_each_of_its_tokens() -> None:
    deployment = deployed("nvidia-rtx-4090", "llama-3-8b", "f16", "llama.cpp", count=2, split="tensor")
    one = deployed("nvidia-rtx-4090", "llama-3-8b", "f16", "llama.cpp")
    found, alone = (_terms(each, Workload(512)) for each in (deployment, one))
    assert found["exchange"] == pytest.approx(512 * 4096 * 32 * 2 * 2 / (31.5e6 / 8))
    assert "exchange" not in alone
    for name in ("linear", "attention", "stream"):
        assert found[name] == pytest.approx(alone[name] / 2)


def test_effects_tell_matrix_units_an_old_build_and_another_program() -> None:
    def effects(name: str, deployment: Deployment, conditions: Conditions) -> tuple[str, ...]:
        terms, _ = prefill_terms(deployment, Workload(512), conditions=conditions)
        return next(term.effects for term in terms if term.name == name)

    m5, m4 = (deployed(chip, "llama-3-8b", "q4_k_m", "llama.cpp") for chip in ("apple-m5-max-40", "apple-m4-max-40"))
    for name, effect in (("linear", "linear/accelerator/apple-m5"), ("attention", "attention/accelerator/apple-m5")):
        assert effect in effects(name, m5, Conditions())
        assert not [one for one in effects(name, m4, Conditions()) if "accelerator" in one]
    card = deployed("nvidia-rtx-4090", "llama-3-8b", "q4_k_m", "llama.cpp")
    assert "attention/backend/nvidia vulkan" in effects("attention", card, Conditions(backend="vulkan"))
    _, common = prefill_terms(
        deployed("nvidia-rtx-4090", "llama-3-8b", "q4_k_m", "ollama"), Workload(512), conditions=Conditions(age_years=9)
    )
    assert ("runtime-sort/ollama dense", 1.0) in common
    assert ("age/sort/nvidia llama.cpp dense", 2.5) in common
    _, common = prefill_terms(card, Workload(512))
    assert not [name for name, _ in common if name.startswith(("runtime-sort", "age/"))]


def test_pipeline_gain_is_fitted_and_a_power_limit_costs_its_square() -> None:
    two = deployed("nvidia-rtx-3090", "llama-3-8b", "q4_k_m", "llama.cpp", count=2)
    _, common = prefill_terms(two, Workload(2048), conditions=Conditions(step_tokens=512, power_limit_w=220.0))
    gain = math.log(2 * 4 / 5)
    assert dict(common)["pipeline/all/1"] == dict(common)["pipeline/family/nvidia-ampere"] == pytest.approx(gain)
    short = (1 - 220 / 350) ** 2
    assert dict(common)["power-limit/all/1"] == dict(common)["power-limit/family/nvidia-ampere"] == pytest.approx(short)


def test_cells_of_a_reading_speed_are_those_at_the_end_of_the_prompt() -> None:
    deployment = deployed("nvidia-rtx-4090", "llama-3-8b", "q4_k_m", "llama.cpp")
    deep = prefill_cells(deployment, Workload(512, depth_tokens=60_000))
    assert deep == prefill_cells(deployment, Workload(60_512))
    assert deep != prefill_cells(deployment, Workload(512))


def test_prompts_that_fill_several_chunks_share_these_evenly() -> None:
    # three prompts of 1,000 tokens are 3,000 in steps of 2,048: two chunks, two thirds of one for each prompt
    deployment = deployed("nvidia-rtx-4090", "llama-3-8b", "bf16", "vllm")
    found = _terms(deployment, Workload(1_000), Conditions(step_tokens=2_048, prompt_count=3))
    work = work_of(CATALOG.model("llama-3-8b"), CATALOG.format("bf16"))
    assert found["stream"] == pytest.approx(2 / 3 * work.dense_bytes / 1008e6)
