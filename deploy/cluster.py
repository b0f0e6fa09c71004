"""`make cluster`: two replicas of the page, PostgreSQL and nginx on the loopback address, as in compose.yaml.

Everything lives in one temporary folder, takes free ports and ends with Ctrl-C. Debian and Ubuntu have what it needs:
`apt install nginx-light postgresql`.
"""

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parent.parent
START_S = 90.0
STOP_S = 10.0
REPLICA_COUNT = 2
_NGINX = """
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 4096; }}
http {{
    types {{ text/html html; }}
    log_format who '$visitor\t$upstream_addr\t$status\t$request_method\t$uri';
    access_log {folder}/access.log who;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {page};
}}
"""


class ClusterError(Exception):
    """The cluster cannot be started; the text says what is missing and what to do."""


def missing() -> str:
    """Which programs this machine lacks, in a sentence; "" if it has all."""
    lacks = [name for name, path in (("nginx", _nginx()), ("PostgreSQL", _postgresql())) if path is None]
    verb = "is" if len(lacks) == 1 else "are"
    advice = "Debian and Ubuntu: apt install nginx-light postgresql; macOS: brew install nginx postgresql."
    return f"{' and '.join(lacks)} {verb} not installed. {advice}" if lacks else ""


def _nginx() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


def _postgresql() -> Path | None:
    """The folder of PostgreSQL's programs."""
    found = [Path(path).parent for path in [shutil.which("initdb")] if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder.resolve() for folder in found if (folder / "initdb").exists()), None)


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Passed:
    """A request that nginx passed on: whose it was, to which replicas it went in turn, and how it ended."""

    visitor: str
    replicas: str
    status: str
    method: str
    path: str


@dataclass
class Cluster:
    """Two replicas, a database and a proxy. A context manager: running inside, ended and removed afterwards."""

    port: int = field(default_factory=free_port)
    python: str = sys.executable
    replicas: list["subprocess.Popen[bytes]"] = field(default_factory=list["subprocess.Popen[bytes]"])
    replica_ports: list[int] = field(default_factory=list[int])
    database_url: str = ""
    folder: Path = field(default_factory=Path)
    _ending: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def url(self) -> str:
        """The one address of the page."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Cluster":
        if said := missing():
            raise ClusterError(said)
        is_up = False
        try:
            self.folder = Path(self._ending.enter_context(tempfile.TemporaryDirectory(prefix="tco-cluster-")))
            self.folder.chmod(0o755)  # PostgreSQL and nginx's workers run as other users where root starts them
            self._start_database()
            self._start_replicas()
            self._start_proxy()
            is_up = True
        finally:
            if not is_up:
                self._ending.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.close()

    def log(self) -> list["Passed"]:
        """Each request that has ended at nginx."""
        lines = (self.folder / "access.log").read_text("utf-8").splitlines()
        return [Passed(*line.split("\t")) for line in lines]

    def _start_database(self) -> None:
        programs, port, data = _postgresql(), free_port(), self.folder / "database"
        assert programs is not None
        data.mkdir(mode=0o700)
        other = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        if other:
            shutil.chown(data, other)
        made = subprocess.run(
            [programs / "initdb", "--pgdata", data, "--username", "tco", "--auth", "trust", "--no-sync"],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=other,
        )
        if made.returncode:
            raise ClusterError(f"PostgreSQL cannot make its folder: {made.stderr.strip()[:300]}")
        settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "on"}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._run([programs / "postgres", "-D", data, *words], "database", ends_with=signal.SIGINT, user=other)
        self.database_url = f"postgresql://tco@127.0.0.1:{port}/postgres"
        self._wait(lambda: _listens(port), "database")

    def _start_replicas(self) -> None:
        environment = {
            **os.environ,
            "MEASUREMENTS_URL": self.database_url,
            "TCO_MODE": "team",
            "TCO_PROXIES": "127.0.0.1",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        }
        for number in range(REPLICA_COUNT):
            self.replica_ports.append(port := free_port())
            words = [self.python, "-m", "streamlit", "run", ROOT / "server.py", "--server.port", str(port)]
            self.replicas.append(self._run([*words, "--server.headless", "true"], f"replica-{number}", env=environment))
        for number, port in enumerate(self.replica_ports):
            self._wait(lambda port=port: _answers(f"http://127.0.0.1:{port}/_stcore/health"), f"replica-{number}")

    def _start_proxy(self) -> None:
        (self.folder / "page").mkdir()
        servers = [f"server 127.0.0.1:{port} max_fails=1 fail_timeout=2s;\n" for port in self.replica_ports]
        (self.folder / "page/replicas.conf").write_text("".join(servers), "utf-8")
        (self.folder / "page/listen.conf").write_text(f"listen 127.0.0.1:{self.port};\nserver_name _;\n", "utf-8")
        text = _NGINX.format(folder=self.folder, page=ROOT / "deploy/nginx/page.conf")
        (self.folder / "nginx.conf").write_text(text, "utf-8")
        nginx = str(_nginx())
        words = [nginx, "-p", self.folder, "-c", self.folder / "nginx.conf", "-g", "daemon off;"]
        self._run(words, "proxy", ends_with=signal.SIGQUIT)
        self._wait(lambda: _answers(f"{self.url}/_stcore/health"), "proxy")

    def _run(
        self,
        words: Sequence[str | Path],
        name: str,
        *,
        ends_with: signal.Signals = signal.SIGTERM,
        env: dict[str, str] | None = None,
        user: str | None = None,
    ) -> "subprocess.Popen[bytes]":
        log = self._ending.enter_context((self.folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(
            [str(word) for word in words],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=self.folder,
            env=env,
            user=user,
            start_new_session=True,  # Ctrl-C is for this program, which ends the others in order
        )
        self._ending.callback(_end, process, ends_with)
        return process

    def _wait(self, is_there: Callable[[], bool], name: str) -> None:
        deadline = time.monotonic() + START_S
        while not is_there():
            if time.monotonic() > deadline:
                tail = (self.folder / f"{name}.log").read_text("utf-8", "replace")[-500:]
                raise ClusterError(f"The {name} did not start within {START_S:.0f} s. Its last words:\n{tail}")
            time.sleep(0.1)


def _end(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    """End a process as it likes to be ended, else at once."""
    if process.poll() is not None:
        return
    process.send_signal(number)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def main(arguments: Sequence[str]) -> int:
    """Run the cluster until Ctrl-C or SIGTERM; exit code 2 if it cannot be started."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--port", type=int, default=0, help="the port of the page (default: a free one)")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Cluster(port=options.port or free_port()) as cluster:
            print(f"{cluster.url}  two replicas, PostgreSQL and nginx; logs in {cluster.folder}. Ctrl-C ends all.")
            sys.stdout.flush()
            while all(process.poll() is None for process in cluster.replicas):
                time.sleep(0.5)
            print("A replica has ended; its visitors are on the other one. Ctrl-C ends the rest.", flush=True)
            signal.pause()
    except ClusterError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("All ended.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
