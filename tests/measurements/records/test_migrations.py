"""Migrations of the store: kept records, backups, failures, concurrent first openers."""

import concurrent.futures
from pathlib import Path

import pytest

from measurements.records.migrations import MIGRATIONS, Migration
from measurements.records.store import Store
from measurements.records.store_connection import StoreError
from tests.measurements.examples import a_measurement

ADD_A_COLUMN = Migration(
    version=2,
    why="a test",
    sqlite=("ALTER TABLE measurements ADD COLUMN extra TEXT",),
    postgresql=("ALTER TABLE measurements ADD COLUMN extra TEXT",),
)


def test_eight_first_openers_make_one_schema(store_url: str) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(Store, [store_url] * 8))
    assert [opened.version() for opened in stores] == [MIGRATIONS[-1].version] * 8
    for opened in stores:
        opened.close()


def test_migration_keeps_the_records_and_a_backup(store_url: str) -> None:
    old = Store(store_url)
    old.append_all([a_measurement("1"), a_measurement("2")])
    old.close()
    new = Store(store_url, migrations=(*MIGRATIONS, ADD_A_COLUMN))
    assert (new.version(), new.count(), new.append(a_measurement("3"))) == (2, 2, "added")
    if new.url.get_backend_name() == "sqlite":
        backups = list(Path(store_url).parent.glob("*.backup"))
        assert len(backups) == 1
        assert Store(str(backups[0])).count() == 2
    else:
        with new._reading() as connection:  # pyright: ignore[reportPrivateUsage]
            assert connection.exec_driver_sql("SELECT COUNT(*) FROM measurements_backup_v1").scalar() == 2
    new.close()


def test_migration_that_fails_leaves_the_old_version(store_url: str) -> None:
    Store(store_url).append(a_measurement())
    broken = Migration(
        version=2, why="x", sqlite=(*ADD_A_COLUMN.sqlite, "NONSENSE"), postgresql=(*ADD_A_COLUMN.postgresql, "NONSENSE")
    )
    with pytest.raises(StoreError, match="NONSENSE"):
        Store(store_url, migrations=(*MIGRATIONS, broken))
    store = Store(store_url)
    assert (store.version(), store.count(), store.append(a_measurement("2"))) == (1, 1, "added")
    store.close()
