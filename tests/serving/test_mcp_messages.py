"""Messages that the protocol's reader passes over: each gets an error with its own id, or with none, in words."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from mcp_types import JSONRPCError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from serving.mcp_messages import MOST_BYTES, ReadableMessages, readable_lines, refusal_of
from tests.serving.apart import run_apart

CALL = '{"jsonrpc": "2.0", "id": %s, "method": "tools/call", "params": {"name": "predict", "arguments": {%s}}}'
BAD = {
    "digits": ('"batch": ' + "9" * 5_000, "it holds a number of thousands of digits"),
    "half a character": ('"machine": "\\ud800"', "it holds half of a character"),
    "key twice": ('"batch": 1, "batch": 2', "the key 'batch' appears twice in one table"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("name", ["7", '"seven"', "null", "true", "9" * 5_000, '"\\ud800"', '"' + "x" * 5_000 + '"'])
def test_call_that_cannot_be_read_is_refused_with_its_id_where_it_has_a_short_one(kind: str, name: str) -> None:
    values, said = BAD[kind]
    refusal = refusal_of(CALL % (name, values))
    assert refusal is not None
    assert refusal.id == {"7": 7, '"seven"': "seven"}.get(name)
    assert refusal.error.code == -32700
    assert said in refusal.error.message or name not in ("7", '"seven"', "null", "true")
    assert len(refusal.error.message) < 200
    json.dumps(refusal.model_dump(), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("text", "found", "code"),
    [
        ("{", None, -32700),
        ("[" * 100_000, None, -32700),
        (b"\xff", None, -32700),
        ('{"id": 3}', 3, -32600),
        ('{"jsonrpc": "1.0", "id": 3, "method": "x"}', 3, -32600),
        ("[]", None, -32600),
        *((CALL % (name, ""), None, -32600) for name in ('{"a": 1}', "[1]", "true", "null", "1.5")),
    ],
)
def test_what_is_no_message_is_refused_without_a_word_of_the_library(text: str, found: int | None, code: int) -> None:
    refusal = refusal_of(text)
    assert refusal is not None
    assert (refusal.id, refusal.error.code) == (found, code)
    assert "pydantic" not in refusal.error.message


def test_message_in_order_is_passed_on() -> None:
    assert refusal_of(CALL % ("7", '"batch": 4')) is None
    assert refusal_of('{"jsonrpc": "2.0", "method": "notifications/initialized"}') is None
    assert refusal_of('{"jsonrpc": "2.0", "id": null, "error": {"code": -32600, "message": "x"}}') is None


def test_lines_in_order_pass_and_the_others_are_answered() -> None:
    good = CALL % ("1", "")

    async def given() -> AsyncIterator[str]:
        for line in (good, "\n", CALL % ("2", BAD["digits"][0]), good):
            yield line

    async def run() -> tuple[list[str], list[Any]]:
        refused: list[JSONRPCError] = []

        async def refuse(error: JSONRPCError) -> None:
            refused.append(error)

        return [line async for line in readable_lines(given(), refuse)], [error.id for error in refused]

    assert run_apart(run()) == ([good, good], [2])


async def _length(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


HTTP = TestClient(ReadableMessages(Starlette(routes=[Route("/mcp", _length, methods=["GET", "POST"])])))


def test_http_door_refuses_the_same_and_passes_the_body_on_as_it_came() -> None:
    good = CALL % ("1", "")
    assert HTTP.post("/mcp", content=good).text == str(len(good))
    assert HTTP.get("/mcp").text == "0"
    for values, said in BAD.values():
        answer = HTTP.post("/mcp", content=CALL % ("5", values))
        assert answer.status_code == 400
        assert answer.json()["id"] == 5
        assert said in answer.json()["error"]["message"]


def test_http_door_takes_no_endless_message() -> None:
    answer = HTTP.post("/mcp", content=b" " * (MOST_BYTES + 1))
    assert (answer.status_code, answer.json()["id"]) == (413, None)
    assert "more than 4,000,000 bytes" in answer.json()["error"]["message"]
