"""Long cookies: the page's stream takes as long a header as every other request.

A login in front of the page keeps its tokens in cookies, often 10 kB in all. Uvicorn takes 64 KiB of headers, but gives
those of a websocket to a library that takes 8 KiB a line and answers nothing to more: the page stayed at "Connecting".
"""

from websockets import http11

MOST_BYTES = 65_536
"""Of a header's line; uvicorn's own limit for all headers of a request."""


def take_long_cookies() -> None:
    """Let a websocket's headers have lines of 64 KiB. The library's own variable would have to be set before Streamlit
    is imported."""
    http11.MAX_LINE_LENGTH = max(http11.MAX_LINE_LENGTH, MOST_BYTES)
