"""Import facts: plain numbers, and bad records that become refusals."""

import pytest

from calculator.catalog import load_catalog
from measurements.importers.facts import Collector, Known, number, whole


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


def test_model_is_found_by_the_names_that_people_use() -> None:
    known = Known.of(load_catalog())
    assert known.model_of("gpt-oss:20b") == "gpt-oss-20b"
    assert known.model_of("llama3.1:8b") == "llama-3-8b"
    assert known.model_of("Meta-Llama-3.1-70B-Instruct-Q4_K_M.gguf") == "llama-3-70b"
    assert known.model_of("nobody-made-this:7b") is None
    assert Known().model_of("gpt-oss:20b") is None
