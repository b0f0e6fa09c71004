"""Lock file of a host: other users and links."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from measurements.probe.run import ROOT, run_worker
from measurements.records import lock
from tests.measurements.tiny import tiny_spec


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become another user")
def test_lock_of_another_user_keeps_everybody_out(tmp_path: Path) -> None:
    code = """
import os, sys
from measurements.records import lock
if len(sys.argv) > 2:
    os.setuid(int(sys.argv[2]))
descriptor = lock.open_lock_file(sys.argv[1], create=True)
if lock.locked(descriptor):
    print("mine", flush=True)
    sys.stdin.readline()
else:
    print("busy", flush=True)
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
    pytest.importorskip("mlx_lm.models", reason="mlx-lm is not installed")
    target = tmp_path / "precious"
    target.write_text("keep")
    (tmp_path / "probe.lock").symlink_to(target)
    assert run_worker(tiny_spec(tmp_path)).status == "failed"
    assert target.read_text() == "keep"


def test_lock_is_held_until_its_descriptor_is_closed(tmp_path: Path) -> None:
    file = str(tmp_path / "probe.lock")
    first = lock.open_lock_file(file, create=True)
    second = lock.open_lock_file(file, create=True)
    assert lock.locked(first)
    assert not lock.locked(second)
    lock.write_holder(first, "process 17")
    assert lock.holder(second) == "process 17"
    os.close(first)
    assert lock.locked(second)
    os.close(second)


def test_lock_contends_with_any_program_that_uses_filelock(tmp_path: Path) -> None:
    descriptor = lock.open_lock_file(str(tmp_path / "probe.lock"), create=True)
    assert lock.locked(descriptor)
    with pytest.raises(Timeout):
        FileLock(tmp_path / "probe.lock").acquire(timeout=0)
    os.close(descriptor)


def test_link_is_refused_where_the_system_cannot_refuse_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "O_NOFOLLOW")
    (tmp_path / "precious").write_text("keep")
    (tmp_path / "probe.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match=r"probe\.lock is a link"):
        lock.open_lock_file(str(tmp_path / "probe.lock"), create=True)
