"""Books: the fields of this section, at their ends and beyond them."""

import pytest

from calculator.errors import ScenarioError
from calculator.scenario.books import Books
from calculator.scenario.scenario import Scenario
from tests.calculator.scenario.ends import beyond, ends


@pytest.mark.parametrize(("name", "value"), ends(Books))
def test_value_at_the_end_of_its_bounds_is_taken(name: str, value: float) -> None:
    assert getattr(Scenario.parse({name: value}), name) == value


@pytest.mark.parametrize(("name", "value"), beyond(Books))
def test_value_beyond_its_bounds_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ScenarioError, match=rf"^{name} is .*; it must lie in "):
        Scenario.parse({name: value})


def test_tax_is_left_out_by_default() -> None:
    assert Scenario().tax_mode == "none"


def test_share_of_depreciation_above_one_is_refused() -> None:
    with pytest.raises(ScenarioError, match="depreciation_fractions"):
        Scenario(depreciation_fractions=(1.5,))
