"""Weights: bytes held and read, by hand-worked cases, published files and invariants."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.physics.memory.weights import (
    MLX_AFFINE_SCALE_BITS,
    MLX_PRESCRIBED,
    active_parameter_count,
    bytes_by_role,
    embedding_bytes,
    expert_bytes,
    parameter_count,
    touched_expert_fraction,
    weights_bytes,
    weights_read_bytes,
)

CATALOG = load_catalog()


PUBLISHED = Path(__file__).parents[3] / "fixtures" / "published_file_sizes.csv"


TOKENIZER_BYTES_PER_TOKEN = 44  # 11.0 MB for 248,320 tokens in all seven files of Qwen3.5-4B


def _rows(kind: str) -> list[dict[str, str]]:
    with PUBLISHED.open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["kind"] == kind]


def _gb(model: str, format_id: str) -> float:
    return weights_bytes(CATALOG.model(model), format=CATALOG.format(format_id)) / 1e9


@pytest.mark.parametrize("row", _rows("standard"), ids=lambda row: f"{row['model_id']} {row['format_id']}")
def test_weights_bytes_of_gguf_equal_published_files(row: dict[str, str]) -> None:
    assert _gb(row["model_id"], row["format_id"]) == pytest.approx(float(row["file_size_gb"]), rel=0.002)


@pytest.mark.parametrize("row", _rows("file"), ids=lambda row: f"{row['model_id']} {row['format_id']}")
def test_weights_bytes_of_gguf_and_tokenizer_equal_whole_files(row: dict[str, str]) -> None:
    tokenizer = CATALOG.model(row["model_id"]).vocabulary_count * TOKENIZER_BYTES_PER_TOKEN / 1e9
    assert _gb(row["model_id"], row["format_id"]) + tokenizer == pytest.approx(float(row["file_size_gb"]), rel=0.001)


@pytest.mark.parametrize("row", _rows("reconstructed"), ids=lambda row: f"{row['model_id']} {row['format_id']}")
def test_weights_bytes_of_a_reconstructed_mixture_equal_the_published_file(row: dict[str, str]) -> None:
    assert _gb(row["model_id"], row["format_id"]) == pytest.approx(float(row["file_size_gb"]), rel=0.005)


@pytest.mark.parametrize("row", _rows("variant"), ids=lambda row: f"{row['model_id']} {row['format_id']}")
def test_variants_of_files_differ_and_say_why(row: dict[str, str]) -> None:
    """Not the standard mixture: kept beside the others so that nobody takes them for an error of the rules."""
    assert row["why"]
    assert abs(_gb(row["model_id"], row["format_id"]) / float(row["file_size_gb"]) - 1) > 0.005


def test_weights_bytes_of_llama_3_70b_are_the_known_ones() -> None:
    # matrices: 2 x 128,256 x 8,192 + 80 x (2 x 8,192^2 + 2 x 1,024 x 8,192 + 3 x 28,672 x 8,192) = 70,552,387,584
    # norms: 161 x 8,192 = 1,318,912, 16 bits wide
    matrices, norms = 70_552_387_584, 1_318_912
    model = CATALOG.model("llama-3-70b")
    assert parameter_count(model) == matrices + norms
    assert weights_bytes(model, format=CATALOG.format("bf16")) == 2 * (matrices + norms)
    assert weights_bytes(model, format=CATALOG.format("mlx-8bit")) == matrices * 8.5 / 8 + 2 * norms
    assert weights_bytes(model, format=CATALOG.format("mlx-8bit")) == pytest.approx(74.97e9, rel=0.005)
    assert weights_bytes(model, format=CATALOG.format("q8_0")) == matrices * 34 / 32 + 4 * norms


def test_weights_bytes_of_packed_checkpoints_by_hand() -> None:
    """Llama 3 8B: embedding and head 16 bits wide, the rest packed with scales."""
    model = CATALOG.model("llama-3-8b")
    tables, norms = 2 * 128_256 * 4_096, 65 * 4_096
    linear = parameter_count(model) - tables - norms
    awq = 2 * (tables + norms) + linear * (4 + 20 / 128) / 8
    assert weights_bytes(model, format=CATALOG.format("awq-int4")) == pytest.approx(awq, rel=1e-9)
    columns = 32 * (6 * 4_096 + 14_336)  # q, k, v, o, gate, up have 4,096 inputs, down 14,336
    gptq = awq + columns * 32 / 8
    assert weights_bytes(model, format=CATALOG.format("gptq-int4")) == pytest.approx(gptq, rel=1e-9)
    nvfp4 = 2 * (tables + norms) + linear * 4.5 / 8
    assert weights_bytes(model, format=CATALOG.format("nvfp4")) == pytest.approx(nvfp4, rel=1e-9)
    head = 128_256 * 4_096
    exl2 = 2 * (head + norms) + head * 6.3 / 8 + linear * 4 / 8
    assert weights_bytes(model, format=CATALOG.format("exl2-4.0bpw")) == pytest.approx(exl2, rel=1e-6)


def test_weights_bytes_of_gpt_oss_keep_the_experts_as_published() -> None:
    model = CATALOG.model("gpt-oss-20b")
    experts = sum(group.parameter_count() for group in model.tensors if group.role.startswith("expert_"))
    for format_id in ("mlx-8bit", "mlx-4bit", "f16", "q4_k_m", "awq-int4"):
        assert weights_bytes(model, format=CATALOG.format(format_id)) > experts * 4.25 / 8
        assert (
            weights_bytes(model, format=CATALOG.format(format_id))
            < experts * 4.25 / 8 + 2.01 * (parameter_count(model) - experts) + 4 * 3 * 24 * 32 * 2880
        )
    assert _gb("gpt-oss-20b", "mxfp4-native") == pytest.approx(13.78, rel=0.002)  # OpenAI's own 13.8 GB


def test_weights_read_bytes_leave_out_an_untied_embedding_and_keep_a_tied_one() -> None:
    untied, tied = CATALOG.model("llama-3-8b"), CATALOG.model("llama-3.2-3b")
    bf16 = CATALOG.format("bf16")
    assert weights_bytes(untied, format=bf16) - weights_read_bytes(untied, format=bf16) == 2 * 128_256 * 4_096
    assert weights_read_bytes(tied, format=bf16) == weights_bytes(tied, format=bf16)


def test_weights_read_bytes_of_experts_follow_the_batch() -> None:
    """Mixtral, 8 experts, 2 per token: a batch of 2 touches 8 (1 - (6/8)^2) = 3.5 experts."""
    model, format = CATALOG.model("mixtral-8x7b"), CATALOG.format("bf16")
    experts = 32 * 8 * 3 * 4_096 * 14_336 * 2
    one, two = (weights_read_bytes(model, format=format, batch_count=count) for count in (1, 2))
    assert two - one == pytest.approx(experts * 1.5 / 8)
    assert touched_expert_fraction(model, batch_count=2) == pytest.approx(3.5 / 8)
    many = weights_read_bytes(model, format=format, batch_count=10_000)
    assert many == pytest.approx(weights_bytes(model, format=format) - 2 * 32_000 * 4_096)
    several = weights_read_bytes(model, format=format, batch_count=np.array([1.0, 2.0]))
    assert np.ravel(several) == pytest.approx([one, two])


def test_active_parameter_count_is_what_the_makers_call_a3b() -> None:
    for name, billions in (("qwen3-30b-a3b", 3.3), ("deepseek-v3-671b", 37), ("gpt-oss-120b", 5.1), ("kimi-k2.5", 32)):
        assert active_parameter_count(CATALOG.model(name)) / 1e9 == pytest.approx(billions, rel=0.13)
    assert active_parameter_count(CATALOG.model("llama-3-8b")) == parameter_count(CATALOG.model("llama-3-8b"))


@given(st.sampled_from(sorted(CATALOG.models)), st.integers(1, 4096), st.integers(1, 4096))
def test_weights_read_bytes_grow_with_the_batch_and_never_exceed_the_weights(
    name: str, first: int, second: int
) -> None:
    model, format = CATALOG.model(name), CATALOG.format("mlx-4bit")
    few, many = (weights_read_bytes(model, format=format, batch_count=count) for count in sorted((first, second)))
    assert 0 < few <= many <= weights_bytes(model, format=format)


@given(st.sampled_from(sorted(CATALOG.models)))
def test_weights_bytes_rise_with_the_bits(name: str) -> None:
    model = CATALOG.model(name)
    for ladder in (
        ("mlx-2bit", "mlx-3bit", "mlx-4bit", "mlx-6bit", "mlx-8bit", "bf16"),
        ("q4_0", "q5_0", "q8_0", "f16", "f32"),  # K and IQ types fall back on odd rows, which may turn their order
    ):
        sizes = [weights_bytes(model, format=CATALOG.format(format_id)) for format_id in ladder]
        assert sizes == sorted(sizes)


def test_every_format_gives_every_model_a_size_near_its_bits() -> None:
    for format in CATALOG.formats.values():
        for model in CATALOG.models.values():
            bits = weights_bytes(model, format=format) * 8 / parameter_count(model)
            assert 1.5 < bits < 33, (format.id, model.id)


def test_lookup_and_experts_by_hand() -> None:
    """Llama 3 8B: 128,256 rows of 4,096. Mixtral: 8 experts with three matrices of 14,336 x 4,096 in each of 32 layers."""
    dense, mixture, bf16 = CATALOG.model("llama-3-8b"), CATALOG.model("mixtral-8x7b"), CATALOG.format("bf16")
    assert embedding_bytes(dense, format=bf16) == 2 * 128_256 * 4_096
    assert expert_bytes(mixture, format=bf16) == 2 * 32 * 8 * 3 * 4_096 * 14_336
    assert expert_bytes(dense, format=bf16) == 0
    assert bytes_by_role(mixture, bf16)["expert_up"] == 2 * 32 * 8 * 4_096 * 14_336
    assert touched_expert_fraction(dense) == touched_expert_fraction(dense, batch_count=9) == 1
    assert touched_expert_fraction(mixture) == 2 / 8
    assert weights_read_bytes(mixture, format=bf16) == weights_read_bytes(mixture, format=bf16, batch_count=1)


def test_mlx_keeps_a_router_in_8_bits_whatever_the_rest_has() -> None:
    """mlx-lm's predicate: 8 bits in groups of 64, and 16 bits each of scale and bias per group, so 8.5 bits."""
    assert (MLX_PRESCRIBED, MLX_AFFINE_SCALE_BITS) == ((8, 64, 32), 32)
    by_role = bytes_by_role(CATALOG.model("qwen3-30b-a3b"), CATALOG.format("mlx-4bit-g32"))
    assert by_role["router"] == 48 * 128 * 2_048 * 8.5 / 8
    assert by_role["attn_q"] == 48 * 4_096 * 2_048 * (4 + 32 / 32) / 8


def test_group_that_a_row_only_starts_carries_a_scale_too() -> None:
    """GPT-OSS 20B: rows of 2,880 are 22.5 groups of 128, so 23 scales of 20 bits each."""
    by_role = bytes_by_role(CATALOG.model("gpt-oss-20b"), CATALOG.format("awq-int4"))
    assert by_role["attn_q"] == 24 * (4_096 * 2_880 * 4 + 4_096 * 23 * 20) / 8


def test_started_byte_of_a_tensor_counts_whole() -> None:
    """The head of Llama 3 8B in EXL2 has 6.3 bits for each of 128,256 x 4,096: 413,702,553.6 bytes."""
    by_role = bytes_by_role(CATALOG.model("llama-3-8b"), CATALOG.format("exl2-4.0bpw"))
    assert by_role["output"] == 413_702_554


def test_convolution_and_norms_of_a_packed_checkpoint_stay_as_stored() -> None:
    by_role = bytes_by_role(CATALOG.model("qwen3.5-9b"), CATALOG.format("awq-int4"))
    assert by_role["convolution"] == 24 * 8_192 * 4 * 2
    norms = sum(group.parameter_count() for group in CATALOG.model("qwen3.5-9b").tensors if group.role == "norm")
    assert by_role["norm"] >= 2 * norms


def test_released_weights_are_the_makers_bytes_or_packed_where_the_runtime_packs_them() -> None:
    """MiniMax M2: q of each of 62 layers is 6,144 x 3,072 in FP8 with its scales, 18,878,976 bytes."""
    model, stored = CATALOG.model("minimax-m2"), CATALOG.format("as-released")
    assert bytes_by_role(model, stored)["attn_q"] == 62 * 18_878_976
    assert bytes_by_role(model, stored)["norm"] == bytes_by_role(model, CATALOG.format("bf16"))["norm"]
    packed = stored.model_copy(update={"mode": "affine", "bits": 8.0, "group_size": 64})
    assert bytes_by_role(model, packed)["attn_q"] == 62 * 6_144 * 3_072 * (8 + 32 / 64) / 8
    other = stored.model_copy(update={"mode": "mxfp8"})
    assert bytes_by_role(model, other)["attn_q"] == 62 * 6_144 * 3_072 * 2
