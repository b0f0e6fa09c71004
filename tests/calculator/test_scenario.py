"""Is every knob of the page stated once, bounded, explained, and refused in a sentence when it is wrong?"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.errors import ScenarioError
from calculator.scenario.files import typed
from calculator.scenario.scenario import Scenario, knobs

NUMBERS = sorted(name for name, knob in knobs().items() if math.isfinite(knob.low) and math.isfinite(knob.high))


def test_every_default_of_the_catalogue_is_a_field_and_lies_in_its_bounds() -> None:
    for name, quantity in load_catalog().defaults.items():
        assert getattr(Scenario(), name) == quantity.central, name
        knob = knobs()[name]
        assert knob.low <= quantity.low <= quantity.high <= knob.high, name


def test_every_knob_is_labelled_and_explained() -> None:
    for knob in knobs().values():
        assert knob.label, knob.name
        assert knob.help.endswith((".", "?")), knob.name
        assert knob.step > 0, knob.name


def test_scenario_id_changes_with_any_value_and_with_nothing_else() -> None:
    assert Scenario().id() == Scenario().id()
    assert (
        len({Scenario().id(), Scenario(months=48).id(), Scenario(name="x").id(), Scenario(model="llama-3-8b").id()})
        == 4
    )


@given(st.sampled_from(NUMBERS), st.floats())
def test_a_number_is_either_in_bounds_or_refused_by_name(name: str, value: float) -> None:
    knob = knobs()[name]
    try:
        accepted = getattr(Scenario.parse({name: value}), name)
    except ScenarioError as error:
        assert name in str(error)
        assert "validation error" not in str(error)
    else:
        assert knob.low <= accepted <= knob.high
        assert math.isfinite(accepted)


@pytest.mark.parametrize("text", ["", " ", "nan", "1e999", "0x10", "1,5", "True", "[]", "\u0661", "--1", "1_000"])
def test_typed_text_never_raises_and_parse_judges(text: str) -> None:
    value = typed("wage_usd_per_h", text)
    try:
        Scenario.parse({"wage_usd_per_h": value})
    except ScenarioError as error:
        assert str(error).startswith("wage_usd_per_h")


def test_whole_numbers_are_taken_as_such() -> None:
    assert Scenario.parse({"months": typed("months", "48")}).months == 48
    with pytest.raises(ScenarioError, match="whole number"):
        Scenario.parse({"months": typed("months", "48.5")})
