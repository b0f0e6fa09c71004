"""Memory: what is free is shared by all threads, and goes back to the system when nobody needs it."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from serving.free_memory import give_memory_back, share_free_memory

GLIBC = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc is not this system's C library")


@GLIBC
def test_freed_pages_go_back_to_the_system() -> None:
    def resident_mb() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    kept = [bytes(50_000) for _ in range(2_000)]  # 100 MB in pieces that glibc keeps
    high, kept = resident_mb(), kept[-1:]
    give_memory_back()
    assert resident_mb() < high - 80


MAPS = r"""
import re, sys, threading
sys.path.insert(0, "")
from serving.free_memory import share_free_memory
assert sys.argv[1] == "apart" or share_free_memory()
held = []
wait = threading.Barrier(9)
def take():
    held.append([bytes(1_000) for _ in range(2_000)])
    wait.wait()
threads = [threading.Thread(target=take) for _ in range(8)]
[one.start() for one in threads]
wait.wait()
pairs = r"^([0-9a-f]+)-([0-9a-f]+) rw-p 00000000 00:00 0 *\n\2-([0-9a-f]+) ---p"
heaps = re.findall(pairs, open("/proc/self/maps").read(), re.M)
size = 64 << 20
print(sum(int(start, 16) % size == 0 and int(end, 16) - int(start, 16) == size for start, _, end in heaps))
"""
"""How many of glibc's arenas eight threads have taken memory from: each has 64 MB, begins at a multiple of that, and keeps
what it does not use yet from being touched. Other memory may begin at such a place by chance."""


def arenas(how: str) -> int:
    without = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    done = subprocess.run([sys.executable, "-c", MAPS, how], capture_output=True, text=True, check=True, env=without)
    return int(done.stdout)


def test_where_there_is_no_glibc_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(name: None) -> None:
        raise TypeError(name)

    for library in (no_library, lambda name: object()):  # pyright: ignore[reportUnknownLambdaType]
        monkeypatch.setattr("ctypes.CDLL", library)
        give_memory_back()
        assert not share_free_memory()


@GLIBC
def test_threads_share_what_is_free() -> None:
    assert arenas("apart") >= 4
    assert arenas("together") == 0
