"""Knobs: label, help and bounds are read from the field itself."""

from typing import Annotated

import pytest
from pydantic import Field

from calculator.scenario.knob import Display, Part, bounds_of, display_of, knobs_of, text_of
from calculator.scenario.scenario import Scenario


class Lamp(Part):
    """A section for these tests."""

    idle_w: Annotated[float, Field(ge=0, le=50), Display("energy", "Idle", unit="W", step=5)] = 3
    """Watts of a lamp
    that nobody uses."""

    share_fraction: Annotated[
        float, Field(ge=0, le=1), Display("energy", "Share", unit="%", shown=100, help="In percent.")
    ] = 0.5
    """A longer explanation."""

    colour: str = "white"
    """Drawn by nobody."""


def test_knob_is_read_from_bounds_display_and_text() -> None:
    knob = knobs_of(Lamp)["idle_w"]
    assert (knob.name, knob.section, knob.label, knob.unit) == ("idle_w", "energy", "Idle", "W")
    assert (knob.low, knob.high, knob.step, knob.shown, knob.default) == (0, 50, 5, 1, 3)
    assert knob.help == "Watts of a lamp that nobody uses."


def test_help_of_the_display_stands_before_the_text_under_the_field() -> None:
    assert knobs_of(Lamp)["share_fraction"].help == "In percent."
    assert text_of(Lamp.model_fields["share_fraction"]) == "A longer explanation."


def test_field_without_a_display_is_no_knob() -> None:
    assert list(knobs_of(Lamp)) == ["idle_w", "share_fraction"]
    assert display_of(Lamp.model_fields["colour"]) is None


def test_field_without_bounds_is_unbounded() -> None:
    assert bounds_of(Lamp.model_fields["colour"]) == (float("-inf"), float("inf"))


def test_schema_says_what_the_display_says_on_one_line() -> None:
    idle = Lamp.model_json_schema()["properties"]["idle_w"]
    assert idle["description"] == idle["help"] == "Watts of a lamp that nobody uses."
    assert (idle["label"], idle["unit"], idle["step"]) == ("Idle", "W", 5)


@pytest.mark.parametrize("name", [name for name, info in Scenario.model_fields.items() if display_of(info) is None])
def test_field_that_no_page_draws_as_a_knob_is_explained_all_the_same(name: str) -> None:
    assert text_of(Scenario.model_fields[name]).endswith(".")
