"""Migrations of the store: kept records, backups, failures, concurrent first openers."""

import concurrent.futures
import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from measurements.importers.facts import Facts
from measurements.importers.reading import import_content, read_upload
from measurements.records.migrations import MIGRATIONS, Migration
from measurements.records.record import Measurement
from measurements.records.store import Store, _row_of  # pyright: ignore[reportPrivateUsage]
from measurements.records.store_connection import StoreError
from measurements.records.tables import MEASUREMENTS
from tests.measurements.examples import a_measurement
from tests.measurements.importers.examples import KNOWN

FIXTURES = Path(__file__).parents[2] / "fixtures"

NEWEST = MIGRATIONS[-1].version
ADD_A_COLUMN = Migration(
    version=NEWEST + 1,
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
    assert (new.version(), new.count(), new.append(a_measurement("3"))) == (NEWEST + 1, 2, "added")
    if new.url.get_backend_name() == "sqlite":
        backups = list(Path(store_url).parent.glob("*.backup"))
        assert len(backups) == 1
        assert Store(str(backups[0])).count() == 2
    else:
        with new._reading() as connection:  # pyright: ignore[reportPrivateUsage]
            assert connection.exec_driver_sql(f"SELECT COUNT(*) FROM measurements_backup_v{NEWEST}").scalar() == 2
    new.close()


def test_migration_that_fails_leaves_the_old_version(store_url: str) -> None:
    Store(store_url).append(a_measurement())
    broken = Migration(
        version=NEWEST + 1,
        why="x",
        sqlite=(*ADD_A_COLUMN.sqlite, "NONSENSE"),
        postgresql=(*ADD_A_COLUMN.postgresql, "NONSENSE"),
    )
    with pytest.raises(StoreError, match="NONSENSE"):
        Store(store_url, migrations=(*MIGRATIONS, broken))
    store = Store(store_url)
    assert (store.version(), store.count(), store.append(a_measurement("2"))) == (NEWEST, 1, "added")
    store.close()


OLD_WORDS = "Decode from an empty cache; mlx-lm decodes after its prompt, so the two are not at the same context."
NEW_WORDS = "Decode started with an empty cache. mlx-lm decodes after its prompt, so their contexts differ."


def _worded(run: str, text: str) -> Measurement:
    return a_measurement(run, remarks=[{"code": "depth-0", "text": text}])


def test_store_of_version_1_knows_its_measurements_by_what_was_measured(store_url: str) -> None:
    old = Store(store_url, migrations=MIGRATIONS[:1])
    kept, gone, twice = (_worded(run, OLD_WORDS) for run in ("kept", "gone", "twice"))
    with old._writing() as connection:  # pyright: ignore[reportPrivateUsage]
        for record in (kept, gone, twice, _worded("twice", NEW_WORDS)):  # stored again by a version with other words
            connection.execute(MEASUREMENTS.insert().values(**_row_of(record)))
    old.delete(gone.id(), because="a fan was broken")
    old.close()
    new = Store(store_url)
    assert new.version() == NEWEST
    assert [item.id for item in new.records(include_deleted=True)][:3] == [kept.id(), gone.id(), twice.id()]
    runs = ("kept", "gone", "twice", "another")
    again = [_worded(run, NEW_WORDS) for run in runs]
    assert new.append_all(again) == ["known", "deleted", "known", "added"]
    assert new.get(gone.id()).deleted_because == "a fan was broken"
    new.close()


def test_file_of_version_1_is_read_and_its_measurements_are_known(tmp_path: Path) -> None:
    file = tmp_path / "measurements.sqlite"
    shutil.copy(FIXTURES / "version_1" / "measurements.sqlite", file)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM measurements ORDER BY row_number")]
    opened = Store(str(file))
    stored = opened.records(include_deleted=True)
    assert [item.id for item in stored] == [item.record.id() for item in stored] == ids
    again = FIXTURES / "importers" / "llama_bench_2026-08.json"  # the file that version 1 imported, one remark reworded
    facts = Facts(chip="nvidia-rtx-4090", chip_count=2, file_name=again.name)
    imported = import_content(read_upload(again), facts=facts, known=KNOWN).records
    assert [record.id() for record in imported] != ids
    assert opened.append_all(imported) == ["known"] * len(ids)
    opened.close()
