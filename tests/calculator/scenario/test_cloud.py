"""Rented GPUs and hosted APIs: the fields of this section, at their ends and beyond them."""

import pytest

from calculator.errors import ScenarioError
from calculator.scenario.cloud import Cloud
from calculator.scenario.scenario import Scenario
from tests.calculator.scenario.ends import beyond, ends


@pytest.mark.parametrize(("name", "value"), ends(Cloud))
def test_value_at_the_end_of_its_bounds_is_taken(name: str, value: float) -> None:
    assert getattr(Scenario.parse({name: value}), name) == value


@pytest.mark.parametrize(("name", "value"), beyond(Cloud))
def test_value_beyond_its_bounds_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ScenarioError, match=rf"^{name} is .*; it must lie in "):
        Scenario.parse({name: value})


@pytest.mark.parametrize(
    ("name", "choices"),
    [("rental", "'working-hours' or 'always-on'"), ("cloud_rate", "'on-demand', 'reserved', 'spot' or 'serverless'")],
)
def test_unknown_way_of_paying_is_refused_with_those_there_are(name: str, choices: str) -> None:
    with pytest.raises(ScenarioError, match=f"{name} is 'weekly'; allowed: {choices}."):
        Scenario.parse({name: "weekly"})
