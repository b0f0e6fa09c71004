"""Stretching of the ranges: how wide they must be for 80 % of left-out measurements to fall inside (conformal).

A range is `e^(1.28 x deviation x stretch of the standing x stretch of each cell)` wide to both sides. The stretch of a
standing comes from rows whose publisher (a measured chip) or whose chip (one never measured) was left out of the fit.
The cells (family, runtime, streams, depth, kind, chips) are then raked: one after the other each gets the factor with
which 80 % of its rows are inside, again and again, drawn towards 1 where its rows are few.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from calculator.calibration.accuracy import Compared
from calculator.physics.speed.ranges import INTERVAL_DEVIATIONS

COVERED_SHARE = 0.8
STANDINGS = ("chip", "family", "vendor")
SMALLEST_SAMPLE = 20
SWEEPS = 30
PULL_ROWS = 8.0
"""A cell of so many rows moves half of the way that its own rows ask for."""


def stretches(by_publisher: Sequence[Compared], by_chip: Sequence[Compared]) -> dict[str, float]:
    """Factors on the standard deviation by standing and cell, with which 80 % of left-out rows are covered."""
    found = {"chip": _stretch([one for one in by_publisher if one.standing == "chip"])}
    for standing in STANDINGS[1:]:
        rows = [one for one in by_chip if one.standing == standing]
        found[standing] = max(_stretch(rows) if len(rows) >= SMALLEST_SAMPLE else 1.0, found["chip"])
    return {**found, **_raked(by_publisher, found)}


def deviations_off(one: Compared) -> float:
    """How far the measurement lies from the prediction, in the 80 % range's half-widths before any stretch."""
    return abs(math.log(one.predicted / one.measured)) / (INTERVAL_DEVIATIONS * one.deviation)


def _raked(rows: Sequence[Compared], by_standing: Mapping[str, float]) -> dict[str, float]:
    """A factor per cell."""
    off = np.array([deviations_off(one) / by_standing.get(one.standing, 1.0) for one in rows])
    members: dict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(rows):
        for cell in one.cells:
            members[cell].append(index)
    factors = dict.fromkeys(sorted(members), 1.0)
    for _ in range(SWEEPS):
        for cell in factors:
            inside = np.array(members[cell])
            step = float(np.quantile(off[inside], COVERED_SHARE)) ** (len(inside) / (len(inside) + PULL_ROWS))
            factors[cell] *= step
            off[inside] /= step
    return {cell: factor for cell, factor in factors.items() if len(members[cell]) >= SMALLEST_SAMPLE}


def _stretch(rows: Sequence[Compared]) -> float:
    return float(np.quantile([deviations_off(one) for one in rows], COVERED_SHARE)) if rows else 1.0
