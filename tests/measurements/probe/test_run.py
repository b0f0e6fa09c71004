"""The worker's parent: every ending gets its right name, and no worker outlives it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from measurements.probe import run as probe_module
from measurements.probe.measure import probe_is_running
from measurements.probe.run import ROOT, Outcome, run_worker
from tests.measurements.tiny import SLOW_SIZES, is_alive, tiny_spec

pytest.importorskip("mlx_lm.models", reason="mlx-lm is not installed")
pytestmark = pytest.mark.alone


_SAY = """
import json, os, signal, sys, time
spec = json.loads(sys.stdin.readline())
def say(event, **more): print(json.dumps({"event": event, **more}), flush=True)
"""


def _stub(script: str) -> tuple[str, ...]:
    """A worker that does what the script says, after it has read its spec."""
    return (sys.executable, "-c", _SAY + script)


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second between asking and insisting."""
    monkeypatch.setattr(probe_module, "GRACE_S", 0.5)


def test_parent_never_imports_mlx() -> None:
    code = (
        "import sys, measurements.cli.store, measurements.cli.probe, measurements.probe.jobs\n"
        "print([n for n in sys.modules if n.split('.')[0] in ('mlx', 'mlx_lm', 'streamlit')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_worker_learns_no_secret_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "MEASUREMENTS_URL", "AWS_SECRET_ACCESS_KEY", "STREAMLIT_SERVER_COOKIE_SECRET"):
        monkeypatch.setenv(name, "secret")
    outcome = run_worker(
        tiny_spec(tmp_path),
        command=_stub("say('environment', names=sorted(os.environ), text=str(dict(os.environ)))\nsay('done')"),
    )
    event = outcome.event("environment")
    assert outcome.status == "ok"
    assert "secret" not in event["text"]
    assert "PATH" in event["names"]


def test_cancelled_probe_stops_within_seconds_and_frees_the_lock(tmp_path: Path) -> None:
    cancel, spec = threading.Event(), tiny_spec(tmp_path, **SLOW_SIZES)
    moment: list[float] = []

    def listen(event: dict[str, Any]) -> None:
        if event["event"] == "built":
            moment.append(time.monotonic())
            cancel.set()

    outcome = run_worker(spec, on_event=listen, cancel=cancel)
    assert outcome.status == "cancelled"
    assert time.monotonic() - moment[0] < 4
    assert not probe_is_running(spec.lock_file)
    assert not is_alive(outcome.event("hello")["process"])


def test_probe_beyond_its_time_box_is_timed_out(tmp_path: Path) -> None:
    outcome = run_worker(
        tiny_spec(tmp_path, time_limit_s=0.5),
        command=_stub(
            "say('hello', limit_bytes=1)\nwhile True: say('progress', what='x', done=0, total=1); time.sleep(0.05)"
        ),
    )
    assert outcome.status == "timed-out"
    assert "time limit of" in outcome.sentence


def test_download_has_no_time_box_but_may_not_stand_still(tmp_path: Path) -> None:
    script = (
        "say('hello', limit_bytes=1)\nsay('fetching')\n"
        "for k in range(15): say('progress', what='downloading weights', done=k, total=15); time.sleep(0.1)\n"
    )
    spec = tiny_spec(tmp_path, time_limit_s=0.5, stall_limit_s=1.5)
    assert run_worker(spec, command=_stub(script + "say('fetched')\nsay('done')")).status == "ok"
    still = "say('hello', limit_bytes=1)\nsay('fetching')\nwhile True: say('beat', held_bytes=1); time.sleep(0.05)"
    assert run_worker(spec, command=_stub(still)).status == "stalled"
    late = "while True: say('progress', what='x', done=0, total=1); time.sleep(0.05)"
    assert run_worker(spec, command=_stub(script + "say('fetched')\n" + late)).status == "timed-out"


def test_kernels_that_are_compiled_have_no_time_box_and_may_stand_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On an H100 the first kernels for packed weights took more than 75 s, without an event between."""
    script = "say('hello', limit_bytes=1)\nfor _ in range(2): say('compiling'); time.sleep(1); say('compiled')\n"
    spec = tiny_spec(tmp_path, time_limit_s=1, stall_limit_s=0.5)
    monkeypatch.setattr("measurements.probe.run.GRACE_S", 0.5)
    assert run_worker(spec, command=_stub(script + "say('done')")).status == "ok"
    late = "while True: say('progress', what='x', done=0, total=1); time.sleep(0.05)"
    assert run_worker(spec, command=_stub(script + late)).status == "timed-out"
    monkeypatch.setattr("measurements.probe.run.LONGEST_COMPILING_S", 0.8)
    assert run_worker(spec, command=_stub(script + "say('done')")).status == "stalled"


def test_real_worker_beyond_its_time_box_leaves_no_orphan_and_a_free_lock(tmp_path: Path) -> None:
    spec = tiny_spec(
        tmp_path, **{**SLOW_SIZES, "generated_tokens": 4_000, "time_limit_s": 6}
    )  # one round takes minutes
    outcome = run_worker(spec)
    assert outcome.status == "timed-out", outcome.sentence
    assert not is_alive(outcome.event("hello")["process"])
    assert not probe_is_running(spec.lock_file)


def test_worker_that_makes_no_progress_is_stalled_though_it_beats(tmp_path: Path) -> None:
    script = "say('hello', limit_bytes=1)\nwhile True: say('beat', held_bytes=1); time.sleep(0.05)"
    outcome = run_worker(tiny_spec(tmp_path, stall_limit_s=0.5), command=_stub(script))
    assert outcome.status == "stalled"


@pytest.mark.parametrize(
    ("held", "number", "status"),
    [
        (800, "SIGKILL", "out-of-memory"),
        (800, "SIGSEGV", "out-of-memory"),
        (100, "SIGSEGV", "killed-by-signal"),
        (800, "SIGTERM", "killed-by-signal"),
    ],
)
def test_signal_is_out_of_memory_only_near_the_limit(tmp_path: Path, held: int, number: str, status: str) -> None:
    script = f"say('hello', limit_bytes=1000)\nsay('beat', held_bytes={held})\nos.kill(os.getpid(), signal.{number})"
    outcome = run_worker(tiny_spec(tmp_path), command=_stub(script))
    assert outcome.status == status
    assert number in outcome.sentence


def test_worker_killed_from_outside_is_named_and_leaves_the_lock_free(tmp_path: Path) -> None:
    spec = tiny_spec(tmp_path, **SLOW_SIZES)
    outcome = run_worker(
        spec,
        on_event=lambda event: os.kill(event_process(event), signal.SIGKILL) if event["event"] == "hello" else None,
    )
    assert outcome.status == "killed-by-signal"
    assert "SIGKILL" in outcome.sentence
    assert not probe_is_running(spec.lock_file)


def event_process(event: dict[str, Any]) -> int:
    """The worker's process number."""
    return int(event["process"])


@pytest.mark.parametrize("wired", [False, True])
@pytest.mark.parametrize("is_late", [False, True], ids=["known", "told-while-stopping"])
def test_worker_that_ignores_everything_is_killed_unless_it_holds_wired_memory(
    tmp_path: Path, wired: bool, is_late: bool
) -> None:
    """Also where it says only after it was asked to stop that it has wired memory."""
    wait = "sys.stdin.readline()\n" if is_late else ""
    deaf = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nsay('hello', process=os.getpid(), limit_bytes=1)\n"
        f"{wait}say('built', wired={wired})\nfor _ in range(100): time.sleep(0.2)"
    )
    cancel = threading.Event()
    outcome = run_worker(
        tiny_spec(tmp_path),
        cancel=cancel,
        on_event=lambda event: cancel.set() if event["event"] == ("hello" if is_late else "built") else None,
        command=_stub(deaf),
    )
    process = outcome.event("hello")["process"]
    assert outcome.status == "cancelled"
    assert is_alive(process) == wired
    assert bool(outcome.event("left")) == wired
    if wired:
        os.kill(process, signal.SIGKILL)


def test_library_that_prints_does_not_break_the_protocol(tmp_path: Path) -> None:
    script = "print('Fetching 9 files'); print('{broken'); print('[1]'); print('{}')\nsay('done')"
    assert run_worker(tiny_spec(tmp_path), command=_stub(script)).status == "ok"


def test_worker_that_says_nothing_fails_with_its_last_complaint(tmp_path: Path) -> None:
    outcome = run_worker(tiny_spec(tmp_path), command=_stub("raise RuntimeError('no luck today')"))
    assert outcome.status == "failed"
    assert "no luck today" in outcome.sentence


def test_outcome_without_events_has_empty_answers() -> None:
    outcome = Outcome("failed", "")
    assert (outcome.event("plan"), outcome.samples("decode")) == ({}, [])
