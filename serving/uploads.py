"""Quota of uploads: how many bytes one page's files, and those of all pages, may hold in this server's memory.

Streamlit keeps every uploaded file in memory until its page is gone, and takes files that no page asked for. Here each
upload is counted against what its page and all pages hold already, and files of pages that left are dropped.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime

UPLOAD = "/_stcore/upload_file/"
MOST_OF_PAGE_BYTES, MOST_OF_ALL_BYTES = 20_000_000, 100_000_000
GONE_S = 150.0
"""Streamlit gives a page that lost its connection two minutes to come back; then its files are dropped."""


class Shelf(Protocol):
    """Where uploaded files are kept."""

    def held_bytes(self) -> Mapping[str, int]:
        """Bytes of the files of each page."""
        ...

    def is_open(self, page: str) -> bool:
        """Whether the page is connected."""
        ...

    def drop(self, page: str) -> None:
        """Forget the files of a page."""
        ...


class StreamlitShelf:
    """The files that Streamlit keeps; none before it runs."""

    def held_bytes(self) -> Mapping[str, int]:
        """Bytes of the files of each page."""
        kept: Any = runtime.get_instance().uploaded_file_mgr if runtime.exists() else None
        storage: Mapping[str, Mapping[str, Any]] = getattr(kept, "file_storage", {})
        return {page: sum(len(file.data) for file in [*files.values()]) for page, files in [*storage.items()]}

    def is_open(self, page: str) -> bool:
        """Whether the page is connected."""
        return runtime.exists() and runtime.get_instance().is_active_session(page)

    def drop(self, page: str) -> None:
        """Forget the files of a page."""
        if runtime.exists():
            runtime.get_instance().uploaded_file_mgr.remove_session_files(page)


class UploadQuota:
    """Middleware that refuses an upload beyond the quota with 413, before it is kept."""

    def __init__(self, app: ASGIApp, shelf: Shelf | None = None, now_s: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self.shelf = shelf or StreamlitShelf()
        self._now_s = now_s
        self._coming: Counter[str] = Counter()
        self._gone_since_s: dict[str, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count uploads; look for pages that left when a connection ends, and once more when they cannot come back."""
        if scope["type"] == "http" and scope["method"] == "PUT" and UPLOAD in scope["path"]:
            await self._upload(scope, receive, send)
        elif scope["type"] == "websocket":
            try:
                await self.app(scope, receive, send)
            finally:
                self.drop_what_was_left()
                asyncio.get_running_loop().call_later(GONE_S + 1, self.drop_what_was_left)
        else:
            await self.app(scope, receive, send)

    def drop_what_was_left(self) -> None:
        """Drop the files of pages that have been gone for so long that they cannot come back."""
        held, now = self.shelf.held_bytes(), self._now_s()
        self._gone_since_s = {page: self._gone_since_s.get(page, now) for page in held if not self.shelf.is_open(page)}
        for page, since_s in self._gone_since_s.items():
            if now - since_s >= GONE_S:
                self.shelf.drop(page)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = scope["path"].partition(UPLOAD)[2].partition("/")[0]
        self.drop_what_was_left()
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        if length.isdigit() and (says := self._too_much(page, int(length[:_MOST_DIGITS]))):
            await PlainTextResponse(says, 413)(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            size = len(message.get("body", b""))
            if says := self._too_much(page, size):
                raise HTTPException(413, says)
            self._coming[page] += size
            received += size
            return message

        try:
            await self.app(scope, counted, send)
        except ClientDisconnect:  # a page that was closed while its file came; else the log has a traceback for each
            await PlainTextResponse("The upload broke off.\n", 400)(scope, receive, send)
        finally:
            self._coming[page] -= received
            self._coming += Counter[str]()

    def _too_much(self, page: str, more_bytes: int) -> str:
        """Why so many bytes more cannot be kept; "" where they can."""
        held = self.shelf.held_bytes()
        if held.get(page, 0) + self._coming[page] + more_bytes > MOST_OF_PAGE_BYTES:
            most_mb = MOST_OF_PAGE_BYTES / _BYTES_PER_MB
            return f"The files of one page may hold {most_mb:,.0f} MB together. Remove one, or reload the page.\n"
        if sum(held.values()) + self._coming.total() + more_bytes > MOST_OF_ALL_BYTES:
            return "This server holds as many uploaded files as it can. Try again in a few minutes.\n"
        return ""


_BYTES_PER_MB = 1_000_000
_MOST_DIGITS = 18
