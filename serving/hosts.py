"""Hosts and origins: only the names that this server answers to, on every route, so that no other site drives it.

A page of another site may make a browser send requests to 127.0.0.1, under a name of its own (DNS rebinding) or its own
origin. The first is refused by its Host, on every route; the second by its Origin, on routes that change something.
"""

import re
from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HOSTS_VARIABLE = "TCO_HOSTS"
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
ANY_ADDRESS = ("0.0.0.0", "::", "")
"""A server that listens everywhere has no name from that."""
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_LITERAL = re.compile(r"\[[^\[\]]*\](:\d*)?")


def allowed_hosts(*, address: str | None, named: str, configured: Sequence[str] = ()) -> tuple[str, ...]:
    """The names that a request may ask for: this machine's, the address listened on, and those that were given.

    address: what the server listens on. named: TCO_HOSTS, separated by commas. configured: Streamlit's allowedHosts.

    >>> allowed_hosts(address="0.0.0.0", named="tco.example.org")
    ('localhost', '127.0.0.1', '::1', 'tco.example.org')
    """
    given = [*LOCAL_NAMES, *configured, *([] if address in (None, *ANY_ADDRESS) else [address]), *named.split(",")]
    return tuple(dict.fromkeys(name for one in given if (name := one.strip().strip("[]").rstrip(".").lower())))


def host_name(host: str) -> str:
    """The name in a Host header, in lower case, without port and brackets; "" if it is none.

    >>> host_name("[::1]:8501"), host_name("Tco.Example.org."), host_name("a@b"), host_name("[::1]b")
    ('::1', 'tco.example.org', '', '')
    """
    try:
        found = urlsplit(f"//{host}")
        _ = found.port  # raises ValueError for what is no port
    except ValueError:
        return ""
    if found.username is not None or found.path or found.query or found.fragment or any(c.isspace() for c in host):
        return ""
    if "[" in host and not _LITERAL.fullmatch(host):  # urlsplit drops what stands before and behind the brackets
        return ""
    return (found.hostname or "").rstrip(".")


class HostGuard:
    """Refuses what asks for another host, and what comes from another origin to change something."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str]) -> None:
        self.app, self._hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 400 or 403 with a sentence; a websocket is closed before it opens."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(headers, changes=scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS)
        if refusal is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, send)

    def _refusal(self, headers: Headers, *, changes: bool) -> PlainTextResponse | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or host_name(hosts[0]) not in self._hosts:
            said = f"This server does not answer to that name. Its operator adds names to {HOSTS_VARIABLE}.\n"
            return PlainTextResponse(said, status_code=400)
        if not changes:
            return None
        origin = headers.get("origin")
        is_foreign = origin is not None and not self._is_own(origin, host=hosts[0])
        if is_foreign or headers.get("sec-fetch-site") == "cross-site":
            return PlainTextResponse("Another site may change nothing here.\n", status_code=403)
        return None

    def _is_own(self, origin: str, *, host: str) -> bool:
        """Whether the page that asks came from this server, whose name a proxy may have replaced by its own."""
        netloc = origin.partition("://")[2]
        name = host_name(netloc) if netloc else ""
        return bool(name) and (netloc.lower() == host.lower() or (name in self._hosts and name not in LOCAL_NAMES))
