"""Format that is wider than its name: no format means other bits in silence."""

import pytest

from calculator.catalog import load_catalog
from calculator.physics.memory.format_words import wider_remarks
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
    found = wider_remarks(shapes, format=format, weights_bytes=weights_bytes(shapes, format=format))
    assert bool(found) == is_said
    assert all("bits per weight" in one.text for one in found)
