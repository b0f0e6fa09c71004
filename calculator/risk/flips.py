"""Switching values of a pair of options: at which value of one input, inside its range, the other becomes the cheaper
one.

The gap is what the second option costs more than the first, in present value. One pass costs the pair with every
uncertain input at nine values of its range, one input at a time and all others as they are. Every change of sign is
then refined together, and the nearest one to the value now is the switching value.

An input that decides how many machines are needed makes a step where one more is bought. Draws keep the count of
machines, so such an input is recomputed from the start (`exact`) where the two ways differ at an end of its range.
"""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from calculator.risk.candidates import Candidates, input_bounds
from calculator.risk.crossings import brackets_of, crossing, smooth_crossing, straight_crossings
from calculator.risk.distributions import Draws, Spread
from calculator.risk.present_values import Block, PresentValues
from calculator.risk.prices_now import main_prices

Exact = Callable[[str, float, tuple[str, str]], Mapping[str, float]]
"""Present value of a pair where one input has another value, sized and costed anew; an option that cannot is absent."""

MOST_FLIPS = 5
_SIDE = 4  # steps on each side of the value now
_ZOOM_COUNT = 33
_ZOOMS = 2  # 32^2 steps within an eighth of the range: a 1e-4 of it, before the last straight line
_HALVINGS = 14  # of an eighth of the range: 1e-5 of it
_INFLUENTIAL = 5
_FARTHEST_PRICE = 3.0  # a price three times dearer or cheaper is no longer a warning, but another market
_PRICE_STEPS = 16
_NEAR = 0.5  # of the gap now
_BESIDE = 0.01  # of the way to a crossing: before it the pair stands, beyond it it has turned
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
    beyond: where there is none, the price outside its range that would, at most three times away.
    together: where there is none, two inputs that would at these ends of their ranges: name, value now, that end.
    ends: the cost of each option at both ends of each input, by option and input.
    """

    inside: tuple[SwitchingValue, ...]
    beyond: SwitchingValue | None
    together: tuple[SwitchingValue, SwitchingValue] | None
    ends: Mapping[str, Mapping[str, Ends]]


def flips(
    candidates: Candidates,
    *,
    pair: tuple[str, str],
    exact: Exact | None = None,
    stand_ins: Sequence[str] = (),
    values: PresentValues | None = None,
    also: Sequence[Block] = (),
) -> Flips:
    """What turns the pair (the cheaper one, the other); `exact` recomputes inputs that decide how many machines there
    are.

    stand_ins: options that speak for the cheaper one's side. A value at which one of them still costs less than the
    other of the pair turns nothing, and is left out. values: those of these candidates that are known already; `also`
    are further cases that are found with the first pass. Raises KeyError where one of the pair is not among the
    candidates.
    """
    values = values or PresentValues(candidates)
    spreads = {name: spread for name, spread in values.spreads(pair).items() if not spread.certain}
    prices = dict(main_prices(candidates.only(pair)))
    case = _Case(pair, values.now(pair), values)
    points = _points(spreads, case.now)
    steps = {name: _price_points(usd, name) for name, usd in prices.items()}
    table = case.present_values_usd([*({name: grid} for name, grid in (*points.items(), *steps.items())), *also])
    of_points = {option: np.reshape(rows[: len(points)], (-1, 2 * _SIDE + 1)) for option, rows in table.items()}
    gaps = dict(zip(points, of_points[pair[1]] - of_points[pair[0]], strict=True))
    brackets = brackets_of(gaps, points, middle=_SIDE)
    found = straight_crossings(brackets, gaps, points, middle=_SIDE)
    found |= case.refined({name: ends for name, ends in brackets.items() if name not in found}, zooms=_ZOOMS)
    crossings = {name: found[name] for name in brackets}
    for name in spreads:
        if exact is not None and decides_count(name) and _may_turn(gaps[name]):
            _recomputed(name, points[name], gaps, case=case, exact=exact, crossings=crossings)
    inside = [SwitchingValue(name, case.now[name], at, inside_range=True) for name, at in crossings.items()]
    held = case.beats(stand_ins, [_beside(one) for one in inside])
    inside = [one for one, is_held in zip(inside, held, strict=True) if is_held]
    inside.sort(key=lambda found: _distance(found, spreads[found.name]))
    ends = {
        option: {name: Ends(*usd) for name, usd in zip(points, rows[:, [0, _SIDE, -1]].tolist(), strict=True)}
        for option, rows in of_points.items()
    }
    if inside:
        return Flips(tuple(inside[:MOST_FLIPS]), None, None, ends)
    of_steps = {option: rows[len(points) : len(points) + len(steps)] for option, rows in table.items()}
    rest = [dearer - cheaper for dearer, cheaper in zip(of_steps[pair[1]], of_steps[pair[0]], strict=True)]
    brackets = brackets_of(dict(zip(steps, rest, strict=True)), steps, middle=_PRICE_STEPS)
    grids = {name: np.linspace(*ends_of, _ZOOM_COUNT) for name, ends_of in brackets.items()}
    couples = _couples(points, gaps)
    found = case.gaps_usd([*({name: grid} for name, grid in grids.items()), *(couples.blocks if couples else ())])
    together = couples.turned(np.concatenate(found[len(grids) :]), case.now) if couples else None
    beyond = _prices_beyond(case, grids, dict(zip(grids, found, strict=False)))
    turned = [*map(_beside, beyond), *([{one.name: one.at for one in together}] if together else [])]
    holds = case.beats(stand_ins, turned)
    prices = [one for one, is_held in zip(beyond, holds, strict=False) if is_held]
    return Flips((), prices[0] if prices else None, together if together and holds[-1] else None, ends)


def beats_stand_ins(
    candidates: Candidates, points: Sequence[Mapping[str, float]], *, second: str, stand_ins: Sequence[str]
) -> list[bool]:
    """Whether `second` costs less than every stand-in at each of these points (values by input, all others as now)."""
    values = PresentValues(candidates)
    now = values.now([one.option.id for one in candidates])
    return _Case((second, second), now, values).beats(stand_ins, points)


def _beside(found: SwitchingValue) -> dict[str, float]:
    """The value just beyond, where the pair has turned."""
    return {found.name: found.at + (found.at - found.now) * _BESIDE}


@dataclass(frozen=True, slots=True)
class _Case:
    """The pair, the value now of each input, and the present values that are known."""

    pair: tuple[str, str]
    now: Mapping[str, float]
    values: PresentValues

    def present_values_usd(self, blocks: Sequence[Block]) -> dict[str, list[Draws]]:
        """Each option's present value in each block of cases: the inputs named vary, all others are as now."""
        return self.values.rows_usd(self.pair, blocks, now=self.now)

    def beats(self, stand_ins: Sequence[str], points: Sequence[Mapping[str, float]]) -> list[bool]:
        """Whether the second one costs less than every stand-in at each of these points (values by input)."""
        if not stand_ins or not points:
            return [True] * len(points)
        usd = self.values.points_usd((self.pair[1], *stand_ins), points, now=self.now)
        return [all(second < one for one in others) for second, *others in zip(*usd.values(), strict=True)]

    def gaps_usd(self, blocks: Sequence[Block]) -> list[Draws]:
        """What the second option costs more in each block."""
        table = self.present_values_usd(blocks)
        return [dearer - cheaper for dearer, cheaper in zip(table[self.pair[1]], table[self.pair[0]], strict=True)]

    def refined(self, brackets: Mapping[str, tuple[float, float]], *, zooms: int) -> dict[str, float]:
        """The value in each bracket (before, after the crossing) at which the gap is 0."""
        current = dict(brackets)
        found: dict[str, float] = {}
        for _ in range(zooms if current else 0):
            grids = {name: np.linspace(*ends, _ZOOM_COUNT) for name, ends in current.items()}
            gaps = self.gaps_usd([{name: grid} for name, grid in grids.items()])
            for (name, grid), gap in zip(grids.items(), gaps, strict=True):
                if (at := smooth_crossing(grid, gap)) is not None:
                    found[name] = at
                    del current[name]
                else:
                    current[name], found[name] = crossing(grid, gap)
            if not current:
                break
        return found


def _points(spreads: Mapping[str, Spread], now: Mapping[str, float]) -> dict[str, Draws]:
    """Nine values of each: four steps down to the low end, now, four up to the high end; a value outside its range is
    an end."""
    middle = np.array([now[name] for name in spreads])
    low = np.minimum([spread.low for spread in spreads.values()], middle)
    high = np.maximum([spread.high for spread in spreads.values()], middle)
    steps = np.arange(_SIDE)[:, None]
    below, above = steps * ((middle - low) / _SIDE) + low, steps * ((high - middle) / _SIDE) + middle
    return dict(zip(spreads, np.concatenate([below, above, high[None]]).T, strict=True))


def _price_points(now: float, name: str) -> Draws:
    """From a third of a price to three times of it, in equal ratios, the price now in the middle."""
    return np.clip(_PRICE_RATIOS * now, *input_bounds(name))


def decides_count(name: str) -> bool:
    """Whether the input decides how many machines are bought."""
    return name in _SIZING or name.rpartition(".")[2] in _SIZING_FIGURES


def _may_turn(gap: Draws) -> bool:
    """Whether the gap comes near to 0 within the range; draws buy further machines too, so elsewhere no step turns
    it."""
    return float(gap.min()) < _NEAR * float(gap[_SIDE])


def _recomputed(
    name: str, grid: Draws, gaps: dict[str, Draws], *, case: _Case, exact: Exact, crossings: dict[str, float]
) -> None:
    """Where the count of machines changes within the range, or not where it is drawn: the gap and its crossing, sized anew."""
    first, second = case.pair

    @functools.cache  # the ends, and the middle of a bracket that is an end, are asked for more than once
    def gap_usd(value: float) -> float:
        found = exact(name, value, case.pair)
        return found[second] - found[first] if first in found and second in found else np.nan

    ends = np.array([gap_usd(float(grid[0])), gap_usd(float(grid[-1]))])
    drawn = gaps[name][[0, -1]]
    if np.allclose(ends, drawn, rtol=_STEP_TOLERANCE, atol=_STEP_TOLERANCE):
        at = crossings.get(name, np.nan)
        beside = np.clip(at + (at - case.now[name]) * np.array([-_BESIDE, _BESIDE]), grid[0], grid[-1])
        if np.isnan(at) or gap_usd(float(beside[0])) >= 0 > gap_usd(float(beside[1])):
            return
    found_usd = np.full(len(grid), np.nan)
    found_usd[[0, _SIDE, -1]] = ends[0], gaps[name][_SIDE], ends[1]  # both ways are one where nothing is changed
    for away in range(1, _SIDE):  # the nearest step that turns it is the one that is named
        both = [_SIDE - away, _SIDE + away]
        found_usd[both] = [gap_usd(float(value)) for value in grid[both]]
        if bool(np.any(found_usd[both] < 0)):
            break
    gaps[name] = found_usd
    crossings.pop(name, None)
    if name not in (found := brackets_of({name: gaps[name]}, {name: grid}, middle=_SIDE)):
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


def _prices_beyond(case: _Case, grids: Mapping[str, Draws], gaps: Mapping[str, Draws]) -> list[SwitchingValue]:
    """The prices, of either option, that turn the pair, at most three times away; the smallest change first."""
    found = {name: crossing(grid, gaps[name])[1] for name, grid in grids.items()}
    values = [SwitchingValue(name, case.now[name], at, inside_range=False) for name, at in found.items()]
    return sorted(values, key=lambda one: abs(np.log(one.at / one.now)))


@dataclass(frozen=True, slots=True)
class _Couples:
    """Two inputs at a time at one end of their ranges: `names` of each case, and that end by name."""

    names: Sequence[tuple[str, str]]
    ends: Mapping[str, float]

    @property
    def blocks(self) -> list[Block]:
        """The cases to cost, each a block of its own."""
        return [{name: np.array([self.ends[name]]) for name in couple} for couple in self.names]

    def turned(self, gap: Draws, now: Mapping[str, float]) -> tuple[SwitchingValue, SwitchingValue] | None:
        """The two that turn the pair farthest; None where none does."""
        least = int(np.argmin(gap))
        if gap[least] >= 0:
            return None
        one, other = (SwitchingValue(name, now[name], self.ends[name], inside_range=True) for name in self.names[least])
        return one, other


def _couples(points: Mapping[str, Draws], gaps: Mapping[str, Draws]) -> _Couples | None:
    """Every two of the five inputs that narrow the gap most, both at that end of their range; None where fewer do."""
    worst: dict[str, tuple[float, int]] = {}
    for name, gap in gaps.items():
        ends = [(float(gap[at]), at) for at in (0, -1) if not math.isnan(gap[at])]
        if any(map(math.isfinite, (usd for usd, _ in ends))):
            worst[name] = min(ends, key=lambda end: end[0])
    names = sorted(worst, key=lambda name: worst[name][0])[:_INFLUENTIAL]
    couples = list(combinations(names, 2))
    return _Couples(couples, {name: float(points[name][worst[name][1]]) for name in names}) if couples else None


_HALF = np.geomspace(1.0, _FARTHEST_PRICE, _PRICE_STEPS + 1)
_PRICE_RATIOS = np.concatenate([1 / _HALF[:0:-1], _HALF])
