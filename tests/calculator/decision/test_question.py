"""Question of a comparison: what every option is asked, unchanged while it is answered."""

from dataclasses import FrozenInstanceError

import pytest

from calculator import Scenario, load_catalog
from calculator.decision.question import Question
from calculator.service.capability import scenario_model


def test_question_cannot_be_changed() -> None:
    catalog, scenario = load_catalog(), Scenario()
    question = Question(scenario, catalog, scenario_model(scenario, catalog), None, (), "2026-11-26")
    with pytest.raises(FrozenInstanceError):
        question.day = "2027-01-01"  # pyright: ignore[reportAttributeAccessIssue]


def test_all_options_read_the_same_numbers() -> None:
    catalog, scenario = load_catalog(), Scenario(wage_usd_per_h=77.0)
    question = Question(scenario, catalog, scenario_model(scenario, catalog), None, (), "2026-11-26")
    assert question.inputs is question.inputs
    assert question.inputs.wage_usd_per_h == question.brief_inputs.wage_usd_per_h == 77.0
    assert (question.inputs.explains, question.brief_inputs.explains) == (True, False)
    assert question.inputs.tax_tables is catalog.tax
