"""Growing fleet: the month in which each further machine is needed, in numbers and in draws.

Of draws only what comes within the horizon is kept: most need no further machine and a few need dozens. Machines of one
draw that come in the same month are one purchase that counts for all of them.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calculator.cost.inputs import Inputs
from calculator.finance.courses import Course, Excess, Repeated
from calculator.finance.kept_draws import read_only
from calculator.number import Number, Picked
from calculator.units import MONTHS_PER_YEAR

NEVER = 10_000  # a month beyond any horizon
LEAST = 1e-300  # keeps a load of nothing from dividing by zero: its room is then beyond any demand
ROUNDING = 1e-9
_MOST_BUSY = 4
"""What busy months come to is kept for so many pairs of rates: growth of a price and discount."""


@dataclass(frozen=True, slots=True)
class GrowingFleet:
    """Machines that are there at the start (`count`), and up to `further` that follow demand.

    `one` is what one machine takes and `highest` the highest demand, both as multiples of month 1's demand; `growth` is the
    demand's, per year.
    """

    one: Number
    count: float
    further: int
    growth: Number
    highest: Number


@dataclass(frozen=True, slots=True)
class Purchases:
    """Further machines of draws: `months` the month of each purchase, `machine_counts` all machines from then on.

    `picked` are the draws they belong to, with the machines of each purchase. In order of draw and month.
    """

    picked: Picked
    months: NDArray[np.float64]
    machine_counts: NDArray[np.float64]

    def alone(self, *, most_kept: int) -> "Purchases":
        """The same without what was made of them; at most so many sums are kept."""
        return replace(self, picked=replace(self.picked, most_kept=most_kept, _known={}, _kept={}))

    def is_first(self) -> NDArray[np.bool_]:
        """Whether each is the first of its draw."""
        rows = self.picked.rows
        return np.append(True, rows[1:] != rows[:-1])

    def course(self, of_draw: Course, *, months_free: int = 0, weight: Number = 1.0) -> Repeated:
        """The course of the whole draw from the month of each purchase on, or so many months later."""

        def later() -> Course:
            growth, step = self.picked.of(of_draw.growth_rate), self.picked.of(of_draw.step_rate)
            return Course(growth, step, self.months + months_free, whole=(of_draw, self.picked))

        made_of = ("course", of_draw.growth_rate, of_draw.step_rate, self.months, months_free, weight)
        return Repeated(later, self.picked, made_of, weight)


@dataclass(frozen=True, slots=True)
class BusyStretch:
    """Demand above what fills the hours of the machines, while so many are there; of some draws only where `picked`."""

    excess: Excess
    picked: Picked | None = None


def full_months(fleet: GrowingFleet) -> tuple[Number, ...]:
    """The month from which each further machine is needed; NEVER where it is not."""
    rooms = [fleet.one * (fleet.count + index) for index in range(fleet.further)]
    return tuple(
        np.where(fleet.highest > room * (1 + ROUNDING), _first_month_above(room, fleet.growth), NEVER) for room in rooms
    )


def purchases_of(inputs: Inputs, *, fleet: GrowingFleet) -> Purchases | None:
    """The same of draws; None where no machine comes within the horizon."""
    draws = (inputs.draw_count,)
    one, growth, highest = (np.broadcast_to(value, draws) for value in (fleet.one, fleet.growth, fleet.highest))
    concerned = np.flatnonzero(highest > one * fleet.count)  # often a few of thousands
    wanted = np.ceil(highest[concerned] / np.maximum(one[concerned], LEAST)) - fleet.count
    most = np.minimum(wanted, fleet.further).astype(np.int64)
    rows = np.repeat(concerned, most)
    index = np.arange(rows.size) - np.repeat(np.cumsum(most) - most, most)
    room = np.asarray(one[rows] * (fleet.count + index), dtype=np.float64)
    months = _first_month_above(room, growth[rows])
    comes = (highest[rows] > room * (1 + ROUNDING)) & (months <= inputs.scenario.months)
    rows, index, months = rows[comes], index[comes], np.asarray(months)[comes]
    if not rows.size:
        return None
    begins = np.flatnonzero(np.append(True, (rows[1:] != rows[:-1]) | (months[1:] != months[:-1])))
    alike = np.diff(np.append(begins, rows.size)).astype(np.float64)
    which = rows[begins]
    which.flags.writeable = False
    picked = Picked(which, alike, inputs.draw_count)
    return Purchases(picked, np.asarray(read_only(months[begins])), fleet.count + index[begins] + alike)


def always_busy(fills: Number, fleet: GrowingFleet, *, full: tuple[Number, ...]) -> tuple[BusyStretch, ...]:
    """For `count`, `count` + 1, ... machines, while so many are there: demand above what fills their hours.

    `fills` is that demand for one machine. The month in which the machines before the k-th further one are not enough any
    more is `full[k - 1]`. The last one is always among them where any is, since demand may stay above its capacity.
    """
    found: list[BusyStretch] = []
    for further in range(len(full) + 1):
        there, is_last = fleet.count + further, further == len(full)
        limit = np.minimum(fills, fleet.one) * there
        top = fleet.highest if is_last else np.minimum(fleet.highest, fleet.one * there)
        if (is_last and found) or not bool((limit >= top).all()):
            first = 1 if further == 0 else full[further - 1]
            last = None if is_last else full[further] - 1
            found.append(BusyStretch(Excess(fleet.growth, limit, Course(), first, last)))
    return tuple(found)


def always_busy_by_purchase(fills: Number, fleet: GrowingFleet, purchases: Purchases) -> tuple[BusyStretch, ...]:
    """The same of draws: until the first purchase of each, and from each purchase to the next."""
    picked, months, is_first = purchases.picked, purchases.months, purchases.is_first()
    until = np.full(picked.draw_count, float(NEVER))
    until[picked.rows[is_first]] = months[is_first] - 1
    limit = np.minimum(fills, fleet.one) * fleet.count
    found: list[BusyStretch] = []
    if not bool((limit >= np.minimum(fleet.highest, fleet.one * fleet.count)).all()):
        found.append(BusyStretch(Excess(fleet.growth, read_only(limit), Course(), 1, read_only(until))))
    one, highest, there = picked.of(fleet.one), picked.of(fleet.highest), purchases.machine_counts
    limit = np.minimum(picked.of(fills), one) * there
    top = np.where(there < fleet.count + fleet.further, np.minimum(highest, one * there), highest)
    busy = limit < top
    if busy.any():
        ends = np.append(np.where(is_first[1:], float(NEVER), months[1:] - 1), float(NEVER))
        room = read_only(np.where(busy, limit, np.inf))
        alone = Picked(picked.rows, np.ones(len(months)), picked.draw_count, most_kept=_MOST_BUSY)
        found.append(BusyStretch(Excess(picked.of(fleet.growth), room, Course(), months, ends), alone))
    return tuple(found)


def _first_month_above(room: Number, growth: Number) -> Number:
    """The first month in which D(m) > room: 1, or floor(12 ln(room)/ln(1+g)) + 2 for growing demand, else never."""
    log_month = np.log1p(growth) / MONTHS_PER_YEAR
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        crossing = np.floor(np.log(np.maximum(room, LEAST)) / log_month + ROUNDING) + 2
    later = np.where(log_month > 0, np.nan_to_num(crossing, nan=NEVER, posinf=NEVER), NEVER)
    return np.where(np.asarray(room) < 1, 1.0, np.minimum(later, NEVER))
