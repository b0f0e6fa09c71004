"""The worker process: priority, lock, memory limit, and the end of its parent."""

import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from measurements.probe.measure import probe_is_running
from measurements.probe.run import ROOT, run_worker
from tests.measurements.tiny import SLOW_SIZES, is_alive, tiny_spec

pytest.importorskip("mlx_lm.models", reason="mlx-lm is not installed")


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


def test_worker_above_its_memory_limit_ends_itself_as_out_of_memory(tmp_path: Path) -> None:
    # the plan of the host tier is not known beforehand: it goes beyond the limit while it works
    outcome = run_worker(
        tiny_spec(tmp_path, tier="host", config={}, memory_limit_bytes=300_000_000, last_level_cache_bytes=200_000_000)
    )
    assert outcome.status == "out-of-memory", outcome.sentence
    assert "its limit is 0.30 GB" in outcome.sentence
    assert not probe_is_running(str(tmp_path / "probe.lock"))


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


@pytest.mark.alone
def test_worker_dies_within_a_second_of_its_killed_parent(tmp_path: Path) -> None:
    spec = tiny_spec(tmp_path, **SLOW_SIZES)
    parent, worker = _parent_with_worker(spec.model_dump_json(), until="built")
    assert is_alive(worker)
    assert probe_is_running(spec.lock_file)
    parent.kill()
    parent.wait()
    began = time.monotonic()
    # its first thread may be gone while another still ends: the lock is free when the last one is
    while (is_alive(worker) or probe_is_running(spec.lock_file)) and time.monotonic() - began < 5:
        time.sleep(0.02)
    assert time.monotonic() - began < 1.0
    if parent.stdout is not None:
        parent.stdout.close()
