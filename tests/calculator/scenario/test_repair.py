"""Repair: the fields of this section, at their ends and beyond them."""

import pytest

from calculator.errors import ScenarioError
from calculator.scenario.repair import Repair
from calculator.scenario.scenario import Scenario
from tests.calculator.scenario.ends import beyond, ends


@pytest.mark.parametrize(("name", "value"), ends(Repair))
def test_value_at_the_end_of_its_bounds_is_taken(name: str, value: float) -> None:
    assert getattr(Scenario.parse({name: value}), name) == value


@pytest.mark.parametrize(("name", "value"), beyond(Repair))
def test_value_beyond_its_bounds_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ScenarioError, match=rf"^{name} is .*; it must lie in "):
        Scenario.parse({name: value})


def test_nothing_is_ever_down_by_default() -> None:
    assert (Scenario().availability_fraction, Scenario().downtime_usd_per_h) == (1, 0)


def test_demand_beyond_capacity_is_bought_from_the_api_by_default() -> None:
    assert Scenario().when_full == "buy-from-api"
