"""Limits: how much one client, one browser and all together may ask of this server, and what they are told beyond.

Answers are computed in turns; what comes too fast is answered with 429, what finds no turn with 503, both with
Retry-After and a sentence. A full server shows a page that tries again by itself. Values of a moving slider are never
refused but delayed.
"""

import asyncio
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calculator.units import plain_number
from serving.clients import Network, Rate, client_of, networks, session_of
from serving.metrics import Metrics
from serving.turns import BusyError, Turns
from serving.uploads import UPLOAD, UploadQuota

STREAM, LIVE, SHADE = "/_stcore/stream", "/api/decide.json", "/api/shade.json"
_DRAWN = (LIVE, SHADE)
"""What an open page asks for beside its answers: short and often."""
_OF_STREAMLIT = ("/_stcore/", "/static/", "/media/", "/component/", "/favicon", "/vendor/")
_CHEAP = ("/api", "/api/", "/api/openapi.json", "/api/live", "/api/ready", "/api/metrics")
_RETRY_S = 20
_MOST_PROCESSES = 64
"""For answers; each takes up to 570 MB."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may set; docs/guide/operator.md explains each.

    proxies: whose X-Forwarded-For is believed. session_count: open pages at most. answer_count: answers to programs
    that have a turn at once. process_count: processes of their own that make them; 0 where the server does. rate_ratio:
    every rate times this; 0 switches the rates off.
    """

    proxies: tuple[Network, ...] = ()
    session_count: int = 200
    answer_count: int = 2
    rate_ratio: float = 1.0
    process_count: int = 0

    @classmethod
    def of(cls, variables: Mapping[str, str] = os.environ, *, is_for_many: bool = False) -> "Settings":
        """From TCO_PROXIES, TCO_SESSIONS, TCO_ANSWERS and TCO_RATES. Raises ValueError, a sentence, for a wrong one.

        A server for many makes answers to programs in TCO_ANSWERS processes of their own, one without a wish; with 0 it
        makes them itself, one at a time.
        """
        default, low = (1, 0) if is_for_many else (_processors(), 1)
        high = _MOST_PROCESSES if is_for_many else 1_000
        wished = _whole(variables, "TCO_ANSWERS", default, low=low, high=high)
        process_count = wished if is_for_many else 0
        return cls(
            networks(variables.get("TCO_PROXIES", "")),
            _whole(variables, "TCO_SESSIONS", cls().session_count, low=1, high=100_000),
            process_count + 1 if process_count else max(1, wished),
            _number(variables, "TCO_RATES", cls().rate_ratio, low=0, high=1_000),
            process_count,
        )


def _processors() -> int:
    return max(Settings().answer_count, os.cpu_count() or 1)


def _whole(variables: Mapping[str, str], name: str, default: int, *, low: int, high: int) -> int:
    value = _number(variables, name, default, low=low, high=high)
    if value != int(value):
        raise ValueError(
            f"{name} is {variables[name].strip()[:40]!r}; it must be a whole number. Correct it, or leave it out."
        )
    return int(value)


def _number(variables: Mapping[str, str], name: str, default: float, *, low: float, high: float) -> float:
    text = variables.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise ValueError(
            f"{name} is {text[:40]!r}; it must be a number in {plain_number(low)}..{plain_number(high)}. Correct it, "
            "or leave it out."
        )
    return value


@dataclass(slots=True)
class _Rates:
    """How often each kind of request may come: answers of one address and of one browser, frames, uploads, pages."""

    answers: Rate
    answers_of_browser: Rate
    frames: Rate
    frames_of_browser: Rate
    uploads: Rate
    pages: Rate

    @classmethod
    def of(cls, ratio: float, now_s: Callable[[], float]) -> "_Rates":
        """Answers 10 a second for an address, which an office may share, and 5 for a browser; frames of a moving slider
        200 and 30."""
        made = [
            Rate(per_s * ratio, max(1.0, burst * ratio), now_s)
            for per_s, burst in ((10, 40), (5, 20), (200, 400), (30, 60), (2, 20), (20, 200))
        ]
        return cls(*made)


def settings_or_exit(variables: Mapping[str, str] = os.environ, *, is_for_many: bool = False) -> Settings:
    """The operator's settings. A wrong one ends the start with its sentence and exit code 2."""
    try:
        return Settings.of(variables, is_for_many=is_for_many)
    except ValueError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def limits(settings: Settings, *, turns: Turns, metrics: Metrics) -> list[Middleware]:
    """All limits as middleware, outermost first; the pages take the same `turns`, `metrics` counts what is refused."""
    return [Middleware(Limits, settings=settings, turns=turns, metrics=metrics), Middleware(UploadQuota)]


class Limits:
    """Middleware that keeps the limits of `settings`; what was turned away is counted in `metrics`, by reason."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings | None = None,
        now_s: Callable[[], float] = time.monotonic,
        *,
        turns: Turns | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self.app = app
        self.settings = settings or Settings()
        self._answers = turns or Turns(self.settings.answer_count)
        self._drawn = {path: Turns(self.settings.answer_count) for path in _DRAWN}
        """Each has its own: a shade waits in a thread for a turn among the answers, and no frame waits for it."""
        self._now_s = now_s
        self._metrics = metrics or Metrics()
        self._rates = _Rates.of(self.settings.rate_ratio, now_s) if self.settings.rate_ratio else None
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is within the limits."""
        path = scope.get("path", "")
        if scope["type"] == "websocket" and path.endswith(STREAM):
            await self._page_stream(scope, receive, send)
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        elif refusal := self._refusal(scope, path):
            await refusal(scope, receive, send)
        elif _computes(path):
            await self._answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _refusal(self, scope: Scope, path: str) -> Response | None:
        """The answer to a request that comes too fast, or finds the server full; None for all others."""
        if _is_page(scope, path) and self._open.total() >= self.settings.session_count:
            self._metrics.turned_away("full")
            return _full_page(self.settings.session_count)
        if self._rates is None:
            return None
        client, browser = client_of(scope, self.settings.proxies), session_of(scope, self.settings.proxies)
        wait_s = 0.0
        if path in _DRAWN:
            wait_s = self._rates.frames.wait_s(client) or self._rates.frames_of_browser.wait_s(browser)
        elif _computes(path):
            wait_s = self._rates.answers.wait_s(client) or self._rates.answers_of_browser.wait_s(browser)
        elif UPLOAD in path and scope["method"] == "PUT":
            wait_s = self._rates.uploads.wait_s(client)
        if not wait_s:
            return None
        self._metrics.turned_away("rate")
        return _told(path, 429, "Too many requests come from you at once.", math.ceil(wait_s))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An answer in its turn, which ends when the answer begins: who reads slowly holds up nobody."""
        try:
            if drawn := self._drawn.get(scope["path"]):  # an office behind one address moves many sliders
                turn = await drawn.take(session_of(scope, self.settings.proxies))
            else:
                turn = await self._answers.take(client_of(scope, self.settings.proxies))
        except BusyError as error:
            self._metrics.turned_away("busy")
            await _told(scope["path"], 503, "This server is busy with other answers.", error.wait_s)(
                scope, receive, send
            )
            return

        async def send_and_end_turn(message: Message) -> None:
            turn.end()
            await send(message)

        try:
            await self.app(scope, receive, send_and_end_turn)
        finally:
            turn.end()

    async def _page_stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An open page: one of so many, three quarters of them for one address; its messages come no faster than 20 a
        second."""
        client = client_of(scope, self.settings.proxies)
        most = self.settings.session_count
        is_full = self._open.total() >= most or self._open[client] >= max(1, most * 3 // 4)
        if is_full or (self._rates is not None and self._rates.pages.wait_s(client)):
            self._metrics.turned_away("full" if is_full else "rate")
            await _refuse_stream(scope, receive, send)
            return
        ratio = self.settings.rate_ratio
        pace = Rate(20 * ratio, max(1.0, 60 * ratio), self._now_s) if ratio else None

        async def receive_in_pace() -> Message:
            message = await receive()
            while pace is not None and (wait_s := pace.wait_s(client)):
                await asyncio.sleep(wait_s)
            return message

        self._open[client] += 1
        try:
            await self.app(scope, receive_in_pace, send)
        finally:
            self._open[client] -= 1
            self._open += Counter()


def _computes(path: str) -> bool:
    return path.startswith("/api/") and path not in _CHEAP


def _is_page(scope: Scope, path: str) -> bool:
    """Whether a person opens a page: not what a page loads afterwards, and no route for programs."""
    return scope["method"] == "GET" and not path.startswith(("/api", *_OF_STREAMLIT)) and "." not in path


def _told(path: str, status: int, what: str, wait_s: int) -> Response:
    """The refusal in a sentence, as JSON where the answer would be."""
    says = f"{what} Try again in {wait_s} second{'' if wait_s == 1 else 's'}."
    headers = {"retry-after": str(wait_s), "cache-control": "no-store"}
    if path.endswith(".json"):
        return JSONResponse({"error": says}, status_code=status, headers=headers)
    return PlainTextResponse(f"{says}\n", status_code=status, headers=headers)


def _full_page(most: int) -> Response:
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Busy</title>'
        f'<meta http-equiv="refresh" content="{_RETRY_S}"><meta name="viewport" content="width=device-width">'
        "<style>:root{color-scheme:light dark}body{font:18px/1.5 system-ui,sans-serif;max-width:32rem;"
        "margin:20vh auto;padding:0 1rem}</style></head><body><main><h1>All seats are taken</h1>"
        f"<p>{most:,} people have this page open, as many as this server can serve well. The page tries again in "
        f"{_RETRY_S} seconds; leave this page open. Your link keeps all its values.</p></main></body></html>"
    )
    return HTMLResponse(page, 503, {"retry-after": str(_RETRY_S), "cache-control": "no-store"})


async def _refuse_stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a page's connection before it opens: with 503 where the server can say so, else by closing it."""
    await receive()
    if "websocket.http.response" in scope.get("extensions", {}):
        headers = [(b"retry-after", str(_RETRY_S).encode()), (b"content-type", b"text/plain; charset=utf-8")]
        body = f"This server is full. Try again in {_RETRY_S} seconds.\n".encode()
        await send({"type": "websocket.http.response.start", "status": 503, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": body})
    else:
        await send({"type": "websocket.close", "code": 1013})
