"""Small frames leave at once: TCP_NODELAY on the socket that Streamlit opens.

Streamlit opens its socket itself, with protocol 0, and asyncio switches Nagle's algorithm off only where the protocol is
named. With it on, every second message of a rerun waits for the browser's delayed acknowledgement, 40 ms on Linux
(measured 2026-11-26: 47.7 ms a rerun with it, 5.4 ms without). Accepted sockets inherit the option.
"""

import socket
from functools import wraps


def send_small_frames_at_once() -> None:
    """Switch Nagle's algorithm off on every TCP socket of this process that begins to listen; once is enough."""
    listen = socket.socket.listen
    if hasattr(listen, "__wrapped__"):
        return

    @wraps(listen)
    def listen_without_delay(self: socket.socket, /, *backlog: int) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and self.type == socket.SOCK_STREAM:
            self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listen(self, *backlog)

    socket.socket.listen = listen_without_delay  # pyright: ignore[reportAttributeAccessIssue] - a method of a class in C
