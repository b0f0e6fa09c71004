"""Classes: what shares an efficiency, and the conditions of a run."""

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment
from calculator.catalog.hardware import Hardware
from calculator.physics.memory.work import work_of
from calculator.physics.speed.classes import (
    Conditions,
    LinkKind,
    age_effects,
    bits_class,
    chip_class,
    default_step_tokens,
    exchange_ms_per_token,
    has_matrix_rate,
    link_kind,
    matrix_flops_per_ms,
    passes_over_link,
    power_shortfall,
    shader_ratio,
    software_effects,
    unknown_age_effects,
    unpacked_latent_effects,
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


def test_matrix_rate_without_a_published_one_is_four_times_the_shaders_on_nvidia_and_theirs_on_apple() -> None:
    nvidia, apple, amd = (CATALOG.chips[name] for name in ("nvidia-rtx-4090", "apple-m4-max-40", "nvidia-rtx-3090"))
    shaders = nvidia.bandwidth_gb_per_s.model_copy(update={"low": 80.0, "central": 80.0, "high": 80.0})
    unknown = {"matrix_tflops": None, "fp32_tflops": shaders}
    assert matrix_flops_per_ms(nvidia.model_copy(update=unknown)) == pytest.approx(4 * 80e9)
    assert matrix_flops_per_ms(apple.model_copy(update=unknown)) == pytest.approx(80e9)
    assert matrix_flops_per_ms(amd.model_copy(update={**unknown, "vendor": "amd"})) == pytest.approx(80e9)
    none = apple.model_copy(update={"matrix_tflops": None, "fp32_tflops": None})
    assert matrix_flops_per_ms(none) == pytest.approx(546 / 30 * 1e9)
    full = CATALOG.chips["nvidia-h200"]
    assert full.matrix_tflops is not None
    assert matrix_flops_per_ms(full) == pytest.approx(full.matrix_tflops.central * 1e9)  # not halved, so not doubled


def test_matrix_rate_is_known_of_apple_and_where_one_is_published() -> None:
    chip = CATALOG.chips["nvidia-rtx-4090"]
    without = chip.model_copy(update={"matrix_tflops": None, "fp32_tflops": None})
    assert has_matrix_rate(chip)
    assert has_matrix_rate(without.model_copy(update={"fp32_tflops": chip.matrix_tflops}))
    assert has_matrix_rate(chip.model_copy(update={"fp32_tflops": None}))
    assert not has_matrix_rate(without)
    assert has_matrix_rate(without.model_copy(update={"vendor": "apple"}))


def test_latent_cache_of_old_mlx_is_unpacked_and_no_other() -> None:
    latent = work_of(CATALOG.model("deepseek-v3-671b"), CATALOG.format("mlx-4bit"))
    full = work_of(CATALOG.model("llama-3-8b"), CATALOG.format("mlx-4bit"))
    assert unpacked_latent_effects(latent, engine="mlx-lm", age_years=0.8) == ("attention/unpacked/mlx-lm",)
    assert unpacked_latent_effects(latent, engine="mlx-lm", age_years=0.7) == ()
    assert unpacked_latent_effects(latent, engine="llama.cpp", age_years=0.8) == ()
    assert unpacked_latent_effects(full, engine="mlx-lm", age_years=0.8) == ()


def test_power_shortfall_of_cards_that_work_together_is_that_of_one_and_never_below_nothing() -> None:
    chip = CATALOG.chips["nvidia-rtx-3090"]
    together = power_shortfall(chip, power_limit_w=220, card_count=2, split="tensor")
    assert together == power_shortfall(chip, power_limit_w=220, card_count=1, split="layer") > 0
    assert power_shortfall(chip, power_limit_w=500, card_count=1, split="layer") == 0.0
    unknown = chip.model_copy(update={"board_max_w": None})
    assert power_shortfall(unknown, power_limit_w=220, card_count=1, split="layer") == 0.0


@pytest.mark.parametrize(
    ("bits", "name"),
    [(3.99, "2-3"), (4.0, "4"), (5.19, "4"), (5.2, "5-6"), (7.49, "5-6"), (7.5, "8"), (9.99, "8"), (10.0, "16")],
)
def test_bits_class_begins_at_its_limit(bits: float, name: str) -> None:
    format = CATALOG.format("q4_k_m")
    wide = format.bits_per_weight.model_copy(update={"low": bits, "central": bits, "high": bits})
    assert bits_class(format.model_copy(update={"bits_per_weight": wide})) == name


def test_server_boards_begin_at_a_fabric_of_500_gb_per_s() -> None:
    chip = CATALOG.chips["nvidia-rtx-3090"]

    def kind(gb_per_s: float) -> str:
        peer = chip.bandwidth_gb_per_s.model_copy(update={"low": gb_per_s, "central": gb_per_s, "high": gb_per_s})
        return chip_class(chip.model_copy(update={"peer_link_gb_per_s": peer}))

    assert (kind(500.0), kind(499.0)) == ("server", "card")


def test_exchange_over_a_cable_or_an_unknown_link() -> None:
    work = work_of(CATALOG.model("llama-3-8b"), CATALOG.format("bf16"))
    token_bytes = 4096 * 32 * 2 * 2
    chip = CATALOG.chips["nvidia-rtx-4090"].model_copy(update={"host_link_gb_per_s": None, "peer_link_gb_per_s": None})

    def ms(link: LinkKind, count: int) -> float:
        return exchange_ms_per_token(work, chip=chip, link=link, card_count=count)

    assert ms("network", 4) == pytest.approx(token_bytes * 1.5 / 4e6)
    assert ms("fabric", 2) == pytest.approx(token_bytes / (31.5e6 / 4))
    assert ms("card link", 2) == pytest.approx(token_bytes / (31.5e6 / 8))


def test_vllm_takes_the_larger_step_from_70_gib_on() -> None:
    chip, vllm = CATALOG.chips["nvidia-rtx-4090"], CATALOG.runtime("vllm")
    steps = [
        default_step_tokens(vllm, chip.model_copy(update={"memory_options_gib": sizes}))
        for sizes in ((24, 69), (24, 70), (24, 70.5))
    ]
    assert steps == [2048, 8192, 8192]


def test_shader_ratio_is_one_where_a_rate_is_not_published() -> None:
    strix = CATALOG.chips["amd-strix-halo-128"]
    assert shader_ratio(strix) == pytest.approx(59.4 / 14.85)
    for missing in ("matrix_tflops", "fp32_tflops"):
        assert shader_ratio(strix.model_copy(update={missing: None})) == 1.0
