"""Long cookies: pages and their streams take headers of 64 KiB.

A login in front of the page keeps its tokens in cookies, often 10 kB in all. h11 takes 16 KiB of headers that come in
pieces. The library that reads a websocket's headers takes 8 KiB a line and answers nothing to more: the page stayed at
"Connecting".
"""

from uvicorn.protocols.http import h11_impl
from websockets import http11

MOST_BYTES = 65_536
"""All headers of a request, and the longest line of a websocket's."""


def take_long_cookies() -> None:
    """Raise both limits; larger ones stay. Streamlit passes no limit on to uvicorn, and the websocket library reads its
    variable before this program is loaded."""
    http11.MAX_LINE_LENGTH = max(http11.MAX_LINE_LENGTH, MOST_BYTES)
    size = "DEFAULT_MAX_INCOMPLETE_EVENT_SIZE"
    setattr(h11_impl, size, max(getattr(h11_impl, size), MOST_BYTES))
