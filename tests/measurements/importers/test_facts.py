"""Import facts: plain numbers, and bad records that become refusals."""

import pytest

from measurements.importers.facts import Collector, number, whole


@pytest.mark.parametrize(
    "value", [True, None, "1_000", " ", "nan", "inf", "1e999", 10**400, "0x10", "１２", [], float("nan")]
)
def test_number_takes_only_plain_finite_numbers(value: object) -> None:
    assert number(value) is None
    assert whole(value) is None


def test_collector_turns_a_bad_record_into_a_refusal() -> None:
    collector = Collector("x")
    collector.add("row 1", {"kind": "imported", "measured_at": "2026", "engine": {"name": "x\0"}})
    assert [refusal.place for refusal in collector.imported().refused] == ["row 1"]
