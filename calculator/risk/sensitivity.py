"""Sensitivity of the answer: each input at both ends of its range, the value at which another option wins, and a map.

Everything is about the gap: present value of the best other option less that of the option that wins at the central
values. Positive means that the winner still wins. All cases are laid side by side in arrays and costed in one pass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calculator.errors import CalculatorError
from calculator.risk.candidates import Candidates, costs, input_bounds, spreads_of
from calculator.risk.distributions import Draws, Spread
from calculator.scenario.scenario import Scenario

_SIDE_COUNT = 32
_ZOOM_COUNT = 33
_ZOOMS = 5


@dataclass(frozen=True, slots=True)
class Swing:
    """One bar of the tornado: the gap with this input at P10 and at P90, all others at their central values."""

    name: str
    low_value: float
    central_value: float
    high_value: float
    gap_at_low_usd: float
    gap_at_high_usd: float

    @property
    def width_usd(self) -> float:
        """How far the input moves the gap."""
        return abs(self.gap_at_high_usd - self.gap_at_low_usd)


@dataclass(frozen=True, slots=True)
class SwitchPoint:
    """The value of one input, nearest to its central one, at which another option becomes the cheapest.

    `value` is None where no value within `bounds` does it. `in_range` tells whether it lies between P10 and P90.
    """

    name: str
    central_value: float
    value: float | None
    winner: str | None
    in_range: bool
    bounds: tuple[float, float]


@dataclass(frozen=True, slots=True)
class WinnerMap:
    """Who wins at each pair of two inputs; `winner` [y, x] indexes `options`, `gap_usd` [y, x] leads over the next."""

    x_name: str
    y_name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    options: tuple[str, ...]
    winner: NDArray[np.int64]
    gap_usd: NDArray[np.float64]


def tornado(candidates: Candidates) -> tuple[Swing, ...]:
    """Every uncertain input, one at a time, at its P10 and P90 (never outside its slider); widest first.

    An input that does not move the gap is left out.
    """
    spreads = _wide(candidates)
    names = list(spreads)
    values = {name: np.full(2 * len(names), spread.central) for name, spread in spreads.items()}
    for index, (name, spread) in enumerate(spreads.items()):
        values[name][2 * index : 2 * index + 2] = spread.low, spread.high
    gap = _gap(candidates, values, _best(candidates, spreads))
    swings = [
        Swing(name, spread.low, spread.central, spread.high, float(gap[2 * index]), float(gap[2 * index + 1]))
        for index, (name, spread) in enumerate(spreads.items())
    ]
    moving = [swing for swing in swings if swing.width_usd > 0]
    return tuple(sorted(moving, key=lambda swing: -swing.width_usd))


def switching_values(
    candidates: Candidates,
    *,
    names: Sequence[str] | None = None,
) -> tuple[SwitchPoint, ...]:
    """For each input (all uncertain ones unless named) the nearest value at which the answer flips.

    Found on a grid that is dense near the central value, then refined by zooming to 1e-9 of the bounds. Inputs that
    flip the answer within their range come first, then those outside it, then those that never do.
    """
    spreads = _wide(candidates)
    wanted = list(spreads) if names is None else list(names)
    central = {name: spread.central for name, spread in spreads.items()}
    bounds = {name: input_bounds(name) for name in wanted}
    for name in wanted:
        central.setdefault(name, _central(name, candidates.scenario))
    best = _best(candidates, spreads)
    brackets = _brackets(candidates, central=central, bounds=bounds, best=best)
    found = _zoomed(candidates, central=central, brackets=brackets, best=best)
    points = [
        SwitchPoint(
            name,
            central[name],
            *found.get(name, (None, None)),
            in_range=name in found and name in spreads and spreads[name].low <= found[name][0] <= spreads[name].high,
            bounds=bounds[name],
        )
        for name in wanted
    ]
    return tuple(sorted(points, key=lambda point: (not point.in_range, point.value is None)))


def who_wins(
    candidates: Candidates,
    *,
    x: tuple[str, NDArray[np.float64]],
    y: tuple[str, NDArray[np.float64]],
) -> WinnerMap:
    """The cheapest option by present value at each pair of values of two inputs, all others central.

    Inputs are scenario fields or "<option id>.<name>" as in `spreads_of`; "<host>/<model>.price_ratio"
    moves all prices of one API together.
    """
    (x_name, x_values), (y_name, y_values) = x, y
    if x_name == y_name:
        raise CalculatorError(f"both axes are {x_name}; a map needs two different inputs.")
    pairs = {x_name: np.tile(x_values, len(y_values)), y_name: np.repeat(y_values, len(x_values))}
    names, table = _table(candidates, pairs)
    shape = (len(y_values), len(x_values))
    lowest = np.sort(table, axis=0)
    lead = lowest[1] - lowest[0] if len(names) > 1 else np.zeros(table.shape[1])
    winner: NDArray[np.int64] = table.argmin(axis=0)
    return WinnerMap(x_name, y_name, x_values, y_values, names, winner.reshape(shape), lead.reshape(shape))


def _wide(candidates: Candidates) -> dict[str, Spread]:
    return {name: spread for name, spread in spreads_of(candidates).items() if not spread.certain}


def _central(name: str, scenario: Scenario) -> float:
    return float(getattr(scenario, name)) if "." not in name else 1.0


def _table(candidates: Candidates, values: Mapping[str, Draws]) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Present values [option, case]."""
    if not candidates:
        raise CalculatorError(
            "none of the options can do the work, so there is nothing to compare. Choose a smaller model."
        )
    count = len(next(iter(values.values())))
    found = costs(candidates, values)
    rows = [np.broadcast_to(cost.present_value_cost_usd, (count,)) for cost in found.values()]
    return tuple(found), np.array(rows)


def _best(candidates: Candidates, spreads: Mapping[str, Spread]) -> str:
    names, table = _table(candidates, {name: np.array([s.central]) for name, s in spreads.items()})
    return names[int(table[:, 0].argmin())]


def _gap(candidates: Candidates, values: Mapping[str, Draws], best: str) -> NDArray[np.float64]:
    """Best other option's present value less the winner's, per case."""
    names, table = _table(candidates, values)
    if len(names) < 2:
        raise CalculatorError("only one option can do the work, so nothing can flip the answer. Add an option.")
    mine = names.index(best)
    return np.delete(table, mine, axis=0).min(axis=0) - table[mine]


def _brackets(
    candidates: Candidates,
    *,
    central: Mapping[str, float],
    bounds: Mapping[str, tuple[float, float]],
    best: str,
) -> dict[str, tuple[float, float]]:
    """For each input the two grid points between which the gap first turns negative, seen from the centre."""
    steps = (np.arange(_SIDE_COUNT + 1) / _SIDE_COUNT) ** 3  # dense near the central value
    grids = {
        name: [middle + (end - middle) * steps for end in bounds[name]]
        for name, middle in ((name, central[name]) for name in bounds)
    }
    flat = {name: np.concatenate(sides) for name, sides in grids.items()}
    gap = _gap(candidates, _side_by_side(flat, central), best)
    found: dict[str, tuple[float, float]] = {}
    size = 2 * (_SIDE_COUNT + 1)
    for index, name in enumerate(flat):
        both = gap[index * size : (index + 1) * size].reshape(2, -1)
        crossings = [
            (abs(side[first] - central[name]), float(side[first - 1]), float(side[first]))
            for side, row in zip(grids[name], both, strict=True)
            for first in [int(np.argmax(row < 0))]
            if row[first] < 0
        ]
        if crossings:
            _, before, after = min(crossings)
            found[name] = (before, after)
    return found


def _zoomed(
    candidates: Candidates,
    *,
    central: Mapping[str, float],
    brackets: Mapping[str, tuple[float, float]],
    best: str,
) -> dict[str, tuple[float, str]]:
    """The crossing in each bracket, and who wins beyond it."""
    current = dict(brackets)
    if not current:
        return {}
    for _ in range(_ZOOMS):
        grids = {name: np.linspace(*ends, _ZOOM_COUNT) for name, ends in current.items()}
        gap = _gap(candidates, _side_by_side(grids, central), best).reshape(len(grids), -1)
        for (name, grid), row in zip(grids.items(), gap, strict=True):
            first = max(int(np.argmax(row < 0)), 1)
            current[name] = (float(grid[first - 1]), float(grid[first]))
    names, table = _table(
        candidates, _side_by_side({name: np.array([ends[1]]) for name, ends in current.items()}, central)
    )
    return {
        name: (0.5 * (ends[0] + ends[1]), names[int(table[:, index].argmin())])
        for index, (name, ends) in enumerate(current.items())
    }


def _side_by_side(grids: Mapping[str, NDArray[np.float64]], central: Mapping[str, float]) -> dict[str, Draws]:
    """One long case list: each input runs through its grid while all others stay central."""
    total = sum(len(grid) for grid in grids.values())
    values: dict[str, Draws] = {name: np.full(total, value) for name, value in central.items()}
    start = 0
    for name, grid in grids.items():
        values[name][start : start + len(grid)] = grid
        start += len(grid)
    return values
