"""Request log: a line per answer, and nothing in it of who asked, what for, or from where."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from serving.metrics import Metrics
from serving.request_log import LOGGER, RequestLog, write_lines_to_stderr


async def _hello(request: Request) -> PlainTextResponse:
    if "fails" in request.query_params:
        raise RuntimeError("broken")
    return PlainTextResponse("hello")


METRICS = Metrics()
APP = Starlette(
    routes=[Route("/api/{name}/{session}", _hello, methods=["GET", "PUT"])],
    middleware=[Middleware(RequestLog, metrics=METRICS, writes=True)],
)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    text = io.StringIO()
    for handler in list(LOGGER.handlers):
        LOGGER.removeHandler(handler)
    monkeypatch.setattr("sys.stderr", text)
    write_lines_to_stderr()
    write_lines_to_stderr()  # the second call adds no second line
    yield text
    LOGGER.removeHandler(LOGGER.handlers[0])
    LOGGER.setLevel(logging.NOTSET)


def test_line_says_how_it_was_answered_and_nothing_of_who_asked(lines: io.StringIO) -> None:
    client = TestClient(APP, raise_server_exceptions=False, client=("203.0.113.9", 4711))
    headers = {"cookie": "secret-cookie", "user-agent": "secret-agent", "x-forwarded-for": "198.51.100.3"}
    client.get("/api/secret-name/secret-session?wage_usd_per_h=77", headers=headers)
    client.put("/api/a/b?fails=1")
    client.request("HACKED", "/nowhere/secret-path")
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [{*one} for one in found] == [{"time", "method", "route", "status", "ms", "bytes"}] * 3
    assert [(one["method"], one["route"], one["status"], one["bytes"]) for one in found] == [
        ("GET", "/api/{name}/{session}", 200, 5),
        ("PUT", "/api/{name}/{session}", 500, 0),
        ("other", "page or file", 404, 9),
    ]
    for told in ("secret", "77", "203.0.113.9", "198.51.100.3", "4711"):
        assert told not in "".join(json.dumps({**one, "time": "", "ms": 0}) for one in found)
    assert 'status="500"} 1' in METRICS.text({})


@pytest.mark.parametrize("status", [403, 503])
def test_websocket_that_is_refused_is_counted_and_one_that_opens_is_not(status: int) -> None:
    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        first: list[Message] = []
        if scope["query_string"]:
            first = [{"type": "websocket.accept"}]
        elif status != 403:
            head: Message = {"type": "websocket.http.response.start", "status": status, "headers": []}
            first = [head, {"type": "websocket.http.response.body", "body": b"full"}]
        for message in (*first, *([{"type": "websocket.close"}] if scope["query_string"] or not first else [])):
            await send(message)

    metrics = Metrics()
    client = TestClient(RequestLog(stream, metrics=metrics, writes=False))
    with client.websocket_connect("/page?opens"):
        pass
    assert "tco_refusals_total 0\n" in metrics.text({})
    with pytest.raises((WebSocketDisconnect, WebSocketDenialResponse)):
        client.websocket_connect("/page").__enter__()
    text = metrics.text({})
    assert f'tco_answers_total{{status="{status}"}} 1\n' in text
    assert "tco_refusals_total 1\n" in text
