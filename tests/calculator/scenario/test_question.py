"""What is served: the fields of this section, at their ends and beyond them."""

import pytest

from calculator.catalog import load_catalog
from calculator.errors import ScenarioError
from calculator.scenario.question import ANOTHER_SIZE, DEFAULT_OPTIONS, Question
from calculator.scenario.scenario import Scenario
from tests.calculator.scenario.ends import beyond, ends


@pytest.mark.parametrize(("name", "value"), ends(Question))
def test_value_at_the_end_of_its_bounds_is_taken(name: str, value: float) -> None:
    assert getattr(Scenario.parse({name: value}), name) == value


@pytest.mark.parametrize(("name", "value"), beyond(Question))
def test_value_beyond_its_bounds_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ScenarioError, match=rf"^{name} is .*; it must lie in "):
        Scenario.parse({name: value})


def test_another_size_is_used_for_that_model_only() -> None:
    assert Scenario(another_size_b=120).model == "llama-3-70b"
    assert Scenario(model=ANOTHER_SIZE, another_size_b=120).another_size_b == 120


def test_options_are_at_least_one_and_at_most_twelve() -> None:
    for options in ((), ("cloud-h100",) * 13):
        with pytest.raises(ScenarioError, match="options holds"):
            Scenario(options=options)


def test_options_compared_by_default_are_of_every_kind() -> None:
    kinds = {type(load_catalog().option(option)).__name__ for option in DEFAULT_OPTIONS}
    assert kinds == {"Machine", "CloudOffer", "ApiOffer"}
