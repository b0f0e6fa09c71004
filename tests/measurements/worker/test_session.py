"""Session of a worker: events as lines, progress, the request to stop, the time limit, the exit code."""

import json
import subprocess
import sys
from typing import Any

import pytest

from measurements.worker import session as module
from measurements.worker.session import EXIT_OF, EndedError, Session


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that time.monotonic() shows; change the first entry to move the clock."""
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_event_is_one_line_of_json_with_its_time(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    session = Session({"time_limit_s": 10})
    clock[0] += 1.5
    session.emit("sample", phase="decode", wall_s=0.25)
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {"event": "sample", "at_s": 1.5, "phase": "decode", "wall_s": 0.25}


@pytest.mark.parametrize(("done", "left_s"), [(0, 0.0), (3, 9.0), (12, 0.0)])
def test_progress_extrapolates_the_pace_so_far(
    clock: list[float], capsys: pytest.CaptureFixture[str], done: int, left_s: float
) -> None:
    session = Session({"time_limit_s": 10})
    clock[0] += 3.0  # 3 of 12 in 3 s: the other 9 take 9 s
    session.progress("measuring", done, 12, since=100.0)
    event = json.loads(capsys.readouterr().out)
    assert (event["what"], event["done"], event["total"], event["left_s"]) == ("measuring", done, 12, left_s)


def test_check_raises_only_after_the_request_to_stop() -> None:
    session = Session({"time_limit_s": 10})
    session.check()
    session.stop()
    with pytest.raises(EndedError, match="cancelled") as raised:
        session.check()
    assert raised.value.kind == "cancelled"


def test_time_limit_counts_from_the_start_or_from_the_end_of_a_download(clock: list[float]) -> None:
    session = Session({"time_limit_s": 10})
    clock[0] += 4.0
    assert session.left_s() == 6.0
    session.restart_time_limit()
    assert session.left_s() == 10.0
    clock[0] += 11.0
    assert session.left_s() == -1.0


def test_kernels_that_are_compiled_first_cost_no_time_of_the_limit(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    session = Session({"time_limit_s": 10})
    for compiles_first, left_s in ((False, 4.0), (True, 4.0)):
        session.compiles_first = compiles_first
        with session.compiling(when=True):
            clock[0] += 6.0
        assert session.left_s() == left_s
    events = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert events == ["compiling", "compiled"]
    with session.compiling(when=False):
        clock[0] += 1.0
    assert session.left_s() == 3.0
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("spec", "limit_bytes"), [({}, 0), ({"memory_limit_bytes": None}, 0), ({"memory_limit_bytes": 7}, 7)]
)
def test_memory_limit_is_the_specs_or_none(spec: dict[str, Any], limit_bytes: int) -> None:
    assert Session(spec).limit_bytes == limit_bytes


@pytest.mark.parametrize(("kind", "code"), [("refused", 6), ("out-of-memory", 5), ("something else", 1)])
def test_end_says_why_and_exits_with_the_kinds_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str, code: int
) -> None:
    def leave(number: int) -> None:
        raise SystemExit(number)

    monkeypatch.setattr(module.os, "_exit", leave)
    with pytest.raises(SystemExit) as raised:
        Session({}).end(kind, "A sentence.")
    assert raised.value.code == code
    event = json.loads(capsys.readouterr().out)
    assert (event["event"], event["kind"], event["sentence"]) == ("error", kind, "A sentence.")


def test_worker_ends_where_nobody_reads_its_events(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(number: int) -> None:
        raise SystemExit(number)

    class Closed:
        def write(self, line: str) -> int:
            raise BrokenPipeError

        def flush(self) -> None: ...

    monkeypatch.setattr(module.os, "_exit", leave)
    monkeypatch.setattr(module.sys, "stdout", Closed())
    with pytest.raises(SystemExit) as raised:
        Session({}).emit("beat")
    assert raised.value.code == EXIT_OF["parent-gone"]


def test_resident_bytes_grow_with_what_the_process_holds() -> None:
    """In a process of its own: one that ran other tests may hand out memory it already holds."""
    code = (
        "from measurements.worker.session import resident_bytes\n"
        "before = resident_bytes()\n"
        "held = bytearray(b'x') * 200_000_000\n"
        "print(resident_bytes() - before)"
    )
    grown = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert 190_000_000 < grown < 220_000_000
