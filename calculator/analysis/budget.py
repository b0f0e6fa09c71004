"""Budget of one option by fiscal quarter or year: cash, staff hours, and what half and nine of ten futures stay below."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calculator.errors import CalculatorError
from calculator.finance.books import month_labels
from calculator.finance.ledger import Horizon, Line, calendar_usd, monthly_usd, total_usd
from calculator.number import Number
from calculator.risk.candidates import Candidates, lines_drawn, spreads_of
from calculator.risk.distributions import draw
from calculator.scenario.scenario import Scenario

BUDGET_DRAWS = 2_048
WHOLE = "Whole plan"
_MIDDLE_AND_TENTH = (0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Period:
    """Dollars of the months `first`..`last` (0 is the purchase), positive, income negative; `label` as in the books.

    cash_usd: what leaves the bank less what comes in. staff_usd: people's time. p50_usd and p90_usd are of both
    together, or of cash alone where people's time is left out.
    """

    label: str
    first: int
    last: int
    cash_usd: float
    staff_usd: float
    p50_usd: float
    p90_usd: float


@dataclass(frozen=True, slots=True)
class Budget:
    """One option by period, and all of them; P90 of the whole is less than the sum of the periods' P90."""

    option: str
    periods: tuple[Period, ...]
    whole: Period


def start_of(scenario: Scenario) -> tuple[int, int]:
    """Year and month of month 1."""
    year, month = (int(part) for part in scenario.start_month.split("-"))
    return year, month


def fiscal_periods(scenario: Scenario, *, by_quarter: bool) -> list[tuple[str, int, int]]:
    """Label, first and last month of each fiscal quarter or year, as page, memo and tables cut the plan."""
    labels = month_labels(
        scenario.months,
        start=start_of(scenario),
        last_month_of_year=scenario.fiscal_year_end_month,
        by_quarter=by_quarter,
    )
    months: dict[str, list[int]] = {}
    for month, label in enumerate(labels):
        months.setdefault(label, []).append(month)
    return [(label, found[0], found[-1]) for label, found in months.items()]


def is_cash(line: Line) -> bool:
    """False for what keeping a machine forgoes: its sale today, and the tax on that sale."""
    return "worth_usd" not in line.inputs


def budget_of(
    candidates: Candidates,
    option_id: str,
    *,
    hard_only: bool = False,
    by_quarter: bool = True,
    count: int = BUDGET_DRAWS,
) -> Budget:
    """The budget, undiscounted: sum of the payments of each fiscal period, in `count` futures with the fixed seed.

    hard_only: futures of invoices alone, without people's time. The purchase (month 0) belongs to the first period, the
    sale to the last. What keeping a machine forgoes is no cash and not in it. Cumulative sums up to each period's end
    are taken in closed form, and their differences are the periods'.
    Raises CalculatorError for an option that cannot do the job.
    """
    if option_id not in (candidate.option.id for candidate in candidates):
        raise CalculatorError(f"{option_id} has no budget: it cannot do the job, or is not compared. Choose another.")
    scenario = candidates.scenario
    draws = draw(spreads_of(candidates), rules=candidates.rules, count=count)
    drawn, plain = (
        [line for line in lines_drawn(candidates, option_id, values) if is_cash(line)] for values in (draws, {})
    )
    counted = [line for line in drawn if line.hardness == "hard" or not hard_only]
    cash, staff = (
        _monthly_usd([line for line in plain if line.hardness == hardness], months=scenario.months)
        for hardness in ("hard", "soft")
    )
    before: Number = 0.0
    periods: list[Period] = []
    for label, first, last in fiscal_periods(scenario, by_quarter=by_quarter):
        until = -_paid_until(counted, last, discount_rate=scenario.discount_rate)
        p50, p90 = _quantiles(until - before, count)
        cash_usd, staff_usd = (float(flow[first : last + 1].sum()) for flow in (cash, staff))
        periods.append(Period(label, first, last, cash_usd, staff_usd, p50, p90))
        before = until
    p50, p90 = _quantiles(before, count)
    whole = Period(WHOLE, 0, scenario.months, float(cash.sum()), float(staff.sum()), p50, p90)
    return Budget(option_id, tuple(periods), whole)


def _monthly_usd(lines: Sequence[Line], *, months: int) -> NDArray[np.float64]:
    """Outgoing dollars of months 0..N."""
    paid = [np.array(calendar_usd(line, monthly_usd(line, months=months).tolist())) for line in lines]
    return -np.sum([np.zeros(months + 1), *paid], axis=0)


def _paid_until(lines: Sequence[Line], last: int, *, discount_rate: float) -> Number:
    """Signed dollars up to the end of month `last` (1 or later); what is paid in advance for the next month is not."""
    by_day = {advance: [line for line in lines if line.in_advance == advance] for advance in (False, True)}
    sums = [
        total_usd(some, horizon=Horizon(last - advance, discount_rate)) for advance, some in by_day.items() if some
    ]  # only the undiscounted sums are read
    return sum(sums, start=0.0)


def _quantiles(usd: Number, count: int) -> tuple[float, float]:
    middle, tenth = np.quantile(np.broadcast_to(usd, (count,)), _MIDDLE_AND_TENTH).tolist()
    return middle, tenth
