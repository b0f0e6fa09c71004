"""Readings as they were read: order, what is unknown, and their sources; 25 drawn at random stand as they were read."""

import random

import pytest
from pydantic import ValidationError

from calculator.catalog import Catalog
from calculator.catalog.readings import Reading


def _reading(**fields: object) -> Reading:
    given = {
        "id": "x",
        "item": "a box",
        "what": "price",
        "unit": "USD",
        "as_of": "2026-11",
        "source": "s",
        "grade": "B",
    }
    return Reading.model_validate({**given, **fields})


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"low": 4699, "high": 4699}, "4,699 USD"),
        ({"low": 2362, "high": 3010.5}, "2,362 to 3,010.5 USD"),
        ({"low": 4999}, "from 4,999 USD"),
        ({"high": 4000}, "up to 4,000 USD"),
        ({}, "not found"),
    ],
)
def test_reading_says_what_was_read_and_no_more(fields: dict[str, object], said: str) -> None:
    assert _reading(**fields).said() == said


def test_reading_out_of_order_is_refused() -> None:
    with pytest.raises(ValidationError, match="low <= high"):
        _reading(low=2, high=1)


def test_unknown_reading_is_not_zero(catalog: Catalog) -> None:
    unknown = {row.id for row in catalog.readings.values() if not row.is_known}
    assert {"p108", "p183", "e106"} <= unknown  # M5 Ultra 512 GB, Framework out of stock, report of the M5 Studio
    assert all(row.low is None and row.high is None for row in catalog.readings.values() if row.id in unknown)


def test_readings_by_hand(catalog: Catalog) -> None:
    """Typed again from the sources' own words, one of each kind."""
    expected = {
        "p156": ("dgx-spark-128", "6,950 USD", "2026-10-02"),
        "p101": ("mac-studio-m5ultra-64c-256", "9,499 USD", "2026-08-26"),
        "c106": ("H100 at getdeploying median", "3.63 USD/h", "2026-10-06"),
        "w109": ("GMKtec EVO-X2", "189 W", "2026-09-30"),
        "r108": ("RTX 5090 used vs new on the same day", "0.78 1", "2026-09"),
        "t302": ("electricity, commercial", "14.53 US cents/kWh", "2026-07"),
        "s103": ("Anthropic: Claude Max 20x", "200 USD/month", "2026-10-08"),
        "e103": ("NVIDIA H100 (one of an HGX board of 8)", "164 kg", "2025"),
    }
    found = {key: catalog.readings[key] for key in expected}
    assert {key: (row.item, row.said(), row.as_of) for key, row in found.items()} == expected


def test_twenty_five_figures_drawn_at_random_have_a_source_and_a_date(catalog: Catalog) -> None:
    drawn = random.Random(20261126).sample(sorted(catalog.readings), 25)
    for key in drawn:
        row = catalog.readings[key]
        assert row.as_of <= "2026-11-26"
        assert all(catalog.sources[part].accessed >= row.as_of[:4] for part in row.source.split("+"))
        assert row.is_known or row.note
