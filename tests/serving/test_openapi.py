"""OpenAPI document: each path, the scenario's fields, and references that resolve."""

import json
import re
from typing import Any

from calculator import Scenario
from calculator.report.prediction_question import PredictionQuestion
from serving.openapi import Operation, openapi_document
from serving.questions import ChoiceQuestion

DOCUMENT: dict[str, Any] = openapi_document(
    [
        Operation("/api/compare.csv", "The ledger.", "text/csv", ("tidy", "wide")),
        Operation("/api/compare.json", "All.", "application/json"),
    ],
    questions=[
        Operation("/api/predict.json", "One.", "application/json", takes=PredictionQuestion),
        Operation("/api/choose.json", "Many.", "application/json", takes=ChoiceQuestion, with_scenario=True),
    ],
)


def test_paths_take_the_scenarios_fields_and_a_layout_where_there_is_one() -> None:
    csv, as_json, _, _ = (DOCUMENT["paths"][path]["get"]["parameters"] for path in DOCUMENT["paths"])
    assert [one["name"] for one in csv] == ["scenario", "layout"]
    assert csv[1]["schema"]["enum"] == ["tidy", "wide"]
    assert [one["name"] for one in as_json] == ["scenario"]
    assert set(DOCUMENT["components"]["schemas"]["Scenario"]["properties"]) == set(Scenario.model_fields)


def test_questions_take_their_own_fields_and_say_which_are_needed() -> None:
    predict, choose = (DOCUMENT["paths"][f"/api/{name}.json"]["get"]["parameters"] for name in ("predict", "choose"))
    assert {one["name"] for one in predict} == set(PredictionQuestion.model_fields)
    assert {one["name"] for one in predict if one["required"]} == {"machine", "model", "format"}
    assert [one["name"] for one in choose] == ["scenario", "budget_usd", "watts"]
    assert all(one["description"] for one in [*predict, *choose[1:]])


def test_every_reference_resolves() -> None:
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DOCUMENT)))
    assert "Scenario" in named
    assert named <= set(DOCUMENT["components"]["schemas"])


def test_refusals_are_described() -> None:
    kinds = {path: list(one["get"]["responses"]["422"]["content"]) for path, one in DOCUMENT["paths"].items()}
    assert kinds == {
        "/api/compare.csv": ["text/plain"],
        **{f"/api/{name}.json": ["application/json"] for name in ("compare", "predict", "choose")},
    }
