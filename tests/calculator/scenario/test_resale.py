"""Resale: the fields of this section, at their ends and beyond them."""

import pytest

from calculator.errors import ScenarioError
from calculator.scenario.resale import Resale
from calculator.scenario.scenario import Scenario
from tests.calculator.scenario.ends import beyond, ends


@pytest.mark.parametrize(("name", "value"), ends(Resale))
def test_value_at_the_end_of_its_bounds_is_taken(name: str, value: float) -> None:
    assert getattr(Scenario.parse({name: value}), name) == value


@pytest.mark.parametrize(("name", "value"), beyond(Resale))
def test_value_beyond_its_bounds_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ScenarioError, match=rf"^{name} is .*; it must lie in "):
        Scenario.parse({name: value})


def test_share_given_in_percent_is_refused_with_the_share_to_enter() -> None:
    with pytest.raises(ScenarioError, match=r"resale_fraction is 40; it must lie in 0..1. Enter 0.4 for 40 %."):
        Scenario(resale_fraction=40)
