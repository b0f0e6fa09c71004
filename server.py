"""Web server of `make run` and the container: app.py with gzip, security headers, and the files to take home under /api."""

import base64
import hashlib
import logging
import re
import secrets
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calculator.decision.compare import compare
from calculator.errors import CalculatorError
from measurements.desk import open_desk
from serving.answers import Answers, today
from serving.limits import limits
from serving.no_delay import send_small_frames_at_once
from serving.routes import api_routes, query_of
from views.decide_frame import decide_frame
from views.link import read_link
from views.look import markdown_text

_INDEX = Path(st.__file__).parent / "static" / "index.html"
_COMPRESS_FROM_BYTES = 1_000
LIVE_COUNT = 1_000
"""Futures behind a frame while a control moves; the one at rest has all of them."""


def _inline_script_hashes() -> str:
    """Hashes of the inline script in Streamlit's start page, so that the policy allows that script and no other."""
    scripts = re.findall(r"<script>(.*?)</script>", _INDEX.read_text("utf-8"), flags=re.DOTALL)
    return " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )


# Nothing is loaded from, or sent to, any other host. Styles are inline because Streamlit's components write them so.
HEADERS = {
    "content-security-policy": "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {_inline_script_hashes()}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "SAMEORIGIN",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class SecurityHeaders:
    """Adds HEADERS to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; write the headers when the answer starts."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def decide_json(request: Request) -> Response:
    """One frame of the Decide page for the scenario in the address, while a control moves: fewer futures, no flips."""
    try:
        scenario, catalog = answers.scenario(query_of(request))
        comparison = compare(
            scenario, catalog, answers.speeds(), as_of=today(), draw_count=LIVE_COUNT, with_turns=False
        )
    except CalculatorError as error:
        return JSONResponse({"error": str(error)}, status_code=422)
    return JSONResponse(decide_frame(comparison), headers={"cache-control": "no-store"})


def say_what_failed(error: Exception) -> bool:
    """Show a refusal in its own words, and any other error as a reference into the log, without details."""
    if isinstance(error, CalculatorError):
        st.error(markdown_text(str(error)))
        return True
    reference = secrets.token_hex(4)
    logging.getLogger(__name__).error("page failed, reference %s", reference, exc_info=error)
    st.error(
        f"Something went wrong on this page; reload it. If it happens again, report reference {reference}: "
        "the server's log has the details."
    )
    return True


send_small_frames_at_once()
answers = Answers(read_link, lambda: open_desk().speeds())
app = st.App(
    Path(__file__).parent / "app.py",
    routes=[*api_routes(answers), Route("/api/decide.json", decide_json)],
    on_script_error=say_what_failed,
    middleware=[Middleware(SecurityHeaders), *limits(), Middleware(GZipMiddleware, minimum_size=_COMPRESS_FROM_BYTES)],
)
