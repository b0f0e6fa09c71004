"""Every page under test has a store of its own, so that what a developer measured changes no test."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from measurements.probe.jobs import JOBS
from tests.views.pages import HeldProbe, page


@pytest.fixture(autouse=True, scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The SQLite file that MEASUREMENTS_URL names; it does not exist."""
    file = tmp_path_factory.mktemp("store") / "measurements.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEASUREMENTS_URL", str(file))
        yield file


@pytest.fixture(autouse=True, scope="module")
def own_main_module() -> Iterator[None]:
    """Streamlit's AppTest puts the page in the place of __main__, which processes spawned by later tests would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that this test's pages use; it does not exist yet."""
    monkeypatch.setenv("MEASUREMENTS_URL", str(tmp_path / "m.sqlite"))
    return tmp_path / "m.sqlite"


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldProbe]:
    """A held probe in place of a real run."""
    held = HeldProbe()
    monkeypatch.setattr(JOBS, "_run", held)
    monkeypatch.setattr(JOBS, "_jobs", [])
    monkeypatch.setattr("measurements.probe.jobs.probe_is_running", lambda lock="": False)
    monkeypatch.setattr("measurements.desk.probe_is_running", lambda: False)
    monkeypatch.setattr("measurements.desk.why_no_probe", lambda: "")
    yield held
    held.let_go.set()


@pytest.fixture(scope="module")
def default_page() -> AppTest:
    """The app opened without an address, for tests that change nothing on it."""
    return page()
