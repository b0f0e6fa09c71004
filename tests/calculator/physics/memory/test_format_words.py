"""Format that is wider than its name: no format means other bits in silence."""

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.deployment import format_on
from calculator.physics.memory.format_words import format_remarks, plain_name
from calculator.physics.memory.weights import weights_bytes

CATALOG = load_catalog()


@pytest.mark.parametrize(
    ("model", "format_id", "is_said"),
    [
        ("llama-3-8b", "mxfp4", True),  # GGUF's MXFP4_MOE packs experts only: a dense model is Q8_0
        ("gemma-3-1b", "awq-int4", True),  # a third of it is the embedding
        ("gpt-oss-20b", "mxfp4", False),
        ("llama-3-70b", "awq-int4", False),
        ("llama-3-8b", "q4_k_m", False),
        ("llama-3-8b", "bf16", False),
    ],
)
def test_format_far_above_its_class_is_said(model: str, format_id: str, *, is_said: bool) -> None:
    shapes, format = CATALOG.model(model), CATALOG.format(format_id)
    found = format_remarks(shapes, format=format, weights_bytes=weights_bytes(shapes, format=format))
    assert bool(found) == is_said
    assert all("bits per weight" in one.text for one in found)


def test_as_released_says_what_it_is_and_16_bits_are_never_silent() -> None:
    for model, said, level in (
        ("llama-3-8b", "as-released means 16 bits", "warning"),
        ("kimi-k2.5", "as released: 4-bit integers, groups of 32; 4.6 bits per weight", "info"),
    ):
        shapes = CATALOG.model(model)
        format = format_on(CATALOG.runtime("vllm"), CATALOG.format("as-released"), model=shapes, catalog=CATALOG)
        size = weights_bytes(shapes, format=format)
        [remark] = format_remarks(shapes, format=format, weights_bytes=size)
        assert said in remark.text
        assert (remark.code, remark.level) == ("as-released", level)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("q4_k_m", "4 bits (Q4_K_M)"),
        ("q3_k_m", "3 bits (Q3_K_M)"),
        ("iq2_xxs", "2 bits (IQ2_XXS)"),
        ("iq1_s", "1 bit (IQ1_S)"),
        ("q4_k_xl", "4 bits (UD-Q4_K_XL (Unsloth dynamic))"),
        ("fp8", "8 bits (FP8, blocks of 128 x 128)"),
        ("mlx-4bit", "MLX 4-bit, groups of 64"),
        ("as-released", "as the maker released it"),
        ("mixed-q2-q4-0731", "ds4 mixed Q2/Q4"),
    ],
)
def test_name_says_the_bits_first_unless_it_says_them_already(name: str, plain: str) -> None:
    assert plain_name(CATALOG.formats[name]) == plain
