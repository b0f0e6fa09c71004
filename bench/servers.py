"""Servers of the benches: one of their own or two replicas, and what a process takes."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

sys.path.insert(0, str(Path(__file__).parent.parent))

from deploy.cluster import Cluster
from tests.real_server import ROOT, free_port, server_command, status_of

_LIMITS = {"TCO_SESSIONS": "2000", "TCO_RATES": "10"}
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def processor_s(pid: int) -> float:
    """Processor seconds of the process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def memory_mb(pid: int) -> float:
    """Memory that the process holds in RAM."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1000


@contextmanager
def server(
    *words: str, port: int = 0, limits: Mapping[str, str] = MappingProxyType(_LIMITS)
) -> Generator[tuple[str, int]]:
    """A server with the limits that it ships with, but for people of this one address: its address and process."""
    port = port or free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            **{"HOME": folder, "MEASUREMENTS_URL": f"{folder}/m.sqlite", **limits},
        }
        command = [*server_command(port), *words]
        with (Path(folder) / "log.txt").open("w") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        try:
            _wait_for(f"http://127.0.0.1:{port}/api/live")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            with suppress(ProcessLookupError):  # a bench may have killed it
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=20)


@contextmanager
def replicas() -> Generator[tuple[str, Sequence[int]]]:
    """Two replicas behind nginx, with the same limits: their one address and their processes."""
    os.environ |= _LIMITS
    with Cluster() as cluster:
        yield cluster.url, [one.pid for one in cluster.replicas]


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            if status_of(url)[0] == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The server did not start within a minute.")
