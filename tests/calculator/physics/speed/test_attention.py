"""Attention of a prompt by hand: its bound, the kernels of AMD's chips by date and library, and the scores."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.catalog.hardware import hardware_of
from calculator.physics.memory.work import work_of
from calculator.physics.speed.attention import (
    Rates,
    attention_of,
    attention_slowdown,
    attention_terms,
    is_attention_by_vectors,
)
from calculator.physics.speed.classes import Conditions
from calculator.physics.speed.law import Term
from calculator.physics.speed.prefill import prefill_terms

CATALOG = load_catalog()
CARD, STRIX, MAC = (CATALOG.chips[name] for name in ("nvidia-rtx-4090", "amd-strix-halo-128", "apple-m3-max-40"))
LLAMA_FLOPS_PER_PAIR = 2 * 32 * 256 * 32  # Llama 3 8B: 32 heads of 128 + 128 numbers in 32 layers


def deployed(chip: str, model: str = "llama-3-8b", runtime: str = "llama.cpp", format: str = "q4_k_m") -> Deployment:
    hardware = hardware_of(CATALOG.chips[chip], chips=CATALOG.chips)
    return Deployment(CATALOG.model(model), CATALOG.format(format), CATALOG.runtime(runtime), hardware)


def terms_of(chip: str, workload: Workload, conditions: Conditions) -> dict[str, Term]:
    found = attention_terms(
        deployed(chip),
        workload,
        conditions=conditions,
        chunk_tokens=512.0,
        rates=Rates(flops_per_ms=59.4e9, fastest_ratio=1.0, bytes_per_ms=256e6),
    )
    return {term.name: term for term in found}


def test_attention_of_llama_cpp_is_that_of_the_packed_latent_cache() -> None:
    work = work_of(CATALOG.model("deepseek-v3-671b"), CATALOG.format("q4_k_m"))
    assert attention_of(work, engine="llama.cpp") == work.packed_attention
    assert attention_of(work, engine="vllm") == work.attention


@pytest.mark.parametrize(
    ("age", "backend", "by_vectors"),
    [
        (1.1, "hip", True),
        (1.1, "hip hipblaslt", True),
        (1.0, "hip", False),
        (1.1, "rocwmma hipblaslt", False),
        (1.1, "", False),  # Vulkan
    ],
)
def test_old_hip_builds_read_prompts_with_the_kernel_of_single_tokens(
    age: float, backend: str, by_vectors: bool
) -> None:
    conditions = Conditions(age_years=age, backend=backend)
    assert is_attention_by_vectors(STRIX, engine="llama.cpp", conditions=conditions) is by_vectors
    for chip, engine in ((STRIX, "vllm"), (CARD, "llama.cpp"), (MAC, "llama.cpp")):
        assert not is_attention_by_vectors(chip, engine=engine, conditions=conditions)


def test_attention_slowdown_is_matrix_over_shader_rate_on_amd_without_rocwmma() -> None:
    for backend in ("", "vulkan", "hip hipblaslt"):
        assert attention_slowdown(STRIX, engine="llama.cpp", backend=backend) == pytest.approx(59.4 / 14.85)
    assert attention_slowdown(STRIX, engine="llama.cpp", backend="rocwmma hipblaslt") == 1.0
    assert attention_slowdown(STRIX, engine="vllm", backend="") == 1.0
    assert attention_slowdown(CARD, engine="llama.cpp", backend="") == 1.0


def test_attention_by_vectors_hand_worked_case() -> None:
    # Llama 3 8B, 512 tokens: each looks at all 512 of its chunk; a twenty-fifth of 14.85 TFLOPS
    found = terms_of("amd-strix-halo-128", Workload(512), Conditions(age_years=1.1, backend="hip hipblaslt"))
    flops = LLAMA_FLOPS_PER_PAIR * 512 * 512
    assert found["attention"].base_ms == pytest.approx(flops / (0.04 * 14.85e9))
    assert found["attention"].effects == ("attention/vectors/1",)
    assert found["attention bound"].base_ms == pytest.approx(flops / 2 / 59.4e9)


def test_attention_in_tiles_runs_on_the_shaders_today() -> None:
    found = terms_of("amd-strix-halo-128", Workload(512, depth_tokens=1024), Conditions())
    flops = LLAMA_FLOPS_PER_PAIR * 512 * (1024 + 256)
    assert found["attention"].base_ms == pytest.approx(flops / 14.85e9)
    assert "attention/engine/amd llama.cpp" in found["attention"].effects
    assert "scores" not in found


def test_scores_cross_the_memory_before_flash_attention() -> None:
    found = terms_of("nvidia-rtx-4090", Workload(512), Conditions(age_years=1.7))
    assert found["scores"].base_ms == pytest.approx(32 * 32 * 512 * 256 * 16 / 256e6)


@pytest.mark.parametrize(
    ("chip", "ratio"), [("nvidia-rtx-4090", 1.0), ("apple-m3-max-40", 1.0), ("apple-m5-max-40", 4)]
)
def test_attention_bound_is_the_16_bit_matrix_rate_or_the_matrix_units(chip: str, ratio: float) -> None:
    terms, _ = prefill_terms(deployed(chip), Workload(512))
    base = {term.name: term.base_ms for term in terms}
    assert base["attention"] / base["attention bound"] == pytest.approx(ratio)
    assert next(term for term in terms if term.name == "attention bound").effects == ()


@given(prompt=st.floats(1, 1e5), depth=st.floats(0, 1e5), age=st.floats(0, 3))
def test_no_attention_is_faster_than_its_bound(prompt: float, depth: float, age: float) -> None:
    for chip, backend in (("amd-strix-halo-128", "hip"), ("amd-strix-halo-128", ""), ("nvidia-rtx-4090", "")):
        found = terms_of(chip, Workload(prompt, depth_tokens=depth), Conditions(age_years=age, backend=backend))
        assert found["attention"].base_ms >= found["attention bound"].base_ms * (1 - 1e-9)
