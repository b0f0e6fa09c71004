"""Measurement store: append-only tables in a SQLite file, or in PostgreSQL if MEASUREMENTS_URL names one.

What `append` has acknowledged is on the disk. SQLite runs with synchronous EXTRA, and with its rollback journal if it is
older than 3.51.3 (several writers can corrupt the write-ahead log of older versions). Every write takes the write lock
when it begins (BEGIN IMMEDIATE), so no writer meets "database is locked". Nothing is changed or removed: a deletion is
one more row, and the database's own triggers refuse anything else.
"""

import hashlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, and_, exists, func, select

from measurements.records.bounded_postgresql import wait_longer
from measurements.records.migrations import MIGRATIONS, Migration, migrate, schema_version
from measurements.records.record import Measurement, MeasurementError, now, parse_measurement
from measurements.records.store_connection import (
    BUSY_TIMEOUT_S,
    StoreError,
    back_up,
    errors_in_words,
    shown_url,
    store_engine,
    store_url,
)
from measurements.records.tables import CONTENTS, MEASUREMENTS, Row, add_rows, all_rows, insert_if_new

Outcome = Literal["added", "known", "deleted"]
"""added: a new row. known: the measurement was already stored. deleted: it was stored and deleted; nothing is added."""

MIGRATION_S = 600.0  # copying a table of a million rows takes PostgreSQL seconds; a stopped one must still end


@dataclass(frozen=True, slots=True)
class Stored:
    """A record with its row in the store."""

    row_number: int
    id: str
    stored_at: str
    record: Measurement
    deleted: bool = False
    deleted_because: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that this program cannot read, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What the store held at one moment."""

    items: tuple[Stored, ...]
    unreadable: tuple[Unreadable, ...] = ()


FILTERS = ("chip", "model", "format", "runtime", "kind", "status")


class Store:
    """A store to append to, read from and mark records as deleted in; safe for many threads and processes at once."""

    def __init__(
        self,
        url: str | None = None,
        *,
        migrations: tuple[Migration, ...] = MIGRATIONS,
        patience_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        """`patience_s`: how long a statement waits for a lock or an answer before it fails."""
        self.url = store_url(url)
        self._engine = store_engine(self.url, patience_s=patience_s)
        self._newest = max(step.version for step in migrations)
        self._prepare(migrations)

    def append(self, record: Measurement) -> Outcome:
        """Store one record; when this returns it is on the disk."""
        return self.append_all([record])[0]

    def append_all(self, records: Sequence[Measurement]) -> list[Outcome]:
        """Store several records in one transaction: all of them or, after an error, none."""
        rows = [(record.content_key(), _row_of(record)) for record in records]
        with self._writing() as connection:
            return [_append(connection, row, content_key=key) for key, row in rows]

    def records(self, *, include_deleted: bool = False, **only: str | None) -> list[Stored]:
        """Every record that can be read and matches all the given filters, in the order stored.

        only: chip, model, format, runtime, kind, status; None is no filter.
        """
        return list(self.look(include_deleted=include_deleted, **only).items)

    def look(self, *, include_deleted: bool = False, **only: str | None) -> Reading:
        """The records, and the rows that this program cannot read: one of those hides no other."""
        if unknown := only.keys() - set(FILTERS):
            raise StoreError(f"{sorted(unknown)[0]!r} is no filter; use {', '.join(FILTERS)}.")
        conditions = [MEASUREMENTS.c.entry == "measurement"]
        conditions += [MEASUREMENTS.c[name] == value for name, value in only.items() if value is not None]
        marker = MEASUREMENTS.alias("marker")
        deletion = and_(marker.c.entry == "deletion", marker.c.target == MEASUREMENTS.c.id)
        query = (
            select(
                MEASUREMENTS.c.row_number,
                MEASUREMENTS.c.id,
                MEASUREMENTS.c.stored_at,
                MEASUREMENTS.c.body,
                marker.c.body.label("because"),
            )
            .select_from(MEASUREMENTS.outerjoin(marker, deletion))
            .where(*conditions)
            .order_by(MEASUREMENTS.c.row_number)
        )
        if not include_deleted:
            query = query.where(marker.c.id.is_(None))
        with self._reading() as connection:
            rows = connection.execute(query).all()
        items: list[Stored] = []
        unreadable: list[Unreadable] = []
        for row in rows:
            try:
                record = parse_measurement(row.body)
            except MeasurementError as error:
                unreadable.append(Unreadable(row.id, str(error)))
                continue
            items.append(
                Stored(row.row_number, row.id, row.stored_at, record, row.because is not None, row.because or "")
            )
        return Reading(tuple(items), tuple(unreadable))

    def get(self, record_id: str) -> Stored:
        """The record with that id, or the only one whose id begins so; raises StoreError if there is none."""
        found = (
            [item for item in self.records(include_deleted=True) if item.id.startswith(record_id)] if record_id else []
        )
        if len(found) == 1:
            return found[0]
        if not found:
            raise StoreError(f"No measurement has the id {record_id!r}. Run `python -m measurements list` to see all.")
        raise StoreError(
            f"{len(found)} measurements have ids that begin with {record_id!r}. Give more characters of the id."
        )

    def delete(self, record_id: str, *, because: str = "") -> Stored:
        """Mark a record as deleted: it is kept, but lists, exports and lookups no longer show it."""
        item = self.get(record_id)
        row = _row_of(item.record) | {
            "id": hashlib.sha256(f"deletion of {item.id}".encode()).hexdigest()[:32],
            "entry": "deletion",
            "target": item.id,
            "body": because or "no reason given",
            "stored_at": now(),
        }
        with self._writing() as connection:
            connection.execute(insert_if_new(connection, MEASUREMENTS, row, key="id"))
        return self.get(item.id)

    def count(self) -> int:
        """The number of records that are not deleted."""
        marker = MEASUREMENTS.alias("marker")
        gone = exists().where(marker.c.entry == "deletion", marker.c.target == MEASUREMENTS.c.id)
        query = select(MEASUREMENTS.c.row_number).where(MEASUREMENTS.c.entry == "measurement", ~gone)
        with self._reading() as connection:
            return len(connection.execute(query).all())

    def mark(self) -> tuple[int, int]:
        """The number of rows and the newest row's number, which change with every added row."""
        with self._reading() as connection:
            row = connection.execute(
                select(func.count(), func.max(MEASUREMENTS.c.row_number)).select_from(MEASUREMENTS)
            ).one()
        return int(row[0]), int(row[1] or 0)

    @contextmanager
    def snapshot(self) -> Generator[tuple[int, Iterator[Row]]]:
        """The schema's version and every row with its content key, in the order stored, all from one moment."""
        on_sqlite = self.url.get_backend_name() == "sqlite"
        level: dict[str, Any] = {} if on_sqlite else {"isolation_level": "REPEATABLE READ"}
        with errors_in_words(self.url), self._engine.connect() as connection:
            reading = connection.execution_options(**level)
            with reading.begin():
                yield schema_version(reading), all_rows(reading)

    def fill(self, rows: Iterable[Row]) -> int:
        """Put rows of a snapshot into this store, which must be empty, all or none; the number of rows."""
        with self._writing() as connection:
            if connection.execute(select(func.count()).select_from(MEASUREMENTS)).scalar_one():
                raise StoreError(
                    f"The store {shown_url(self.url)} holds measurements already. "
                    "Restore into an empty one: name a new file or database with --store."
                )
            return add_rows(connection, rows)

    def version(self) -> int:
        """The schema version of the database."""
        with self._reading() as connection:
            return schema_version(connection)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _writing(self) -> Generator[Connection]:
        with errors_in_words(self.url), self._engine.connect() as connection:
            writing = connection.execution_options(writes=True)
            with writing.begin():
                yield writing

    @contextmanager
    def _reading(self) -> Generator[Connection]:
        with errors_in_words(self.url), self._engine.connect() as connection:
            yield connection

    def _prepare(self, migrations: tuple[Migration, ...]) -> None:
        with self._reading() as connection:
            found = schema_version(connection)
        if found > self._newest:
            raise StoreError(
                f"The store {shown_url(self.url)} has schema version {found}; this program knows versions up to"
                f" {self._newest}. Update the program, or go back to the store as it was before it was upgraded:"
                " docs/guide/operator.md, Upgrade.",
                plain=f"The measurement store was written by a newer version of this program (schema {found}; this one"
                f" reads up to {self._newest}).",
            )
        if found == self._newest:
            return
        if found and self.url.get_backend_name() == "sqlite":
            back_up(Path(str(self.url.database)), version=found)
        with self._writing() as connection:
            if self.url.get_backend_name() == "postgresql":
                wait_longer(connection, MIGRATION_S)
            migrate(connection, migrations=migrations)
        self._engine.dispose()  # and with it the connection that waits so long


def open_store(url: str | None = None) -> Store:
    """The store at `url`, else at MEASUREMENTS_URL, else ./measurements.sqlite; created or migrated if needed."""
    return Store(url)


def _row_of(record: Measurement) -> dict[str, Any]:
    record_id = record.id()
    return {
        "id": record_id,
        "entry": "measurement",
        "target": record_id,
        "schema_version": record.schema_version,
        "kind": record.kind,
        "status": record.status,
        "measured_at": record.measured_at,
        "stored_at": now(),
        "settings_key": record.settings_key(),
        "host_id": record.host.host_id,
        "chip": record.host.chip,
        "model": record.model.model,
        "format": record.model.format,
        "runtime": record.engine.name,
        "body": record.canonical_json(),
    }


def _append(connection: Connection, row: dict[str, Any], *, content_key: str) -> Outcome:
    """Add a row, unless its measurement is stored already. The key is taken first, so that two writers cannot both."""
    content = {"content_key": content_key, "id": row["id"]}
    if connection.execute(insert_if_new(connection, CONTENTS, content, key="content_key")).first() is not None:
        connection.execute(insert_if_new(connection, MEASUREMENTS, row, key="id"))
        return "added"
    stored = connection.execute(select(CONTENTS.c.id).where(CONTENTS.c.content_key == content_key)).scalar_one()
    return "known" if connection.execute(_deletion_of(stored)).first() is None else "deleted"


def _deletion_of(record_id: str) -> Any:
    return select(MEASUREMENTS.c.id).where(MEASUREMENTS.c.entry == "deletion", MEASUREMENTS.c.target == record_id)


def export_lines(items: Iterable[Stored]) -> Iterator[str]:
    """Lines of this tool's own format, one record with its id each, which `import` reads back unchanged."""
    for item in items:
        yield f'{{"id":"{item.id}","measurement":{item.record.canonical_json()}}}'
