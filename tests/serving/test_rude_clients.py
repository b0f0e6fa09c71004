"""Rude clients: a client's mistake is one line in the log, a mistake of this program keeps its traceback."""

import logging
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from h11 import LocalProtocolError
from starlette.types import Receive, Scope, Send

from serving.rude_clients import LOGGERS, SAYS, InOneLine, log_rude_clients_in_one_line

UNFINISHED = b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
WRONG_CHUNK = b"zz\r\nxx\r\n"


def _record(error: Exception, said: str = "Exception in ASGI application\n") -> logging.LogRecord:
    return logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, said, (), (type(error), error, None))


def test_a_clients_mistake_is_one_line() -> None:
    record = _record(LocalProtocolError("can't handle event type Response"))
    assert InOneLine().filter(record)
    line = logging.Formatter("%(levelname)s %(message)s").format(record)
    assert line == f"WARNING {SAYS}" % "can't handle event type Response"


@pytest.mark.parametrize("said", ["Too much data for declared Content-Length", "Illegal header value b'a\\r\\nb'"])
def test_an_answer_of_ours_that_breaks_the_rules_keeps_its_traceback(said: str) -> None:
    record = _record(LocalProtocolError(said))
    assert InOneLine().filter(record)
    assert record.exc_info is not None
    assert record.levelno == logging.ERROR


def test_text_that_is_none_is_one_line_and_other_errors_of_text_keep_their_traceback() -> None:
    error = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
    of_client, ours = _record(error, "Invalid UTF-8 sequence received from client."), _record(error)
    assert InOneLine().filter(of_client)
    assert InOneLine().filter(ours)
    assert of_client.exc_info is None
    assert ours.exc_info is not None
    assert ours.levelno == logging.ERROR


def test_lines_without_an_error_pass_as_they_are() -> None:
    record = logging.LogRecord("asyncio", logging.INFO, "", 0, "%s is ready", ("it",), None)
    assert InOneLine().filter(record)
    assert record.getMessage() == "it is ready"


@pytest.fixture
def port() -> Iterator[int]:
    """A server of its own, whose application answers when it is asked, whatever the body is."""

    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    with socket.socket() as listens:
        listens.bind(("127.0.0.1", 0))
        listens.listen()
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", http="h11", log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listens]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield int(listens.getsockname()[1])
        server.should_exit = True
        thread.join(timeout=20)


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [said for said in caplog.messages if said.startswith(SAYS.removesuffix("%s"))]


@pytest.mark.parametrize("pieces", [(UNFINISHED + WRONG_CHUNK,), (UNFINISHED, WRONG_CHUNK)], ids=["at once", "later"])
def test_wrong_chunks_write_no_traceback(
    pieces: tuple[bytes, ...], port: int, caplog: pytest.LogCaptureFixture
) -> None:
    log_rude_clients_in_one_line()
    log_rude_clients_in_one_line()
    assert [len(logging.getLogger(name).filters) for name in LOGGERS] == [1, 1]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        for piece in pieces:
            client.sendall(piece)
            if piece != pieces[-1]:
                assert client.recv(1000)
        while client.recv(1000):
            pass
    for _ in range(100):
        if told(caplog):
            break
        time.sleep(0.02)
    assert len(told(caplog)) == 1
    assert all(record.exc_info is None for record in caplog.records)
