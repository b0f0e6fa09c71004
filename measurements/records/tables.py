"""Tables of the measurement store for SQLAlchemy, and its rows as they are: all of them read, and many added.

The schema itself is in migrations.py; what is listed here is what the code reads and writes.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text, and_, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from measurements.records.bounded_postgresql import wait_longer
from measurements.records.record import MeasurementError, parse_measurement

_metadata = MetaData()
CONTENTS = Table(
    "measurement_contents", _metadata, Column("content_key", String, primary_key=True), Column("id", String)
)
"""Which record holds which measurement: two records that differ only in remarks and notes are one."""
MEASUREMENTS = Table(
    "measurements",
    _metadata,
    Column("row_number", Integer, primary_key=True),
    *(Column(name, String) for name in ("id", "entry", "target")),
    Column("schema_version", Integer),
    *(Column(name, String) for name in ("kind", "status", "measured_at", "stored_at", "settings_key")),
    *(Column(name, String) for name in ("host_id", "chip", "model", "format", "runtime")),
    Column("body", Text),
)


Row = dict[str, Any]
"""A row as the database holds it: its columns, and for a measurement its `content_key`."""
ROWS_AT_A_TIME = 500
WHOLE_STORE_S = 3_600.0


def all_rows(connection: Connection) -> Iterator[Row]:
    """Every row with its content key, in the order stored, read from the open transaction as they are asked for."""
    _take_your_time(connection)
    holds = and_(CONTENTS.c.id == MEASUREMENTS.c.id, MEASUREMENTS.c.entry == "measurement")
    query = select(*_kept_columns(), CONTENTS.c.content_key).select_from(MEASUREMENTS.outerjoin(CONTENTS, holds))
    ordered = query.order_by(MEASUREMENTS.c.row_number).execution_options(yield_per=ROWS_AT_A_TIME)
    return (dict(row) for row in connection.execute(ordered).mappings())


def add_rows(connection: Connection, rows: Iterable[Row]) -> int:
    """Add rows in their order to the tables, which must be empty; the number of rows. Raises KeyError for a lack."""
    _take_your_time(connection)
    columns, left, count = [column.name for column in _kept_columns()], iter(rows), 0
    while some := list(itertools.islice(left, ROWS_AT_A_TIME)):
        connection.execute(insert(MEASUREMENTS), [{name: row[name] for name in columns} for row in some])
        keys = [(_content_key_of(row), row["id"]) for row in some]
        if contents := [{"content_key": key, "id": record_id} for key, record_id in keys if key]:
            once = _insert_of(connection, CONTENTS).on_conflict_do_nothing(index_elements=["content_key"])
            connection.execute(once, contents)
        count += len(some)
    return count


def insert_if_new(connection: Connection, table: Table, row: dict[str, Any], *, key: str) -> Any:
    """The statement that adds a row unless one with the same `key` is there; it returns the id of an added row."""
    return (
        _insert_of(connection, table).values(**row).on_conflict_do_nothing(index_elements=[key]).returning(table.c.id)
    )


def _insert_of(connection: Connection, table: Table) -> Any:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


def _kept_columns() -> list[Column[Any]]:
    """Every column of a row but its number, which the database gives."""
    return [column for column in MEASUREMENTS.c if column.name != "row_number"]


def _content_key_of(row: Row) -> str:
    """The content key of a row, computed where an older version stored none; "" for a deletion or an unreadable row."""
    if row["entry"] != "measurement" or row.get("content_key"):
        return str(row.get("content_key") or "")
    try:
        return parse_measurement(row["body"]).content_key()
    except MeasurementError:
        return ""


def _take_your_time(connection: Connection) -> None:
    """Let PostgreSQL's statements take an hour in this transaction: a whole store is read or written."""
    if connection.dialect.name == "postgresql":
        wait_longer(connection, WHOLE_STORE_S)
