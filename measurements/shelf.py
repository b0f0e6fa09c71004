"""The store as a server sees it: read by a thread of its own, so that no page ever waits for it.

A page gets what was read last, and how old that is if the store cannot be read now. The thread reads again when the
store has changed, tries again by itself while it cannot be read, and stores what waits in files.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from calculator.physics.measured import MeasuredSpeed
from measurements.records.record import Measurement
from measurements.records.spool import keep_or_wait, put_aside, waiting_files, waiting_records
from measurements.records.store import Outcome, Store, Stored, Unreadable
from measurements.records.store_connection import URL_VARIABLE, StoreError, store_file

READ_BUDGET_S = 1.0
"""How long a statement may take, and how long the first page after the start may wait for the first reading."""
PATIENCE_S = 0.25  # how long a later page waits for a reading; after one that was late nobody waits until it has come
WRITE_BUDGET_S = 5.0
RETRY_S = 2.0  # an unreachable database costs a connection time-out, and nobody but the thread waits for it
_S_PER_MIN, _MIN_PER_H = 60, 60
_LOG = logging.getLogger(__name__)

Speeds = Callable[[tuple[Stored, ...]], tuple[MeasuredSpeed, ...]]


@dataclass(frozen=True, slots=True)
class Contents:
    """The store's records at the last reading that succeeded.

    problem: why it cannot be read now, in a sentence without user, host, port and path. unreadable: rows left out.
    waiting_count: sets of results that wait in files, because the store did not take them.
    """

    items: tuple[Stored, ...] = ()
    speeds: tuple[MeasuredSpeed, ...] = ()
    problem: str = ""
    unreadable: tuple[Unreadable, ...] = ()
    waiting_count: int = 0


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read, when, and the store's mark just before: replaced as one, so nobody pairs old contents and new mark."""

    contents: Contents = Contents()
    at_s: float = 0.0
    mark: object = None


class Shelf:
    """The records of one store. Every method may be called from any thread; only `append_all` waits for the store."""

    def __init__(self, url: str | None, *, speeds: Speeds) -> None:
        self._url, self._speeds = url, speeds
        self._turn = threading.Condition()
        self._thread: threading.Thread | None = None
        self._asked = self._begun = self._done = 0  # numbers of readings
        self._last = _Reading()
        self._problem, self._is_late, self._logged = "", False, ""
        self._reader: Store | None = None
        self._first_until = 0.0
        self._storing = threading.Lock()

    def contents(self) -> Contents:
        """What the store holds, at most a moment old; what it held, if it cannot be read."""
        last = self._last
        if self._file_is_as_in(last):
            return last.contents
        with self._turn:
            self._ask()
            number = self._asked
            if not (self._problem or self._is_late):
                patience_s = PATIENCE_S if self._last.at_s else self._first_until - time.monotonic()
                self._is_late = not self._turn.wait_for(lambda: self._done >= number, timeout=max(0.0, patience_s))
            return self._shown()

    def append_all(self, records: Sequence[Measurement]) -> list[Outcome]:
        """Store the records, on the disk when this returns; raises StoreError within WRITE_BUDGET_S or so."""
        store = Store(self._url, patience_s=WRITE_BUDGET_S)
        try:
            return store.append_all(records)
        finally:
            store.close()

    def append_or_spool(self, records: Sequence[Measurement]) -> str:
        """Store the records or, if that fails, let them wait in a file; "" or a sentence that says so.

        Raises StoreError if there is no room for the file either.
        """
        said = keep_or_wait(records, append=self.append_all, url=self._url)
        if said:
            with self._turn:
                contents = self._last.contents
                contents = replace(contents, waiting_count=contents.waiting_count + 1)
                self._last = replace(self._last, contents=contents)
                self._ask()
        return said

    def start(self) -> None:
        """Begin the first reading, so that the first page need not."""
        with self._turn:
            self._ask()

    def _ask(self) -> None:
        """Ask for a reading that begins from now on; the caller holds the lock."""
        self._asked = self._begun + 1
        if self._thread is None or not self._thread.is_alive():
            self._first_until = time.monotonic() + READ_BUDGET_S
            self._thread = threading.Thread(target=self._work, daemon=True, name="measurements")
            self._thread.start()
        self._turn.notify_all()

    def _shown(self) -> Contents:
        """The last good contents, with a sentence about why they are the last; the caller holds the lock."""
        contents, at_s = self._last.contents, self._last.at_s
        if not (self._problem or self._is_late):
            return contents
        problem = self._problem or "The measurement store does not answer."
        if not at_s:
            return replace(contents, problem=f"{problem} Until then no measurement is used.")
        return replace(contents, problem=f"{problem} What was read {_ago(time.monotonic() - at_s)} is still used.")

    def _file_is_as_in(self, last: _Reading) -> bool:
        """Whether the store is a file that has not changed since this reading: 20 microseconds, and no waiting."""
        if not last.at_s or self._problem or self._is_late or last.contents.waiting_count:
            return False
        try:
            file = store_file(self._url)
            return file is not None and _mark_of(file) == last.mark
        except StoreError:
            return False

    def _work(self) -> None:
        """The thread: one reading after another, when asked for or when the last one failed."""
        while True:
            with self._turn:
                is_troubled = bool(self._problem or self._last.contents.waiting_count)
                self._turn.wait_for(lambda: self._asked > self._begun, timeout=RETRY_S if is_troubled else None)
                self._begun = number = self._begun + 1
                self._asked = max(self._asked, number)
            try:
                found, problem = self._read()
            except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError):
                _LOG.exception("the measurement store could not be read")
                self._close()
                found, problem = None, "The measurements could not be read."
            with self._turn:
                if found is not None:
                    self._last = found
                self._problem, self._is_late, self._done = problem, False, number
                self._turn.notify_all()
            if not problem and (self._last.contents.waiting_count or number == 1) and not self._storing.locked():
                threading.Thread(target=self._store_what_waits, daemon=True, name="waiting measurements").start()

    def _read(self) -> tuple[_Reading | None, str]:
        """A new reading, or None and the sentence that says why there is none."""
        last = self._last
        try:
            file = store_file(self._url)
            waiting_count = len(waiting_files(self._url))
            mark = _mark_of(file) if file is not None else self._opened().mark()
            if mark == last.mark and last.at_s:
                contents = replace(last.contents, waiting_count=waiting_count)
                return _Reading(contents, time.monotonic(), mark), ""
            if mark is None and last.contents.items:
                raise _gone()
            found = self._opened().look() if mark is not None else None
            items = found.items if found is not None else ()
            unreadable = found.unreadable if found is not None else ()
            for row in unreadable:
                _LOG.warning("row %s of the measurement store cannot be read: %s", row.id, row.reason)
            speeds = self._speeds(tuple(item for item in items if item.record.status == "ok"))
        except StoreError as error:
            if str(error) != self._logged:
                self._logged = str(error)
                _LOG.error("%s", error)
            self._close()
            return None, error.plain
        self._logged = ""
        contents = Contents(items, speeds, unreadable=unreadable, waiting_count=waiting_count)
        return _Reading(contents, time.monotonic(), mark), ""

    def _store_what_waits(self) -> None:
        """Store every waiting file, in a thread of its own, because a store may be read and yet refuse to be written."""
        with self._storing:
            for file in waiting_files(self._url):
                try:
                    records, unreadable_count = waiting_records(file)
                    self.append_all(records)
                    if unreadable_count:
                        _LOG.error(
                            "%s lines cannot be read by this version; they are kept in %s",
                            unreadable_count,
                            put_aside(file),
                        )
                    else:
                        file.unlink(missing_ok=True)
                except FileNotFoundError:
                    continue  # another replica, with the same folder, has stored it
                except StoreError:
                    return  # said when the file was written; the next reading tries again
                except OSError as error:
                    _LOG.error("%s cannot be read or removed: %s", file, error.strerror)
                    return
        self.start()

    def _opened(self) -> Store:
        if self._reader is None:
            self._reader = Store(self._url, patience_s=READ_BUDGET_S)
        return self._reader

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = None


def _gone() -> StoreError:
    """A file that held records is missing or empty: a disk may be away, so what was read stays."""
    plain = "The measurement store's file is gone or empty. Put it back, or restart the server to begin a new one."
    return StoreError(f"{plain} Its path is in {URL_VARIABLE}.", plain=plain)


def _mark_of(file: Path) -> object:
    """A mark that changes when the file does; None if there is no store yet. Raises StoreError."""
    found: list[object] = [str(file)]
    for path in (file, file.with_name(f"{file.name}-wal")):
        try:
            status = path.stat()
            if status.st_size:
                found += [status.st_mtime_ns, status.st_size, status.st_ino, _change_count(path)]
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StoreError(
                f"The store {file.name} cannot be read: {error.strerror}. Check {URL_VARIABLE}.",
                plain=f"The measurement store cannot be read: {error.strerror}.",
            ) from None
    return tuple(found) if len(found) > 1 else None


def _change_count(path: Path) -> str:
    """A hash of the first hundred bytes, whose SQLite change counter tells two writes in one clock tick apart."""
    with path.open("rb") as stream:
        return hashlib.sha256(stream.read(100)).hexdigest()[:12]


def _ago(seconds: float) -> str:
    """An age in the largest unit that fits: "40 s ago", "3 min ago", "2 h ago"."""
    if seconds < _S_PER_MIN:
        return f"{seconds:.0f} s ago"
    minutes = seconds / _S_PER_MIN
    return f"{minutes:.0f} min ago" if minutes < _MIN_PER_H else f"{minutes / _MIN_PER_H:.0f} h ago"
