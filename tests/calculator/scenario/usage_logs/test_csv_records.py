"""Usage of one CSV row, by the names of its columns."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from calculator.scenario.json_text import TwiceError
from calculator.scenario.usage_logs.csv_records import CsvColumns
from calculator.scenario.usage_logs.event import DAY_S, UsageEvent, seconds_of
from tests.calculator.scenario.usage_logs.examples import ANTHROPIC, CSV_FORMATS, OPENAI, PLAIN


def _event(header: tuple[str, ...], *cells: str) -> UsageEvent | None:
    columns = CsvColumns.of(header)
    assert columns is not None
    return columns.event(cells, zone=UTC)


@pytest.mark.parametrize("kind", CSV_FORMATS)
def test_header_of_each_export_is_known(kind: str) -> None:
    columns = CsvColumns.of(CSV_FORMATS[kind])
    assert columns is not None
    assert columns.time >= 0
    assert columns.output >= 0


@pytest.mark.parametrize("header", [("a", "b"), ("input_tokens",), ("output_tokens",), ()])
def test_header_without_input_and_output_is_none(header: tuple[str, ...]) -> None:
    assert CsvColumns.of(header) is None


def test_openai_row_is_a_bucket_of_requests_with_cached_tokens_included() -> None:
    event = _event(OPENAI, "1761523440", "1761523500", "4.0", "7162", "2034", "1280")
    assert event == UsageEvent(1761523440.0, 60.0, 4, 7162, 1280, 2034)


def test_openai_row_of_the_older_export() -> None:
    header = ("timestamp", "n_requests", "n_context_tokens_total", "n_generated_tokens_total")
    event = _event(header, "1700000000", "3", "300", "30")
    assert event is not None
    assert event[2:6] == (3, 300, 0, 30)


def test_anthropic_row_is_a_day_without_a_number_of_requests_and_its_parts_are_summed() -> None:
    event = _event(ANTHROPIC, "2026-08-05", "claude", "100", "20", "5", "300", "40")
    assert event == UsageEvent(seconds_of("2026-08-05"), DAY_S, None, 425, 300, 40)


def test_plain_row_is_one_request_in_the_time_zone_given() -> None:
    columns = CsvColumns.of(PLAIN)
    assert columns is not None
    event = columns.event(["2026-06-01T08:00:00", "1200", "400", "80"], zone=ZoneInfo("America/New_York"))
    assert event == UsageEvent(seconds_of("2026-06-01T12:00:00Z"), 0.0, 1, 1200, 400, 80)


@pytest.mark.parametrize(
    "cells",
    [
        ("2026-06-01T08:00:00", "100", "400", "80"),  # more cached than read
        ("2026-06-01T08:00:00", "", "", "80"),
        ("2026-06-01T08:00:00", "100", "0", "x"),
        ("2026-06-01T08:00:00", "100"),
        (),
    ],
)
def test_row_without_usable_counts_is_none(cells: tuple[str, ...]) -> None:
    assert _event(PLAIN, *cells) is None


def test_row_without_a_time_still_counts() -> None:
    event = _event(PLAIN, "", "100", "0", "8")
    assert event == UsageEvent(None, 0.0, 1, 100, 0, 8)


_TWICE = '{"usage_object": {"cache_read_input_tokens": 20, "cache_read_input_tokens": 30}}'


@pytest.mark.parametrize("cached", ["", "0", "7"])
def test_key_twice_in_the_metadata_is_refused_whatever_the_cached_column_says(cached: str) -> None:
    header = ("prompt_tokens", "completion_tokens", "cached_tokens", "metadata")
    with pytest.raises(TwiceError, match="the key 'cache_read_input_tokens' appears twice"):
        _event(header, "100", "5", cached, _TWICE)
    event = _event(header, "100", "5", cached, '{"usage_object": {"cache_read_input_tokens": 20}}')
    assert event is not None
    assert event.cached_tokens == (int(cached or 0) or 20)


@pytest.mark.parametrize(("kind", "hit"), [("acompletion", "True"), ("aembedding", "False")])
def test_row_that_asked_no_language_model_is_left_out_before_its_metadata_is_read(kind: str, hit: str) -> None:
    header = ("prompt_tokens", "completion_tokens", "metadata", "cache_hit", "call_type")
    assert _event(header, "100", "5", _TWICE, hit, kind) is None
    with pytest.raises(TwiceError):
        _event(header, "100", "5", _TWICE, "False", "acompletion")
