"""Evidence: a number enters only with its range, unit, basis, source and date."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from calculator.errors import sentences
from calculator.evidence import Entry, Quantity, Remark

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


@pytest.mark.parametrize("as_of", ["2026", "2026-08", "2026-08-25"])
def test_date_is_as_fine_as_the_source(as_of: str) -> None:
    assert Quantity.model_validate({**GOOD, "as_of": as_of}).as_of == as_of


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3))
def test_quantity_is_taken_exactly_where_its_range_is_in_order(three: list[float]) -> None:
    values = {**GOOD, **dict(zip(("low", "central", "high"), three, strict=True))}
    if three == sorted(three):
        assert Quantity.model_validate(values).central == three[1]
    else:
        assert "write low <= central <= high" in refusal(values)


def test_misspelt_key_and_a_change_are_refused() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Quantity.model_validate(GOOD).low = 0
    with pytest.raises(ValidationError, match="Extra inputs"):
        Remark.model_validate({"code": "x", "text": "y", "colour": "red"})


def test_remark_is_an_information_unless_it_says_more() -> None:
    assert Remark(code="x", text="y").level == "info"
