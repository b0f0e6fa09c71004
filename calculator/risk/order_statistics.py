"""Quantiles of many draws: numpy's own figures, found by counting instead of sorting."""

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Draws = NDArray[np.float64]


def quantiles_of(rows: Draws | Sequence[Draws], shares: Sequence[float]) -> Draws:
    """The quantiles of each row at these shares (0..1), linear between draws; shape [shares, rows].

    numpy's own, bit for bit. Draws are counted in equal cells from the least to the greatest; only the few cells that
    hold a wanted place are sorted. That takes a quarter of the time of sorting 10,000.
    """
    places, wanted = _places(len(rows[0]), tuple(shares))
    return np.array([_between(_in_order(row, wanted), places) for row in rows]).T


@functools.lru_cache(maxsize=64)
def _places(count: int, shares: tuple[float, ...]) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Where each share lies in a sorted row of `count` draws, and the places of the two draws beside each, in pairs."""
    places = tuple(share * (count - 1) for share in shares)
    return places, tuple(min(int(place) + step, count - 1) for place in places for step in (0, 1))


def _in_order(row: Draws, wanted: Sequence[int]) -> Sequence[float]:
    """The draws at these places of the sorted row."""
    low = float(row.min())
    width = float(row.max()) - low
    if row.size < _FEW or not _NARROW < width < np.inf:
        return np.sort(row)[list(wanted)].tolist()
    cell = ((row - low) * (_CELLS / width)).astype(np.int64)  # never falls where the draw rises
    counts = np.bincount(cell)
    until = counts.cumsum()
    cells: list[int] = until.searchsorted(wanted, side="right").tolist()
    held = sorted(set(cells))
    inside = cell == held[0]
    for one in held[1:]:
        inside |= cell == one
    ordered: list[float] = np.sort(row[inside]).tolist()
    left_out: dict[int, int] = {}  # draws before each cell that are not among the sorted
    sorted_count = 0
    for one in held:
        left_out[one] = int(until[one]) - int(counts[one]) - sorted_count
        sorted_count += int(counts[one])
    return [ordered[place - left_out[one]] for place, one in zip(wanted, cells, strict=True)]


def _between(found: Sequence[float], places: Sequence[float]) -> list[float]:
    """Linear between the two draws on either side of each place."""
    between: list[float] = []
    for index, place in enumerate(places):
        a, b, part = found[2 * index], found[2 * index + 1], place - int(place)
        between.append(a + (b - a) * part if part < _HALF else b - (b - a) * (1 - part))
    return between


_FEW = 1_000
"""Draws below which sorting is as quick."""
_CELLS = 4_095
_NARROW = 1e-290
"""Draws that lie closer together are sorted: so many cells in so little are beyond what a number can hold."""
_HALF = 0.5
