"""Counts of a usage log: sums, spreads, hours of the week. What is kept does not grow with the length of the texts.

Repeats of one request are told apart by a hash of its id: of a repeat the larger answer counts (Claude Code writes the
first lines of an answer before its last token is known).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from calculator.scenario.usage_logs.event import DAY_S, UsageEvent
from calculator.units import S_PER_H

HOURS_PER_WEEK = 168
_MOST_IDS = 500_000
"""Ids that one generation remembers, and of two generations at most; of older requests a repeat is counted again."""
_MOST_KEYS, _LONGEST_KEY = 1_000, 100
_QUARTER_H = S_PER_H / 4
_DAYS_TO_MONDAY = 3  # 1970-01-01 was a Thursday


@dataclass(slots=True)
class Spread:
    """Number, sum and sum of squares of a count per request: its mean and its standard deviation."""

    count: int = 0
    total: int = 0
    squares: float = 0.0
    most: int = 0

    def add(self, value: int) -> None:
        self.count += 1
        self.total += value
        self.squares += value * float(value)
        self.most = max(self.most, value)

    def correct(self, old: int, new: int) -> None:
        """One of the values was `old` and is `new`."""
        self.total += new - old
        self.squares += float(new) * new - float(old) * old
        self.most = max(self.most, new)

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else 0.0

    @property
    def deviation(self) -> float:
        """Standard deviation, 0 of a single value."""
        if self.count == 0:
            return 0.0
        return math.sqrt(max(0.0, self.squares / self.count - self.mean**2))


@dataclass(slots=True)
class Tally:
    """What a log asked. Hours and days are those of `zone`.

    Sums are over all rows. input, cached, output: per request, of rows that are single requests. requests_by_day: days
    since 1970. hourly: requests by hour of the week from Monday 0:00, of rows whose time is known to the hour.
    token_rows_without_requests: rows that count tokens and no requests. undated, repeats, unusable: rows without a time
    (their tokens count), that came again, that hold no usable counts. twice: rows in which a
    key appears twice, not read; twice_keys: those keys, the first 1,000.
    """

    zone: tzinfo = UTC
    request_count: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    input: Spread = field(default_factory=Spread)
    output: Spread = field(default_factory=Spread)
    requests_by_day: dict[int, int] = field(default_factory=dict[int, int])
    hourly: list[int] = field(default_factory=lambda: [0] * HOURS_PER_WEEK)
    hourly_count: int = 0
    token_rows_without_requests: int = 0
    undated: int = 0
    repeats: int = 0
    unusable: int = 0
    passed_over: int = 0
    twice: int = 0
    twice_keys: dict[str, None] = field(default_factory=dict[str, None])
    sessions: set[int] = field(default_factory=set[int])
    _ids: dict[int, int] = field(default_factory=dict[int, int], repr=False)
    _older_ids: dict[int, int] = field(default_factory=dict[int, int], repr=False)
    _offset_quarter: int | None = None
    _offset_s: float = 0.0

    def add(self, event: UsageEvent) -> None:
        """Count one row; a row of no tokens at all (a failed request) is none."""
        at_s, bucket_s, requests, read, cached, written, key, session = event
        if read == 0 and written == 0:
            self.unusable += 1
            return
        if key is not None:
            known = self._ids.get(key)
            if known is None:
                known = self._older_ids.get(key)
            if known is not None:
                self._repeated(key, known, written)
                return
            self._remember(key, written)
        self.input_tokens += read
        self.cached_tokens += cached
        self.output_tokens += written
        if session is not None and len(self.sessions) < _MOST_IDS:
            self.sessions.add(session)
        if requests is None:
            self.token_rows_without_requests += 1
        else:
            self.request_count += requests
            if requests == 1:
                self.input.add(read)
                self.output.add(written)
        if at_s is None:
            self.undated += 1
        else:
            self._date(at_s, bucket_s, requests)

    def pass_over(self, keys: Iterable[str]) -> None:
        """Count a row that is not read, since these keys appear twice in it."""
        self.twice += 1
        for key in keys:
            if len(self.twice_keys) < _MOST_KEYS:
                self.twice_keys[key[:_LONGEST_KEY]] = None

    def _repeated(self, key: int, known: int, written: int) -> None:
        self.repeats += 1
        self._remember(key, max(known, written))
        if written > known:
            self.output_tokens += written - known
            self.output.correct(known, written)

    def _remember(self, key: int, written: int) -> None:
        if len(self._ids) >= _MOST_IDS:
            self._older_ids, self._ids = self._ids, {}
        self._ids[key] = written

    def _date(self, at_s: float, bucket_s: float, requests: int | None) -> None:
        quarter = int(at_s // _QUARTER_H)
        if quarter != self._offset_quarter:  # the offset of a zone changes on the quarter of an hour at most
            self._offset_quarter = quarter
            shift = datetime.fromtimestamp(at_s, self.zone).utcoffset()
            self._offset_s = shift.total_seconds() if shift else 0.0
        local_s = at_s if bucket_s >= DAY_S else at_s + self._offset_s
        day = int(local_s // DAY_S)
        self.requests_by_day[day] = self.requests_by_day.get(day, 0) + (requests or 0)
        if requests is not None and bucket_s <= S_PER_H:
            self.hourly[int((local_s // S_PER_H + _DAYS_TO_MONDAY * 24) % HOURS_PER_WEEK)] += requests
            self.hourly_count += requests
