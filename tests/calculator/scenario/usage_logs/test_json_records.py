"""Usage of one JSON record: which number stands where, and what is no request."""

import io
import json
from typing import Any

import pytest

from calculator.errors import ScenarioError
from calculator.scenario.json_text import TwiceError
from calculator.scenario.usage_logs.event import UsageEvent
from calculator.scenario.usage_logs.json_records import JsonRecords, litellm_cached_tokens
from calculator.scenario.usage_logs.reading import read_usage
from tests.calculator.scenario.usage_logs.examples import FIXTURES
from tests.odd_values import ODD, objects_of, places, text_of, with_value

WHEN = "2026-06-01T12:00:00Z"


def _none_passed_over(keys: tuple[str, ...]) -> None:
    pytest.fail(f"a row was passed over for {keys}")


def _one(record: dict[str, Any]) -> UsageEvent:
    (event,) = JsonRecords(_none_passed_over).events(record)
    return event


def _none(record: dict[str, Any]) -> bool:
    return not list(JsonRecords(_none_passed_over).events(record))


def test_claude_code_reads_fresh_written_and_kept_tokens() -> None:
    usage = {"input_tokens": 5, "cache_creation_input_tokens": 10, "cache_read_input_tokens": 200, "output_tokens": 7}
    event = _one({"type": "assistant", "timestamp": WHEN, "message": {"id": "m", "usage": usage}})
    assert (event.input_tokens, event.cached_tokens, event.output_tokens, event.request_count) == (215, 200, 7, 1)


def test_blocks_of_one_answer_have_one_key_and_other_answers_another() -> None:
    def record(name: str) -> dict[str, Any]:
        usage = {"input_tokens": 5, "output_tokens": 7}
        return {"type": "assistant", "requestId": "r", "message": {"id": name, "usage": usage}}

    assert _one(record("a")).key == _one(record("a")).key != _one(record("b")).key


def test_codex_repeats_have_one_key_within_their_session() -> None:
    usage = {"input_tokens": 100, "cached_input_tokens": 60, "output_tokens": 20, "total_tokens": 120}
    count = {
        "type": "event_msg",
        "payload": {"type": "token_count", "info": {"last_token_usage": usage, "total_token_usage": usage}},
    }
    keys: list[int | None] = []
    for session in ("a", "a", "b"):
        records = JsonRecords(_none_passed_over)
        assert not list(records.events({"type": "session_meta", "payload": {"id": session}}))
        (event,) = records.events(count)
        keys.append(event.key)
    assert keys[0] == keys[1] != keys[2]


def test_codex_without_counts_is_no_request() -> None:
    assert _none({"type": "event_msg", "payload": {"type": "token_count", "info": None}})
    assert _none({"type": "event_msg", "payload": {"type": "agent_message"}})


@pytest.mark.parametrize("change", [{"cache_hit": "True"}, {"call_type": "aembedding"}, {"prompt_tokens": None}])
def test_litellm_rows_that_asked_no_language_model_are_left_out(change: dict[str, Any]) -> None:
    row = {"startTime": WHEN, "prompt_tokens": 5, "completion_tokens": 2, "call_type": "acompletion"}
    assert _one(row).input_tokens == 5
    assert _none({**row, **change})


def test_litellm_row_of_an_hour_holds_its_requests() -> None:
    row = {
        "startTime": WHEN,
        "endTime": "2026-06-01T13:00:00Z",
        "api_requests": 4,
        "prompt_tokens": 8,
        "completion_tokens": 2,
    }
    event = _one(row)
    assert (event.request_count, event.bucket_s) == (4, 3600.0)


def test_litellm_cached_tokens_stand_in_either_place_and_packed_or_not() -> None:
    openai = {"usage_object": {"prompt_tokens_details": {"cached_tokens": 64}}}
    assert litellm_cached_tokens(openai) == litellm_cached_tokens(json.dumps(openai)) == 64
    assert litellm_cached_tokens({"usage_object": {"cache_read_input_tokens": 20}}) == 20
    with pytest.raises(TwiceError, match="the key 'a' appears twice"):
        litellm_cached_tokens('{"usage_object": {"a": 1, "a": 2}}')
    assert litellm_cached_tokens("{") == litellm_cached_tokens(None) == litellm_cached_tokens([]) == 0


def _span(**attributes: Any) -> dict[str, Any]:
    return {"start_time": WHEN, "attributes": {name.replace("__", "."): value for name, value in attributes.items()}}


def test_span_counts_by_old_and_new_names() -> None:
    new = _one(_span(gen_ai__usage__input_tokens=10, gen_ai__usage__output_tokens=2))
    old = _one(_span(gen_ai__usage__prompt_tokens=10, gen_ai__usage__completion_tokens=2))
    assert new[:6] == old[:6] == (new.at_s, 0.0, 1, 10, 0, 2)


def test_span_that_sums_the_spans_within_it_is_left_out() -> None:
    usage = {"gen_ai__usage__input_tokens": 10, "gen_ai__usage__output_tokens": 2}
    assert _none(_span(gen_ai__operation__name="invoke_agent", **usage))
    assert _one(_span(gen_ai__operation__name="chat", **usage)).input_tokens == 10


def test_span_whose_cached_tokens_are_counted_apart_holds_both() -> None:
    event = _one(
        _span(
            gen_ai__usage__input_tokens=10, gen_ai__usage__cache_read__input_tokens=90, gen_ai__usage__output_tokens=2
        )
    )
    assert (event.input_tokens, event.cached_tokens) == (100, 90)


def test_record_of_another_kind_has_no_usage() -> None:
    assert _none({"type": "user", "message": {"usage": {"input_tokens": 1, "output_tokens": 1}}})
    assert _none({})


@pytest.mark.parametrize("operation", [["chat"], {"a": "chat"}, 7, None])
def test_operation_that_is_no_text_is_unknown_and_its_span_counts(operation: Any) -> None:
    counts = {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 10}
    event = _one({"attributes": {"gen_ai.operation.name": operation, **counts}})
    assert (event.input_tokens, event.output_tokens) == (100, 10)
    rows = [{"key": name, "value": {"intValue": count}} for name, count in counts.items()]
    array = {"key": "gen_ai.operation.name", "value": {"arrayValue": {"values": [{"stringValue": "chat"}]}}}
    assert _one({"attributes": [array, *rows]}).input_tokens == 100


def test_time_beyond_every_clock_is_no_time() -> None:
    row = {"prompt_tokens": 10, "completion_tokens": 5, "startTime": 10**400, "endTime": -(10**400)}
    assert _one(row).at_s is None


@pytest.mark.parametrize("name", ["claude_code.jsonl", "codex.jsonl", "litellm_spend_logs.json", "otlp_spans.json"])
def test_value_of_another_kind_at_any_place_is_read_or_refused(name: str) -> None:
    document = objects_of((FIXTURES / name).read_text("utf-8"))
    tried = 0
    for place in places(document):
        for value in ODD:
            text = text_of(with_value(document, place, value))
            try:
                tally = read_usage(io.BytesIO(text.encode()))
            except ScenarioError:
                continue
            tried += 1
            assert tally.input_tokens >= tally.cached_tokens >= 0, (place, value)
    assert tried > 100
