"""Migrations of the store: every schema step from an empty database to today's, for SQLite and PostgreSQL.

A released step is never edited; add another. All missing steps run in one transaction under the database's own lock,
after a backup, so the database has either the old version or the new one.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, text

from measurements.records.record import MeasurementError, parse_measurement


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: the statements for each dialect, its reason, and `fill`, which computes values that SQL cannot."""

    version: int
    why: str
    sqlite: tuple[str, ...]
    postgresql: tuple[str, ...]
    fill: Callable[[Connection], None] | None = None


def _fill_contents(connection: Connection) -> None:
    """One content key for each measurement stored before; where two have the same key, the first keeps it."""
    rows = connection.execute(
        text("SELECT id, body FROM measurements WHERE entry = 'measurement' ORDER BY row_number")
    ).all()
    found: dict[str, str] = {}
    for row in rows:
        with suppress(MeasurementError):  # a row that cannot be read is like no other, and may stop no migration
            found.setdefault(parse_measurement(row.body).content_key(), row.id)
    if found:
        connection.execute(
            text("INSERT INTO measurement_contents (content_key, id) VALUES (:content_key, :id)"),
            [{"content_key": key, "id": record_id} for key, record_id in found.items()],
        )


_CONTENTS = "CREATE TABLE measurement_contents (content_key VARCHAR(64) PRIMARY KEY, id VARCHAR(64) NOT NULL)"

_COLUMNS = """
    id VARCHAR(64) NOT NULL UNIQUE,
    entry VARCHAR(16) NOT NULL CHECK (entry IN ('measurement', 'deletion')),
    target VARCHAR(64) NOT NULL,
    schema_version INTEGER NOT NULL,
    kind VARCHAR(16) NOT NULL,
    status VARCHAR(32) NOT NULL,
    measured_at VARCHAR(40) NOT NULL,
    stored_at VARCHAR(40) NOT NULL,
    settings_key VARCHAR(64) NOT NULL,
    host_id VARCHAR(300) NOT NULL,
    chip VARCHAR(300) NOT NULL,
    model VARCHAR(300) NOT NULL,
    format VARCHAR(300) NOT NULL,
    runtime VARCHAR(300) NOT NULL,
    body TEXT NOT NULL
"""

_INDEXES = (
    "CREATE INDEX measurements_by_question ON measurements (chip, model, format, runtime)",
    "CREATE INDEX measurements_by_target ON measurements (target)",
)

MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        version=1,
        why="one append-only table; the database itself refuses UPDATE and DELETE",
        sqlite=(
            f"CREATE TABLE measurements (row_number INTEGER PRIMARY KEY AUTOINCREMENT, {_COLUMNS})",
            *_INDEXES,
            "CREATE TRIGGER measurements_no_update BEFORE UPDATE ON measurements "
            "BEGIN SELECT RAISE(ABORT, 'measurements are append-only'); END",
            "CREATE TRIGGER measurements_no_delete BEFORE DELETE ON measurements "
            "BEGIN SELECT RAISE(ABORT, 'measurements are append-only'); END",
        ),
        postgresql=(
            f"CREATE TABLE measurements (row_number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, {_COLUMNS})",
            *_INDEXES,
            "CREATE FUNCTION measurements_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'measurements are append-only'; END $$",
            "CREATE TRIGGER measurements_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON measurements "
            "FOR EACH STATEMENT EXECUTE FUNCTION measurements_append_only()",
        ),
    ),
    Migration(
        version=2,
        why="the same measurement is recognised by what was measured, not by the words of its remarks",
        sqlite=(
            _CONTENTS,
            "CREATE TRIGGER measurement_contents_no_update BEFORE UPDATE ON measurement_contents "
            "BEGIN SELECT RAISE(ABORT, 'measurements are append-only'); END",
            "CREATE TRIGGER measurement_contents_no_delete BEFORE DELETE ON measurement_contents "
            "BEGIN SELECT RAISE(ABORT, 'measurements are append-only'); END",
        ),
        postgresql=(
            _CONTENTS,
            "CREATE TRIGGER measurement_contents_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON measurement_contents "
            "FOR EACH STATEMENT EXECUTE FUNCTION measurements_append_only()",
        ),
        fill=_fill_contents,
    ),
)

_VERSION_TABLE = "CREATE TABLE IF NOT EXISTS measurements_schema (version INTEGER PRIMARY KEY, why TEXT NOT NULL)"
_POSTGRESQL_LOCK = 7_319_204_511  # an arbitrary number that identifies this program among a database's advisory locks


def schema_version(connection: Connection) -> int:
    """The newest step of this database; 0 if it is empty."""
    if connection.dialect.name == "sqlite":
        known = connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'measurements_schema'")).first()
    else:
        # not to_regclass: the session caches its answer and misses what another session has just created
        query = "SELECT 1 FROM pg_tables WHERE tablename = 'measurements_schema' AND schemaname = current_schema()"
        known = connection.execute(text(query)).first()
    if known is None:
        return 0
    return int(connection.execute(text("SELECT COALESCE(MAX(version), 0) FROM measurements_schema")).scalar_one())


def migrate(connection: Connection, *, migrations: tuple[Migration, ...] = MIGRATIONS) -> None:
    """Run every missing step inside the caller's open write transaction.

    On PostgreSQL, copies the table to measurements_backup_v<old> first; the caller has copied a SQLite file.
    """
    on_sqlite = connection.dialect.name == "sqlite"
    if not on_sqlite:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRESQL_LOCK})
    done = schema_version(connection)
    if done and not on_sqlite and any(step.version > done for step in migrations):
        connection.exec_driver_sql(f"CREATE TABLE measurements_backup_v{done} AS TABLE measurements")
    connection.exec_driver_sql(_VERSION_TABLE)
    for step in migrations:
        if step.version > done:
            for statement in step.sqlite if on_sqlite else step.postgresql:
                connection.exec_driver_sql(statement)
            if step.fill is not None:
                step.fill(connection)
            connection.execute(
                text("INSERT INTO measurements_schema (version, why) VALUES (:version, :why)"),
                {"version": step.version, "why": step.why},
            )
