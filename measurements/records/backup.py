"""Backup of a store: one file with every row, deletions included, which restores into SQLite and PostgreSQL alike.

Lines of JSON: a head with the schema's version, one line per row in the order stored, and an end with the number of
rows and the SHA-256 of their lines, so that a file cut short is seen. All rows come from one moment, whatever others
write meanwhile, and none is parsed: what the store holds is what the file holds. A name ending in .gz is compressed.
"""

import gzip
import hashlib
import json
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from measurements.records.migrations import MIGRATIONS
from measurements.records.store import Store
from measurements.records.store_connection import StoreError
from measurements.records.tables import Row

FORMAT = "local-llm-tco backup 1"
_SQLITE_HEAD = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds: the schema's version, its rows, and the SHA-256 of their lines."""

    schema_version: int
    row_count: int
    sha256: str


def back_up_to(file: Path, store: Store) -> Summary:
    """Write every row of the store to a new file, on the disk when this returns; raises StoreError."""
    digest, count, is_whole = hashlib.sha256(), 0, False
    try:
        stream = file.open("xb")
    except FileExistsError:
        raise StoreError(f"{file} exists. Name a new file; a backup is never overwritten.") from None
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}. Name another file.") from None
    try:
        with stream, _packed(stream, file) as packed, store.snapshot() as (version, rows):
            packed.write(_line({"format": FORMAT, "schema_version": version}))
            for row in rows:
                line = _line(row)
                digest.update(line)
                count += 1
                packed.write(line)
            packed.write(_line({"row_count": count, "sha256": digest.hexdigest()}))
            packed.flush()
            os.fsync(stream.fileno())
        is_whole = True
    except OSError as error:
        raise StoreError(
            f"{file} cannot be written: {error.strerror}. Free some space, or name another file."
        ) from None
    finally:
        if not is_whole:
            file.unlink(missing_ok=True)
    return Summary(version, count, digest.hexdigest())


def check_backup(file: Path) -> Summary:
    """Read a backup whole and compare it with its own end; raises StoreError with a sentence."""
    digest, count, end = hashlib.sha256(), 0, None
    version = 0
    for number, line in enumerate(_lines(file)):
        found = _parsed(line, file, number + 1)
        if number == 0:
            version = _version_of(found, file)
        elif end is not None:
            raise StoreError(f"{file} goes on after its end. Take another backup.")
        elif "row_count" in found:
            end = found
        else:
            digest.update(line)
            count += 1
    if end is None:
        raise StoreError(f"{file} is cut short: its end is missing. Take another backup.")
    if (end.get("row_count"), end.get("sha256")) != (count, digest.hexdigest()):
        raise StoreError(f"{file} is damaged: its rows are not those that were written. Take another backup.")
    return Summary(version, count, digest.hexdigest())


def restore_from(file: Path, store: Store) -> Summary:
    """Put every row of a backup into an empty store, all or none; raises StoreError with a sentence."""
    summary = check_backup(file)
    try:
        store.fill(_rows(file))
    except KeyError as error:
        raise StoreError(f"{file} has a row without {error}. Take another backup.") from None
    with store.snapshot() as (_, rows):
        if rows_digest(rows) != rows_digest(_rows(file)):
            raise StoreError(f"The store does not hold what {file} holds. Do not use it; restore into another one.")
    return summary


def rows_digest(rows: Iterable[Row]) -> str:
    """SHA-256 of rows without their content keys, which a newer schema may compute anew."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(_line({name: row[name] for name in sorted(row) if name != "content_key"}))
    return digest.hexdigest()


def _rows(file: Path) -> Iterator[Row]:
    for number, line in enumerate(_lines(file)):
        found = _parsed(line, file, number + 1)
        if number and "row_count" not in found:
            yield found


def _version_of(head: dict[str, Any], file: Path) -> int:
    if head.get("format") != FORMAT or not isinstance(head.get("schema_version"), int):
        raise StoreError(f"{file} is no backup of this program. Give a file that `measurements backup` wrote.")
    version, newest = int(head["schema_version"]), MIGRATIONS[-1].version
    if version > newest:
        raise StoreError(
            f"{file} is a backup of schema version {version}; this program knows versions up to {newest}. "
            "Update the program, then restore."
        )
    return version


def _lines(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as stream:
            if stream.read(len(_SQLITE_HEAD)) == _SQLITE_HEAD:
                raise StoreError(
                    f"{file} is a SQLite database, as the program copies it before an upgrade. "
                    "Name it in MEASUREMENTS_URL, or put it in the place of the store while nothing runs."
                )
            stream.seek(0)
            if file.suffix == ".gz":
                with gzip.GzipFile(fileobj=stream) as unpacked:
                    yield from unpacked
            else:
                yield from stream
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or "it is cut short or not compressed"
        raise StoreError(f"{file} cannot be read: {reason}. Give a file that `measurements backup` wrote.") from None


def _parsed(line: bytes, file: Path, number: int) -> dict[str, Any]:
    try:
        found: Any = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise StoreError(
            f"Line {number} of {file} is no row of a backup. Give a file that `measurements backup` wrote, whole."
        )
    return found  # pyright: ignore[reportUnknownVariableType] - JSON's keys are text


def _line(found: Any) -> bytes:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@contextmanager
def _packed(stream: IO[bytes], file: Path) -> Generator[Any]:
    """The stream itself or, for a name in .gz, a compressed one that is whole once its `flush` returns."""
    if file.suffix != ".gz":
        yield stream
        return
    with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) as packed:
        yield packed
    stream.flush()
    os.fsync(stream.fileno())
