"""Value of information: shares of the variance, and what knowing an input before one decides is worth.

The value of perfect information is what the decision would gain on average if the future were known: the expected cost
of the option chosen now, less the expected cost of the best option in each future. No test, pilot or survey is worth
more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from calculator.risk.candidates import Candidates, costs, spreads_of
from calculator.risk.distributions import Spread, independent, quantiles
from calculator.risk.monte_carlo import Odds

_BINS = 50
_BASE_COUNT = 128
_VARIANCE_COUNT = 16_384
_NODE_COUNT = 16
_ROUNDING = 1e-12  # a mean of means differs from the mean in its last digits


@dataclass(frozen=True, slots=True)
class Information:
    """Dollars of present value. `by_input` is never above `total_usd` and never below zero.

    `noise_usd` is what an input that has nothing to do with the costs would get at this number of draws: smaller values
    mean nothing.
    """

    choice: str
    total_usd: float
    by_input: dict[str, float]
    noise_usd: float


def value_of_information(odds: Odds, *, bins: int = _BINS) -> Information:
    """Expected value of perfect information in total, and for each input alone.

    Total: min_i E[C_i] - E[min_i C_i]. One input: the draws are sorted by it into `bins` of equal size; within each the
    option with the lowest mean is taken. By Jensen's inequality 0 <= each input's value <= the total, exactly.
    """
    names = list(odds.present_value_usd)
    table = np.array([odds.present_value_usd[name] for name in names])
    bins = min(bins, table.shape[1])
    count = table.shape[1] // bins * bins
    table = table[:, :count]
    means = table.mean(axis=1)
    chosen = float(means.min())
    noise_order = np.random.default_rng(odds.seed).permutation(count)
    return Information(
        choice=names[int(means.argmin())],
        total_usd=_gain(chosen, float(table.min(axis=0).mean())),
        by_input={
            name: _known(table, np.argsort(draws[:count], kind="stable"), bins, chosen)
            for name, draws in odds.inputs.items()
        },
        noise_usd=_known(table, noise_order, bins, chosen),
    )


def total_effects(
    candidates: Candidates,
    *,
    pair: tuple[str, str],
    count: int = _BASE_COUNT,
) -> dict[str, float]:
    """Share of the variance of the difference between two options that vanishes if an input is known last (Sobol).

    E[Var(f | all but input i)] / Var f: the inner variance by Gauss-Hermite quadrature over the input's distribution,
    its mean over `count` futures of the others. (Pairs of draws, as in Jansen 1999, err by 0.1 here: hours and wages
    have long tails.) Rank correlations are left out: shares of variance are defined for independent inputs only.
    Largest first.
    """
    spreads = {name: spread for name, spread in spreads_of(candidates).items() if not spread.certain}
    chosen, seed = candidates.only(pair), candidates.rules.seed
    many, base = (independent(spreads, count=size, seed=seed) for size in (_VARIANCE_COUNT, count))
    variance = float(np.var(_difference(chosen, many, pair)))
    if variance <= _ROUNDING:
        return dict.fromkeys(spreads, 0.0)
    strangers = tuple(f"{one.option.id}." for one in candidates if one.option.id not in pair)
    shares = {
        name: 0.0 if name.startswith(strangers) else _inner(chosen, base, pair=pair, vary=(name, spread)) / variance
        for name, spread in spreads.items()
    }
    shares = {name: share if share > _ROUNDING else 0.0 for name, share in shares.items()}
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _inner(
    candidates: Candidates,
    base: Mapping[str, NDArray[np.float64]],
    *,
    pair: tuple[str, str],
    vary: tuple[str, Spread],
) -> float:
    """Mean over the base futures of the variance that one input alone makes."""
    name, spread = vary
    nodes, weights = _nodes(spread)
    values = {other: np.repeat(draws, len(nodes)) for other, draws in base.items()}
    values[name] = np.tile(nodes, len(base[name]))
    found = _difference(candidates, values, pair).reshape(-1, len(nodes))
    apart = found - (found @ weights)[:, None]
    return float(np.mean(apart**2 @ weights))


def _nodes(spread: Spread) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values of the input and their weights: its cases, or quadrature nodes over the normal variable behind it."""
    if spread.cases:
        cases = np.array(spread.cases)
        return cases[:, 0], cases[:, 1] / cases[:, 1].sum()
    z, weights = np.polynomial.hermite_e.hermegauss(_NODE_COUNT)
    below = np.array([NormalDist().cdf(one) for one in z])
    return quantiles(spread, below), weights / weights.sum()


def _known(table: NDArray[np.float64], order: NDArray[np.int64], bins: int, chosen: float) -> float:
    means = table[:, order].reshape(table.shape[0], bins, -1).mean(axis=2)
    return _gain(chosen, float(means.min(axis=0).mean()))


def _gain(chosen: float, known: float) -> float:
    return chosen - known if chosen - known > _ROUNDING * abs(chosen) else 0.0


def _difference(
    candidates: Candidates,
    values: Mapping[str, NDArray[np.float64]],
    pair: tuple[str, str],
) -> NDArray[np.float64]:
    found = costs(candidates, values)
    return np.asarray(found[pair[0]].present_value_cost_usd - found[pair[1]].present_value_cost_usd)
