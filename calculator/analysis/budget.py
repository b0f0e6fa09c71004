"""Budget of one option by quarter: its base case, the middle of its futures, and what nine of ten futures stay below."""

from dataclasses import dataclass

import numpy as np

from calculator.errors import CalculatorError
from calculator.finance.ledger import Horizon, monthly_usd, total_usd
from calculator.number import Number
from calculator.risk.candidates import Candidates, lines_drawn, spreads_of
from calculator.risk.distributions import draw

BUDGET_DRAWS = 2_048
MONTHS_PER_QUARTER = 3
_MIDDLE_AND_TENTH = (0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Period:
    """Cash that leaves in the months `first`..`last` (0 is the purchase); dollars, positive, income negative."""

    first: int
    last: int
    base_usd: float
    p50_usd: float
    p90_usd: float


@dataclass(frozen=True, slots=True)
class Budget:
    """Cash of one option by period, and of all of them; P90 of the whole is less than the sum of the periods' P90."""

    option: str
    periods: tuple[Period, ...]
    whole: Period


def budget_of(
    candidates: Candidates,
    option_id: str,
    *,
    hard_only: bool = False,
    months_per_period: int = MONTHS_PER_QUARTER,
    count: int = BUDGET_DRAWS,
) -> Budget:
    """The budget in cash, undiscounted: sum of the payments of each period, in `count` futures with the fixed seed.

    hard_only: invoices alone, without people's time. The purchase (month 0) belongs to the first period, the sale to
    the last. Cumulative sums up to each period's end are taken in closed form, and their differences are the periods'.
    Raises CalculatorError for an option that cannot do the job.
    """
    if option_id not in (candidate.option.id for candidate in candidates):
        raise CalculatorError(f"{option_id} has no budget: it cannot do the job, or is not compared. Choose another.")
    months = candidates.scenario.months
    draws = draw(spreads_of(candidates), rules=candidates.rules, count=count)
    drawn, plain = (
        [line for line in lines_drawn(candidates, option_id, values) if line.hardness == "hard" or not hard_only]
        for values in (draws, {})
    )
    flow = -np.sum([monthly_usd(line, months=months) for line in plain], axis=0)
    rate = candidates.scenario.discount_rate  # only the undiscounted sums are read
    ends = [*range(months_per_period, months, months_per_period), months]
    sums: list[Number] = [-total_usd(drawn, horizon=Horizon(end, rate)) for end in ends]
    periods: list[Period] = []
    for end, total, before in zip(ends, sums, [0.0, *sums[:-1]], strict=True):
        first = 0 if not periods else periods[-1].last + 1
        periods.append(_period(first, end, float(flow[first : end + 1].sum()), total - before, count))
    return Budget(option_id, tuple(periods), _period(0, months, float(flow.sum()), sums[-1], count))


def _period(first: int, last: int, base_usd: float, usd: Number, count: int) -> Period:
    middle, tenth = np.quantile(np.broadcast_to(usd, (count,)), _MIDDLE_AND_TENTH).tolist()
    return Period(first, last, base_usd, middle, tenth)
