"""Hosts and origins: every name but the server's own is refused on every route, and so is another site's change."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from serving.hosts import HostGuard, allowed_hosts, host_name

HOSTS = allowed_hosts(address="127.0.0.1", named="tco.example.org, [2001:db8::7]")


def _hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def _talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


CLIENT = TestClient(
    Starlette(
        routes=[Route("/", _hello, methods=["GET", "PUT"]), WebSocketRoute("/stream", _talk)],
        middleware=[Middleware(HostGuard, hosts=HOSTS)],
    )
)
GOOD = ("localhost", "LOCALHOST:8501", "127.0.0.1:8501", "[::1]", "[::1]:8501", "tco.example.org.", "[2001:db8::7]:1")
BAD = (
    *("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8501", "tco.example.org@evil.example"),
    *("localhost/x", "localhost?x", "localhost#x", "local host", "[::1", "[::2]", "::1", "127.0.0.1:99999999", "", "*"),
    *("169.254.169.254", "0.0.0.0", "127.1", "2130706433"),
    *("[::1]evil.example", "[::1].evil.example:8501", "evil.example[::1]", "[[::1]]"),
)


@pytest.mark.parametrize("host", GOOD)
def test_own_names_are_answered(host: str) -> None:
    assert CLIENT.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", BAD)
@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_other_names_are_refused_on_every_path(host: str, path: str) -> None:
    answer = CLIENT.get(path, headers={"host": host})
    assert answer.status_code == 400
    assert "does not answer to that name" in answer.text


def test_two_hosts_are_refused() -> None:
    answer = CLIENT.get("/", headers=[("host", "localhost"), ("host", "evil.example")])
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("localhost:8501", None, 200),
        ("localhost:8501", "http://localhost:8501", 200),
        ("localhost:8501", "http://localhost:3000", 403),  # another program of this machine
        ("127.0.0.1:8501", "http://localhost:8501", 403),
        ("localhost:8501", "http://evil.example", 403),
        ("localhost:8501", "null", 403),
        ("localhost:8501", "", 403),
        ("localhost:8501", "http://[localhost:8501", 403),
        ("tco.example.org", "https://tco.example.org", 200),
        ("127.0.0.1:8501", "https://tco.example.org", 200),  # a proxy that keeps the host to itself
        ("[::1]:8501", "http://[::1]:8501", 200),
    ],
)
def test_only_the_servers_own_pages_change_something(host: str, origin: str | None, status: int) -> None:
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    assert CLIENT.put("/", headers=headers).status_code == status
    assert CLIENT.get("/", headers=headers).status_code == 200


def test_another_sites_request_without_an_origin_is_known_by_the_browsers_own_word() -> None:
    assert CLIENT.put("/", headers={"host": "localhost", "sec-fetch-site": "cross-site"}).status_code == 403
    assert CLIENT.put("/", headers={"host": "localhost", "sec-fetch-site": "same-origin"}).status_code == 200


@pytest.mark.parametrize(
    ("host", "origin"), [("evil.example", "http://evil.example"), ("localhost", "http://evil.example")]
)
def test_websocket_of_another_site_does_not_open(host: str, origin: str) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        CLIENT.websocket_connect("/stream", headers={"host": host, "origin": origin}),
    ):
        pass
    with CLIENT.websocket_connect("/stream", headers={"host": "localhost", "origin": "http://localhost"}):
        pass


def test_address_that_is_every_address_is_no_name() -> None:
    assert "0.0.0.0" not in allowed_hosts(address="0.0.0.0", named="")
    assert "" not in allowed_hosts(address=None, named=" , ")
    assert "10.0.0.7" in allowed_hosts(address="10.0.0.7", named="")
    assert host_name("[::1]:8501") == "::1"
