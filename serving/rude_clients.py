"""Rude clients: one line in the log for each that breaks the rules of HTTP or of websockets.

Uvicorn answers a badly chunked body with 400. When the application answers, too, h11 refuses to send that, and uvicorn
and the event loop log it as an error of this program, with a traceback of 40 lines for each request.
"""

import logging

from h11 import LocalProtocolError, RemoteProtocolError

LOGGERS = ("uvicorn.error", "asyncio")
"""Where uvicorn and event loops (asyncio's own and uvloop's) write."""
SAYS = "A client broke the rules of its protocol; its connection is closed: %s"
_AFTER_400 = "can't handle event type"
_NO_TEXT = "Invalid UTF-8 sequence received from client."
"""What uvicorn logs, with a traceback, for a websocket's text that is not UTF-8."""


def is_of_client(error: BaseException) -> bool:
    """Whether h11 refused what a client sent, or our answer after it had answered that with 400 itself."""
    return isinstance(error, RemoteProtocolError) or (
        isinstance(error, LocalProtocolError) and str(error).startswith(_AFTER_400)
    )


class InOneLine(logging.Filter):
    """Takes the traceback out of a record that is about a client's mistake; lets all others pass as they are."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and (record.msg == _NO_TEXT or is_of_client(error)):
            record.msg, record.args, record.exc_info, record.exc_text = SAYS, (str(error),), None, None
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        return True


def log_rude_clients_in_one_line() -> None:
    """Once is enough: a filter stays when uvicorn sets its own handlers up."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, InOneLine) for one in logger.filters):
            logger.addFilter(InOneLine())
