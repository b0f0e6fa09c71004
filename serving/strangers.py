"""What strangers need not know: paths that lead nowhere answer 404, and Streamlit's own facts stay inside.

Streamlit answers every unknown path with its start page and status 200, shows its metrics and the documents of its
agent routes to anybody, and tells each browser the path of the script, the versions and the installation's id.
"""

import math
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import streamlit as st
from google.protobuf.message import DecodeError
from starlette.responses import PlainTextResponse
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from serving.leaving import Leaving
from serving.metrics import Metrics

HIDDEN = ("/_stcore/metrics", "/_stcore/agent/", "/_stcore/script-health-check", "/manifest.json")
"""Hidden where strangers come; each is a path or, with a slash at its end, all below it."""
TAKEN = ("rerun_script", "stop_script", "app_heartbeat", "file_urls_request", "backend_operation_request")
"""Messages of a browser that reach the server. clear_cache would empty everybody's, and the rest are a developer's."""
OPERATIONS = ("deferred_file", "dataframe_chunk")
"""Operations that reach the server: a download is made, a table is scrolled. The others write files beside the script."""
_ENDS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
_PROTOCOL_ERROR = 1002
_SHORT_BYTES = 1_000  # the message that ends a run holds a word and an id
_STATIC = Path(st.__file__).parent / "static"


class KnownPaths:
    """Answers 404 where there is neither a route, a page nor a file, and to `hidden` paths."""

    def __init__(self, app: ASGIApp, *, pages: Collection[str], hidden: Collection[str] = (), base: str = "") -> None:
        """pages: names of the pages in the address. base: what stands before every path, "" or "/name"."""
        self.app, self._base = app, base
        files = {path.relative_to(_STATIC).as_posix() for path in _STATIC.rglob("*") if path.is_file()}
        self._known = frozenset(("/", *(f"/{name}" for name in (*pages, *files))))
        self._hidden = tuple(hidden)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 404."""
        if scope["type"] == "http" and not self._leads_somewhere(scope):
            await PlainTextResponse("There is nothing here.\n", status_code=404)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _leads_somewhere(self, scope: Scope) -> bool:
        path = str(scope["path"]).removeprefix(self._base) or "/"
        if any(path == one or (one.endswith("/") and path.startswith(one)) for one in self._hidden):
            return False
        if path in self._known or (path.endswith("/") and path.rstrip("/") in self._known):
            return True
        routes = getattr(scope.get("app"), "routes", ())
        return any(not isinstance(one, Mount) and one.matches(scope)[0] != Match.NONE for one in routes)


class Frames:
    """Lets through a browser's known messages, takes the facts of this installation out of the answers, and counts.

    A message that cannot be read ends the connection here: Streamlit would write a traceback into the log. One that asks
    for nothing, or for what no browser asks for, is left out.
    """

    def __init__(
        self, app: ASGIApp, *, script: Path, hides_facts: bool, metrics: Metrics, leaving: Leaving | None = None
    ) -> None:
        """leaving: told of every visitor who goes; one of its own where it is left out."""
        self.app, self._hides_facts, self._metrics, self._leaving = app, hides_facts, metrics, leaving or Leaving()
        self._script = str(script).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is no websocket, and the websocket with both directions filtered."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        asked_at: float | None = None
        is_ended = False

        async def receive_known() -> Message:
            nonlocal asked_at, is_ended
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return message
                try:
                    asked = asked_of(message.get("bytes"))
                except DecodeError:
                    is_ended = True
                    with suppress(OSError):  # it may be gone already
                        await send({"type": "websocket.close", "code": _PROTOCOL_ERROR})
                    return {"type": "websocket.disconnect", "code": _PROTOCOL_ERROR}
                kind = kind_of(asked)
                if kind == "rerun_script" and asked_at is None:
                    asked_at = time.perf_counter()
                if kind == "rerun_script" and drop_unusable_numbers(asked):
                    return {**message, "bytes": asked.SerializeToString()}
                if kind in TAKEN:
                    return message

        async def send_without_facts(message: Message) -> None:
            nonlocal asked_at
            if is_ended:
                return
            data = message.get("bytes")
            if self._hides_facts and data and self._script in data:
                message = {**message, "bytes": without_facts(data)}
            if asked_at is not None and data and len(data) < _SHORT_BYTES and ends_a_run(data):
                self._metrics.rerun(time.perf_counter() - asked_at)
                asked_at = None
            await send(message)

        self._metrics.session_began()
        try:
            await self.app(scope, receive_known, send_without_facts)
        finally:
            self._metrics.session_ended()
            self._leaving.left()


def asked_of(data: bytes | None) -> BackMsg:
    """A browser's message. Raises DecodeError for text and for what cannot be read."""
    if data is None:
        raise DecodeError("This is a text message; a browser sends bytes.")
    message = BackMsg()
    message.ParseFromString(data)
    return message


def kind_of(message: BackMsg) -> str | None:
    """What a browser's message asks for; None where it asks for nothing."""
    kind = message.WhichOneof("type")
    if kind == "backend_operation_request":
        operation = message.backend_operation_request.WhichOneof("payload")
        return kind if operation in OPERATIONS else operation
    return kind


def drop_unusable_numbers(message: BackMsg) -> bool:
    """Take out controls whose number is NaN or infinite, on which Streamlit's own code fails; whether there was one."""
    controls = message.rerun_script.widget_states.widgets
    bad = [
        place
        for place, one in enumerate(controls)
        if not all(map(math.isfinite, (one.double_value, *one.double_array_value.data)))
    ]
    for place in reversed(bad):
        del controls[place]
    return bool(bad)


def ends_a_run(data: bytes) -> bool:
    """Whether the server's message says that a page has been computed to its end."""
    message = ForwardMsg()
    message.ParseFromString(data)
    return message.WhichOneof("type") == "script_finished" and message.script_finished in _ENDS


def without_facts(data: bytes) -> bytes:
    """The message that begins a run without the script's path, the versions, the system and the installation's id."""
    message = ForwardMsg()
    message.ParseFromString(data)
    if message.WhichOneof("type") != "new_session":
        return data
    session = message.new_session
    session.main_script_path = Path(session.main_script_path).name
    session.initialize.user_info.Clear()
    facts = session.initialize.environment_info
    facts.python_version = facts.server_os = ""
    return message.SerializeToString()
