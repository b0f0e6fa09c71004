"""Futures of an answer: how many are drawn, by a rule that is the same for page, files, routes and command line.

A future is costed month by month for each option, for each end of a route, and for each further machine, so the time of
an answer grows with all of these. Where they are many, fewer futures are drawn, and the answer says how many.
"""

from collections.abc import Iterable

from calculator.evidence import Remark
from calculator.risk.monte_carlo import FULL_COUNT

_STEPS = ((600, FULL_COUNT), (1_200, 5_000), (3_000, 2_000))
"""Machine-months up to which so many futures are drawn: 12 options over 48 months have 576 of them."""
_LEAST_COUNT = 1_000
"""One standard error of a normal's P10 is sqrt(0.1 * 0.9 / 1000) / 0.1755 = 0.054 deviations, 2 % of P10..P90."""


def machine_months(*, months: int, machine_counts: Iterable[int]) -> int:
    """Months times everything that is costed: each option, each end of a route, each further machine of the base case."""
    return months * sum(machine_counts)


def most_futures(machine_months: int) -> int:
    """Futures that are drawn at most for so many machine-months: 10,000 up to 600, then 5,000, 2,000 and 1,000."""
    return next((count for limit, count in _STEPS if machine_months <= limit), _LEAST_COUNT)


def fewer_futures(count: int, *, asked_count: int) -> Remark | None:
    """What a person should know where fewer futures were drawn than were asked for."""
    if count >= asked_count:
        return None
    text = (
        f"Ranges and odds come from {count:,} futures instead of {asked_count:,}, because so many options and machines "
        "are costed over so many months. Compare fewer of them to have all."
    )
    return Remark(code="fewer-futures", text=text, level="info")
