"""Demand: the fields of this section, at their ends and beyond them."""

import pytest

from calculator.errors import ScenarioError
from calculator.scenario.demand import Demand
from calculator.scenario.scenario import Scenario
from tests.calculator.scenario.ends import beyond, ends


@pytest.mark.parametrize(("name", "value"), ends(Demand))
def test_value_at_the_end_of_its_bounds_is_taken(name: str, value: float) -> None:
    assert getattr(Scenario.parse({name: value}), name) == value


@pytest.mark.parametrize(("name", "value"), beyond(Demand))
def test_value_beyond_its_bounds_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ScenarioError, match=rf"^{name} is .*; it must lie in "):
        Scenario.parse({name: value})


def test_a_person_who_waits_is_promised_the_first_word_and_nothing_else_by_default() -> None:
    mine = Scenario()
    assert (mine.first_token_p95_target_s, mine.answer_p95_target_s, mine.stream_target_tokens_per_s) == (30, 0, 0)
    assert (mine.unserved_fraction_max, mine.leaves_house_fraction_max) == (0, 1)


def test_tokens_are_whole_numbers() -> None:
    with pytest.raises(ScenarioError, match=r"prompt_tokens is 1.5; it must be a whole number in 1..1,000,000"):
        Scenario.parse({"prompt_tokens": 1.5})
