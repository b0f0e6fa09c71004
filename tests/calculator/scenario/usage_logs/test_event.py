"""Counts and times of a log: what is one, and what is none."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.scenario.usage_logs.event import count_of, is_date, seconds_of


@pytest.mark.parametrize(
    ("text", "count"),
    [(12, 12), ("12", 12), (" 1,200 ", 1200), (3.0, 3), ("25.0", 25), (0, 0), ("1e3", 1000), (10**12, 10**12)],
)
def test_count_of_whole_numbers(text: Any, count: int) -> None:
    assert count_of(text) == count


@pytest.mark.parametrize(
    "text",
    [None, True, "", "x", "1.5", 1.5, -1, "-1", float("nan"), float("inf"), 10**12 + 1, "9" * 14, "9" * 400, "²", [1]],
)
def test_count_of_anything_else_is_none(text: Any) -> None:
    assert count_of(text) is None


NOON_S = datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "time",
    [
        "2026-06-01T12:00:00Z",
        "2026-06-01T12:00:00.999Z",
        "2026-06-01 12:00:00",
        "2026-06-01T14:00:00+02:00",
        "2026-06-01T14:00:00.123456+02:00",
        "2026-06-01T12:00",
        "20260601T120000Z",
        NOON_S,
        int(NOON_S),
        str(int(NOON_S)),
        NOON_S * 1e3,
        NOON_S * 1e6,
        f"{int(NOON_S)}000000000",
    ],
)
def test_seconds_of_one_moment_are_the_same_in_any_form(time: Any) -> None:
    assert seconds_of(time) == NOON_S


@pytest.mark.parametrize(
    "time",
    [
        "",
        "noon",
        "2026-02-30T00:00:00",
        "1999-12-31T00:00:00",
        -5,
        5,
        1e30,
        float("nan"),
        True,
        None,
        "2026-06-01T12:00:61",
    ],
)
def test_seconds_of_no_time_of_this_century_are_none(time: Any) -> None:
    assert seconds_of(time) is None


def test_seconds_of_a_time_without_offset_are_those_of_the_zone() -> None:
    assert seconds_of("2026-06-01T08:00:00", zone=ZoneInfo("America/New_York")) == NOON_S
    assert seconds_of("2026-06-01T12:00:00Z", zone=ZoneInfo("America/New_York")) == NOON_S


@given(st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)))
def test_seconds_of_a_written_time_are_its_own(when: datetime) -> None:
    assert seconds_of(when.isoformat()) == int(when.timestamp()) or when.microsecond


def test_date_is_a_whole_day() -> None:
    assert is_date("2026-11-26")
    assert not is_date("2026-11-26T00:00:00")
    assert not is_date(20261126)
