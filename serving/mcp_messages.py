"""Messages of an assistant that the protocol's own reader passes over in silence: each is answered with an error.

A number of thousands of digits, half of a character or a key that appears twice: whoever wrote the call waits for its
answer, so it gets one, with the call's own id where that can be read, else with none.
"""

import json
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calculator.errors import why_unreadable
from calculator.scenario.json_text import whole_json

if TYPE_CHECKING:
    from mcp_types import JSONRPCError

MOST_BYTES = 4_000_000
_LONGEST_ID = 200
_NO_JSON, _NO_MESSAGE = -32700, -32600  # of JSON-RPC 2.0


def refusal_of(text: str | bytes) -> "JSONRPCError | None":
    """The error that answers this message; None where it can be passed on."""
    import mcp_types as types
    from pydantic import ValidationError

    try:
        found = whole_json(text)
    except (ValueError, RecursionError) as error:
        return _error(f"The message is not valid JSON: {why_unreadable(error)}. Correct it.", _NO_JSON, text)
    try:
        types.jsonrpc_message_adapter.validate_json(text, by_name=False)
    except ValidationError:
        return _error("This is not a JSON-RPC 2.0 message. Give jsonrpc, id, method and params.", _NO_MESSAGE, text)
    if "method" in found and "id" in found and not _is_id(found["id"]):  # the library takes it for a notification
        return _error("The id of a call must be a text or a whole number. Correct it.", _NO_MESSAGE, text)
    return None


async def readable_lines(
    lines: AsyncIterable[str], refuse: "Callable[[JSONRPCError], Awaitable[None]]"
) -> AsyncIterator[str]:
    """The lines that can be passed on; the others are refused, and empty ones passed over."""
    async for line in lines:
        if not line.strip():
            continue
        if (refusal := refusal_of(line)) is not None:
            await refuse(refusal)
        else:
            yield line


class ReadableMessages:
    """Middleware of the HTTP door: the same refusals, as status 400."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what can be read, with its body as it came."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        body, is_whole = b"", False
        while not is_whole and len(body) <= MOST_BYTES:
            message = await receive()
            if message["type"] != "http.request":  # the other side has left
                return
            body += message.get("body", b"")
            is_whole = not message.get("more_body", False)
        if not is_whole or len(body) > MOST_BYTES:
            said = _error(f"The message has more than {MOST_BYTES:,} bytes. Send a shorter one.", _NO_MESSAGE, b"")
            await JSONResponse(_table(said), status_code=413)(scope, receive, send)
        elif (refusal := refusal_of(body)) is not None:
            await JSONResponse(_table(refusal), status_code=400)(scope, receive, send)
        else:
            parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

            async def again() -> Message:
                return parts.pop() if parts else await receive()

            await self.app(scope, again, send)


def _error(message: str, code: int, text: str | bytes) -> "JSONRPCError":
    import mcp_types as types

    return types.JSONRPCError(jsonrpc="2.0", id=_id_in(text), error=types.ErrorData(code=code, message=message))


def _table(error: "JSONRPCError") -> dict[str, Any]:
    return error.model_dump(by_alias=True, exclude_unset=True)


def _id_in(text: str | bytes) -> str | int | None:
    """The id of a message that cannot be passed on: a short text or a whole number, else None."""
    try:
        found: Any = json.loads(text, parse_int=_whole, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    wanted = found.get("id") if isinstance(found, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if isinstance(wanted, str) and len(wanted) <= _LONGEST_ID and wanted.isprintable():
        return wanted
    return wanted if isinstance(wanted, int) and _is_id(wanted) else None


def _is_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= _LONGEST_ID // 10 else None
