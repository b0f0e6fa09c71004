"""How are a few thousand published measurements turned into one speed with an honest range?

Every speed here is the inverse of a time, and every time is a sum of physical terms (bytes over bandwidth, operations
over rate, a fixed cost per layer). A term is a base, which physics gives, times efficiencies, which only measurements
give:

    time = exp(common) * sum over terms of  base * exp(sum of the term's effects)

An effect is a number on a log scale with a name such as `weights/family/nvidia-ada`. Effects are pooled: each is drawn
towards zero by the spread of its group, so that a device without rows falls back on its family, a family on its vendor,
and the range widens by the spread of what is unknown. fit.py finds the effects; this file only reads and adds them,
so that the page needs neither a solver nor a table.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from calculator.errors import CatalogError


class Term(NamedTuple):
    """One physical term of a time: `base_ms` by physics alone, the effects that correct it, and effects times a weight."""

    name: str
    base_ms: float
    effects: tuple[str, ...] = ()
    scaled: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """A fitted effect (natural log), its standard error and how many rows speak about it."""

    value: float
    error: float
    rows: int


@dataclass(frozen=True, slots=True)
class Law:
    """The fitted constants of one quantity.

    `spread` is the standard deviation of a group's effects, used for a member that was never measured. `noise` is what
    two measurements of the same case differ by (one standard deviation of the log). `stretch` multiplies the standard
    deviation so that the stated share of held-out rows falls into the range (conformal); it has one entry per basis.
    """

    effects: Mapping[str, Effect]
    spread: Mapping[str, float]
    noise: float
    stretch: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Calibration:
    """All fitted laws, with the date and the rows they stand on."""

    as_of: str
    year: float
    rows: Mapping[str, int]
    decode: Law
    prefill: Law


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

    time = exp(sum of common effect * weight) * sum over terms of base * exp(sum of effects). The log's variance is the noise's plus, for each
    effect that was never fitted, (share of the term x weight x its group's spread)^2: what pooling left open.
    `common` are (name, weight) pairs that scale the whole time. Terms with a base of zero are skipped.
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


_READ: dict[int, tuple[Mapping[str, Any], Calibration]] = {}


def calibration_from(source: Calibration | Mapping[str, Any]) -> Calibration:
    """The calibration itself, or that of a parsed calibration.toml; read once per table, as the page asks it many times."""
    if isinstance(source, Calibration):
        return source
    known = _READ.get(id(source))
    if known is None or known[0] is not source:
        _READ.clear()
        known = _READ[id(source)] = (source, calibration_of(source))
    return known[1]


def calibration_of(table: Mapping[str, Any]) -> Calibration:
    """The calibration from a parsed calibration.toml; raises CatalogError where a part is missing."""
    try:
        head = table["calibration"]
        return Calibration(
            as_of=str(head["as_of"]), year=float(head["year"]), rows=dict(head["rows"]),
            decode=_law_of(table["decode"]), prefill=_law_of(table["prefill"]),
        )  # fmt: skip
    except KeyError as missing:
        raise CatalogError(
            f"calibration.toml: {missing} is missing. Regenerate it: python -m calculator calibrate."
        ) from None


def _law_of(table: Mapping[str, Any]) -> Law:
    effects = {
        f"{group}/{name}": Effect(float(entry[0]), float(entry[1]), int(entry[2]))
        for group, members in table["effects"].items() for name, entry in members.items()
    }  # fmt: skip
    return Law(
        effects=effects, spread=dict(table["spread"]), noise=float(table["noise"]), stretch=dict(table["stretch"])
    )
