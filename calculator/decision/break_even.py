"""Break-even: when a purchase has cost less than another option, month by month in cash, or why it never does."""

from collections.abc import Sequence

import numpy as np

from calculator.cost.tco import Tco
from calculator.decision import words
from calculator.decision.comparison import BreakEven, OptionResult
from calculator.finance.ledger import calendar_usd
from calculator.finance.returns import payback


def break_evens(results: Sequence[OptionResult]) -> tuple[BreakEven, ...]:
    """When each machine of one's own has cost less than each rented or hosted option; of those that can do the job.

    Cumulative nominal cost by calendar month, as the charts draw it; the sale in the last month counts in that month
    only.
    """
    able = [row for row in results if row.eligible and row.tco is not None]
    own = [row for row in able if row.kind == "own"]
    paid = [row for row in able if row.kind != "own"]
    return tuple(break_even(row, other) for row in own for other in paid)


def break_even(own: OptionResult, other: OptionResult) -> BreakEven:
    """The last crossing of the cumulative costs (finance/returns.py), in words with the two options' names."""
    assert own.tco is not None
    assert other.tco is not None
    ours, theirs = own.tco, other.tco
    mine, its = (words.option_name(row.name, machine_count=row.eligibility.machine_count) for row in (own, other))
    spent, its_spent = _by_calendar_usd(ours), _by_calendar_usd(theirs)
    found = payback([usd - other_usd for usd, other_usd in zip(spent, its_spent, strict=True)])
    month = found.period or None
    if month is not None:
        by_resale = found.reason.startswith("only by the resale")
        return BreakEven(own.id, other.id, month, words.cheaper_from(mine, its, month=month, by_resale=by_resale))
    if found.period is not None:
        return BreakEven(own.id, other.id, None, words.cheaper_at_once(mine, its))
    text = words.never_cheaper(
        mine,
        its,
        own_usd=-ours.monthly_usd[1],
        other_usd=-theirs.monthly_usd[1],
        months=ours.months,
        short_usd=ours.total_cost_usd - theirs.total_cost_usd,
    )
    return BreakEven(own.id, other.id, None, text)


def _by_calendar_usd(tco: Tco) -> Sequence[float]:
    """Signed dollars up to each month; what is paid in advance counts in the month that it pays for."""
    if not any(entry.in_advance for entry in tco.entries):
        return tco.cumulative_usd
    moved = [calendar_usd(entry, flow) for entry, flow in zip(tco.entries, tco.flows, strict=True)]
    found: list[float] = np.array(moved).sum(axis=0).cumsum().tolist()
    return found
