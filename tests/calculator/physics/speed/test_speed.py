"""Speed: a range with its basis."""

import dataclasses

import pytest

from calculator.number import Range
from calculator.physics.speed.speed import Speed


def test_speed_is_a_range_in_tokens_per_second() -> None:
    found = Speed(low=1.0, central=2.0, high=4.0, bound_by="weights", basis="fitted")
    assert isinstance(found, Range)
    assert (found.low, found.central, found.high, found.unit, found.note) == (1.0, 2.0, 4.0, "token/s", "")


def test_speed_keeps_the_order_of_its_published_keys() -> None:
    names = [field.name for field in dataclasses.fields(Speed)]
    assert names == ["low", "central", "high", "unit", "bound_by", "basis", "note", "record_ids"]


def test_speed_is_frozen() -> None:
    found = Speed(low=1.0, central=2.0, high=4.0, bound_by="weights", basis="fitted")
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.low = 2.0  # pyright: ignore[reportAttributeAccessIssue]  (frozen on purpose)
