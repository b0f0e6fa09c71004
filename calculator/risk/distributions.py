"""Distributions of uncertain values from P10, P50 and P90, and their draws: all options meet the same ones.

Draws are a Latin hypercube: each input takes the middle of each of n equal slices of probability once, in an order of
its own that depends on the seed and the input's name only. Correlated inputs are then re-ordered to the wanted rank
correlation (Iman and Conover 1982), which leaves every distribution as it was. Same seed, same draws, on any machine.
"""

import functools
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from calculator.catalog.distributions import Distributions, Kind
from calculator.errors import CalculatorError
from calculator.evidence import Quantity
from calculator.number import Range
from calculator.scenario.own_figures import FIGURE_BOUNDS
from calculator.scenario.scenario import Knob, Scenario, knobs
from calculator.units import plain_number

Draws = NDArray[np.float64]
FEWEST_DRAWS = 16
"""Below so many futures neither percentiles nor rank correlations mean anything."""
_TAIL = 0.9
"""A range is P10 to P90: the definition of `low` and `high` in evidence.Quantity."""


@dataclass(frozen=True, slots=True)
class Spread:
    """An uncertain value: about P10, P50 and P90, the shape of its distribution, and what it can never pass.

    `cases` (value, weight) are for kind "discrete": a new generation ships, or it does not.
    """

    low: float
    central: float
    high: float
    kind: Kind = "lognormal"
    floor: float = -np.inf
    ceiling: float = np.inf
    cases: tuple[tuple[float, float], ...] = ()

    @property
    def certain(self) -> bool:
        """Whether it has no width, and so is not drawn."""
        return self.low == self.high and not self.cases


def scenario_spreads(
    scenario: Scenario, *, defaults: Mapping[str, Quantity], rules: Distributions
) -> dict[str, Spread]:
    """Every uncertain scenario value with its range: the person's own, else the default's, moved to the value typed.

    A value that was typed and is a fact (`when_set = "certain"`) has no range left, even where it equals the default.
    Ranges are cut to the slider's.
    """
    found: dict[str, Spread] = {}
    bounds = _bounds()
    own = [name for name in (*scenario.ranges, *scenario.cases) if name in bounds and name not in rules.kinds]
    for name in (*(name for name in rules.kinds if name in defaults), *own):
        value = float(getattr(scenario, name))
        floor, ceiling = bounds[name].low, bounds[name].high
        kind = rules.kinds.get(name) or _kind(floor, ceiling)
        if name in scenario.cases:
            values = [case for case, _ in scenario.cases[name]]
            found[name] = Spread(min(values), value, max(values), "discrete", floor, ceiling, scenario.cases[name])
            continue
        if name in scenario.ranges:
            low, central, high = scenario.ranges[name]
        elif value == (default := defaults[name]).central and name not in scenario.typed:
            low, central, high = default.low, default.central, default.high
        elif rules.when_set[name] == "certain":
            low = central = high = value
        elif rules.when_set[name] == "shift":
            low, central, high = value + default.low - default.central, value, value + default.high - default.central
        else:
            ends = value * default.low / default.central, value * default.high / default.central
            low, central, high = min(ends), value, max(ends)  # a negative rate turns them round
        found[name] = Spread(max(low, floor), central, min(high, ceiling), kind, floor, ceiling)
    return found


def figure_spreads(scenario: Scenario) -> dict[str, Spread]:
    """The ranges that a person gave to figures of an option or a tariff, by "<owner>.<figure>".

    Those of speeds are multiples of the person's own speed, in which the hours are counted already.
    """
    found: dict[str, Spread] = {}
    for name, (low, central, high) in scenario.ranges.items():
        if "." in name:
            floor, ceiling = FIGURE_BOUNDS[name.rpartition(".")[2]]
            unit = scenario.figures[name] if name.endswith("_speed_ratio") and scenario.rules != 1 else 1.0
            found[name] = Spread(low / unit, central / unit, high / unit, "lognormal", floor / unit, ceiling / unit)
    return found


def _kind(floor: float, ceiling: float) -> Kind:
    """How a value is drawn that has no rule: by what it can be."""
    if floor < 0:
        return "pert"
    return "share" if ceiling <= 1 else "lognormal"


def spread_of(
    quantity: Quantity | Range, *, bounds: tuple[float, float] = (-np.inf, np.inf), kind: Kind = "lognormal"
) -> Spread:
    """The range that the catalogue gives a figure, cut at `bounds` except where the range itself is wider."""
    low, high = quantity.low, quantity.high
    return Spread(low, quantity.central, high, kind, min(bounds[0], low), max(bounds[1], high))


def draw(
    spreads: Mapping[str, Spread], *, rules: Distributions, count: int, seed: int | None = None
) -> dict[str, Draws]:
    """`count` draws of each input that has a width, rank-correlated, keyed as given; arrays [count], read-only.

    `rules` say which inputs go together, and the seed unless one is given. Raises CalculatorError where inputs go
    together and there are fewer than 16 draws.
    """
    seed = rules.seed if seed is None else seed
    wide = {name: spread for name, spread in spreads.items() if not spread.certain}
    group_of = {name: group for group in _groups(frozenset(wide), rules.correlations) for name in group.names}
    if group_of:
        require_draws(count)
    return {name: _drawn(name, spread, count, seed, group_of.get(name)) for name, spread in wide.items()}


def require_draws(count: int) -> None:
    """Raise CalculatorError where there are too few draws for ranges and odds."""
    if count < FEWEST_DRAWS:
        raise CalculatorError(
            f"Ranges and odds need at least {FEWEST_DRAWS} draws, and {count} were asked for. Ask for more, or leave "
            "the number out."
        )


def independent(spreads: Mapping[str, Spread], *, count: int, seed: int) -> dict[str, Draws]:
    """The same without rank correlations: for shares of variance, which are defined for independent inputs only."""
    return {name: _drawn(name, spread, count, seed, None) for name, spread in spreads.items()}


def quantiles(spread: Spread, probability: NDArray[np.float64]) -> Draws:
    """Value below which the given share (0..1) lies; cut at 4 standard deviations and at floor and ceiling.

    lognormal: two halves that meet in P50, so that P10, P50 and P90 are exact. share: the same in ln(x/(1-x)), so that
    it stays within 0..1 (a Beta has two parameters and could not honour three figures). pert: two halves of a symmetric
    PERT, Beta(3, 3). discrete: the cases, by weight. Where a lognormal or a share touches its edge, pert is taken.
    Raises CalculatorError where a range is out of order or a case has no weight.
    """
    return _quantiles(spread, probability, _z(tuple(probability.tolist())))


def rank_correlated(
    columns: NDArray[np.float64], *, target: NDArray[np.float64], seed: int, keys: Sequence[int] | None = None
) -> NDArray[np.float64]:
    """Re-order each column so that rank correlations come close to `target` (Iman and Conover 1982).

    `columns` [n, k]; `target` [k, k] symmetric, ones on the diagonal, positive definite: Spearman's, which normal
    scores reach where their own correlation is 2 sin(pi/6 target) (Pearson 1907). `keys` tell the shuffles of columns
    apart that are mixed in several calls. Each column keeps its values.
    """
    count, width = columns.shape
    scores = _normal_scores(count)
    keys = range(width) if keys is None else keys
    shuffled = np.column_stack([np.random.default_rng([seed, key]).permutation(scores) for key in keys])
    has = np.linalg.cholesky(np.corrcoef(shuffled, rowvar=False))
    wants = np.linalg.cholesky(2 * np.sin(np.pi / 6 * target))
    mixed = shuffled @ np.linalg.inv(has).T @ wants.T
    ranks = mixed.argsort(axis=0).argsort(axis=0)
    return np.take_along_axis(np.sort(columns, axis=0), ranks, axis=0)


@dataclass(frozen=True, slots=True)
class _Group:
    """Inputs that are linked by rank correlations, directly or through others; `ranks` are those among them."""

    names: tuple[str, ...]
    ranks: tuple[tuple[str, str, float], ...]


@functools.lru_cache(maxsize=512)
def _drawn(name: str, spread: Spread, count: int, seed: int, group: _Group | None) -> Draws:
    values = _quantiles(spread, (np.arange(count) + 0.5) / count, _normal_scores(count))
    ranks = (
        np.random.default_rng([seed, _key(name)]).permutation(count)
        if group is None
        else _correlated_ranks(group, count, seed)[name]
    )
    values = values[ranks]
    values.flags.writeable = False
    return values


def _key(name: str) -> int:
    """A number of its own for every name, the same on every machine."""
    return zlib.crc32(name.encode())


def _quantiles(spread: Spread, probability: NDArray[np.float64], z: NDArray[np.float64]) -> Draws:
    if spread.kind == "discrete":
        return _discrete(spread, probability)
    if not spread.low <= spread.central <= spread.high:
        raise CalculatorError(
            f"a range is {plain_number(spread.low)}, {plain_number(spread.central)}, {plain_number(spread.high)}; it "
            "must be in order."
        )
    if spread.certain:
        return np.full(probability.shape, spread.central)
    low, central, high = spread.low, spread.central, spread.high
    z = np.clip(z, -_TAIL_END, _TAIL_END)
    if spread.kind == "lognormal" and low > 0:
        values = np.exp(_halves(np.log([low, central, high]), z / _Z90))
    elif spread.kind == "share" and low > 0 and high < 1:
        odds = np.log(np.array([low, central, high]) / (1 - np.array([low, central, high])))
        with np.errstate(over="ignore"):  # e^inf is right here: a share of almost nothing drawn low is 0
            values = 1 / (1 + np.exp(-_halves(odds, z / _Z90)))
    else:
        grid, cumulative = _pert_table()
        unit = np.interp(probability, cumulative, grid) - 0.5
        values = _halves(np.array([low, central, high]), unit / (float(np.interp(_TAIL, cumulative, grid)) - 0.5))
    return np.clip(values, spread.floor, spread.ceiling)


def _halves(range_: NDArray[np.float64], unit: NDArray[np.float64]) -> Draws:
    """P50 at unit 0, P10 at -1, P90 at 1; each half in proportion."""
    low, central, high = (float(value) for value in range_)
    return central + unit * np.where(unit < 0, central - low, high - central)


def _discrete(spread: Spread, probability: NDArray[np.float64]) -> Draws:
    values, weights = np.array([case[0] for case in spread.cases]), np.array([case[1] for case in spread.cases])
    if np.any(weights < 0) or weights.sum() <= 0:
        raise CalculatorError(f"the weights of a discrete value are {weights.tolist()}; they must be positive.")
    order = np.argsort(values)
    edges = np.cumsum(weights[order]) / weights.sum()
    case: NDArray[np.int64] = np.minimum(np.searchsorted(edges, probability), len(values) - 1)
    return values[order][case]


def _z(probability: tuple[float, ...]) -> NDArray[np.float64]:
    return np.array([NormalDist().inv_cdf(p) for p in probability])


@functools.lru_cache(maxsize=16)
def _normal_scores(count: int) -> NDArray[np.float64]:
    return _z(tuple(((np.arange(count) + 0.5) / count).tolist()))


@functools.lru_cache(maxsize=64)
def _correlated_ranks(group: _Group, count: int, seed: int) -> dict[str, NDArray[np.int64]]:
    names = group.names
    target = np.eye(len(names))
    for first, second, rank in group.ranks:
        row, column = names.index(first), names.index(second)
        target[row, column] = target[column, row] = rank
    base = np.tile(np.arange(count, dtype=float)[:, None], (1, len(names)))
    keys = [_key(name) for name in names]  # by name: two groups never share a shuffle
    mixed = rank_correlated(base, target=target, seed=seed, keys=keys).astype(np.int64)
    return {name: mixed[:, column] for column, name in enumerate(names)}


@functools.lru_cache(maxsize=64)
def _groups(wide: frozenset[str], correlations: tuple[tuple[str, str, float], ...]) -> tuple[_Group, ...]:
    """The groups among the inputs that are drawn."""
    linked = [(first, second, rank) for first, second, rank in correlations if first in wide and second in wide]
    groups: list[set[str]] = [
        {name} for name in sorted({name for first, second, _ in linked for name in (first, second)})
    ]
    for first, second, _ in linked:
        joined = [group for group in groups if first in group or second in group]
        if len(joined) > 1:
            groups = [group for group in groups if group not in joined] + [set[str]().union(*joined)]
    return tuple(_Group(tuple(sorted(group)), tuple(one for one in linked if one[0] in group)) for group in groups)


@functools.cache
def _bounds() -> dict[str, Knob]:
    return knobs()


@functools.cache
def _pert_table() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Grid of 0..1 and the exact cumulative probability of Beta(3, 3) on it: x^3 (10 - 15 x + 6 x^2)."""
    grid = np.linspace(0.0, 1.0, _GRID)
    return grid, grid**3 * (10 - 15 * grid + 6 * grid**2)


_Z90 = NormalDist().inv_cdf(_TAIL)
_TAIL_END = 4.0
"""Standard deviations at which the tails of a lognormal or a share end: 1 draw in 16,000 lies beyond."""
_GRID = 4001
