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
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from deploy import cluster as deploy_cluster
from deploy.cluster import ROOT, Cluster, ClusterError, free_port, missing
from measurements.records.store import Store
from tests.measurements.examples import a_measurement

needs_the_programs = pytest.mark.skipif(
    bool(missing()) and not os.environ.get("REQUIRE_CLUSTER"), reason=missing() or "installed"
)
MOST_S = 20.0


class Visitor:
    """A browser's cookies and, where asked for, its session."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.cookies: dict[str, str] = {}

    def get(self, path: str = "/") -> int:
        """The status of a GET; cookies are kept as a browser keeps them."""
        return self.ask(urllib.request.Request(self.cluster.url + path))

    def ask(self, request: urllib.request.Request) -> int:
        request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        try:
            with urllib.request.urlopen(request, timeout=MOST_S) as answer:
                answer.read()
                headers, status = answer.headers, answer.status
        except urllib.error.HTTPError as error:
            headers, status = error.headers, error.code
        for line in headers.get_all("set-cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return status

    def session(self) -> ClientConnection:
        """The page's websocket, as Streamlit's own front end opens it."""
        self.get("/_stcore/health")
        return connect(
            self.cluster.url.replace("http", "ws") + "/_stcore/stream",
            subprotocols=["streamlit", self.cookies["_streamlit_xsrf"]],  # type: ignore[list-item]
            additional_headers={"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())},
            origin=self.cluster.url,  # type: ignore[arg-type]
            max_size=None,
        )

    def replicas(self) -> set[str]:
        """Where this visitor's requests went, as nginx saw them."""
        return {one.replicas for one in self.cluster.log() if one.visitor == self.cookies["replica"]}


def run_page(session: ClientConnection, query: str = "") -> list[ForwardMsg]:
    """Run the page's script once and return all that it sent; fails if it does not end."""
    message = BackMsg()
    message.rerun_script.query_string = query
    session.send(message.SerializeToString())
    found: list[ForwardMsg] = []
    deadline = time.monotonic() + MOST_S
    while time.monotonic() < deadline:
        sent = ForwardMsg()
        sent.ParseFromString(session.recv(timeout=MOST_S))  # type: ignore[arg-type]
        found.append(sent)
        if sent.WhichOneof("type") == "script_finished" and sent.script_finished == 0:
            return found
    raise AssertionError("the script did not end")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


@needs_the_programs
def test_visitors_are_spread_and_stay_where_they_are(cluster: Cluster) -> None:
    visitors = [Visitor(cluster) for _ in range(30)]
    for _ in range(3):
        assert {visitor.get("/_stcore/health") for visitor in visitors} == {200}
    places = [visitor.replicas() for visitor in visitors]
    assert all(len(place) == 1 for place in places)
    counts = Counter(next(iter(place)) for place in places)
    assert len(counts) == 2
    assert min(counts.values()) >= 5


@needs_the_programs
def test_session_passes_and_lasts(cluster: Cluster) -> None:
    with Visitor(cluster).session() as session:
        assert any(one.WhichOneof("type") == "delta" for one in run_page(session))
        assert run_page(session, "wage_usd_per_h=95")


@needs_the_programs
def test_file_beyond_the_limit_ends_at_the_proxy(cluster: Cluster) -> None:
    visitor = Visitor(cluster)
    request = urllib.request.Request(f"{cluster.url}/_stcore/upload_file/any/any", data=b"x" * 7_000_000, method="PUT")
    try:
        assert visitor.ask(request) == 413
    except urllib.error.URLError as error:  # nginx may close before it has read all
        assert isinstance(error.reason, BrokenPipeError | ConnectionResetError)
    small = urllib.request.Request(f"{cluster.url}/_stcore/upload_file/any/any", data=b"x" * 1_000, method="PUT")
    assert visitor.ask(small) not in (413, 502, 503)
    assert "413" in {one.status for one in cluster.log() if one.method == "PUT"}


@needs_the_programs
def test_metrics_are_not_for_visitors(cluster: Cluster) -> None:
    assert Visitor(cluster).get("/api/metrics") == 404


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
    visitors = [Visitor(cluster) for _ in range(12)]
    opened = contextlib.ExitStack()
    sessions = [opened.enter_context(visitor.session()) for visitor in visitors]
    for session in sessions:
        run_page(session)
    victim, port = cluster.replicas[0], cluster.replica_ports[0]
    there = [visitor.replicas() == {f"127.0.0.1:{port}"} for visitor in visitors]
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
