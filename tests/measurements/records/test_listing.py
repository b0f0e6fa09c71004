"""Lines of the record list: ages, labels, notes and words."""

import datetime

import pytest

from measurements.records.listing import age


@pytest.mark.parametrize(
    ("measured_at", "said"),
    [
        ("2026-11-22T10:00:00Z", "today"),
        ("2026-11-21", "1 day"),
        ("2026-11-01", "21 days"),
        ("2026-08", "4 months"),
        ("2025", "23 months"),
        ("2024-01-05", "2 years"),
        ("2027-01-01", "today"),
    ],
)
def test_age_in_words(measured_at: str, said: str) -> None:
    assert age(measured_at, today=datetime.date(2026, 11, 22)) == said
