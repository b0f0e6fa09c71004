"""Quantiles by counting against numpy's own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.risk.order_statistics import quantiles_of

_SHARES = (0.0, 0.05, 0.1, 0.5, 0.9, 1.0)
_SHAPES = ("normal", "tail", "steps", "one far", "all alike", "tiny", "huge")


def _draws(shape: str, count: int, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=count)
    if shape == "tail":
        return np.exp(4 * drawn)
    if shape == "steps":
        return np.round(drawn)
    if shape == "one far":
        return np.append(drawn[1:], 1e12)
    if shape == "all alike":
        return np.full(count, 7.25)
    return drawn * {"tiny": 1e-300, "huge": 1e300}.get(shape, 1.0)


@given(st.sampled_from(_SHAPES), st.integers(16, 12_000), st.integers(0, 2**31))
@settings(max_examples=150, deadline=None)
def test_quantiles_are_numpys_bit_for_bit(shape: str, count: int, seed: int) -> None:
    rows = np.stack([_draws(shape, count, seed), -_draws("normal", count, seed + 1)])
    assert np.array_equal(quantiles_of(rows, _SHARES), np.quantile(rows, _SHARES, axis=1))


@pytest.mark.parametrize("far", [np.inf, -np.inf])
def test_one_endless_draw_leaves_the_others_as_they_are(far: float) -> None:
    rows = np.append(np.arange(1_999.0), far)[np.newaxis]
    assert quantiles_of(rows, [0.5])[0, 0] == np.quantile(rows, 0.5)


def test_shape_is_shares_by_rows() -> None:
    assert quantiles_of(np.ones((3, 20)), [0.1, 0.9]).shape == (2, 3)
