"""PostgreSQL connections that give up: no statement waits longer than its patience, whatever became of the server.

A server that is gone refuses the connection, one that is slow cancels the statement (statement_timeout), and a network
that is cut shows by its keepalives. A server that is stopped (SIGSTOP, a frozen disk) does none of these: its kernel
still acknowledges every byte. So the client counts the seconds itself and closes the connection.
"""

import time
from collections.abc import Generator
from functools import cache
from typing import Any

from sqlalchemy import Engine, event

CONNECT_TIMEOUT_S = 2  # libpq allows no less
NETWORK = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 5_000,  # milliseconds
}
"""Parameters of libpq by which a cut cable is noticed within 20 s, and unacknowledged bytes within 5 s."""
MS_PER_S = 1_000
_SERVER_FIRST_S = 0.5  # a server that is alive cancels by itself, and the connection lives on


def give_up_after(engine: Engine, patience_s: float) -> None:
    """Make every statement of this engine end within `patience_s`, in the server and, if that is silent, here."""
    event.listen(engine, "do_connect", _connect_with(patience_s))


def wait_longer(connection: Any, patience_s: float) -> None:
    """Let the statements of one connection take this long; for a migration, which may copy a table."""
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(patience_s * MS_PER_S)}")
    connection.connection.driver_connection.patience_s = patience_s


def _connect_with(patience_s: float) -> Any:
    def connect(_dialect: Any, _record: Any, arguments: Any, parameters: Any) -> Any:
        opened = _bounded_connection().connect(*arguments, **{**NETWORK, **parameters}, autocommit=True)
        opened.patience_s = patience_s + _SERVER_FIRST_S
        opened.execute(f"SET statement_timeout = {int(patience_s * MS_PER_S)}")
        opened.autocommit = False
        return opened

    return connect


@cache
def _bounded_connection() -> Any:
    """The class, made when it is needed, because psycopg is an optional package."""
    import psycopg

    class BoundedConnection(psycopg.Connection[Any]):
        """A connection whose waits end."""

        patience_s = float(CONNECT_TIMEOUT_S)

        def wait(self, gen: Any, *how: Any, **more: Any) -> Any:
            """Wait for the server's answer, at most `patience_s`."""
            try:
                return super().wait(_until(gen, time.monotonic() + self.patience_s), *how, **more)
            except SilentServerError as silence:
                self.pgconn.finish()
                raise psycopg.OperationalError(f"connection given up: {silence}") from None

    return BoundedConnection


class SilentServerError(Exception):
    """The server said nothing for as long as one was ready to wait."""


def _until(answer: Generator[Any, Any, Any], deadline: float) -> Generator[Any, Any, Any]:
    """The same waits, ended by SilentServerError once the deadline has passed and nothing has come."""
    try:
        state = next(answer)
        while True:
            ready = yield state
            if not ready and time.monotonic() > deadline:
                raise SilentServerError("the server does not answer")
            state = answer.send(ready)
    except StopIteration as end:
        return end.value
