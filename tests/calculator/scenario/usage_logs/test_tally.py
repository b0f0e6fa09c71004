"""Counts of a log against plain sums over all of its rows."""

import statistics
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.scenario.usage_logs import tally as tally_module
from calculator.scenario.usage_logs.event import DAY_S, UsageEvent
from calculator.scenario.usage_logs.tally import Tally

MONDAY_S = datetime(2026, 6, 1, tzinfo=UTC).timestamp()


def _event(at_s: float | None, read: int, cached: int, written: int, key: int | None = None) -> UsageEvent:
    return UsageEvent(at_s, 0.0, 1, read, min(cached, read), written, key)


events = st.builds(
    _event,
    st.floats(MONDAY_S, MONDAY_S + 90 * DAY_S),
    st.integers(1, 10**6),
    st.integers(0, 10**6),
    st.integers(1, 10**5),
)


@given(st.lists(events, min_size=1, max_size=40))
def test_sums_means_and_spreads_are_those_of_the_rows(rows: list[UsageEvent]) -> None:
    tally = Tally()
    for row in rows:
        tally.add(row)
    read, written = [row.input_tokens for row in rows], [row.output_tokens for row in rows]
    assert (tally.request_count, tally.input_tokens, tally.output_tokens) == (len(rows), sum(read), sum(written))
    assert abs(tally.input.deviation - statistics.pstdev(read)) <= 1e-6 * max(read) + 1e-3
    assert tally.output.mean == sum(written) / len(written)
    assert sum(tally.hourly) == sum(tally.requests_by_day.values()) == len(rows)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=9))
def test_repeats_of_a_request_count_its_largest_answer_once(answers: list[int]) -> None:
    tally = Tally()
    for written in answers:
        tally.add(_event(MONDAY_S, 100, 0, written, key=7))
    assert (tally.request_count, tally.input_tokens, tally.output_tokens) == (1, 100, max(answers))
    assert (tally.output.mean, tally.output.deviation, tally.repeats) == (max(answers), 0.0, len(answers) - 1)


def test_ids_are_remembered_for_two_generations_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally_module, "_MOST_IDS", 10)
    tally = Tally()
    for key in range(25):
        tally.add(_event(MONDAY_S, 100, 0, 5, key=key))
    assert len(tally._ids) + len(tally._older_ids) <= 20
    tally.add(_event(MONDAY_S, 100, 0, 9, key=24))
    tally.add(_event(MONDAY_S, 100, 0, 9, key=11))
    assert (tally.request_count, tally.repeats, tally.output_tokens) == (25, 2, 25 * 5 + 8)
    tally.add(_event(MONDAY_S, 100, 0, 9, key=0))
    assert (tally.request_count, tally.repeats) == (26, 2)


def test_hour_of_the_week_begins_on_monday_in_the_zone_through_summer_time() -> None:
    tally = Tally(ZoneInfo("Europe/Berlin"))
    for month in (1, 7):
        tally.add(
            _event(
                datetime(2026, month, 5 if month == 1 else 6, 9, 30, tzinfo=ZoneInfo("Europe/Berlin")).timestamp(),
                1,
                0,
                1,
            )
        )
    assert tally.hourly[9] == 2


def test_row_of_a_day_has_a_date_and_no_hour() -> None:
    tally = Tally(ZoneInfo("America/New_York"))
    tally.add(UsageEvent(MONDAY_S, DAY_S, 5, 10, 0, 10))
    assert tally.requests_by_day == {int(MONDAY_S // DAY_S): 5}
    assert tally.hourly_count == 0


def test_rows_of_no_tokens_and_without_a_time_are_told_apart() -> None:
    tally = Tally()
    tally.add(_event(None, 5, 0, 1))
    tally.add(_event(MONDAY_S, 0, 0, 0))
    assert (tally.request_count, tally.undated, tally.unusable) == (1, 1, 1)
