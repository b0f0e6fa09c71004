"""Families of towers: sizes that are none count as 0, and a whole image's patches."""

import pytest

from measurements.models.tower_families import FAMILIES, Encoder, from_width_and_depth, whole

TINY = Encoder({"num_heads": 2, "image_size": 56, "patch_size": 14}, 8, 3, 16, 32, {})


@pytest.mark.parametrize(
    ("value", "size"), [(14, 14), ([14, 14], 14), (None, 0), ("14", 0), (True, 0), (-1, 0), (14.5, 0)]
)
def test_whole_reads_a_size_or_the_first_of_a_pair(value: object, size: int) -> None:
    assert whole(value) == size


def test_blocks_by_hand() -> None:
    assert TINY.blocks(gated=False, bias=False, norm_parts=2) == 3 * (4 * 64 + 2 * 8 * 16 + 2 * 8)
    assert TINY.blocks(gated=True, bias=True, norm_parts=0) == 3 * (4 * 64 + 4 * 8 + 3 * 8 * 16 + 2 * 16 + 8)
    assert TINY.grid() == 16
    assert TINY.patches(bias=True, frames=2) == 3 * 2 * 14 * 14 * 8 + 8


def test_every_family_counts_more_with_each_layer() -> None:
    deeper = Encoder(TINY.fields, 8, 4, 16, 32, {})
    for name, family in FAMILIES.items():
        assert family(deeper) > family(TINY) > 0, name
    assert from_width_and_depth(deeper) > from_width_and_depth(TINY)
