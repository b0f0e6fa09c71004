"""Period: the fields of this section, at their ends and beyond them."""

import pytest

from calculator.errors import ScenarioError
from calculator.scenario.period import Period
from calculator.scenario.scenario import Scenario
from tests.calculator.scenario.ends import beyond, ends


@pytest.mark.parametrize(("name", "value"), ends(Period))
def test_value_at_the_end_of_its_bounds_is_taken(name: str, value: float) -> None:
    assert getattr(Scenario.parse({name: value}), name) == value


@pytest.mark.parametrize(("name", "value"), beyond(Period))
def test_value_beyond_its_bounds_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ScenarioError, match=rf"^{name} is .*; it must lie in "):
        Scenario.parse({name: value})


@pytest.mark.parametrize("start", ["2026-13", "26-12", "2026-1", "2026-12-01", "1999-12"])
def test_start_is_a_month_of_this_century(start: str) -> None:
    with pytest.raises(ScenarioError, match="start_month"):
        Scenario(start_month=start)


def test_machine_is_kept_between_one_and_seven_years() -> None:
    assert (Scenario(months=12).months, Scenario(months=84).months) == (12, 84)
