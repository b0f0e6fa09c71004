"""Request log: one JSON object per line on stderr, without anything that tells who asked or what.

Method, route, status, milliseconds and bytes. The route is its pattern, not the address: an address holds a scenario, a
session or a file. There is no client address, no query, no header.
"""

import json
import logging
import sys
import time
from datetime import UTC, datetime

from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.metrics import Metrics

LOGGER = logging.getLogger("tco.requests")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class RequestLog:
    """Counts every answer and every refused websocket and, where it is wanted, writes the answer's line."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, writes: bool) -> None:
        self.app, self._metrics, self._writes = app, metrics, writes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it was answered; an answer that broke off counts as 500."""
        if scope["type"] != "http":
            await self.app(scope, receive, self._counting_refusals(send))
            return
        began, seen = time.perf_counter(), {"status": 500, "bytes": 0}

        async def send_and_count(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
            elif message["type"] == "http.response.body":
                seen["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, send_and_count)
        finally:
            self._metrics.answered(seen["status"])
            if self._writes:
                LOGGER.info("%s", line(scope, seen, ms=(time.perf_counter() - began) * 1_000))

    def _counting_refusals(self, send: Send) -> Send:
        """Counts a websocket that is refused before it opens; one that is closed without a status is answered 403."""
        is_open = False

        async def send_and_count(message: Message) -> None:
            nonlocal is_open
            kind = message["type"]
            if kind == "websocket.http.response.start":
                self._metrics.answered(message["status"])
            elif kind == "websocket.close" and not is_open:
                self._metrics.answered(403)
            is_open = is_open or kind == "websocket.accept"
            await send(message)

        return send_and_count


def line(scope: Scope, seen: dict[str, int], *, ms: float) -> str:
    """The line of one answered request."""
    method = str(scope["method"])
    return json.dumps(
        {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "method": method if method in METHODS else "other",
            "route": route_of(scope),
            "status": seen["status"],
            "ms": round(ms, 1),
            "bytes": seen["bytes"],
        }
    )


def route_of(scope: Scope) -> str:
    """The pattern that the path matches, "page or file" for Streamlit's own, without a word of the address itself."""
    for route in getattr(scope.get("app"), "routes", ()):
        if not isinstance(route, Mount) and route.matches(scope)[0] != Match.NONE:
            return str(getattr(route, "path", "other"))
    return "page or file"


def write_lines_to_stderr() -> None:
    """Send the log to stderr, each line as it is; once is enough."""
    if not LOGGER.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
