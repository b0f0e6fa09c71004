"""Does every way in which a probe can end get its right name, and does the worker never outlive its parent?"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from measurements.probe import run as probe_module
from measurements.probe.measure import lost_run, measure, probe_is_running
from measurements.probe.run import ROOT, Outcome, run_worker
from measurements.records.store import Store
from tests.measurements.tiny import LLAMA, tiny_spec

pytest.importorskip("mlx_lm.models", reason="mlx-lm is not installed")
# Long enough to be caught in the act: a model that takes tens of seconds on any CPU.
SLOW = {**LLAMA, "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 32, "num_attention_heads": 8}
SLOW_SIZES: dict[str, Any] = {
    "config": SLOW,
    "trial_count": 200,
    "depths": (512,),
    "chunk_tokens": 256,
    "generated_tokens": 64,
}
# 32 distinct layers of 512 x 512 and 512 x 2048 matrices take 0.27 GB, and nothing of it may be filled.
TOO_LARGE: dict[str, Any] = {"config": SLOW, "distinct_layer_count": 0, "memory_limit_bytes": 250_000_000}


def _stub(script: str) -> tuple[str, ...]:
    """A worker that does what the script says, after it has read its spec."""
    told = "import json, os, signal, sys, time\nspec = json.loads(sys.stdin.readline())\ndef say(event, **more): print(json.dumps({'event': event, **more}), flush=True)\n"
    return (sys.executable, "-c", told + script)


def _is_alive(process: int) -> bool:
    """Is there a process of that number that has not ended?"""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """One second between asking and insisting."""
    monkeypatch.setattr(probe_module, "GRACE_S", 1.0)


def test_parent_never_imports_mlx() -> None:
    code = "import sys, measurements.cli.store, measurements.cli.probe, measurements.probe.jobs; print([n for n in sys.modules if n.split('.')[0] in ('mlx', 'mlx_lm', 'streamlit')])"
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


def test_worker_takes_a_lower_priority_and_says_its_versions(tmp_path: Path) -> None:
    nice: list[int] = []

    def listen(event: dict[str, Any]) -> None:
        if event["event"] == "hello":
            nice.append(os.getpriority(os.PRIO_PROCESS, event["process"]))

    outcome = run_worker(tiny_spec(tmp_path), on_event=listen)
    assert (outcome.status, outcome.sentence) == ("ok", "The probe is complete.")
    assert nice[0] >= min(os.getpriority(os.PRIO_PROCESS, 0) + 5, 19)
    assert outcome.event("hello")["versions"]["mlx-lm"]
    assert [event["event"] for event in outcome.events if event["event"] not in ("beat", "progress", "sample")] == [
        "hello",
        "plan",
        "built",
        "done",
    ]


def test_second_probe_on_the_host_is_busy_and_the_lock_is_free_afterwards(tmp_path: Path) -> None:
    spec = tiny_spec(tmp_path)
    with open(spec.lock_file, "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert probe_is_running(spec.lock_file)
        outcome = run_worker(spec)
        assert (outcome.status, outcome.samples("decode")) == ("busy", [])
        assert "Another probe is running on this machine" in outcome.sentence
    assert not probe_is_running(spec.lock_file)


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become another user")
def test_lock_of_another_user_keeps_everybody_out(tmp_path: Path) -> None:
    code = """
import fcntl, os, sys
from measurements.records import lock
if len(sys.argv) > 2:
    os.setuid(int(sys.argv[2]))
descriptor = lock.open_lock_file(sys.argv[1], create=True)
try:
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("busy", flush=True)
else:
    print("mine", flush=True)
    sys.stdin.readline()
"""
    folder = Path(tempfile.mkdtemp(prefix="lock", dir="/tmp"))
    folder.chmod(0o1777)
    file = str(folder / "probe.lock")
    try:
        first = subprocess.Popen(
            [sys.executable, "-c", code, file],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            umask=0o077,
        )
        assert first.stdout is not None
        assert first.stdout.readline() == "mine\n"
        Path(file).chmod(0o444)  # as an older version left it
        other = subprocess.run(
            [sys.executable, "-c", code, file, "65534"], capture_output=True, text=True, cwd=ROOT, input="", check=False
        )
        assert (other.stdout, other.stderr) == ("busy\n", "")
        first.communicate("\n")
        after = subprocess.run(
            [sys.executable, "-c", code, file, "65534"], capture_output=True, text=True, cwd=ROOT, input="", check=False
        )
        assert after.stdout == "mine\n"
    finally:
        shutil.rmtree(folder)


def test_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("keep")
    (tmp_path / "probe.lock").symlink_to(target)
    assert run_worker(tiny_spec(tmp_path)).status == "failed"
    assert target.read_text() == "keep"


def test_probe_that_would_not_fit_is_refused_with_its_figures(tmp_path: Path) -> None:
    outcome = run_worker(tiny_spec(tmp_path, **TOO_LARGE))
    plan = outcome.event("plan")
    assert outcome.status == "refused", outcome.sentence
    assert plan["peak_bytes"] > 0.9 * TOO_LARGE["memory_limit_bytes"]
    assert f"{plan['peak_bytes'] / 1e9:.2f} GB" in outcome.sentence
    assert "built" not in {event["event"] for event in outcome.events}


def test_worker_above_its_memory_limit_ends_itself_as_out_of_memory(tmp_path: Path) -> None:
    # the plan of the host tier is not known beforehand: it goes beyond the limit while it works
    outcome = run_worker(
        tiny_spec(tmp_path, tier="host", config={}, memory_limit_bytes=300_000_000, last_level_cache_bytes=200_000_000)
    )
    assert outcome.status == "out-of-memory", outcome.sentence
    assert "its limit is 0.30 GB" in outcome.sentence
    assert not probe_is_running(str(tmp_path / "probe.lock"))


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
    assert not _is_alive(outcome.event("hello")["process"])


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
    script = "say('hello', limit_bytes=1)\nsay('fetching')\nfor k in range(30): say('progress', what='fetching weights', done=k, total=30); time.sleep(0.1)\n"
    spec = tiny_spec(tmp_path, time_limit_s=0.5, stall_limit_s=1.5)
    assert run_worker(spec, command=_stub(script + "say('fetched')\nsay('done')")).status == "ok"
    still = "say('hello', limit_bytes=1)\nsay('fetching')\nwhile True: say('beat', held_bytes=1); time.sleep(0.05)"
    assert run_worker(spec, command=_stub(still)).status == "stalled"
    late = "while True: say('progress', what='x', done=0, total=1); time.sleep(0.05)"
    assert run_worker(spec, command=_stub(script + "say('fetched')\n" + late)).status == "timed-out"


def test_real_worker_beyond_its_time_box_leaves_no_orphan_and_a_free_lock(tmp_path: Path) -> None:
    spec = tiny_spec(
        tmp_path, **{**SLOW_SIZES, "generated_tokens": 4_000, "time_limit_s": 6}
    )  # one round takes minutes
    outcome = run_worker(spec)
    assert outcome.status == "timed-out", outcome.sentence
    assert not _is_alive(outcome.event("hello")["process"])
    assert not probe_is_running(spec.lock_file)


def test_probe_ends_early_and_says_so_where_the_box_has_no_room_for_a_round(tmp_path: Path) -> None:
    outcome = run_worker(tiny_spec(tmp_path, trial_count=200, time_limit_s=6.0))
    assert outcome.status == "ok", outcome.sentence
    assert 1 <= outcome.event("shortened")["trials"] < 200
    assert outcome.seconds < 8


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
    deaf = f"signal.signal(signal.SIGTERM, signal.SIG_IGN)\nsay('hello', process=os.getpid(), limit_bytes=1)\n{wait}say('built', wired={wired})\nfor _ in range(100): time.sleep(0.2)"
    cancel = threading.Event()
    outcome = run_worker(
        tiny_spec(tmp_path),
        cancel=cancel,
        on_event=lambda event: cancel.set() if event["event"] == ("hello" if is_late else "built") else None,
        command=_stub(deaf),
    )
    process = outcome.event("hello")["process"]
    assert outcome.status == "cancelled"
    assert _is_alive(process) == wired
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


def test_unknown_architecture_fails_with_a_sentence(tmp_path: Path) -> None:
    outcome = run_worker(tiny_spec(tmp_path, config={"model_type": "nonsense"}))
    assert outcome.status == "failed"
    assert "nonsense not supported" in outcome.sentence


_PARENT = """
import json, sys
from measurements.probe.run import run_worker
from measurements.records.spec import ProbeSpec
spec = ProbeSpec.model_validate_json(sys.stdin.readline())
run_worker(spec, on_event=lambda event: print(json.dumps(event), flush=True))
"""


def _parent_with_worker(spec_json: str, until: str) -> "tuple[subprocess.Popen[str], int]":
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write(spec_json + "\n")
    parent.stdin.flush()
    worker = 0
    for line in parent.stdout:
        event = json.loads(line)
        worker = event.get("process", worker)
        if event["event"] == until:
            break
    return parent, worker


def test_worker_dies_within_a_second_of_its_killed_parent(tmp_path: Path) -> None:
    spec = tiny_spec(tmp_path, **SLOW_SIZES)
    parent, worker = _parent_with_worker(spec.model_dump_json(), until="built")
    assert _is_alive(worker)
    assert probe_is_running(spec.lock_file)
    parent.kill()
    parent.wait()
    began = time.monotonic()
    # its first thread may be gone while another still ends: the lock is free when the last one is
    while (_is_alive(worker) or probe_is_running(spec.lock_file)) and time.monotonic() - began < 5:
        time.sleep(0.02)
    assert time.monotonic() - began < 1.0
    if parent.stdout is not None:
        parent.stdout.close()


def test_run_whose_server_died_is_kept_as_lost(tmp_path: Path) -> None:
    from calculator.catalog import load_catalog

    spec, store = tiny_spec(tmp_path, trial_count=1, depths=(32,)), Store(str(tmp_path / "m.sqlite"))
    note = Path(spec.lock_file + ".json")
    note.write_text('{"started": "2026-11-22T10:00:00Z", "tier": "fast", "model": "tiny"}')
    outcome = measure(spec, catalog=load_catalog(), store=store)
    assert outcome.status == "ok"
    lost, *found = [item.record for item in store.records()]
    assert (lost.status, lost.measured_at, lost.model.model) == ("lost", "2026-11-22T10:00:00Z", "tiny")
    assert len(found) == 2
    assert not note.exists()
    assert lost_run(spec.lock_file) is None


def test_outcome_of_every_ending_is_kept_as_a_record(tmp_path: Path) -> None:
    from calculator.catalog import load_catalog

    store = Store(str(tmp_path / "m.sqlite"))
    outcome = measure(tiny_spec(tmp_path, **TOO_LARGE), catalog=load_catalog(), store=store)
    (item,) = store.records()
    assert (item.record.status, item.record.notes) == ("refused", outcome.sentence)
    assert item.record.result.decode_tokens_per_s is None


@pytest.mark.parametrize("status", ["out-of-memory", "killed-by-signal", "stalled", "timed-out", "cancelled", "failed"])
@pytest.mark.parametrize("tier", ["fast", "host", "rag", "real"])
def test_every_ending_is_kept_with_its_name_and_sentence(
    tmp_path: Path, status: Any, tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from calculator.catalog import load_catalog

    ended = Outcome(status, "What happened, in a sentence.", [{"event": "hello", "backend": "metal", "versions": {}}])
    monkeypatch.setattr("measurements.probe.measure.run_worker", lambda spec, **how: ended)
    store = Store(str(tmp_path / "m.sqlite"))
    measure(tiny_spec(tmp_path, tier=tier), catalog=load_catalog(), store=store)
    (item,) = store.records()
    assert (item.record.kind, item.record.status, item.record.notes) == (tier, status, "What happened, in a sentence.")
    assert item.record.model.model == "tiny"


def test_outcome_without_events_has_empty_answers() -> None:
    outcome = Outcome("failed", "")
    assert (outcome.event("plan"), outcome.samples("decode")) == ({}, [])
