"""Sockets that listen after the switch, and those they accept, send small frames at once."""

import socket

from serving.no_delay import send_small_frames_at_once


def delays(one: socket.socket) -> bool:
    return one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0


def test_accepted_connections_do_not_wait() -> None:
    usual = socket.socket.listen
    try:
        send_small_frames_at_once()
        switched = socket.socket.listen
        send_small_frames_at_once()
        assert socket.socket.listen is switched  # the second call changes nothing
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            assert delays(server)
            server.listen(1)
            with socket.create_connection(server.getsockname()) as client:
                accepted, _ = server.accept()
                with accepted:
                    assert not delays(accepted)
                    assert delays(client)
    finally:
        socket.socket.listen = usual  # pyright: ignore[reportAttributeAccessIssue]
