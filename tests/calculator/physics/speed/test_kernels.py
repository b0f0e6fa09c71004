"""Kernels of llama.cpp by date and library, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.catalog.calibration import Calibration, Law
from calculator.catalog.deployment import Deployment, Workload
from calculator.catalog.hardware import hardware_of
from calculator.catalog.models import Split
from calculator.catalog.options import Chip
from calculator.physics.memory.work import work_of
from calculator.physics.speed.classes import Conditions
from calculator.physics.speed.kernels import (
    converted_bytes,
    expert_sorting_ms,
    experts_one_by_one_ms,
    is_library_product,
    is_unpacked,
    library_slowdown,
    rescaling_ms,
    row_split_exchange_ratio,
    small_tiles_slowdown,
    stages_at_once,
    unpacked_ratio,
)
from calculator.physics.speed.prefill import prefill_estimate, prefill_terms

CATALOG = load_catalog()
CARD, STRIX, MAC = (CATALOG.chips[name] for name in ("nvidia-rtx-4090", "amd-strix-halo-128", "apple-m3-max-40"))

NEUTRAL = Calibration("2026-11-22", 2026.7, {}, Law({}, {}, 0.1, {}), Law({}, {}, 0.1, {}))


def deployed(chip: str, model: str, format: str, runtime: str, *, count: int = 1, split: Split = "layer") -> Deployment:
    hardware = hardware_of(CATALOG.chips[chip], chips=CATALOG.chips, chip_count=count)
    return Deployment(CATALOG.model(model), CATALOG.format(format), CATALOG.runtime(runtime), hardware, split=split)


def base_ms(deployment: Deployment, tokens: float, conditions: Conditions) -> dict[str, float]:
    terms, _ = prefill_terms(deployment, Workload(tokens), conditions=conditions)
    return {term.name: term.base_ms for term in terms}


@pytest.mark.parametrize(
    ("chip", "format", "age", "backend", "unpacked"),
    [
        (CARD, "q4_k_m", 2.3, "", True),
        (CARD, "q4_k_m", 2.2, "", False),
        (CARD, "f16", 2.3, "", False),
        (STRIX, "q4_k_m", 0.8, "hip", True),
        (STRIX, "q4_k_m", 0.8, "rocwmma hipblaslt", True),
        (STRIX, "q4_k_m", 0.7, "hip hipblaslt", False),
        (STRIX, "q4_k_m", 0.8, "", False),  # Vulkan
        (MAC, "q4_k_m", 2.3, "", False),
    ],
)
def test_weights_are_unpacked_by_old_builds_of_cuda_and_hip(
    chip: Chip, format: str, age: float, backend: str, unpacked: bool
) -> None:
    conditions = Conditions(age_years=age, backend=backend)
    packed = CATALOG.format(format)
    assert is_unpacked(packed, chip=chip, engine="llama.cpp", conditions=conditions) is unpacked
    assert not is_unpacked(packed, chip=chip, engine="vllm", conditions=conditions)


def test_unpacked_ratio_is_four_bytes_for_the_bits_of_a_weight() -> None:
    format = CATALOG.format("q8_0")  # 8.5 bits
    assert unpacked_ratio(format) == pytest.approx(32 / format.bits_per_weight.central)


def test_experts_one_by_one_hand_worked_case() -> None:
    # Qwen3 30B-A3B: 48 layers x 128 experts x 12 kernels x 5 us = 369 ms for a chunk that touches all
    experts = work_of(CATALOG.model("qwen3-30b-a3b"), CATALOG.format("q4_k_m"))
    assert experts_one_by_one_ms(experts, touched_fraction=1.0) == pytest.approx(48 * 128 * 12 * 0.005)
    assert experts_one_by_one_ms(experts, touched_fraction=0.5) == pytest.approx(48 * 64 * 12 * 0.005)
    dense = work_of(CATALOG.model("llama-3-8b"), CATALOG.format("q4_k_m"))
    assert experts_one_by_one_ms(dense, touched_fraction=0.0) == 0.0


def test_sorting_by_expert_compares_each_choice_with_each_expert() -> None:
    # Qwen3 30B-A3B: 48 layers x 3 matrices x 128 experts x 8 choices = 147,456 comparisons of 2 ns a token
    experts = work_of(CATALOG.model("qwen3-30b-a3b"), CATALOG.format("q4_k_m"))

    def ms(chip: Chip = CARD, age: float = 1.1, program: str = "llama.cpp", engine: str = "llama.cpp") -> float:
        return expert_sorting_ms(experts, tokens=1000, chip=chip, program=program, engine=engine, age_years=age)

    assert ms() == ms(STRIX) == pytest.approx(147_456 * 2e-6 * 1000)
    assert ms(age=1.0) == ms(MAC) == ms(engine="vllm", program="vllm") == 0.0
    assert ms(age=1.0, program="ollama") == ms()  # its copy is a quarter of a year older
    assert ms(age=0.7, program="ollama") == 0.0
    dense = work_of(CATALOG.model("llama-3-8b"), CATALOG.format("q4_k_m"))
    assert expert_sorting_ms(dense, tokens=9, chip=CARD, program="ollama", engine="llama.cpp", age_years=2.0) == 0.0


@pytest.mark.parametrize(
    ("chip", "format", "conditions", "library"),
    [
        (CARD, "f16", Conditions(), True),
        (CARD, "q4_k_m", Conditions(), False),
        (CARD, "q4_k_m", Conditions(age_years=2.3), True),
        (STRIX, "f16", Conditions(backend="hip hipblaslt"), True),
        (STRIX, "f16", Conditions(), False),  # Vulkan
        (MAC, "f16", Conditions(), False),
    ],
)
def test_a_library_multiplies_16_bits_and_what_is_unpacked_to_them(
    chip: Chip, format: str, conditions: Conditions, library: bool
) -> None:
    packed = CATALOG.format(format)
    assert is_library_product(packed, chip=chip, engine="llama.cpp", conditions=conditions) is library
    assert not is_library_product(packed, chip=chip, engine="vllm", conditions=conditions)


def test_converted_bytes_are_six_for_each_number_of_both_sides() -> None:
    # Llama 3 8B, a layer: inputs 6 x 4,096 + 14,336, results 4,096 + 2 x 1,024 + 4,096 + 2 x 14,336 + 4,096
    work = work_of(CATALOG.model("llama-3-8b"), CATALOG.format("f16"))
    numbers = 32 * (6 * 4096 + 14336 + 3 * 4096 + 2 * 1024 + 2 * 14336)
    assert converted_bytes(work, tokens=100) == pytest.approx(6 * 100 * numbers, rel=1e-3)


def test_small_tiles_double_the_products_of_old_vulkan_builds_on_amd() -> None:
    work = work_of(CATALOG.model("llama-3-8b"), CATALOG.format("q4_k_m"))

    def slowdown(chip: Chip = STRIX, age: float = 0.7, backend: str = "", engine: str = "llama.cpp") -> float:
        conditions = Conditions(age_years=age, backend=backend)
        return small_tiles_slowdown(work, chip=chip, engine=engine, conditions=conditions)

    assert slowdown() == slowdown(backend="vulkan") == 2.0
    assert slowdown(age=0.6) == slowdown(CARD) == slowdown(engine="vllm") == 1.0
    for backend in ("hip", "hip hipblaslt", "rocwmma", "vulkan_amdvlk"):
        assert slowdown(backend=backend) == 1.0


def test_small_tiles_are_as_fast_for_experts() -> None:
    work = work_of(CATALOG.model("qwen3-30b-a3b"), CATALOG.format("q4_k_m"))
    found = small_tiles_slowdown(work, chip=STRIX, engine="llama.cpp", conditions=Conditions(age_years=1.0))
    taken = work.expert_bytes * 8 / 128
    assert found == pytest.approx(1 + work.dense_bytes / (work.dense_bytes + taken))
    assert 1.0 < found < 2.0


def test_rescaling_binds_server_boards_and_not_cards() -> None:
    # two for 32 products, that is for 64 operations: 32e12 operations need 1e12, each a multiply-add at 19.5 / 2 T/s
    assert rescaling_ms(32e12, chip=CATALOG.chips["nvidia-a100-pcie-80"]) == pytest.approx(2000 / 19.5)
    assert rescaling_ms(32e12, chip=CARD) == pytest.approx(2000 / 82.6)
    # no shader rate published: a sixteenth of the matrix rate; no rate at all: nothing is added
    board = CATALOG.chips["nvidia-b200"].model_copy(update={"fp32_tflops": None})
    assert rescaling_ms(32e12, chip=board) == pytest.approx(16 * 2000 / 2250)
    bare = CARD.model_copy(update={"fp32_tflops": None, "matrix_tflops": None})
    assert rescaling_ms(32e12, chip=bare) == 0.0


def test_library_slowdown_is_matrix_over_shader_rate_where_rocblas_has_generic_kernels() -> None:
    assert library_slowdown(STRIX, engine="llama.cpp", backend="hip") == pytest.approx(59.4 / 14.85)
    assert library_slowdown(STRIX, engine="llama.cpp", backend="rocwmma") == pytest.approx(59.4 / 14.85)
    for engine, backend in (("llama.cpp", "hip hipblaslt"), ("llama.cpp", ""), ("vllm", "hip")):
        assert library_slowdown(STRIX, engine=engine, backend=backend) == 1.0
    assert library_slowdown(CARD, engine="llama.cpp", backend="hip") == 1.0
    unrated = STRIX.model_copy(update={"fp32_tflops": None})
    assert library_slowdown(unrated, engine="llama.cpp", backend="hip") == 1.0


def test_stages_at_once_hand_worked_cases() -> None:
    def stages(count: int, layers: int, age: float = 2.3, engine: str = "llama.cpp") -> float:
        return stages_at_once(count, layer_count=layers, chip=CARD, engine=engine, age_years=age)

    assert stages(2, 32) == 2.0  # 16 layers a card, of which 8 wait in the queue: 1 / (1 - 8 / 16) = 2
    assert stages(4, 80) == pytest.approx(1 / (1 - 8 / 20))  # 20 layers a card: 1.67 instead of 4
    assert stages(8, 80) == 4.0  # 10 layers a card would allow 5
    assert stages(4, 32) == 4.0
    assert stages(4, 80, age=0.5) == 4.0  # a queue for 32 layers
    assert stages(4, 200, age=0.5) == pytest.approx(1 / (1 - 32 / 50))
    assert stages(2, 80, engine="exllamav2") == 2.0


@given(count=st.integers(1, 16), layers=st.integers(1, 200), age=st.floats(0, 3))
def test_stages_at_once_lie_between_one_and_the_cards(count: int, layers: int, age: float) -> None:
    found = stages_at_once(count, layer_count=layers, chip=CARD, engine="llama.cpp", age_years=age)
    assert 1.0 <= found <= min(count, 4)


def test_row_split_sends_every_result_in_32_bits() -> None:
    # Llama 3 8B: 6.979e9 weights / 32 layers / 4,096 = 53,246 results; 4 bytes each, 3/4 of them over the first link of
    # four cards; a tensor split sends 2 x 2 bytes of 4,096 numbers three times
    work = work_of(CATALOG.model("llama-3-8b"), CATALOG.format("q4_k_m"))
    results = 6.979e9 / 32 / 4096
    found = row_split_exchange_ratio(work, card_count=4, link="card link")
    assert found == pytest.approx(4 * results * 0.75 / (2 * 2 * 4096 * 3), rel=1e-3)


def test_packed_weights_are_unpacked_by_old_builds_and_scaled_by_new_ones() -> None:
    # Llama-3 8B in Q4_K_M, 1,024 tokens in two chunks of 512: the weights of each chunk, 16 bits written and read
    card = deployed("nvidia-rtx-4090", "llama-3-8b", "q4_k_m", "llama.cpp")
    work = work_of(card.model, card.format)
    old, new = (base_ms(card, 1024, Conditions(age_years=age, step_tokens=512)) for age in (2.3, 2.2))
    assert old["unpacking"] == pytest.approx(2 * work.dense_bytes / 1008e6 * 32 / card.format.bits_per_weight.central)
    assert old["experts one by one"] == 0.0
    assert "rescaling" not in old
    assert "unpacking" not in new
    flops = work.linear_flops * 1024 + work.head_flops
    assert new["rescaling"] == pytest.approx(flops / 16 / 82.6e9)
    for other in (
        deployed("nvidia-rtx-4090", "llama-3-8b", "f16", "llama.cpp"),
        deployed("nvidia-rtx-4090", "llama-3-8b", "awq-int4", "vllm"),
        deployed("apple-m3-max-40", "llama-3-8b", "q4_k_m", "llama.cpp"),
    ):
        assert not base_ms(other, 1024, Conditions(age_years=2.3)).keys() & {"unpacking", "rescaling"}


def test_terms_of_old_builds_name_their_effects() -> None:
    def effects(chip: str, model: str, format: str, conditions: Conditions) -> dict[str, tuple[str, ...]]:
        terms, _ = prefill_terms(deployed(chip, model, format, "llama.cpp"), Workload(512), conditions=conditions)
        return {term.name: term.effects for term in terms}

    old = effects("nvidia-rtx-4090", "qwen3-30b-a3b", "q4_k_m", Conditions(age_years=1.1))
    assert old["sorting"] == ("sorting/all/1",)
    assert "sorting" not in effects("nvidia-rtx-4090", "qwen3-30b-a3b", "q4_k_m", Conditions())
    assert effects("nvidia-rtx-4090", "llama-3-8b", "f16", Conditions())["conversion"] == ("conversion/all/1",)
    for age, tiled in ((0.7, True), (0.6, False)):
        found = effects("amd-strix-halo-128", "llama-3-8b", "q4_k_m", Conditions(age_years=age))["linear"]
        assert ("tiles/all/1" in found) is tiled


def test_a_library_without_matrix_instructions_multiplies_on_the_shaders() -> None:
    strix = deployed("amd-strix-halo-128", "llama-3-8b", "q4_k_m", "llama.cpp")
    own, generic = (base_ms(strix, 512, Conditions(backend=name)) for name in ("hip hipblaslt", "hip"))
    assert generic["linear"] == pytest.approx(4 * own["linear"])


def test_experts_unpacked_one_by_one_take_a_launch_each() -> None:
    strix = deployed("amd-strix-halo-128", "qwen3-30b-a3b", "q4_k_m", "llama.cpp")
    found = base_ms(strix, 1024, Conditions(backend="hip hipblaslt", age_years=1.1, step_tokens=512))
    # two chunks of 512 touch nearly all of 128 experts in 48 layers, 12 kernels of 5 us each
    assert 0.95 < found["experts one by one"] / (2 * 48 * 128 * 12 * 0.005) <= 1.0


def test_a_row_split_sends_more_than_a_tensor_split() -> None:
    split = deployed("nvidia-rtx-3090", "qwen3.6-27b", "q6_k", "llama.cpp", count=4, split="tensor")
    rows, tensor = (base_ms(split, 2048, Conditions(backend=name)) for name in ("row split", ""))
    ratio = row_split_exchange_ratio(work_of(split.model, split.format), card_count=4, link="card link")
    assert rows["exchange"] == pytest.approx(tensor["exchange"] * ratio)
    assert ratio > 2


def test_a_full_launch_queue_left_cards_of_a_pipeline_idle_until_2026() -> None:
    # 70B on four cards: 20 layers each, of which 8 wait in the queue of an old build: 1 / (1 - 8 / 20) cards at once
    def ms(age: float) -> float:
        four = deployed("nvidia-rtx-4090", "llama-3-70b", "q4_k_m", "llama.cpp", count=4)
        conditions = Conditions(age_years=age, step_tokens=512)
        return prefill_estimate(four, Workload(8192), conditions=conditions, calibration=NEUTRAL).central_ms

    stages = 1 / (1 - 8 / 20)
    assert ms(0.7) / ms(0.5) == pytest.approx((4 * 16 / 19) / (stages * 16 / (15 + stages)))
