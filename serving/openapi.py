"""OpenAPI document of the routes under /api, made from the fields of the scenario and of the questions themselves."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from calculator.scenario.scenario import Scenario
from calculator.version import VERSION

_REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One path: what it gives, its media type, the words of `layout`, and what it takes beside a scenario.

    `takes` is a question with fields of its own; `with_scenario` says that it is asked within a scenario.
    """

    path: str
    says: str
    mime: str
    layouts: tuple[str, ...] = ()
    takes: type[BaseModel] | None = None
    with_scenario: bool = False


def openapi_document(files: Iterable[Operation], questions: Iterable[Operation] = ()) -> dict[str, Any]:
    """OpenAPI 3.1: each file takes every field of the scenario as a parameter of the address, each question its own.

    A list is repeated (options=a&options=b) or has commas (options=a,b), a table is JSON. The schemas of the fields are pydantic's.
    """
    schema = Scenario.model_json_schema(ref_template=_REFERENCE)
    parts = schema.pop("$defs", {})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Local LLM TCO",
            "version": VERSION,
            "description": "Which hardware should serve a local large language model: the answer to the scenario in the "
            "address, as data and as files. Nothing is stored.",
        },
        "paths": {one.path: {"get": _operation(one)} for one in (*files, *questions)},
        "components": {"schemas": {**parts, "Scenario": schema}},
    }


def _operation(one: Operation) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = []
    if one.takes is None or one.with_scenario:
        scenario = {"$ref": _REFERENCE.format(model="Scenario")}
        parameters.append({"name": "scenario", "in": "query", "style": "form", "explode": True, "schema": scenario})
    if one.takes is not None:
        parameters += _own_parameters(one.takes)
    if len(one.layouts) > 1:
        parameters.append({"name": "layout", "in": "query", "schema": {"type": "string", "enum": list(one.layouts)}})
    refusal = "application/json" if one.mime == "application/json" and one.path != "/api/meta.json" else "text/plain"
    return {
        "operationId": one.path.removeprefix("/api/").replace(".", "_"),
        "summary": one.says,
        "parameters": parameters,
        "responses": {
            "200": {"description": one.says, "content": {one.mime: {}}},
            "422": {"description": "A value cannot be used; a sentence says which and why.", "content": {refusal: {}}},
        },
    }


def _own_parameters(question: type[BaseModel]) -> list[dict[str, Any]]:
    """A parameter per field of the question; the scenario's own are given by name, beside them."""
    schema = question.model_json_schema(ref_template=_REFERENCE)
    needed = schema.get("required", ())
    found: list[dict[str, Any]] = []
    for name, field in schema["properties"].items():
        if name == "scenario":
            continue
        described = {key: value for key, value in field.items() if key not in ("title", "description")}
        found.append(
            {
                "name": name,
                "in": "query",
                "description": field["description"],
                "required": name in needed,
                "schema": described,
            }
        )
    return found
