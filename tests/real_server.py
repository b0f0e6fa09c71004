"""The real server in a process of its own, and a browser's end of its websocket, for tests of what a stranger may do."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

ROOT = Path(__file__).parent.parent
START_S = 60
_ENDS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


def server_command(port: int) -> list[str]:
    """What `make run` starts."""
    return [
        *(sys.executable, "-m", "streamlit", "run", "server.py"),
        *("--server.port", str(port), "--server.headless", "true"),
    ]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running_server(folder: Path, *, root: Path = ROOT, port: int = 0, **variables: str) -> Iterator[str]:
    """http://127.0.0.1:PORT of a server whose home, temporary files and store are in this folder; 0 takes a free port."""
    port = port or free_port()
    log = folder / "log.txt"
    environment = {
        **os.environ,
        **{"HOME": str(folder), "TMPDIR": str(folder), "MEASUREMENTS_URL": str(folder / "measurements.sqlite")},
        **{"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        **variables,
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            server_command(port),
            cwd=root,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
        )
    try:
        _wait_until_alive(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def _wait_until_alive(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server stopped:\n{log.read_text()}"
        try:
            with urllib.request.urlopen(f"{url}/api/live", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"no server within {START_S} s:\n{log.read_text()}")


def status_of(
    url: str, *, method: str = "GET", content: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """Status and body of one request."""
    asked = urllib.request.Request(url, data=content, method=method, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@dataclass
class Browser:
    """One browser on one page: sends widgets' values, keeps every message of the last run."""

    socket: Any
    page: str = ""
    query: str = ""
    messages: list[ForwardMsg] = field(default_factory=list[ForwardMsg])

    def run(self, *states: WidgetState) -> list[ForwardMsg]:
        """The messages of one run of the page with these widgets' values."""
        asked = BackMsg()
        asked.rerun_script.query_string = self.query
        asked.rerun_script.page_name = self.page
        asked.rerun_script.widget_states.widgets.extend(states)
        self.send(asked)
        self.messages = []
        while True:
            message = ForwardMsg()
            message.ParseFromString(self.socket.recv(timeout=60))
            self.messages.append(message)
            if message.WhichOneof("type") == "script_finished" and message.script_finished in _ENDS:
                return self.messages

    def send(self, message: BackMsg) -> None:
        """Send a message as it is."""
        self.socket.send(message.SerializeToString())

    def texts(self) -> str:
        """All Markdown of the last run."""
        elements = (one.delta.new_element for one in self.messages if one.WhichOneof("type") == "delta")
        return "\n".join(
            element.markdown.body or element.alert.body
            for element in elements
            if element.WhichOneof("type") in ("markdown", "alert")
        )


@contextmanager
def browser(url: str, *, page: str = "", headers: Mapping[str, str] | None = None) -> Iterator[Browser]:
    """A browser that has opened this page."""
    with connect(
        f"{url.replace('http', 'ws', 1)}/_stcore/stream",
        origin=url,  # pyright: ignore[reportArgumentType] - a NewType of str
        subprotocols=["streamlit", "PLACEHOLDER_AUTH_TOKEN"],  # pyright: ignore[reportArgumentType]
        additional_headers=dict(headers or {}),
        max_size=None,
    ) as opened:
        found = Browser(opened, page)
        found.run()
        yield found
