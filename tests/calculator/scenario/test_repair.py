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


def test_own_means_own_by_default() -> None:
    assert (Scenario().when_full, Scenario().machine_count, Scenario().when_down) == ("buy-another", "auto", "lose")


@pytest.mark.parametrize("value", [0, 65, -1, 1.5, "two", "3", float("nan"), [1], None])
def test_number_of_machines_that_is_none_is_refused_with_what_is_allowed(value: object) -> None:
    with pytest.raises(
        ScenarioError, match=r"^machine_count is .*; it must be auto, cheapest or a whole number in 1\.\.64\.$"
    ):
        Scenario.parse({"machine_count": value})


def test_number_of_machines_of_one_option_goes_before_that_of_all() -> None:
    mine = Scenario(machine_count=2, machine_counts={"dgx-spark": 5})
    assert (mine.machine_count_of("dgx-spark"), mine.machine_count_of("cloud-h100")) == (5, 2)
    assert Scenario(machine_counts={"dgx-spark": 5}).machine_count_of("cloud-h100") is None
