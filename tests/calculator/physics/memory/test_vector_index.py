"""Vector index: bytes of each kind by hand, and how they grow."""

import math
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.errors import ScenarioError
from calculator.physics.memory.vector_index import IndexKind, index_bytes


def test_index_bytes_by_hand() -> None:
    assert index_bytes(400_000, dimension_count=384) == 614_400_000  # measured with NumPy: 614 MB
    hnsw = index_bytes(1_000_000, dimension_count=768, index="hnsw", link_count=16)
    # 768 x 4 + 2 x 16 x 4 + 16/15 x 4 + 8 = 3,212.27 byte each
    assert hnsw == pytest.approx(1e6 * 3_212.267, rel=1e-6)
    pq = index_bytes(1_000_000, dimension_count=768, index="ivf-pq", code_bytes=96)
    assert pq == 1_000_000 * 104 + 4_000 * 768 * 4 + 256 * 768 * 4
    assert index_bytes(1_000, dimension_count=1024, number_bytes=0.125) == 128_000  # binary
    assert index_bytes(0, dimension_count=8) == 0
    with pytest.raises(ScenarioError, match="cannot be"):
        index_bytes(10, dimension_count=0)


@given(
    index=st.sampled_from(get_args(IndexKind)),
    few=st.integers(0, 10**7),
    more=st.integers(0, 10**7),
    dimensions=st.integers(1, 4096),
)
def test_index_bytes_never_fall_with_vectors(index: IndexKind, few: int, more: int, dimensions: int) -> None:
    small = index_bytes(few, dimension_count=dimensions, index=index)
    assert index_bytes(few + more, dimension_count=dimensions, index=index) >= small
    with_text = index_bytes(few, dimension_count=dimensions, index=index, payload_bytes=10)
    assert with_text - small == pytest.approx(10 * few, abs=1)


@pytest.mark.parametrize("wrong", [{"dimension_count": 0}, {"link_count": 1}, {"number_bytes": 0.0}])
def test_index_bytes_refuse_what_cannot_be_built(wrong: dict[str, Any]) -> None:
    sizes: dict[str, Any] = {"dimension_count": 8}
    with pytest.raises(ScenarioError, match="cannot be built"):
        index_bytes(10, **(sizes | wrong))


def test_index_bytes_of_the_defaults_and_of_the_fewest_links() -> None:
    assert index_bytes(1_000, dimension_count=8, index="hnsw") == math.ceil(1_000 * (32 + 128 + 64 / 15 + 8))
    assert index_bytes(1_000, dimension_count=8, index="hnsw", link_count=2) == 1_000 * (32 + 16 + 8 + 8)
    assert index_bytes(10_000, dimension_count=8, index="ivf-pq") == 10_000 * 72 + 400 * 8 * 4 + 256 * 8 * 4
    assert index_bytes(10, dimension_count=1, number_bytes=1) == 10
    with pytest.raises(ScenarioError, match="cannot be built"):
        index_bytes(-1, dimension_count=8)
