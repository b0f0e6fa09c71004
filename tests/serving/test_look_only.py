"""Visitors who may only look: uploads are refused at the endpoint with the reason, before the body is read."""

from collections.abc import Iterable

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from serving.look_only import LookOnly

READ: list[bytes] = []


async def _take(request: Request) -> PlainTextResponse:
    READ.append(await request.body())
    return PlainTextResponse("taken")


def _why(headers: Iterable[str]) -> str:
    return "You came through a proxy." if "via" in headers else ""


CLIENT = TestClient(
    Starlette(
        routes=[Route("/{rest:path}", _take, methods=["GET", "PUT", "DELETE"])],
        middleware=[Middleware(LookOnly, why_only_look=_why)],
    )
)


@pytest.mark.parametrize("path", ["/_stcore/upload_file/a/b", "/tco/_stcore/upload_file/a/b"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_who_may_only_look_uploads_nothing(path: str, method: str) -> None:
    READ.clear()
    answer = CLIENT.request(method, path, content=b"x" * 5_000_000, headers={"via": "1.1 proxy"})
    assert (answer.status_code, answer.text) == (403, "You came through a proxy.\n")
    assert not READ
    assert CLIENT.request(method, path, content=b"x").text == "taken"
    assert READ == [b"x"]


def test_other_paths_are_not_asked() -> None:
    assert CLIENT.get("/_stcore/health", headers={"via": "1.1 proxy"}).text == "taken"
