"""Ranking of the options that can do the job, and of those that cannot the one that is nearest to it."""

from collections.abc import Sequence

from calculator.cost.tco import Tco
from calculator.decision import words
from calculator.decision.comparison import OptionResult

_NEAREST = (
    "leaves-the-house",
    "unserved",
    "overloaded-at-peak",
    "first-token-too-slow",
    "answer-too-slow",
    "stream-too-slow",
    "beyond-this-tool",
    "does-not-fit",
    "no-format",
    "no-price",
    "no-speed",
    "limit-not-published",
)
"""Reasons why not, those that are mended most easily first."""


def ranked(rows: Sequence[OptionResult]) -> list[OptionResult]:
    """Those that can do the job, lowest present value first."""
    able = [row for row in rows if row.eligible and row.tco is not None]
    return sorted(able, key=lambda row: (value_usd(row), row.id))


def nearest(rows: Sequence[OptionResult]) -> tuple[OptionResult, str, str]:
    """Of options that cannot do the job the one that is mended most easily, its first reason, and what mends it.

    Of several with the same reasons it is the one that serves most, then the one that lacks the least memory, then the
    one that takes the fewest machines.
    """

    def distance(row: OptionResult) -> tuple[int, int, float, float, int, str]:
        judged = row.eligibility
        codes = [_NEAREST.index(reason.code) for reason in judged.reasons]
        here = judged.shares.served_here_fraction if judged.shares else 0.0
        missing = max(0.0, -row.memory.headroom_bytes) if row.memory else 0.0
        return max(codes, default=len(_NEAREST)), len(codes), -here, missing, judged.machine_count or 0, row.id

    near = min(rows, key=distance)
    reasons = near.eligibility.reasons
    return near, reasons[0].text if reasons else "It has no cost.", reasons[0].mend if reasons else ""


def named(row: OptionResult) -> str:
    """What a sentence calls it, with its number of machines where it can do the job with them."""
    return words.option_name(row.name, machine_count=row.eligibility.machine_count if row.eligible else None)


def tco_of(row: OptionResult) -> Tco:
    """The cost of an option that is ranked."""
    assert row.tco is not None
    return row.tco


def value_usd(row: OptionResult) -> float:
    """Present value of its cost in the base case."""
    return tco_of(row).present_value_cost_usd


def hard_usd(row: OptionResult) -> float:
    """The same in invoices alone."""
    return tco_of(row).hard_present_value_cost_usd
