"""Switching values of a pair of options: at which value of one input, inside its range, the other becomes the cheaper one.

The gap is what the second option costs more than the first, in present value. One pass costs the pair with every
uncertain input at nine values of its range, one input at a time and all others as they are. Every change of sign is
then refined together, and the nearest one to the value now is the switching value.

An input that decides how many machines are needed makes a step where one more is bought. Draws keep the count of
machines, so such an input is recomputed from the start (`exact`) where the two ways differ at an end of its range.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.options import CloudOffer, Machine
from calculator.cost.tco import tariff_of
from calculator.risk.candidates import Candidate, Candidates, costs, input_bounds, spreads_of
from calculator.risk.distributions import Draws, Spread

Exact = Callable[[str, float], Mapping[str, float]]
"""Present value by option where one input has another value, sized and costed anew; an option that cannot is absent."""

MOST_FLIPS = 5
_SIDE = 4  # steps on each side of the value now
_ZOOM_COUNT = 17
_ZOOMS = 3  # 16^3 steps within a bracket: beyond a 1e-4 of the range, before the last straight line
_HALVINGS = 24
_INFLUENTIAL = 5
_FARTHEST_PRICE = 5.0  # a price five times dearer or cheaper is no longer a warning, but another market
_PRICE_STEPS = 64
_STEP_TOLERANCE = 1e-6  # relative: two ways to cost the same
_SIZING = ("requests_per_working_day", "prompt_tokens", "retrieved_tokens", "answer_tokens", "on_h_per_day")
_SIZING_FIGURES = ("decode_speed_ratio", "prefill_speed_ratio")


@dataclass(frozen=True, slots=True)
class SwitchingValue:
    """One input, its value now, and the value at which both options cost the same."""

    name: str
    now: float
    at: float
    inside_range: bool


@dataclass(frozen=True, slots=True)
class Ends:
    """What one option costs (present value) with one input at the low end of its range, now, and at the high end."""

    low_usd: float
    now_usd: float
    high_usd: float

    @property
    def lean_usd(self) -> float:
        """By how much the dear side is longer than the cheap one: positive pulls the middle of the futures up."""
        return self.low_usd + self.high_usd - 2 * self.now_usd


@dataclass(frozen=True, slots=True)
class Flips:
    """What turns a pair of options.

    inside: switching values within the range of their input, nearest to the value now first, at most five.
    beyond: where there is none, the price outside its range that would, at most five times away.
    together: where there is none, two inputs that would at these ends of their ranges: name, value now, that end.
    ends: the cost of each option at both ends of each input, by option and input.
    """

    inside: tuple[SwitchingValue, ...]
    beyond: SwitchingValue | None
    together: tuple[SwitchingValue, SwitchingValue] | None
    ends: Mapping[str, Mapping[str, Ends]]


def flips(candidates: Candidates, *, pair: tuple[str, str], exact: Exact | None = None) -> Flips:
    """What turns the pair (the cheaper one, the other); `exact` recomputes inputs that decide how many machines there are.

    Raises KeyError where one of the pair is not among the candidates.
    """
    both = candidates.only(pair)
    spreads = {name: spread for name, spread in spreads_of(both).items() if not spread.certain}
    case = _Case(both, pair, {name: _now(name, spread, both) for name, spread in spreads.items()})
    points = {name: _points(spread, case.now[name]) for name, spread in spreads.items()}
    table = case.present_values_usd(points)
    gaps = {name: table[pair[1]][name] - table[pair[0]][name] for name in points}
    crossings = case.refined(_brackets(gaps, points))
    for name in spreads:
        if exact is not None and _decides_count(name):
            _recomputed(name, points[name], gaps, case=case, exact=exact, crossings=crossings)
    inside = [SwitchingValue(name, case.now[name], at, inside_range=True) for name, at in crossings.items()]
    inside.sort(key=lambda found: _distance(found, spreads[found.name]))
    ends = {
        option: {name: Ends(float(row[0]), float(row[_SIDE]), float(row[-1])) for name, row in rows.items()}
        for option, rows in table.items()
    }
    if inside:
        return Flips(tuple(inside[:MOST_FLIPS]), None, None, ends)
    return Flips((), _price_beyond(case), _two_together(case, points, gaps), ends)


@dataclass(frozen=True, slots=True)
class _Case:
    """The pair and the value now of each input."""

    candidates: Candidates
    pair: tuple[str, str]
    now: Mapping[str, float]

    def present_values_usd(self, grids: Mapping[str, Draws]) -> dict[str, dict[str, Draws]]:
        """Each option's present value along each input's grid, all others as they are now: one pass for all."""
        total = sum(len(grid) for grid in grids.values())
        values = {name: np.full(total, self.now[name]) for name in grids}
        cuts: dict[str, slice] = {}
        start = 0
        for name, grid in grids.items():
            cuts[name] = slice(start, start + len(grid))
            values[name][cuts[name]] = grid
            start += len(grid)
        found = costs(self.candidates, values)
        flat = {option: np.broadcast_to(found[option].present_value_cost_usd, (total,)) for option in self.pair}
        return {option: {name: row[cut] for name, cut in cuts.items()} for option, row in flat.items()}

    def gaps_usd(self, grids: Mapping[str, Draws]) -> dict[str, Draws]:
        """What the second option costs more, along each grid."""
        table = self.present_values_usd(grids)
        return {name: table[self.pair[1]][name] - table[self.pair[0]][name] for name in grids}

    def refined(self, brackets: Mapping[str, tuple[float, float]]) -> dict[str, float]:
        """The value in each bracket (before, after the crossing) at which the gap is 0."""
        current = dict(brackets)
        found: dict[str, float] = {}
        for zoom in range(_ZOOMS if current else 0):
            grids = {name: np.linspace(*ends, _ZOOM_COUNT) for name, ends in current.items()}
            for name, gap in self.gaps_usd(grids).items():
                step = max(int(np.argmax(gap < 0)), 1)
                before, after = (float(value) for value in grids[name][step - 1 : step + 1])
                current[name] = (before, after)
                if zoom == _ZOOMS - 1:
                    left, right = float(gap[step - 1]), float(gap[step])
                    found[name] = before + (after - before) * (left / (left - right) if left > 0 > right else 0.5)
        return found


def _now(name: str, spread: Spread, candidates: Candidates) -> float:
    """The value that the base case has: the scenario's own, the person's figure, else the middle of the range."""
    scenario = candidates.scenario
    if "." not in name:
        return float(getattr(scenario, name))
    return float(scenario.figures.get(name, spread.central))


def _points(spread: Spread, now: float) -> Draws:
    """Nine values: four steps down to the low end, now, four up to the high end; a value outside its range is an end."""
    low, high = min(spread.low, now), max(spread.high, now)
    return np.concatenate([np.linspace(low, now, _SIDE + 1), np.linspace(now, high, _SIDE + 1)[1:]])


def _brackets(gaps: Mapping[str, Draws], points: Mapping[str, Draws]) -> dict[str, tuple[float, float]]:
    """The two points between which the gap first turns negative, seen from the value now; the nearer side."""
    found: dict[str, tuple[float, float]] = {}
    for name, gap in gaps.items():
        grid = points[name]
        sides = [(gap[_SIDE::-1], grid[_SIDE::-1]), (gap[_SIDE:], grid[_SIDE:])]
        steps = [
            (abs(int(first)), float(values[first - 1]), float(values[first]))
            for row, values in sides
            for first in [int(np.argmax(row < 0))]
            if first > 0
        ]
        if steps:
            _, before, after = min(steps)
            found[name] = (before, after)
    return found


def _decides_count(name: str) -> bool:
    """Whether the input decides how many machines are bought."""
    return name in _SIZING or name.rpartition(".")[2] in _SIZING_FIGURES


def _recomputed(
    name: str,
    grid: Draws,
    gaps: dict[str, Draws],
    *,
    case: _Case,
    exact: Exact,
    crossings: dict[str, float],
) -> None:
    """Where the count of machines changes within the range: the gap along it and its crossing, sized anew."""
    first, second = case.pair

    def gap_usd(value: float) -> float:
        found = exact(name, value)
        return found[second] - found[first] if first in found and second in found else np.nan

    ends = np.array([gap_usd(float(grid[0])), gap_usd(float(grid[-1]))])
    drawn = gaps[name][[0, -1]]
    if np.allclose(ends, drawn, rtol=_STEP_TOLERANCE, atol=_STEP_TOLERANCE):
        return
    gaps[name] = np.array([ends[0], *(gap_usd(float(value)) for value in grid[1:-1]), ends[1]])
    crossings.pop(name, None)
    if name not in (found := _brackets({name: gaps[name]}, {name: grid})):
        return
    before, after = found[name]
    for _ in range(_HALVINGS):
        middle = (before + after) / 2
        before, after = (before, middle) if gap_usd(middle) < 0 else (middle, after)
    crossings[name] = (before + after) / 2


def _distance(found: SwitchingValue, spread: Spread) -> float:
    """How far the switching value lies from the value now, as a share of the way to the end of the range."""
    end = spread.low if found.at < found.now else spread.high
    return abs(found.at - found.now) / abs(end - found.now)


def _price_beyond(case: _Case) -> SwitchingValue | None:
    """The price, of either option, that needs the smallest change to turn the pair; at most five times away."""
    now = dict(_prices(case.candidates))
    if not now:
        return None
    priced = _Case(case.candidates, case.pair, now)
    half = np.geomspace(1.0, _FARTHEST_PRICE, _PRICE_STEPS + 1)
    brackets: dict[str, tuple[float, float]] = {}
    gaps = priced.gaps_usd(
        {name: np.clip(np.r_[1 / half, half] * usd, *input_bounds(name)) for name, usd in now.items()}
    )
    for name, gap in gaps.items():
        sides = [
            (int(first), power)
            for row, power in ((gap[: len(half)], -1.0), (gap[len(half) :], 1.0))
            for first in [int(np.argmax(row < 0))]
            if first > 0
        ]
        if sides:
            step, power = min(sides)
            ends = np.clip(now[name] * half[step - 1 : step + 1] ** power, *input_bounds(name))
            brackets[name] = (float(ends[0]), float(ends[1]))
    found = [SwitchingValue(name, now[name], at, inside_range=False) for name, at in priced.refined(brackets).items()]
    return min(found, key=lambda one: abs(np.log(one.at / one.now)), default=None)


def _prices(candidates: Candidates) -> Sequence[tuple[str, float]]:
    """Each option's main price and its value now: of a machine, an hour, or all tokens of an API (a ratio)."""
    return [price for candidate in candidates if (price := _price(candidate, candidates))]


def _price(candidate: Candidate, candidates: Candidates) -> tuple[str, float] | None:
    option, scenario = candidate.option, candidates.scenario
    if isinstance(option, Machine):
        name = f"{option.id}.price_usd"
        leased = option.id in scenario.leases or option.id in scenario.already_own_usd
        usd = scenario.figures.get(name, option.purchase_price().price_usd.central)
        return None if leased or usd <= 0 else (name, float(usd))
    if isinstance(option, CloudOffer):
        name = f"{option.id}.rate_usd_per_h"
        usd = scenario.figures.get(name)
        spread = spreads_of(candidates.only((option.id,))).get(name)
        found = usd if usd is not None else spread.central if spread else 0.0
        return (name, float(found)) if found > 0 else None
    tariff = tariff_of(option, scenario, candidate.reference_api)
    name = f"{tariff_key(tariff)}.price_ratio"
    ratio = float(scenario.figures.get(name, 1.0))
    return (name, ratio) if ratio > 0 else None


def _two_together(
    case: _Case, points: Mapping[str, Draws], gaps: Mapping[str, Draws]
) -> tuple[SwitchingValue, SwitchingValue] | None:
    """Two of the five inputs that narrow the gap most, both at that end of their range, where they turn it; else None."""
    worst = {
        name: (float(np.nanmin(gap[[0, -1]])), int(np.nanargmin(gap[[0, -1]])))
        for name, gap in gaps.items()
        if np.isfinite(gap[[0, -1]]).any()
    }
    names = sorted(worst, key=lambda name: worst[name][0])[:_INFLUENTIAL]
    couples = list(combinations(names, 2))
    if not couples:
        return None
    ends = {name: float(points[name][-worst[name][1]]) for name in names}
    values = {name: np.full(len(couples), case.now[name]) for name in names}
    for row, couple in enumerate(couples):
        for name in couple:
            values[name][row] = ends[name]
    found = costs(case.candidates, values)
    first, second = (found[option].present_value_cost_usd for option in case.pair)
    gap: Draws = np.broadcast_to(np.asarray(second) - np.asarray(first), (len(couples),))
    least = int(np.argmin(gap))
    if gap[least] >= 0:
        return None
    one, other = (SwitchingValue(name, case.now[name], ends[name], inside_range=True) for name in couples[least])
    return one, other
