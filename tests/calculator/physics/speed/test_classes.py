"""Classes: what shares an efficiency, and the conditions of a run."""

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment
from calculator.catalog.hardware import Hardware
from calculator.physics.memory.work import work_of
from calculator.physics.speed.classes import (
    Conditions,
    age_effects,
    bits_class,
    chip_class,
    default_step_tokens,
    exchange_ms_per_token,
    link_kind,
    matrix_flops_per_ms,
    passes_over_link,
    power_shortfall,
    software_effects,
    unknown_age_effects,
)

CATALOG = load_catalog()


def test_power_shortfall_is_the_square_of_the_share_below_the_maximum() -> None:
    chip = CATALOG.chips["nvidia-rtx-3090"]
    assert power_shortfall(chip, power_limit_w=220, card_count=1, split="layer") == pytest.approx((1 - 220 / 350) ** 2)
    assert power_shortfall(chip, power_limit_w=220, card_count=2, split="layer") == 0.0  # cards take turns
    assert power_shortfall(chip, power_limit_w=None, card_count=1, split="layer") == 0.0


@pytest.mark.parametrize(
    ("format_id", "bits"),
    [
        ("q2_k", "2-3"),
        ("mlx-3bit", "2-3"),
        ("q4_k_m", "4"),
        ("q5_k_m", "5-6"),
        ("q6_k", "5-6"),
        ("q8_0", "8"),
        ("f16", "16"),
    ],
)
def test_bits_class_of_usual_formats(format_id: str, bits: str) -> None:
    assert bits_class(CATALOG.format(format_id)) == bits


@pytest.mark.parametrize(
    ("chip", "kind"),
    [
        ("apple-m4-max-40", "unified"),
        ("nvidia-gb10", "unified"),
        ("nvidia-rtx-4090", "card"),
        ("nvidia-h200", "server"),
    ],
)
def test_chip_class_is_told_by_memory_and_fabric(chip: str, kind: str) -> None:
    assert chip_class(CATALOG.chips[chip]) == kind


def test_link_kind_is_that_of_the_chips_or_of_the_cable() -> None:
    card, mac, server = (CATALOG.chips[name] for name in ("nvidia-rtx-4090", "apple-m4-max-40", "nvidia-h200"))
    assert link_kind(Hardware(card, 2, 24)) == "card link"
    assert link_kind(Hardware(card, 1, 24, node_count=2)) == "network"
    assert link_kind(Hardware(mac, 2, 128)) == "network"
    assert link_kind(Hardware(server, 8, 141)) == "fabric"


def test_software_and_age_name_their_effects() -> None:
    assert software_effects("llama.cpp", engine="llama.cpp", vendor="amd", backend="") == ()
    wrapped = software_effects("ollama", engine="llama.cpp", vendor="amd", backend="vulkan")
    assert wrapped == ("runtime/ollama", "backend/amd vulkan")
    assert age_effects("amd llama.cpp", 0.0) == ()
    # older than 2.5 years was something else: the age stops there
    assert age_effects("amd llama.cpp", 9.0) == (("age/all/1", 2.5), ("age/engine/amd llama.cpp", 2.5))


def test_conditions_name_the_program_of_the_row_or_of_the_deployment() -> None:
    deployment = Deployment.of("nvidia-rtx-4090", "llama-3-8b", "q4_k_m", catalog=CATALOG)
    assert Conditions().program(deployment) == "llama.cpp"
    assert Conditions(runtime_id="koboldcpp").program(deployment) == "koboldcpp"


def test_matrix_rate_of_every_chip_is_positive_and_geforce_is_not_halved() -> None:
    assert all(matrix_flops_per_ms(chip) > 0 for chip in CATALOG.chips.values())
    # 165.2 TFLOPS with 32-bit accumulation, twice that with 16
    assert matrix_flops_per_ms(CATALOG.chips["nvidia-rtx-4090"]) == pytest.approx(330.4e9)


def test_exchange_over_a_link_hand_worked_case() -> None:
    # Llama 3 70B: 8,192 numbers x 80 layers x 2 exchanges x 2 bytes = 2.62 MB a token. On a fabric of 900 GB/s a ring
    # of four sends it 1.5 times at 225 GB/s; without one, three times at an eighth of PCIe 4.0's 31.5 GB/s
    work = work_of(CATALOG.model("llama-3-70b"), CATALOG.format("bf16"))
    token_bytes = 8192 * 80 * 2 * 2
    fabric = exchange_ms_per_token(work, chip=CATALOG.chips["nvidia-h200"], link="fabric", card_count=4)
    cards = exchange_ms_per_token(work, chip=CATALOG.chips["nvidia-rtx-4090"], link="card link", card_count=4)
    assert fabric == pytest.approx(token_bytes * 1.5 / 225e6)
    assert cards == pytest.approx(token_bytes * 3 / (31.5e6 / 8))
    for link in ("card link", "fabric", "network"):
        assert passes_over_link(2, link) == 1.0
    assert [passes_over_link(count, "card link") for count in (3, 4, 8)] == [2.0, 3.0, 3.0]


def test_vllm_reads_more_at_a_time_on_large_cards() -> None:
    steps = {
        chip: default_step_tokens(CATALOG.runtime("vllm"), CATALOG.chips[chip])
        for chip in ("nvidia-h100-sxm-80", "nvidia-gb10", "nvidia-a100-sxm-80", "nvidia-rtx-4090")
    }
    assert list(steps.values()) == [8192, 8192, 2048, 2048]
    llama_cpp = CATALOG.runtime("llama.cpp")
    assert default_step_tokens(llama_cpp, CATALOG.chips["nvidia-h200"]) == llama_cpp.prefill_step_tokens


def test_unknown_dates_widen_and_known_ones_do_not() -> None:
    assert unknown_age_effects(Conditions()) == ()
    assert unknown_age_effects(Conditions(is_date_known=False)) == (("age/unknown/1", 1.0),)
