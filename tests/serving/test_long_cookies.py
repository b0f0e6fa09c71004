"""A websocket's request with a long cookie is read as any other."""

import h11
import pytest
from uvicorn.protocols.http import h11_impl
from websockets import http11
from websockets.http11 import Request
from websockets.server import ServerProtocol

from serving.long_cookies import MOST_BYTES, take_long_cookies

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


def test_page_with_a_long_cookie_is_read_when_it_comes_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = "DEFAULT_MAX_INCOMPLETE_EVENT_SIZE"
    monkeypatch.setattr(http11, "MAX_LINE_LENGTH", http11.MAX_LINE_LENGTH)

    def is_read(cookie: str) -> bool:
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=getattr(h11_impl, limit))
        whole = f"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()
        for start in range(0, len(whole), 1_460):
            connection.receive_data(whole[start : start + 1_460])
            try:
                event = connection.next_event()
            except h11.RemoteProtocolError:
                return False
            if isinstance(event, h11.Request):
                return True
        return False

    monkeypatch.setattr(h11_impl, limit, 16_384)
    assert not is_read("a" * 30_000)
    take_long_cookies()
    assert is_read("a" * 30_000)
    assert not is_read("a" * (MOST_BYTES + 1_460))
