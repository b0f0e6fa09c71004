"""One usage record: when, how many requests, how many tokens. Nothing else of a log is kept."""

import functools
import math
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple

from calculator.units import H_PER_DAY, MS_PER_S, NS_PER_S, S_PER_H, US_PER_S

FIRST_S = 946_684_800.0
"""2000-01-01: no usage log is older."""
LAST_S = 4_102_444_800.0
"""2100-01-01: a later time is no time."""
MOST_TOKENS = 1_000_000_000_000
"""More than any row of an export holds: a larger number is no count of tokens."""
_ISO_DATE_LENGTH = len("2026-11-26")
_SHORT = 13  # digits of what is at most 10^12
_DIGITS = 15  # of a number of tokens or seconds with its point; longer text is no number
DAY_S = H_PER_DAY * S_PER_H
_MOST_TIME = 1e19
"""No clock counts as far, not in nanoseconds either; Python reads whole numbers of any length."""
_SCALES = ((1e17, NS_PER_S), (1e14, US_PER_S), (1e11, MS_PER_S))
"""A number at least as large is no time in seconds, but in a unit so many times smaller."""


class UsageEvent(NamedTuple):
    """Tokens of one request, or of all requests in a bucket of time.

    at_s: seconds since 1970, None where the row says no time. bucket_s: length of the bucket, 0 for a single request.
    request_count: None where an export counts tokens and no requests. input_tokens hold the cached ones. key and
    session: hashes that tell repeats and sessions apart, None where the log has no id.
    """

    at_s: float | None
    bucket_s: float
    request_count: int | None
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    key: int | None = None
    session: int | None = None


def count_of(value: Any) -> int | None:
    """A number of tokens or requests: whole, from 0 to 10^12; None for anything else (text, fractions, nothing)."""
    if type(value) is str and len(value) < _SHORT and value.isdecimal() and value.isascii():  # most cells
        return int(value)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        text = value.strip().replace(",", "")
        if not text or len(text) > _DIGITS or not text.isascii():
            return None
        try:
            value = float(text)
        except ValueError:
            return None
    if not isinstance(value, int | float) or not 0 <= value <= MOST_TOKENS or value != math.floor(value):
        return None
    return int(value)


def seconds_of(value: Any, *, zone: tzinfo = UTC) -> float | None:
    """Seconds since 1970 of an ISO date or time, or of a number in s, ms, us or ns; None for no time of 2000..2100.

    A time without an offset is read in `zone`.
    """
    if isinstance(value, str):
        return _seconds_of_text(value.strip(), zone)
    if isinstance(value, bool):
        return None
    if not isinstance(value, int | float) or value >= _MOST_TIME:
        return None
    for least, scale in _SCALES:
        if value >= least:
            value = value / scale
            break
    return float(value) if FIRST_S <= value < LAST_S else None


def is_date(value: Any) -> bool:
    """Whether a time names a whole day: 2026-11-26."""
    return isinstance(value, str) and len(value.strip()) == _ISO_DATE_LENGTH and value.count("-") == 2


def _seconds_of_text(text: str, zone: tzinfo) -> float | None:
    seconds = text[17:19]
    if text[16:17] == ":" and seconds.isdecimal() and seconds.isascii() and seconds < "60":  # 2026-11-26T09:30:15.123Z
        minute_s = _minute_s(text[:16], text[19:].lstrip(".,0123456789"), zone)
        return None if minute_s is None else minute_s + int(seconds)
    if text[:1].isdecimal() and text.replace(".", "", 1).isdecimal() and text.isascii():
        return seconds_of(float(text)) if len(text) <= 2 * _DIGITS else None
    return _minute_s(text, "", zone)


@functools.lru_cache(maxsize=4096)
def _minute_s(text: str, offset: str, zone: tzinfo) -> float | None:
    """Seconds since 1970 of a date or time that ends with an offset or none; kept, as rows share their minute."""
    try:
        found = datetime.fromisoformat(text + offset)
        seconds = (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if FIRST_S <= seconds < LAST_S else None
