"""A disk whose power can be cut: SQLite over a file system that writes down what it is asked to do, in order.

apsw gives Python a file system below SQLite (a VFS); the adapter here lets SQLAlchemy, and so the store itself, run on
it. `CutDisk.write_image` makes the files that a cut at one place of the list may leave.
"""

# ruff: noqa: N802 - SQLite's own names of what a file system does
# apsw's types leave memory views open
# pyright: reportUnknownMemberType=false

import itertools
import os
import random
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import apsw
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool, StaticPool

from measurements.records import store as store_module
from measurements.records import store_connection
from measurements.records.store import Store

SECTOR_BYTES = 512
_NAME = "power-cut"


@dataclass
class CutDisk:
    """The list of everything that SQLite asked the disk to do.

    An entry is (what, file name, number of the file's incarnation, two values): create, write (offset, bytes), truncate
    (size), sync, unlink, or folder, which is a sync of the directory.
    """

    log: list[tuple[str, str, int, Any, Any]] = field(default_factory=list[tuple[str, str, int, Any, Any]])
    incarnation: dict[str, int] = field(default_factory=dict[str, int])
    schema_stands_at: int = 0

    def note(self, what: str, name: str, first: Any = None, second: Any = None) -> None:
        """Add an entry."""
        if what == "create":
            self.incarnation[name] = self.incarnation.get(name, 0) + 1
        self.log.append((what, name, self.incarnation.get(name, 0), first, second))

    def write_image(self, place: int, folder: Path, chance: random.Random) -> None:
        """Write the files that a cut after `place` entries may leave, into an empty folder."""
        before = self.log[:place]
        for name, incarnation in self._entries(before, chance).items():
            mine = [one for one in before if one[1] == name and one[2] == incarnation]
            (folder / name).write_bytes(_content(mine, chance))

    def _entries(self, before: Sequence[tuple[str, str, int, Any, Any]], chance: random.Random) -> dict[str, int]:
        """The directory after the cut: all that was synced, and the first so many of the other changes."""
        changes = [one for one in before if one[0] in ("create", "unlink", "folder")]
        synced = max((at for at, one in enumerate(changes) if one[0] == "folder"), default=-1) + 1
        kept = changes[: chance.randint(synced, len(changes))]
        found: dict[str, int] = {}
        for what, name, incarnation, _, _ in kept:
            if what == "create":
                found[name] = incarnation
            elif what == "unlink":
                found.pop(name, None)
        return found


def _content(entries: Sequence[tuple[str, str, int, Any, Any]], chance: random.Random) -> bytes:
    """A file after the cut: what was synced, and of the rest nothing, the first so many, or any sectors."""
    synced = max((at for at, one in enumerate(entries) if one[0] == "sync"), default=-1) + 1
    image = bytearray()
    for what, _, _, first, second in entries[:synced]:
        _apply(image, what, first, second)
    rest = [one for one in entries[synced:] if one[0] in ("write", "truncate")]
    manner = chance.choice(("none", "first", "any"))
    if manner == "none":
        rest = []
    elif manner == "first":
        rest = rest[: chance.randint(0, len(rest))]
    for what, _, _, first, second in rest:
        if manner == "first" or what == "truncate":
            if manner == "first" or chance.random() < 0.5:
                _apply(image, what, first, second)
            continue
        for start in range(0, len(second), SECTOR_BYTES):
            if chance.random() < 0.5:
                _apply(image, "write", first + start, second[start : start + SECTOR_BYTES])
    return bytes(image)


def _apply(image: bytearray, what: str, first: Any, second: Any) -> None:
    if what == "truncate":
        del image[first:]
        image.extend(b"\0" * (first - len(image)))
    elif what == "write":
        image.extend(b"\0" * (first + len(second) - len(image)))
        image[first : first + len(second)] = second


class _Files(apsw.VFS):
    """The file system: the system's own one, which writes down what passes."""

    def __init__(self, disk: CutDisk) -> None:
        super().__init__(_NAME, "")
        self.disk = disk

    def xOpen(self, name: Any, flags: list[int]) -> "_File":
        return _File(self.disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        self.disk.note("unlink", Path(filename).name)
        if syncdir:
            self.disk.note("folder", "")


class _File(apsw.VFSFile):
    def __init__(self, disk: CutDisk, name: Any, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.disk, self.name = disk, Path(path).name if path else ""
        is_new = bool(path) and not os.path.exists(path)
        # as SQLite's own file system for POSIX does for a new journal or log
        self.syncs_folder = is_new and bool(flags[0] & (apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL))
        super().__init__("", name, flags)
        if is_new:
            disk.note("create", self.name)

    def xWrite(self, data: Any, offset: int) -> None:
        super().xWrite(data, offset)
        self.disk.note("write", self.name, offset, bytes(data))

    def xTruncate(self, newsize: int) -> None:
        super().xTruncate(newsize)
        self.disk.note("truncate", self.name, newsize)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self.disk.note("sync", self.name)
        if self.syncs_folder:
            self.disk.note("folder", "")
            self.syncs_folder = False


class _Cursor:
    """What SQLAlchemy needs of a cursor of Python's database interface."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._cursor, self._connection = connection.cursor(), connection
        self._rows: Iterator[Any] = iter(())
        self.description: Any = None
        self.rowcount, self.lastrowid, self.arraysize = -1, 0, 1

    def execute(self, sql: str, values: Sequence[Any] = ()) -> "_Cursor":
        self.description = None
        self._cursor.exec_trace = self._describe  # afterwards apsw no longer tells the columns of an empty answer
        self._rows = iter(list(self._cursor.execute(sql, tuple(values))))
        self.lastrowid = self._connection.last_insert_rowid()
        return self

    def _describe(self, cursor: apsw.Cursor, sql: str, values: Any) -> bool:
        columns = cursor.getdescription()
        self.description = [(*one, None, None, None, None, None) for one in columns] or None
        return True

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> "_Cursor":
        for row in rows:
            self.execute(sql, row)
        return self

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def fetchmany(self, size: int = 1) -> list[Any]:
        return list(itertools.islice(self._rows, size))

    def close(self) -> None:
        self._cursor.close()


class _Connection:
    """What SQLAlchemy and the store need of a connection."""

    isolation_level: Any = None
    synchronous = ""

    def __init__(self, file: str, *, write_ahead: bool) -> None:
        self._apsw = apsw.Connection(file, vfs=_NAME)
        if write_ahead:  # a file system in Python has no shared memory, which the log needs unless locked alone
            self._apsw.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._apsw.execute("PRAGMA wal_autocheckpoint = 40")  # so that a recording holds checkpoints too

    def cursor(self) -> _Cursor:
        return _Cursor(self._apsw)

    def execute(self, sql: str) -> _Cursor:
        if self.synchronous and "synchronous" in sql:
            sql = f"PRAGMA synchronous = {self.synchronous}"
        return self.cursor().execute(sql)

    def create_function(self, *_: Any, **__: Any) -> None:
        """Pass over the functions that SQLAlchemy adds; the store uses none."""

    def commit(self) -> None:
        if self._apsw.in_transaction:
            self._apsw.execute("COMMIT")

    def rollback(self) -> None:
        if self._apsw.in_transaction:
            self._apsw.execute("ROLLBACK")

    def close(self) -> None:
        self._apsw.close(True)  # and its cursors, whenever the collector comes to them


def _module() -> Any:
    """apsw in the shape of Python's own module sqlite3, as far as SQLAlchemy asks."""
    errors = ("Error", "DatabaseError", "OperationalError", "IntegrityError", "InterfaceError", "DataError")
    others = ("InternalError", "ProgrammingError", "NotSupportedError", "Warning")
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    return SimpleNamespace(
        paramstyle="qmark",
        sqlite_version_info=version,
        sqlite_version=apsw.sqlite_lib_version(),
        PARSE_DECLTYPES=0,
        PARSE_COLNAMES=0,
        **dict.fromkeys((*errors, *others), apsw.Error),
    )


@contextmanager
def playing_store(file: Path, disk: CutDisk, synchronous: str, *, write_ahead: bool) -> Generator[Store]:
    """A store of the product itself on the disk that writes down; its own settings, unless `synchronous` names one."""
    files = _Files(disk)
    kept_engine, kept_version = store_module.store_engine, store_connection.WAL_IS_SAFE_FROM

    def connect() -> _Connection:
        connection = _Connection(str(file), write_ahead=write_ahead)
        connection.synchronous = synchronous
        return connection

    def engine(_: URL, **_settings: object) -> Engine:
        # one connection for the log, since the last one that closes empties it
        pool = StaticPool if write_ahead else NullPool
        found = create_engine("sqlite://", poolclass=pool, module=_module(), creator=connect)
        event.listen(found, "connect", store_connection._set_up_sqlite)  # pyright: ignore[reportPrivateUsage]
        event.listen(found, "begin", store_connection._begin_sqlite)  # pyright: ignore[reportPrivateUsage]
        return found

    store_module.store_engine = engine
    store_connection.WAL_IS_SAFE_FROM = (0, 0, 0) if write_ahead else (99, 0, 0)
    try:
        store = Store(str(file))
        disk.schema_stands_at = len(disk.log)
        yield store
        store.close()
    finally:
        store_module.store_engine, store_connection.WAL_IS_SAFE_FROM = kept_engine, kept_version
        files.unregister()
