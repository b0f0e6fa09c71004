"""OpenAPI document: each path, the scenario's fields, and references that resolve."""

import json
import re
from typing import Any

from calculator import Scenario
from serving.openapi import openapi_document

DOCUMENT: dict[str, Any] = openapi_document(
    [
        ("/api/compare.csv", "The ledger.", "text/csv", ["tidy", "wide"]),
        ("/api/compare.json", "All.", "application/json", []),
    ]
)


def test_paths_take_the_scenarios_fields_and_a_layout_where_there_is_one() -> None:
    assert set(DOCUMENT["paths"]) == {"/api/compare.csv", "/api/compare.json"}
    csv, as_json = (DOCUMENT["paths"][path]["get"]["parameters"] for path in DOCUMENT["paths"])
    assert [one["name"] for one in csv] == ["scenario", "layout"]
    assert csv[1]["schema"]["enum"] == ["tidy", "wide"]
    assert [one["name"] for one in as_json] == ["scenario"]
    assert set(DOCUMENT["components"]["schemas"]["Scenario"]["properties"]) == set(Scenario.model_fields)


def test_every_reference_resolves() -> None:
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DOCUMENT)))
    assert "Scenario" in named
    assert named <= set(DOCUMENT["components"]["schemas"])


def test_refusals_are_described() -> None:
    kinds = {path: list(one["get"]["responses"]["422"]["content"]) for path, one in DOCUMENT["paths"].items()}
    assert kinds == {"/api/compare.csv": ["text/plain"], "/api/compare.json": ["application/json"]}
