"""The law of speeds: a few thousand published measurements turned into one speed with an honest range.

Every speed here is the inverse of a time, and every time is a sum of physical terms (bytes over bandwidth, operations
over rate, a fixed cost per layer). A term is a base, which physics gives, times efficiencies, which only measurements
give:

    time = exp(common) * sum over terms of  base * exp(sum of the term's effects)

An effect is a number on a log scale with a name such as `weights/family/nvidia-ada`. Effects are pooled: each is
drawn towards zero by the spread of its group, so that a device without rows falls back on its family, a family on its
vendor, and the range widens by the spread of what is unknown. calibration/solver.py finds the effects; this file only
reads and adds them, so that the page needs neither a solver nor a table.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from calculator.catalog.calibration import Effect, Law


class Term(NamedTuple):
    """One physical term of a time: `base_ms` by physics alone, the effects that correct it, and effects times a
    weight.
    """

    name: str
    base_ms: float
    effects: tuple[str, ...] = ()
    scaled: tuple[tuple[str, float], ...] = ()


class Estimate(NamedTuple):
    """A time with its uncertainty: the central value in ms, the standard deviation of its log, each term's share, the
    effects that were never fitted, and the time of the terms that physics allows no correction of (the bound)."""

    central_ms: float
    deviation: float
    shares: dict[str, float]
    unknown: tuple[str, ...]
    floor_ms: float


def estimate(law: Law, terms: Sequence[Term], common: Sequence[tuple[str, float]] = ()) -> Estimate:
    """The central time of a case and the spread of its log.

    time = exp(sum of common effect * weight) * sum over terms of base * exp(sum of effects). The log's variance is
    the noise's plus, for each effect that was never fitted, (share of the term x weight x its group's spread)^2: what
    pooling left open. `common` are (name, weight) pairs that scale the whole time. Terms with a base of zero are
    skipped.
    """
    effects, spread = law.effects, law.spread
    parts = [
        (
            term,
            term.base_ms
            * math.exp(_sum_of(effects, ((name, 1.0) for name in term.effects)) + _sum_of(effects, term.scaled)),
        )
        for term in terms
        if term.base_ms > 0
    ]
    time_ms = sum(part for _, part in parts)
    shares = {term.name: part / time_ms for term, part in parts}
    open_weights: dict[str, float] = {}
    for term, _ in parts:
        for name, weight in (*((name, 1.0) for name in term.effects), *term.scaled):
            if name not in effects:
                open_weights[name] = open_weights.get(name, 0.0) + shares[term.name] * weight
    for name, weight in common:
        if name not in effects:
            open_weights[name] = open_weights.get(name, 0.0) + weight
    variance = law.noise**2 + sum(
        (weight * spread.get(group_of(name), 0.0)) ** 2 for name, weight in open_weights.items()
    )
    floor_ms = sum(part for term, part in parts if not term.effects)
    central_ms = time_ms * math.exp(_sum_of(effects, common))
    return Estimate(central_ms, math.sqrt(variance), shares, tuple(open_weights), floor_ms)


def _sum_of(effects: Mapping[str, Effect], names: Iterable[tuple[str, float]]) -> float:
    """Sum of fitted effect times weight; an effect that was never fitted counts as 0, its group's mean."""
    total = 0.0
    for name, weight in names:
        effect = effects.get(name)
        if effect is not None:
            total += weight * effect.value
    return total


def group_of(effect_name: str) -> str:
    """The group whose spread an effect shares: its name without the last part.

    >>> group_of("weights/family/nvidia-ada")
    'weights/family'
    """
    return effect_name.rpartition("/")[0]
