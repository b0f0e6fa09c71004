"""Packings: bits, scales, blocks and whole words, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog.checkpoint import ReleasedWeights
from calculator.errors import CatalogError
from measurements.models.module_names import Patterns
from measurements.models.packing import (
    Packing,
    block_sizes,
    group_words,
    is_linear,
    of_all_linear,
    skipped_modules,
    whole_number,
)

WEIGHTS = ReleasedWeights(method="x", words="x", bits=4, mlx="refused")


@pytest.mark.parametrize(
    ("packing", "shape", "size"),
    [
        (Packing(4, group_size=128, scale_bits=20), (10, 256), 10 * 128 + 10 * 2 * 20 // 8),
        (Packing(8, block=(128, 128), block_bits=32), (200, 130), 200 * 132 + 2 * 2 * 4),  # rows in 32-bit words
        (Packing(8, row_bits=16), (5, 64), 5 * 64 + 10),
        (Packing(4, group_size=16, scale_bits=8, matrix_bits=64), (3, 4, 32), 3 * (64 + 8 + 8)),  # three experts
        (Packing(4, column_bits=32), (2, 8), 8 + 32),
    ],
)
def test_bytes_of_a_matrix_by_hand(packing: Packing, shape: tuple[int, ...], size: int) -> None:
    assert packing.size_bytes(shape) == size


@given(st.integers(1, 64), st.integers(1, 4096), st.sampled_from([2, 3, 4, 8]), st.sampled_from([0, 32, 128]))
def test_a_packed_matrix_is_never_smaller_than_its_bits_nor_larger_than_twice_16(
    rows: int, columns: int, bits: int, group: int
) -> None:
    size = Packing(bits, group_size=group, scale_bits=16 + bits).size_bytes((rows, columns))
    assert rows * columns * bits / 8 <= size <= rows * (columns + 64) * 4


def test_linear_layers_are_packed_and_the_head_where_it_is_named() -> None:
    packing = Packing(4)
    found = of_all_linear(WEIGHTS, packing, skipped=Patterns(["self_attn"]))
    tensor = {"path": "model.layers.0.mlp.up_proj.weight", "shape": [8, 64], "quantizable": True}
    assert found.tensor_bytes(tensor, "ffn_up") == 8 * 32
    assert found.tensor_bytes({**tensor, "path": "model.layers.0.self_attn.q_proj.weight"}, "attn_q") == 0
    assert found.tensor_bytes({**tensor, "quantizable": False}, "ffn_up") == 0
    assert found.tensor_bytes({**tensor, "shape": [64]}, "ffn_up") == 0
    assert not is_linear("output", head=False)
    assert is_linear("output", head=True)
    assert not is_linear("embedding", head=True)


def test_skipped_modules_are_read_under_every_name_and_null_skips_none() -> None:
    for name in ("ignore", "modules_to_not_convert", "exclude_modules", "llm_int8_skip_modules"):
        assert skipped_modules({name: ["lm_head"]}).matches("lm_head.weight")
        assert not skipped_modules({name: None}).matches("lm_head.weight")


def test_whole_number_takes_null_for_its_default_and_refuses_words() -> None:
    assert whole_number({"bits": None}, "bits", 4) == 4
    with pytest.raises(CatalogError, match="must be a whole number"):
        whole_number({"bits": "four"}, "bits", 4)
    assert group_words(-1) == "a scale per row"


def test_block_is_two_whole_numbers_or_null() -> None:
    assert block_sizes(None) == (0, 0)
    assert block_sizes([128, 64]) == (128, 64)
    for wrong in (128, [128], [128, "x"], [0, 1], "128x128"):
        with pytest.raises(CatalogError, match="two whole numbers"):
            block_sizes(wrong)
