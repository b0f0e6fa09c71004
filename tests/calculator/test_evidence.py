"""Does a number enter with its evidence only, and does a name promise its unit?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from calculator.errors import sentences
from calculator.evidence import Entry, Quantity
from calculator.units import UNIT_OF_ENDING, unit_of_name

GOOD = {
    "low": 1,
    "central": 2,
    "high": 3,
    "unit": "W",
    "basis": "assumption",
    "as_of": "2026-11",
    "note": "nobody measured it",
}


class Lamp(Entry):
    idle_w: Quantity


def refusal(data: dict[str, object]) -> str:
    with pytest.raises(ValidationError) as caught:
        Quantity.model_validate(data)
    return " ".join(sentences(caught.value, Quantity))


def test_quantity_of_one_value_has_no_width() -> None:
    one = Quantity.model_validate({"value": 5, "unit": "W", "basis": "vendor", "source": "maker", "as_of": "2026"})
    assert (one.low, one.central, one.high) == (5, 5, 5)


def test_quantity_without_evidence_is_refused() -> None:
    assert "needs a note" in refusal({**GOOD, "note": ""})
    assert "needs a source" in refusal({**GOOD, "basis": "vendor"})
    assert "not in order" in refusal({**GOOD, "low": 4})
    assert "finite" in refusal({**GOOD, "high": float("inf")})
    assert "as_of" in refusal({**GOOD, "as_of": "last year"})
    assert "not a known key" in refusal({**GOOD, "sorce": "x"})


def test_entry_refuses_a_unit_that_its_name_does_not_promise() -> None:
    assert Lamp.model_validate({"idle_w": GOOD}).idle_w.central == 2
    with pytest.raises(ValidationError, match="promises 'W'"):
        Lamp.model_validate({"idle_w": {**GOOD, "unit": "kW"}})


def test_unit_of_name_takes_the_longest_ending() -> None:
    assert unit_of_name("electricity_usd_per_kwh") == "USD/kWh"
    assert unit_of_name("energy_kwh") == "kWh"
    assert unit_of_name("bandwidth_gb_per_s") == "GB/s"
    assert unit_of_name("load_s") == "s"
    assert unit_of_name("colour") is None


@given(st.sampled_from(sorted(UNIT_OF_ENDING)), st.text(alphabet="abc_", max_size=5))
def test_unit_of_name_is_never_shadowed_by_a_shorter_ending(ending: str, start: str) -> None:
    longest = max((known for known in UNIT_OF_ENDING if (start + ending).endswith(known)), key=len)
    assert unit_of_name(start + ending) == UNIT_OF_ENDING[longest]
