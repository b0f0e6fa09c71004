"""OpenAPI document of the routes under /api, made from the scenario's own fields."""

from collections.abc import Iterable
from typing import Any

from calculator.scenario.scenario import Scenario
from calculator.version import VERSION

Described = tuple[str, str, str, list[str]]
"""Path, what it gives, its media type, and the words of `layout`."""


def openapi_document(described: Iterable[Described]) -> dict[str, Any]:
    """OpenAPI 3.1: each path takes every field of the scenario as a parameter of the address.

    A list is repeated (options=a&options=b), a table is JSON. The schema of the fields is pydantic's.
    """
    schema = Scenario.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = schema.pop("$defs", {})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Local LLM TCO",
            "version": VERSION,
            "description": "Which hardware should serve a local large language model: the answer to the scenario in the "
            "address, as data and as files. Nothing is stored.",
        },
        "paths": {path: {"get": _operation(path, says, mime, layouts)} for path, says, mime, layouts in described},
        "components": {"schemas": {**parts, "Scenario": schema}},
    }


def _operation(path: str, says: str, mime: str, layouts: list[str]) -> dict[str, Any]:
    scenario = {"$ref": "#/components/schemas/Scenario"}
    parameters: list[dict[str, Any]] = [
        {"name": "scenario", "in": "query", "style": "form", "explode": True, "schema": scenario}
    ]
    if len(layouts) > 1:
        parameters.append({"name": "layout", "in": "query", "schema": {"type": "string", "enum": layouts}})
    refusal = "application/json" if path == "/api/compare.json" else "text/plain"
    return {
        "operationId": path.removeprefix("/api/").replace(".", "_"),
        "summary": says,
        "parameters": parameters,
        "responses": {
            "200": {"description": says, "content": {mime: {}}},
            "422": {"description": "A value cannot be used; a sentence says which and why.", "content": {refusal: {}}},
        },
    }
