"""Visitors who may only look: uploads are refused at Streamlit's own endpoint, whether or not a page shows the widget."""

from collections.abc import Callable, Iterable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.uploads import UPLOAD

WhyOnlyLook = Callable[[Iterable[str]], str]
"""Why a visitor who came with these headers may only look; "" if he may do more."""


class LookOnly:
    """Answers 403 to whoever may not upload, before a byte of the body is read."""

    def __init__(self, app: ASGIApp, *, why_only_look: WhyOnlyLook) -> None:
        self.app, self._why_only_look = app, why_only_look

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it changes uploaded files and may not."""
        reason = self._why_only_look(Headers(scope=scope).keys()) if _uploads(scope) else ""
        if reason:
            await PlainTextResponse(f"{reason}\n", status_code=403)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _uploads(scope: Scope) -> bool:
    return scope["type"] == "http" and UPLOAD in scope["path"] and scope["method"] not in ("GET", "OPTIONS")
