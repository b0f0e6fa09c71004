"""Extra cost lines: the fields of this section, at their ends and beyond them."""

import pytest

from calculator.errors import ScenarioError
from calculator.scenario.extras import Extras
from calculator.scenario.scenario import Scenario
from tests.calculator.scenario.ends import beyond, ends


@pytest.mark.parametrize(("name", "value"), ends(Extras))
def test_value_at_the_end_of_its_bounds_is_taken(name: str, value: float) -> None:
    assert getattr(Scenario.parse({name: value}), name) == value


@pytest.mark.parametrize(("name", "value"), beyond(Extras))
def test_value_beyond_its_bounds_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ScenarioError, match=rf"^{name} is .*; it must lie in "):
        Scenario.parse({name: value})


def test_extras_cost_nothing_unless_somebody_has_them() -> None:
    amounts = [name for name in Extras.model_fields if "_usd" in name or name.endswith(("rate", "retry_fraction"))]
    assert len(amounts) >= 8
    assert {getattr(Scenario(), name) for name in amounts} == {0}
