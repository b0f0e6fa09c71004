"""Machines of an option in a sentence: how many, because of what, and in which months growth needs one more."""

from collections.abc import Sequence

from calculator.decision.eligibility import seconds_text
from calculator.service.sizing import MOST_MACHINES, Fleet, Limit, Promise
from calculator.units import S_PER_H, digits


def count_reason(
    fleet: Fleet, *, promise: Promise, asked_count: int | None, further_months: Sequence[int], rest_is_bought: bool
) -> str:
    """Why so many machines: what the busiest hour of month 1 brings, what one takes of it and what stops it there.

    Empty where no number of machines keeps the promise: the reason why not says it then.
    """
    needed, count = fleet.needed_count, fleet.machine_count
    if needed is None or count is None or count > MOST_MACHINES:
        return ""
    comes, takes = _numbers(fleet.peak_requests_per_s * S_PER_H, fleet.throughput.requests_per_s * S_PER_H)
    sides = f"The busiest hour brings {_requests(comes)}, and one machine takes {takes}"
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
        return f"answers grow more slowly than {digits(promise.stream_tokens_per_s or 0.0, 4)} tokens a second"
    return "it is busy without a break"


def _machines(count: int) -> str:
    return "1 machine" if count == 1 else f"{count} machines"


def _requests(shown: str) -> str:
    return f"{shown} request" if shown == "1" else f"{shown} requests"


def _numbers(comes: float, takes: float) -> tuple[str, str]:
    """Requests an hour as a person reads them: whole where they are ten or more, unless that would make them alike.

    >>> _numbers(40, 55.13), _numbers(40.2, 39.8), _numbers(0.5, 1234.5)
    (('40', '55'), ('40.2', '39.8'), ('0.5', '1,234'))
    """
    whole = [f"{one:,.0f}" if one >= _WHOLE else digits(one, 3) for one in (comes, takes)]
    if whole[0] == whole[1]:
        whole = [digits(one, 4) if one < _LARGE else f"{one:,.2f}" for one in (comes, takes)]
    return whole[0], whole[1]


_WHOLE = 10.0
_LARGE = 1_000.0
