"""Running sums of a course: what it comes to up to each month, for all draws, so that any later start is read off.

A machine that is bought later shares the course of the machines before it from its own month on. Where many draws buy
many machines, one table of all months costs less than a closed form for each purchase.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calculator.finance.discounting import Timing, log_growth
from calculator.finance.kept_draws import KeptDraws
from calculator.number import Number, Picked
from calculator.units import MONTHS_PER_YEAR

_HALF = 0.5  # mid-month: half a month before its end


@dataclass(frozen=True, slots=True, eq=False)
class RunningSums:
    """`plain[m, i]` and `valued[m, i]`: sum over months 1..m of the course of draw i, undiscounted and discounted.

    Shapes [months+1, draws]; row 0 is 0. With G = 1 + growth a month, E = 1 + step a year and v = one month's discount:
    sum of G^(m-1) E^floor((m-1)/12) v^t(m), with t(m) by the convention of the horizon.
    """

    plain: NDArray[np.float64]
    valued: NDArray[np.float64]

    @classmethod
    def of(cls, rates: tuple[Number, Number, Number], *, months: int, timing: Timing, draw_count: int) -> "RunningSums":
        """From the growth and the step (per year) and the logarithm of one month's discount; each one number or one
        per draw. The last tables are kept: a slider that moves no growth computes none."""
        return _KEPT.answer(
            *(*rates, months, timing, draw_count),
            compute=lambda: cls._of(rates, months=months, timing=timing, draw_count=draw_count),
        )

    @classmethod
    def _of(
        cls, rates: tuple[Number, Number, Number], *, months: int, timing: Timing, draw_count: int
    ) -> "RunningSums":
        growth, step, log_discount = rates
        grows, steps = np.exp(log_growth(growth) / MONTHS_PER_YEAR), np.exp(log_growth(step))
        month, year = np.exp(log_discount), np.exp(MONTHS_PER_YEAR * log_discount)
        plain, valued = np.zeros((months + 1, draw_count)), np.zeros((months + 1, draw_count))
        price = np.ones(draw_count)
        worth = np.ones(draw_count) * (np.exp(-_HALF * log_discount) if timing == "mid-month" else 1.0)
        for index in range(months):
            begins_a_year = index % MONTHS_PER_YEAR == 0
            if index:
                price *= grows
                if begins_a_year:
                    price *= steps
            if timing != "annual-end":
                worth *= month
            elif begins_a_year:
                worth *= year
            np.add(plain[index], price, out=plain[index + 1])
            np.multiply(price, worth, out=valued[index + 1])
            valued[index + 1] += valued[index]
        plain.flags.writeable = valued.flags.writeable = False
        return cls(plain, valued)

    def since(self, first_month: Number, picked: Picked) -> tuple[Number, Number] | None:
        """Both sums from `first_month` (one per picked draw) to the last month; None where a month is not whole."""
        rows = picked.rows
        last = len(self.plain) - 1
        before = np.minimum(np.asarray(first_month) - 1, last)
        whole = before.astype(np.int64)
        if (whole != before).any() or (whole < 0).any():
            return None
        cells = whole * self.plain.shape[1] + rows

        def sums(table: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(table[last].take(rows) - np.ravel(table).take(cells), dtype=np.float64)

        return sums(self.plain), sums(self.valued)


MOST_CELLS = 2_000_000
"""Months x draws of one table: 16 MB. What is larger is reckoned without a table."""
_KEPT: KeptDraws[RunningSums] = KeptDraws(most=12)
"""Tables: 6 MB each for 10,000 draws of three years; a page's ranges and bands read six."""
