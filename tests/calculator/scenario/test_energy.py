"""Energy: the fields of this section, at their ends and beyond them."""

import pytest

from calculator.errors import ScenarioError
from calculator.scenario.energy import Energy
from calculator.scenario.scenario import Scenario
from tests.calculator.scenario.ends import beyond, ends


@pytest.mark.parametrize(("name", "value"), ends(Energy))
def test_value_at_the_end_of_its_bounds_is_taken(name: str, value: float) -> None:
    assert getattr(Scenario.parse({name: value}), name) == value


@pytest.mark.parametrize(("name", "value"), beyond(Energy))
def test_value_beyond_its_bounds_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ScenarioError, match=rf"^{name} is .*; it must lie in "):
        Scenario.parse({name: value})


@pytest.mark.parametrize("site", ["office", "server-room"])
def test_site_decides_how_cooling_is_counted(site: str) -> None:
    assert Scenario.parse({"site": site}).site == site


def test_pue_is_at_least_one() -> None:
    with pytest.raises(ScenarioError, match=r"pue_ratio is 0.9"):
        Scenario(pue_ratio=0.9)
