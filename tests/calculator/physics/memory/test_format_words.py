"""Format that is wider than its name: no format means other bits in silence."""

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.deployment import format_on
from calculator.physics.memory.format_words import format_remarks
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
