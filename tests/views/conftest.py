"""Every page under test has a store of its own, so that what a developer measured changes no test."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


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
