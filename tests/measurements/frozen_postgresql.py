"""A PostgreSQL that is stopped and goes on: its processes get SIGSTOP and SIGCONT, as a frozen machine would."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def frozen(server_pid: int) -> Iterator[None]:
    """The server with this process id answers nobody within the block; its kernel still acknowledges every byte."""
    children = subprocess.run(["pgrep", "-P", str(server_pid)], capture_output=True, text=True, check=True).stdout
    processes = [server_pid, *map(int, children.split())]
    for process in processes:
        _signal(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            _signal(process, signal.SIGCONT)


def _signal(process: int, number: signal.Signals) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return  # it has ended since it was listed
