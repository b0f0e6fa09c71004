"""Tables of the store: what the code lists is what the database has, and rows go in and out as they are."""

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from measurements.records.store import Store
from measurements.records.store_connection import store_engine
from measurements.records.tables import CONTENTS, MEASUREMENTS, ROWS_AT_A_TIME, add_rows, all_rows
from tests.measurements.examples import a_measurement


@pytest.mark.parametrize("table", [MEASUREMENTS, CONTENTS])
def test_columns_are_those_of_the_database(store: Store, table) -> None:  # type: ignore[no-untyped-def]
    there = {column["name"] for column in inspect(store_engine(store.url)).get_columns(table.name)}
    assert {column.name for column in table.c} == there


def test_more_rows_than_one_batch_keep_their_order(store: Store) -> None:
    records = [a_measurement(str(number)) for number in range(ROWS_AT_A_TIME + 7)]
    store.append_all(records)
    with store.snapshot() as (_, found):
        rows = list(found)
    assert [row["id"] for row in rows] == [record.id() for record in records]
    assert all(row["content_key"] for row in rows)


def test_row_that_is_there_already_is_an_error_and_not_passed_over(store: Store) -> None:
    store.append(a_measurement("1"))
    with store_engine(store.url).connect() as connection:
        rows = list(all_rows(connection))
        with pytest.raises(IntegrityError):
            add_rows(connection, rows)
        connection.rollback()
