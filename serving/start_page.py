"""Start page: it tells Streamlit's part in the browser where the server is, so that it asks there and nowhere else.

Opened at a page's own address, such as /fit, that part asks for its server below /fit first and is told 404, which a
browser's console shows as an error. A strange browser is told of the host no more than it needs to connect.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

START_SCRIPT = (
    'window.__streamlit = { BACKEND_BASE_URL: location.origin + location.pathname.replace(/[^/]*$/, "") }'  # "/tco/"
)
"""Before Streamlit's own script: the server lies where the address ends without its last name."""
HOST_CONFIG = "/_stcore/host-config"
_TOLD: dict[str, object] = {"allowedOrigins": [], "useExternalAuthToken": False}
_HEAD = b"<head>"


class StartPage:
    """Puts START_SCRIPT into the start page; with `hides_facts`, itself tells the browser what it must know of the host."""

    def __init__(self, app: ASGIApp, *, hides_facts: bool, base: str = "") -> None:
        """base: what stands before every path, "" or "/name"."""
        self.app, self._hides_facts, self._base = app, hides_facts, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the start page with its script."""
        path = str(scope.get("path", "")).removeprefix(self._base)
        if scope["type"] != "http" or path.startswith("/api"):  # those pages are our own
            await self.app(scope, receive, send)
            return
        if self._hides_facts and path == HOST_CONFIG:
            await JSONResponse(_TOLD, headers={"cache-control": "no-cache"})(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def send_with_script(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
                return
            if start is None or message["type"] != "http.response.body":
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body", False):
                return
            told = body.replace(_HEAD, _HEAD + f"<script>{START_SCRIPT}</script>".encode(), 1)
            headers = MutableHeaders(scope=start)
            if scope["method"] != "HEAD":
                headers["content-length"] = str(len(told))
            await send(start)
            await send({**message, "body": told})

        await self.app(_plain(scope), receive, send_with_script)


def _plain(scope: Scope) -> Scope:
    """The request of a page as one whose answer comes in plain bytes: packed it cannot be added to."""
    if "text/html" not in Headers(scope=scope).get("accept", ""):
        return scope
    extensions = {
        name: value for name, value in scope.get("extensions", {}).items() if name != "http.response.pathsend"
    }
    headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    return {**scope, "headers": headers, "extensions": extensions}


def _is_page(message: Message) -> bool:
    """Whether the answer that starts here is a whole page."""
    headers = MutableHeaders(scope=message)
    return message["status"] == 200 and headers.get("content-type", "").startswith("text/html")
