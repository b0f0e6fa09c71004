"""Odds of the answer: costs of all options in the same drawn futures, and what follows from them.

`ranges` is fast (a few hundred draws) and belongs to every comparison; `simulate` draws as many futures as asked and
says how often each option is the cheapest. Both use the lines of tco.py on arrays: with ranges of no width they give
the deterministic answer to 1e-9.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calculator.errors import CalculatorError
from calculator.number import Range
from calculator.risk.candidates import Candidates, costs, spreads_of
from calculator.risk.distributions import Draws, Spread, draw, require_draws
from calculator.risk.order_statistics import quantiles_of

FAST_COUNT = 256
FULL_COUNT = 10_000
_THREADS = 2
_CHUNK = 8_192  # draws per pass: the arrays of one option stay in the processor's cache
_TENTHS = (0.1, 0.5, 0.9)
_HALF = 0.5


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Odds:
    """Costs of the options in the same futures. Positive dollars, one array [draws] per option id.

    `inputs` are the draws behind them, by name; `spreads` the range of each.
    """

    total_usd: Mapping[str, Draws]
    present_value_usd: Mapping[str, Draws]
    hard_present_value_usd: Mapping[str, Draws]
    hard_total_usd: Mapping[str, Draws]
    inputs: Mapping[str, Draws]
    spreads: Mapping[str, Spread]
    seed: int

    def total(self, option: str) -> Range:
        """P10, P50, P90 of the nominal cost."""
        return range_of(self.total_usd[option])

    def present_value(self, option: str) -> Range:
        """P10, P50, P90 of the present value."""
        return range_of(self.present_value_usd[option])

    def hard_present_value(self, option: str) -> Range:
        """P10, P50, P90 of the present value without people's time."""
        return range_of(self.hard_present_value_usd[option])

    def in_cash(self) -> "Odds":
        """The same futures with nothing discounted: every present value is the plain sum of what is paid."""
        return replace(self, present_value_usd=self.total_usd, hard_present_value_usd=self.hard_total_usd)

    def difference(self, dearer: str, cheaper: str, *, hard: bool = False) -> Range:
        """P10, P50, P90 of what the first costs more than the second, future by future; `hard`: without people's
        time."""
        table = self._table(hard)
        return range_of(table[dearer] - table[cheaper])

    def cheaper_chance(self, option: str, than: str, *, hard: bool = False) -> float:
        """Share of the futures in which the first has the lower present value; futures in which both are alike count
        half.

        `hard`: without people's time.
        """
        table = self._table(hard)
        cheaper, alike = table[option] < table[than], table[option] == table[than]
        return (float(np.count_nonzero(cheaper)) + 0.5 * float(np.count_nonzero(alike))) / len(cheaper)

    def median_winner(self, *, hard: bool = False) -> str:
        """The option with the lowest median of its futures; it may differ from the cheapest of the base case."""
        table = self._table(hard)
        return min(table, key=lambda name: float(quantiles_of([table[name]], [_HALF])[0, 0]))

    def _table(self, hard: bool) -> Mapping[str, Draws]:
        return self.hard_present_value_usd if hard else self.present_value_usd

    def cheapest_probability(self, *, hard: bool = False) -> dict[str, float]:
        """Share of the futures in which each option has the lowest present value; `hard`: without people's time."""
        table = self._table(hard)
        names = list(table)
        winner = np.argmin(np.column_stack([table[name] for name in names]), axis=1)
        wins = np.bincount(winner, minlength=len(names)) / len(winner)
        return dict(zip(names, wins.tolist(), strict=True))

    def expected_regret_usd(self) -> dict[str, float]:
        """Mean present value above the cheapest option of each future: what the choice costs on average."""
        least: Draws = np.min(np.column_stack(list(self.present_value_usd.values())), axis=1)
        return {name: float(np.mean(usd - least)) for name, usd in self.present_value_usd.items()}

    def worst_tenth_usd(self) -> dict[str, float]:
        """Mean present value of each option in the dearest tenth of its futures (conditional value at risk, 90 %)."""
        return {name: _worst_tenth(usd) for name, usd in self.present_value_usd.items()}


def _worst_tenth(usd: Draws) -> float:
    dearest: Draws = usd[usd >= np.quantile(usd, _TENTHS[-1])]
    return float(np.sum(dearest)) / len(dearest)


def range_of(values: NDArray[np.float64]) -> Range:
    """P10, P50, P90 of the draws of dollars."""
    low, central, high = quantiles_of([values], _TENTHS)[:, 0].tolist()
    return Range(low, central, high, "USD")


def ranges(
    candidates: Candidates,
    *,
    count: int = FAST_COUNT,
) -> Odds:
    """Costs of all candidates in `count` drawn futures, the same for all, with the fixed seed of the rules of drawing.

    For the verdict's range: `odds.total(id)` gives the range of an option, `odds.difference(a, b)` of what a
    costs more than b. The draws of an input are kept between calls, so that a slider move redraws one input only.
    Raises CalculatorError below 16 draws.
    """
    require_draws(count)
    spreads = spreads_of(candidates)
    rules = candidates.rules
    return _odds(candidates, spreads, draw(spreads, rules=rules, count=count), count=count, seed=rules.seed)


def simulate(
    candidates: Candidates,
    *,
    count: int = FULL_COUNT,
    seed: int | None = None,
    spreads: Mapping[str, Spread] | None = None,
) -> Odds:
    """The same for many draws, in chunks on two threads; `spreads` replaces the ranges. Raises below two draws."""
    if count < 2:
        raise CalculatorError(
            f"count is {count}; a simulation needs at least 2 draws. Leave it out for {FULL_COUNT:,}."
        )
    found = spreads_of(candidates) if spreads is None else spreads
    seed = candidates.rules.seed if seed is None else seed
    draws = draw(found, rules=candidates.rules, count=count, seed=seed)
    pieces = [slice(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK)]
    if len(pieces) == 1:
        return _odds(candidates, found, draws, count=count, seed=seed)

    def odds_of(piece: slice) -> Odds:
        part = {name: values[piece] for name, values in draws.items()}
        return _odds(candidates, found, part, count=piece.stop - piece.start, seed=seed)

    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        parts = list(pool.map(odds_of, pieces))
    return Odds(
        total_usd=_joined([part.total_usd for part in parts]),
        present_value_usd=_joined([part.present_value_usd for part in parts]),
        hard_present_value_usd=_joined([part.hard_present_value_usd for part in parts]),
        hard_total_usd=_joined([part.hard_total_usd for part in parts]),
        inputs=draws,
        spreads=found,
        seed=seed,
    )


def _joined(parts: Sequence[Mapping[str, Draws]]) -> dict[str, Draws]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _odds(
    candidates: Candidates,
    spreads: Mapping[str, Spread],
    draws: Mapping[str, Draws],
    *,
    count: int,
    seed: int,
) -> Odds:
    found = costs(candidates, draws)
    shape = (count,)
    return Odds(
        total_usd={name: np.broadcast_to(cost.total_cost_usd, shape) for name, cost in found.items()},
        present_value_usd={name: np.broadcast_to(cost.present_value_cost_usd, shape) for name, cost in found.items()},
        hard_present_value_usd={
            name: np.broadcast_to(cost.hard_present_value_cost_usd, shape) for name, cost in found.items()
        },
        hard_total_usd={name: np.broadcast_to(cost.hard_total_cost_usd, shape) for name, cost in found.items()},
        inputs=draws,
        spreads=spreads,
        seed=seed,
    )
