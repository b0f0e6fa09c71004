"""Choices of a field: the words that it takes, and numbers of machines where it takes those too."""

import doctest
from typing import Literal

import pytest

from calculator import Scenario
from calculator.errors import ScenarioError
from calculator.scenario.repair import MOST_MACHINES
from calculator.scenario.scenario import knobs
from views import choices
from views.choices import choices_of


def test_field_of_numbers_or_free_text_has_none() -> None:
    for annotation in (float, int, str, int | None):
        assert choices_of(annotation) == []


def test_field_of_words_and_numbers_has_both() -> None:
    assert choices_of(Literal["auto"] | int) == ["auto", *range(1, MOST_MACHINES + 1)]


@pytest.mark.parametrize("name", [name for name in knobs() if choices_of(Scenario.model_fields[name].annotation)])
def test_every_choice_is_one_that_the_scenario_takes_and_another_word_is_not(name: str) -> None:
    choices = choices_of(Scenario.model_fields[name].annotation)
    assert len(choices) >= 2
    for choice in choices:
        assert getattr(Scenario.parse({name: choice}), name) == choice
    with pytest.raises(ScenarioError, match=name):
        Scenario.parse({name: "nothing of the kind"})


def test_examples_in_the_docstrings_are_true() -> None:
    found = doctest.testmod(choices)
    assert found.attempted
    assert found.failed == 0
