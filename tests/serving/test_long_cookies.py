"""A websocket's request with a long cookie is read as any other."""

import pytest
from websockets import http11
from websockets.http11 import Request
from websockets.server import ServerProtocol

from serving.long_cookies import take_long_cookies

REQUEST = (
    "GET /_stcore/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nCookie: {}\r\n\r\n"
)


def is_read(cookie: str) -> bool:
    protocol = ServerProtocol()
    protocol.receive_data(REQUEST.format(cookie).encode())
    events = protocol.events_received()
    return any(isinstance(one, Request) and one.headers["Cookie"] == cookie for one in events)


def test_cookie_of_60_kb_is_read_and_none_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http11, "MAX_LINE_LENGTH", 8192)
    assert is_read("a" * 4_000)
    assert not is_read("a" * 10_000)
    take_long_cookies()
    assert is_read("a" * 60_000)
    assert not is_read("a" * 70_000)


def test_larger_limit_of_the_environment_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http11, "MAX_LINE_LENGTH", 100_000)
    take_long_cookies()
    assert http11.MAX_LINE_LENGTH == 100_000
