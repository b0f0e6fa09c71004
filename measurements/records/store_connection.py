"""Connection of the store: its address, its engine, SQLite's settings for durability, and errors in sentences."""

import datetime
import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from measurements.records.bounded_postgresql import CONNECT_TIMEOUT_S, give_up_after
from measurements.records.record import MeasurementError

DEFAULT_FILE = "measurements.sqlite"
URL_VARIABLE = "MEASUREMENTS_URL"
URL_FILE_VARIABLE = "MEASUREMENTS_URL_FILE"
"""Names a file that holds the address, as containers hand secrets over: it is in no environment and no list of processes."""
# 8 writers at about 15 ms per commit wait 0.1 s on average; a minute is far more than any turn takes
BUSY_TIMEOUT_S = 60.0
WAL_IS_SAFE_FROM = (3, 51, 3)  # sqlite.org/wal.html, "the WAL-reset bug"


class StoreError(MeasurementError):
    """The store cannot be opened, read or written; the text says what to do.

    `plain` says it to anybody who may read a page: without user, host, port and path.
    """

    def __init__(self, text: str, *, plain: str = "") -> None:
        super().__init__(text)
        self.plain = plain or text


def store_url(url: str | None) -> URL:
    """The checked address of the store: `url`, else MEASUREMENTS_URL, else the default file; raises StoreError."""
    text = url or address_of_the_environment() or DEFAULT_FILE
    try:
        parsed = make_url(text) if "://" in text else URL.create("sqlite", database=text)
    except (ArgumentError, ValueError):
        raise StoreError(
            f"{URL_VARIABLE} is not a valid address. Give a path, sqlite:///path or postgresql://user@host/name."
        ) from None
    backend = parsed.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise StoreError(
            f"{URL_VARIABLE} names {backend}; use the path of a SQLite file or postgresql://user@host/name."
        )
    return parsed


def address_of_the_environment() -> str:
    """MEASUREMENTS_URL, or what the file that MEASUREMENTS_URL_FILE names holds; "" if neither is set."""
    direct, file = os.environ.get(URL_VARIABLE, ""), os.environ.get(URL_FILE_VARIABLE, "")
    if not file:
        return direct
    if direct:
        raise StoreError(f"{URL_VARIABLE} and {URL_FILE_VARIABLE} are both set. Set one of them.")
    try:
        found = Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise StoreError(
            f"The file that {URL_FILE_VARIABLE} names cannot be read. Check its path and its rights."
        ) from None
    if not found:
        raise StoreError(f"The file that {URL_FILE_VARIABLE} names is empty. Write the store's address into it.")
    return found


def store_engine(url: URL, *, patience_s: float = BUSY_TIMEOUT_S) -> Engine:
    """The engine of a store's address, whose statements fail after `patience_s` instead of waiting longer.

    Raises StoreError if PostgreSQL's driver is not installed.
    """
    if url.get_backend_name() == "postgresql":
        try:
            engine = create_engine(
                url, pool_pre_ping=True, pool_size=5, connect_args={"connect_timeout": CONNECT_TIMEOUT_S}
            )
        except (ImportError, NoSuchModuleError):
            raise StoreError("PostgreSQL needs the package psycopg. Run `pip install 'psycopg[binary]'`.") from None
        give_up_after(engine, patience_s)
        return engine
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": patience_s})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # this module issues BEGIN itself
    # EXTRA: FULL, and the folder is synced too once the journal is gone. Without that a power cut can bring the journal
    # back, and with it undo the last commit (bench/loss.py plays it).
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA fullfsync = 1")  # macOS: fsync alone leaves data in the drive's cache
    connection.execute("PRAGMA checkpoint_fullfsync = 1")
    journal_mode = "wal" if sqlite3.sqlite_version_info >= WAL_IS_SAFE_FROM else "delete"
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != journal_mode:
        connection.execute(f"PRAGMA journal_mode = {journal_mode}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def back_up(file: Path, *, version: int) -> Path:
    """A consistent copy of a SQLite file beside it, made before its schema changes."""
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S")
    copy = file.with_name(f"{file.name}.v{version}-{stamp}-{os.getpid()}.backup")
    source, target = sqlite3.connect(file, timeout=BUSY_TIMEOUT_S), sqlite3.connect(copy)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    return copy


def shown_url(url: URL) -> str:
    """The store's address without a password."""
    return url.render_as_string(hide_password=True)


@contextmanager
def errors_in_words(url: URL) -> Generator[None]:
    """Turns the database's errors into a StoreError with a sentence and what to do."""
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        repair, plain = _repair(reason)
        text = f"The store {shown_url(url)} cannot be used: {reason}. {repair}"
        raise StoreError(text, plain=f"{plain} {repair}") from error


_REPAIRS = {
    "readonly": (
        "Make the file and its folder writable, or name another store in MEASUREMENTS_URL.",
        "The measurement store cannot be written to.",
    ),
    "unable to open": (
        "Create its folder, or name another path in MEASUREMENTS_URL.",
        "The measurement store cannot be opened.",
    ),
    "disk is full": ("Free some space; no stored measurement is lost.", "The disk of the measurement store is full."),
    "disk I/O": (
        "Free some space and check the disk; no stored measurement is lost.",
        "The disk of the measurement store fails or is full.",
    ),
    "locked": (
        "Another program has locked the file; close it and try again.",
        "Another program has locked the measurement store.",
    ),
    "not a database": (
        "The file is not a measurement store; name another path in MEASUREMENTS_URL.",
        "The file of the measurement store is no database.",
    ),
    "malformed": ("Restore the newest .backup file beside it.", "The measurement store is damaged."),
    "append-only": (
        "Records are never changed; use `python -m measurements delete`.",
        "The measurement store changes no record.",
    ),
    "statement timeout": (
        "The database is too slow or too busy; try again.",
        "The measurement database takes too long to answer.",
    ),
    "connection": (
        "Start the database or correct MEASUREMENTS_URL; the calculator works without it.",
        "The measurement database does not answer.",
    ),
}
"""What to do, and what a page may say, by a word in the database's own message."""


def _repair(reason: str) -> tuple[str, str]:
    other = ("Check MEASUREMENTS_URL.", "The measurement store cannot be used.")
    return next((repair for word, repair in _REPAIRS.items() if word in reason), other)


def store_file(url: str | None = None) -> Path | None:
    """The SQLite file that `open_store` would open or create, untouched; None for PostgreSQL."""
    parsed = store_url(url)
    return Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None
