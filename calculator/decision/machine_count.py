"""Machines of an option in a sentence: how many, because of what, and in which months growth needs one more."""

from collections.abc import Sequence

from calculator.decision.eligibility import seconds_text
from calculator.service.sizing import MOST_MACHINES, Fleet, Limit, Promise
from calculator.units import S_PER_H


def count_reason(
    fleet: Fleet, *, promise: Promise, asked_count: int | None, further_months: Sequence[int], rest_is_bought: bool
) -> str:
    """Why so many machines: what the busiest hour of month 1 brings, what one takes of it and what stops it there.

    Empty where no number of machines keeps the promise: the reason why not says it then.
    """
    needed, count = fleet.needed_count, fleet.machine_count
    if needed is None or count is None or count > MOST_MACHINES:
        return ""
    comes, takes = fleet.peak_requests_per_s * S_PER_H, fleet.throughput.requests_per_s * S_PER_H
    sides = f"The busiest hour brings {_requests(comes)}, and one machine takes {_number(takes)}"
    stops = f" before {_stops(fleet.throughput.limit, promise)}"
    if asked_count is not None:
        if needed < asked_count:
            so = "one would be enough" if needed == 1 else f"{needed} would be enough"
        else:
            so = "that is just what it takes" if needed == asked_count else f"{needed} would be needed"
        said = f"You chose {_machines(asked_count)}. {sides}{stops}, so {so}."
    elif rest_is_bought and needed > 1:
        said = f"{sides}{stops}. The API takes the rest, so one machine is bought and not {needed}."
    elif needed == 1:
        said = f"{sides}{stops}, so one is enough."
    else:
        said = f"{sides}{stops}, so {needed} are needed."
    return f"{said} {_later(further_months)}".strip()


def _later(months: Sequence[int]) -> str:
    if not months:
        return ""
    if len(months) == 1:
        return f"Growth needs one more in month {months[0]}."
    return f"Growth needs {len(months)} more by month {months[-1]}, the first in month {months[0]}."


def _stops(limit: Limit, promise: Promise) -> str:
    if limit == "first token":
        return f"one person in twenty waits longer than {seconds_text(promise.first_token_p95_s or 0.0)}"
    if limit == "answer":
        return f"one answer in twenty takes longer than {seconds_text(promise.answer_p95_s or 0.0)}"
    if limit == "stream":
        return f"answers grow more slowly than {promise.stream_tokens_per_s or 0.0:,.4g} tokens a second"
    return "it is busy without a break"


def _machines(count: int) -> str:
    return "1 machine" if count == 1 else f"{count} machines"


def _requests(per_h: float) -> str:
    shown = _number(per_h)
    return f"{shown} request" if shown == "1" else f"{shown} requests"


def _number(value: float) -> str:
    """Requests an hour as a person reads them, never rounded to a whole that hides the comparison.

    >>> _number(0.3), _number(12.34), _number(1234.5)
    ('0.3', '12.3', '1,234')
    """
    return f"{value:,.0f}" if value >= _WHOLE else f"{value:.3g}"


_WHOLE = 100.0
