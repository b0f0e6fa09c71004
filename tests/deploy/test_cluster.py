"""Two replicas behind nginx: visitors stay where they are, sessions pass, a killed replica's visitors move."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from bench.visitors import MOST_S, Visitor, run_page
from deploy import cluster as deploy_cluster
from deploy.cluster import ROOT, Cluster, ClusterError, free_port, missing
from measurements.records.store import Store
from tests.measurements.examples import a_measurement

pytestmark = pytest.mark.alone
needs_the_programs = pytest.mark.skipif(
    bool(missing()) and not os.environ.get("REQUIRE_CLUSTER"), reason=missing() or "installed"
)


def replicas_of(visitor: Visitor, cluster: Cluster) -> set[str]:
    """Where a visitor's requests went, as nginx saw them."""
    return {one.replicas for one in cluster.log() if one.visitor == visitor.cookies["replica"]}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


@needs_the_programs
def test_visitors_are_spread_and_stay_where_they_are(cluster: Cluster) -> None:
    visitors = [Visitor(cluster.url) for _ in range(30)]
    for _ in range(3):
        assert {visitor.get("/_stcore/health") for visitor in visitors} == {200}
    places = [replicas_of(visitor, cluster) for visitor in visitors]
    assert all(len(place) == 1 for place in places)
    counts = Counter(next(iter(place)) for place in places)
    assert len(counts) == 2
    assert min(counts.values()) >= 5


@needs_the_programs
def test_session_passes_and_lasts(cluster: Cluster) -> None:
    with Visitor(cluster.url).session() as session:
        assert any(one.WhichOneof("type") == "delta" for one in run_page(session))
        assert run_page(session, "wage_usd_per_h=95")


@needs_the_programs
def test_file_beyond_the_limit_ends_at_the_proxy(cluster: Cluster) -> None:
    visitor = Visitor(cluster.url)
    request = urllib.request.Request(f"{cluster.url}/_stcore/upload_file/any/any", data=b"x" * 7_000_000, method="PUT")
    try:
        assert visitor.ask(request) == 413
    except urllib.error.URLError as error:  # nginx may close before it has read all
        assert isinstance(error.reason, BrokenPipeError | ConnectionResetError)
    small = urllib.request.Request(f"{cluster.url}/_stcore/upload_file/any/any", data=b"x" * 1_000, method="PUT")
    assert visitor.ask(small) not in (413, 502, 503)
    until = time.monotonic() + 10  # the proxy writes a line once the request has ended
    while "413" not in {one.status for one in cluster.log() if one.method == "PUT"}:
        assert time.monotonic() < until, cluster.log()
        time.sleep(0.05)


@needs_the_programs
def test_metrics_are_not_for_visitors(cluster: Cluster) -> None:
    assert Visitor(cluster.url).get("/api/metrics") == 404


@needs_the_programs
def test_scripts_are_compressed_once(cluster: Cluster) -> None:
    with urllib.request.urlopen(cluster.url, timeout=MOST_S) as answer:
        script = next(part for part in answer.read().decode().split('"') if part.endswith(".js"))
    request = urllib.request.Request(f"{cluster.url}/{script.lstrip('./')}", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=MOST_S) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.read()[:2] == b"\x1f\x8b"


@needs_the_programs
def test_replicas_share_the_measurements(cluster: Cluster) -> None:
    store = Store(cluster.database_url)
    assert store.append(a_measurement("shared")) == "added"
    assert [item.record.run for item in store.records()] == ["shared"]
    store.close()


@needs_the_programs
def test_killed_replica_loses_its_sessions_to_the_other_within_a_second(cluster: Cluster) -> None:
    visitors = [Visitor(cluster.url) for _ in range(12)]
    opened = contextlib.ExitStack()
    sessions = [opened.enter_context(visitor.session()) for visitor in visitors]
    for session in sessions:
        run_page(session)
    victim, port = cluster.replicas[0], cluster.replica_ports[0]
    there = [replicas_of(visitor, cluster) == {f"127.0.0.1:{port}"} for visitor in visitors]
    assert any(there)
    assert not all(there)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    killed_at = time.monotonic()
    for visitor, was_there in zip(visitors, there, strict=True):
        if was_there:
            assert visitor.get("/_stcore/health") == 200
    assert time.monotonic() - killed_at < 1.0
    for visitor, session, was_there in zip(visitors, sessions, there, strict=True):
        if not was_there:  # goes on as if nothing had been
            run_page(session, "wage_usd_per_h=95")
            continue
        with pytest.raises((ConnectionClosed, OSError)):
            run_page(session)
        with visitor.session() as again:
            assert run_page(again, "wage_usd_per_h=95")
    opened.close()


@needs_the_programs
def test_command_ends_all_that_it_started() -> None:
    folder = Path(tempfile.mkdtemp())  # not pytest's own, which PostgreSQL's user may not enter
    folder.chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    running = subprocess.Popen(
        [sys.executable, "-m", "deploy.cluster"], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )
    assert running.stdout is not None
    said = running.stdout.readline()
    assert said.startswith("http://127.0.0.1:")
    assert "Ctrl-C ends all" in said
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text("utf-8").split()
    assert len(children) == 4
    running.send_signal(signal.SIGINT)
    assert "All ended." in running.communicate(timeout=60)[0]
    assert running.returncode == 0
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    assert not list(folder.iterdir())
    folder.rmdir()


def test_missing_programs_are_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy_cluster, "_nginx", lambda: None)
    monkeypatch.setattr(deploy_cluster, "_postgresql", lambda: Path("/usr/bin"))
    assert missing().startswith("nginx is not installed. Debian and Ubuntu: apt install nginx-light")
    with pytest.raises(ClusterError, match="nginx is not installed"), Cluster():
        pass
    assert deploy_cluster.main([]) == 2


def test_free_port_is_free() -> None:
    assert free_port() > 1024
