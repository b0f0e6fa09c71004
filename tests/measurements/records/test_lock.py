"""Lock file of a host: other users and links."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from measurements.probe.run import ROOT, run_worker
from tests.measurements.tiny import tiny_spec

pytest.importorskip("mlx_lm.models", reason="mlx-lm is not installed")


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
