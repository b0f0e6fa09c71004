"""Usage of one JSON record: Claude Code, Codex, LiteLLM, OpenTelemetry gen_ai spans.

Where each format keeps its counts (read 2026-11-26 in public code and logs):
Claude Code, one line per content block: message.usage, the blocks of one answer repeat it (message.id, requestId).
Codex, event_msg of the type token_count: payload.info.last_token_usage; a repeat has the same total_token_usage.
LiteLLM, rows of /spend/logs or of the table LiteLLM_SpendLogs: prompt_tokens, completion_tokens, startTime.
OpenTelemetry, OTLP/JSON or the console exporter's spans: gen_ai.usage.input_tokens, which hold the cached ones.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from calculator.scenario.json_text import TwiceError, table_of
from calculator.scenario.usage_logs.event import UsageEvent, count_of, seconds_of

_CACHED_KEYS = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.cached_input_tokens",
    "gen_ai.usage.input_tokens.cached",
)
_READ_KEYS = frozenset(
    (
        *("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "gen_ai.usage.output_tokens"),
        *("gen_ai.usage.completion_tokens", "gen_ai.operation.name", "gen_ai.conversation.id", "session.id"),
        *_CACHED_KEYS,
    )
)
"""Attributes that are read of a span; its texts are not."""
_SUMS_OF_OTHERS = frozenset({"invoke_agent", "create_agent", "invoke_workflow", "execute_tool"})
"""Operations whose span repeats what the spans within it count."""
_OTHER_CALLS = ("embedding", "image", "speech", "transcription", "rerank", "moderation")
_LISTS = ("resourceSpans", "scopeSpans", "instrumentationLibrarySpans", "spans", "data", "logs")


class JsonRecords:
    """Reads records one by one; of what came before it remembers the session's name of a Codex log alone.

    `pass_over` is told the keys that appear twice in a row's own JSON text; such a row is not read.
    """

    def __init__(self, pass_over: Callable[[tuple[str, ...]], None]) -> None:
        self._pass_over = pass_over
        self._session: int | None = None

    def events(self, record: Mapping[str, Any]) -> Iterator[UsageEvent]:
        """The usage in one record, also of spans or rows in lists within it; nothing where it has none."""
        try:
            event = self._event(record)
        except TwiceError as error:
            self._pass_over(error.keys)
            return
        if event is not None:
            yield event
            return
        for name in _LISTS:
            for row in _rows(record.get(name)):
                yield from self.events(row)

    def _event(self, record: Mapping[str, Any]) -> UsageEvent | None:
        if "attributes" in record:
            return _of_span(record)
        if "prompt_tokens" in record and "startTime" in record:
            return _of_litellm(record)
        kind = record.get("type")
        if kind == "assistant":
            return _of_claude_code(record)
        if kind in ("event_msg", "session_meta"):
            return self._of_codex(record)
        return None

    def _of_codex(self, record: Mapping[str, Any]) -> UsageEvent | None:
        payload = _table(record.get("payload"))
        if record.get("type") == "session_meta":
            self._session = _id(payload.get("id"))
            return None
        info = _table(payload.get("info") if payload.get("type") == "token_count" else None)
        last, total = _table(info.get("last_token_usage")), _table(info.get("total_token_usage"))
        read, written = count_of(last.get("input_tokens")), count_of(last.get("output_tokens"))
        if read is None or written is None:
            return None
        repeat = (self._session, count_of(total.get("total_tokens")), count_of(total.get("output_tokens")))
        cached = min(count_of(last.get("cached_input_tokens")) or 0, read)
        return UsageEvent(
            seconds_of(record.get("timestamp")), 0.0, 1, read, cached, written, hash(repeat), self._session
        )


def _of_claude_code(record: Mapping[str, Any]) -> UsageEvent | None:
    message = _table(record.get("message"))
    usage = _table(message.get("usage"))
    fresh, written = count_of(usage.get("input_tokens")), count_of(usage.get("output_tokens"))
    if fresh is None or written is None:
        return None
    cached = count_of(usage.get("cache_read_input_tokens")) or 0
    read = fresh + (count_of(usage.get("cache_creation_input_tokens")) or 0) + cached
    key = None if message.get("id") is None else hash((_id(message.get("id")), _id(record.get("requestId"))))
    at_s = seconds_of(record.get("timestamp"))
    return UsageEvent(at_s, 0.0, 1, read, cached, written, key, _id(record.get("sessionId")))


def _of_litellm(record: Mapping[str, Any]) -> UsageEvent | None:
    read, written = count_of(record.get("prompt_tokens")), count_of(record.get("completion_tokens"))
    if read is None or written is None or not litellm_asked(record.get("call_type"), record.get("cache_hit")):
        return None
    cached = min(litellm_cached_tokens(record.get("metadata")), read)
    requests = count_of(record.get("api_requests")) if "api_requests" in record else 1
    start, end = seconds_of(record.get("startTime")), seconds_of(record.get("endTime"))
    bucket_s = max(0.0, end - start) if requests != 1 and start is not None and end is not None else 0.0
    session = _id(record.get("session_id"))
    return UsageEvent(start, bucket_s, requests, read, cached, written, _id(record.get("request_id")), session)


def litellm_asked(call_type: Any, cache_hit: Any) -> bool:
    """Whether a LiteLLM row asked a language model: no embedding, image or the like, no answer from the proxy's cache."""
    return str(cache_hit).lower() != "true" and not any(word in str(call_type) for word in _OTHER_CALLS)


def litellm_cached_tokens(metadata: Any) -> int:
    """Cached tokens in the metadata of a LiteLLM row, a table or its JSON text; 0 where it names none.

    Raises TwiceError where a key appears twice in one table of the text.
    """
    if isinstance(metadata, str):
        try:
            metadata = json.loads(metadata, object_pairs_hook=table_of)
        except TwiceError:
            raise
        except (ValueError, RecursionError):
            return 0
    usage = _table(_table(metadata).get("usage_object"))
    details = _table(usage.get("prompt_tokens_details"))
    return count_of(details.get("cached_tokens")) or count_of(usage.get("cache_read_input_tokens")) or 0


def _of_span(record: Mapping[str, Any]) -> UsageEvent | None:
    found = _attributes(record.get("attributes"))
    read = count_of(found.get("gen_ai.usage.input_tokens", found.get("gen_ai.usage.prompt_tokens")))
    written = count_of(found.get("gen_ai.usage.output_tokens", found.get("gen_ai.usage.completion_tokens")))
    operation = found.get("gen_ai.operation.name")
    if read is None or written is None or (isinstance(operation, str) and operation in _SUMS_OF_OTHERS):
        return None
    cached = next((count for name in _CACHED_KEYS if (count := count_of(found.get(name))) is not None), 0)
    if cached > read:  # counted apart, against the convention
        read += cached
    start = record.get("startTimeUnixNano", record.get("start_time", record.get("startTime")))
    context = _table(record.get("context"))
    trace, span = record.get("traceId", context.get("trace_id")), record.get("spanId", context.get("span_id"))
    key = None if span is None else hash((_id(trace), _id(span)))
    session = _id(found.get("gen_ai.conversation.id", found.get("session.id")))
    return UsageEvent(seconds_of(start), 0.0, 1, read, cached, written, key, session)


def _attributes(value: Any) -> Mapping[str, Any]:
    """Attributes by name: a table as the console exporter writes, or OTLP's list of keys and typed values."""
    if isinstance(value, dict):
        return cast("Mapping[str, Any]", value)
    found: dict[str, Any] = {}
    for row in _rows(value):
        name = row.get("key")
        if isinstance(name, str) and name in _READ_KEYS:
            found[name] = next(iter(_table(row.get("value")).values()), None)
    return found


def _rows(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for row in cast("list[Any]", value):
            if isinstance(row, dict):
                yield cast("Mapping[str, Any]", row)


def _table(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _id(value: Any) -> int | None:
    return hash(value) if isinstance(value, str | int) else None
