"""The store's password: in no log, no answer and no session, while the database is out of reach."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.visitors import MOST_S, Visitor, run_page
from deploy.cluster import ROOT, free_port

SECRET, HOST, USER = "hunter2-correct-horse", "127.0.0.3", "tcouser"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address and the log of a team's server whose database does not answer."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "address").write_text(f"postgresql://{USER}:{SECRET}@{HOST}:1/tco\n", "utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "MEASUREMENTS_URL"}
    environment |= {"TCO_MODE": "team", "MEASUREMENTS_URL_FILE": str(folder / "address"), "PYTHONPATH": str(ROOT)}
    port = free_port()
    words = [sys.executable, "-m", "streamlit", "run", str(ROOT / "server.py"), "--server.port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*words, "--server.headless", "true"], cwd=folder, env=environment, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while Visitor(url).reach("/_stcore/health") != 200:
            assert process.poll() is None, (folder / "log").read_text("utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield url, folder / "log"
    finally:
        process.terminate()
        process.wait(15)


def test_password_is_in_no_answer_and_no_log(server: tuple[str, Path]) -> None:
    url, log = server
    seen = b""
    live = ("/api/decide.json", "/api/shade.json")
    for path in ("/", "/api/ready", "/api/live", "/api/metrics", *live, "/api/compare.json", "/nowhere"):
        try:
            with urllib.request.urlopen(url + path, timeout=MOST_S) as answer:
                seen += answer.read()
        except urllib.error.HTTPError as error:
            seen += error.read()
    with Visitor(url).session() as session:
        for page in ("", "measurements"):
            seen += b"".join(one.SerializeToString() for one in run_page(session, page=page))
    assert seen.count(b"does not answer") >= 2  # the banner was there to look at, on both pages
    assert b"What is stored" in seen
    text = log.read_text("utf-8", "replace")
    for secret in (SECRET, HOST, USER):
        assert secret.encode() not in seen
    assert SECRET not in text


def test_process_list_and_children_do_not_know_the_address(server: tuple[str, Path]) -> None:
    url, _ = server
    assert Visitor(url).reach("/_stcore/health") == 200
    if not Path("/proc").exists():
        pytest.skip("needs /proc")
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert SECRET.encode() not in file.read_bytes()
        except OSError:
            continue
