"""Usage rows of each format, drawn at random, well formed or not."""

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

FIXTURES = Path(__file__).parents[3] / "fixtures" / "usage_logs"
EXAMPLE_COUNT = 10_000 if os.environ.get("THOROUGH") else 200
MANY = settings(
    max_examples=EXAMPLE_COUNT, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

words = st.text(max_size=12)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
counts = (
    st.integers(0, 10**7)
    | st.integers()
    | st.floats()
    | st.sampled_from(["12", "1,200", "-1", "x", "", None, "9" * 400])
)
times = (
    st.datetimes().map(lambda one: one.isoformat())
    | st.sampled_from(
        ["2026-06-01T09:05:00.123Z", "2026-06-01", "1748000000000000000", "2026-13-41T99:99:99", "", None]
    )
    | st.integers(0, 4 * 10**18)
    | st.floats()
)


def _shaken(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """A record of these fields: whole, or each of its own kind or junk and some left out."""
    return st.fixed_dictionaries(fields) | st.fixed_dictionaries(
        {}, optional={name: kind | junk for name, kind in fields.items()}
    )


usage = _shaken(
    {
        "input_tokens": counts,
        "output_tokens": counts,
        "cache_read_input_tokens": counts,
        "cache_creation_input_tokens": counts,
        "cached_input_tokens": counts,
        "total_tokens": counts,
    }
)
claude = _shaken(
    {
        "type": st.just("assistant"),
        "timestamp": times,
        "sessionId": words,
        "requestId": words,
        "message": _shaken({"id": words, "usage": usage}),
    }
)
codex = _shaken(
    {
        "type": st.sampled_from(["event_msg", "session_meta"]),
        "timestamp": times,
        "payload": _shaken(
            {
                "type": st.just("token_count"),
                "id": words,
                "info": _shaken({"last_token_usage": usage, "total_token_usage": usage}),
            }
        ),
    }
)
litellm = _shaken(
    {
        "request_id": words,
        "call_type": words,
        "startTime": times,
        "endTime": times,
        "prompt_tokens": counts,
        "completion_tokens": counts,
        "api_requests": counts,
        "cache_hit": words,
        "metadata": _shaken({"usage_object": usage}),
    }
)
attributes = st.lists(
    _shaken(
        {
            "key": st.sampled_from(
                ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.conversation.id"]
            ),
            "value": _shaken({"intValue": counts, "stringValue": words}),
        }
    ),
    max_size=4,
)
span = _shaken({"startTimeUnixNano": times, "start_time": times, "spanId": words, "attributes": attributes | usage})
otlp = _shaken(
    {
        "resourceSpans": st.lists(
            _shaken({"scopeSpans": st.lists(_shaken({"spans": st.lists(span, max_size=3)}), max_size=2)}), max_size=2
        )
    }
)
JSON_FORMATS = {"claude code": claude, "codex": codex, "litellm": litellm, "span": span, "otlp": otlp}

OPENAI = ("start_time", "end_time", "num_model_requests", "input_tokens", "output_tokens", "input_cached_tokens")
ANTHROPIC = (
    *("usage_date_utc", "model_version", "usage_input_tokens_no_cache", "usage_input_tokens_cache_write_5m"),
    *("usage_input_tokens_cache_write_1h", "usage_input_tokens_cache_read", "usage_output_tokens"),
)
PLAIN = ("time", "input", "cached", "output")
LITELLM = ("request_id", "startTime", "endTime", "prompt_tokens", "completion_tokens", "metadata", "cache_hit")
CSV_FORMATS = {"openai": OPENAI, "anthropic": ANTHROPIC, "plain": PLAIN, "litellm table": LITELLM}


def lines_of(records: list[Any]) -> bytes:
    """Records as JSON lines."""
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


def csv_of(header: tuple[str, ...], rows: list[list[Any]]) -> bytes:
    """Rows under a header, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "replace")
