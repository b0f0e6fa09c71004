"""Usage of one CSV row: OpenAI and Anthropic exports, LiteLLM's table, a plain file of time, input, cached, output.

Which columns a file has says what it is (column names read 2026-11-26 in public exports):
Anthropic Console: usage_date_utc, usage_input_tokens_no_cache, ..._cache_write_5m, ..._cache_write_1h, ..._cache_read,
usage_output_tokens; one row a day, model and key, and no number of requests.
OpenAI platform: start_time, end_time, input_tokens (the cached ones included), input_cached_tokens, output_tokens,
num_model_requests; before 2025 n_context_tokens_total, n_generated_tokens_total, n_requests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from calculator.scenario.usage_logs.event import DAY_S, UsageEvent, count_of, is_date, seconds_of
from calculator.scenario.usage_logs.json_records import litellm_asked, litellm_cached_tokens

_TIME = (
    *("usage_date_utc", "start_time", "start_time_iso", "starttime", "timestamp", "time", "datetime"),
    *("date", "day", "created_at", "created", "usage_date"),
)
_END = ("end_time", "end_time_iso")
_INPUT = (
    *("input_tokens", "n_context_tokens_total", "prompt_tokens", "request_tokens", "input", "prompt"),
    "context_tokens",
)
_CACHED = ("input_cached_tokens", "cached_input_tokens", "n_cached_context_tokens_total", "cached_tokens", "cached")
_OUTPUT = (
    *("output_tokens", "n_generated_tokens_total", "completion_tokens", "response_tokens", "output", "completion"),
    *("generated_tokens", "usage_output_tokens"),
)
_REQUESTS = ("num_model_requests", "n_requests", "num_requests", "api_requests", "requests", "request_count")
_PARTS = (
    *("usage_input_tokens_no_cache", "usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write_1h"),
    *("usage_input_tokens_cache_write",),
)
_PART_READ = "usage_input_tokens_cache_read"
_METADATA, _CACHE_HIT, _CALL_TYPE = "metadata", "cache_hit", "call_type"


@dataclass(frozen=True, slots=True)
class CsvColumns:
    """Where the counts of a row stand: numbers of columns, -1 where the file has none."""

    time: int
    end: int
    requests: int
    inputs: tuple[int, ...]
    cached: int
    output: int
    cached_is_apart: bool
    is_daily: bool
    metadata: int = -1
    cache_hit: int = -1
    call_type: int = -1
    last: int = 0
    """The last column without which a row says nothing."""

    @classmethod
    def of(cls, header: Sequence[str]) -> "CsvColumns | None":
        """The columns of a header; None where it names no input or no output tokens."""
        names = [name.strip().lstrip("\ufeff").strip('"').lower().replace(" ", "_") for name in header]
        parts = tuple(names.index(name) for name in _PARTS if name in names)
        one = _place(names, _INPUT)
        output = _place(names, _OUTPUT)
        if output < 0 or (not parts and one < 0):
            return None
        inputs = parts or (one,)
        return cls(
            last=max(output, *inputs),
            time=_place(names, _TIME),
            end=_place(names, _END),
            requests=_place(names, _REQUESTS),
            inputs=inputs,
            cached=_place(names, (_PART_READ,)) if parts else _place(names, _CACHED),
            output=output,
            cached_is_apart=bool(parts),
            is_daily="usage_date_utc" in names,
            metadata=_place(names, (_METADATA,)),
            cache_hit=_place(names, (_CACHE_HIT,)),
            call_type=_place(names, (_CALL_TYPE,)),
        )

    def event(self, row: Sequence[str], *, zone: tzinfo) -> UsageEvent | None:
        """The usage of a row; None where a count is missing or none, where more is cached than was read, or where no
        model was asked.

        Raises TwiceError where a key appears twice in the row's metadata.
        """
        if len(row) <= self.last:
            return None
        written, read = count_of(row[self.output]), self._read(row)
        if written is None or read is None:
            return None
        if self.cache_hit >= 0 and not litellm_asked(_cell(row, self.call_type), _cell(row, self.cache_hit)):
            return None
        told = min(litellm_cached_tokens(_cell(row, self.metadata)), read) if self.metadata >= 0 else 0
        cached = (count_of(_cell(row, self.cached)) if self.cached >= 0 else None) or told
        if self.cached_is_apart:
            read += cached
        if cached > read:
            return None
        time = _cell(row, self.time)
        start = seconds_of(time, zone=zone)
        bucket_s = DAY_S if self.is_daily or is_date(time) else 0.0
        if self.end >= 0 and start is not None and (end := seconds_of(_cell(row, self.end), zone=zone)) is not None:
            bucket_s = max(0.0, end - start)
        requests = count_of(_cell(row, self.requests)) if self.requests >= 0 else (None if bucket_s else 1)
        return UsageEvent(start, bucket_s, requests, read, cached, written)

    def _read(self, row: Sequence[str]) -> int | None:
        """Input tokens, in one column or summed over those in which the export splits them; None where none counts."""
        if len(self.inputs) == 1:
            return count_of(row[self.inputs[0]])
        parts = [part for place in self.inputs if (part := count_of(row[place])) is not None]
        return sum(parts) if parts else None


def _place(names: Sequence[str], wanted: Sequence[str]) -> int:
    return next((names.index(name) for name in wanted if name in names), -1)


def _cell(row: Sequence[str], place: int) -> str:
    return row[place] if 0 <= place < len(row) else ""
