"""PostgreSQL that is slow, stopped or cut off: every statement ends in a sentence, and the next one works again."""

import time
from typing import Any

import pytest

from measurements.records.migrations import MIGRATIONS
from measurements.records.store import Store
from measurements.records.store_connection import StoreError
from tests.measurements.frozen_postgresql import frozen


@pytest.fixture
def url(postgresql_server: Any) -> str:
    name = f"bounded_{time.monotonic_ns()}"
    postgresql_server.psql(f"CREATE SCHEMA {name};")
    address = str(postgresql_server.get_uri())
    return f"{address}{'&' if '?' in address else '?'}options=-csearch_path%3D{name}"


def test_stopped_server_costs_its_patience_and_is_used_again_when_it_goes_on(url: str, postgresql_server: Any) -> None:
    store = Store(url, patience_s=1.0)
    assert store.mark() == (0, 0)
    with frozen(postgresql_server.get_pid()):
        for _ in range(2):  # the connection that was open, and a new one
            began = time.monotonic()
            with pytest.raises(StoreError) as raised:
                store.mark()
            assert time.monotonic() - began < 5
            assert raised.value.plain.startswith("The measurement database does not answer.")
    assert store.mark() == (0, 0)
    store.close()


def test_slow_statement_is_cancelled_by_the_server(url: str) -> None:
    store = Store(url, patience_s=0.5)
    began = time.monotonic()
    with pytest.raises(StoreError, match="statement timeout") as raised, store._reading() as connection:  # pyright: ignore[reportPrivateUsage]
        connection.exec_driver_sql("SELECT pg_sleep(30)")
    assert time.monotonic() - began < 5
    assert raised.value.plain.startswith("The measurement database takes too long to answer.")
    store.close()


def test_migration_may_take_longer_than_a_page(url: str) -> None:
    slow = (
        *MIGRATIONS,
        type(MIGRATIONS[0])(version=3, why="slow", sqlite=(), postgresql=("SELECT pg_sleep(1.5)",)),
    )
    store = Store(url, migrations=slow, patience_s=0.5)
    assert store.version() == 3
    with pytest.raises(StoreError, match="statement timeout"), store._reading() as connection:  # pyright: ignore[reportPrivateUsage]
        connection.exec_driver_sql("SELECT pg_sleep(1.5)")  # later statements have the page's patience again
    store.close()
