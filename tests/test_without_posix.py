"""Windows, as far as it can be played here: our modules and commands without what POSIX alone offers.

Libraries are imported first, since theirs is another matter; then the modules fcntl, resource, pwd, grp and termios and
the POSIX functions of os and signal are taken away, and the system says that it is Windows. What this cannot try: the
real locks, consoles and processes of Windows.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import local_llm_tco

ROOT = Path(__file__).parent.parent
PLAY_WINDOWS = """
import asyncio, importlib, json, multiprocessing, os, pkgutil, platform, shutil, signal, subprocess, sys, tempfile
import filelock, numpy, pandas, plotly.graph_objects, pydantic, sqlalchemy, starlette.routing, streamlit, xlsxwriter
import sqlalchemy.dialects.postgresql, sqlalchemy.dialects.sqlite
platform.system = lambda: "Windows"
for name in ("fcntl", "resource", "pwd", "grp", "termios", "pty", "tty", "crypt", "syslog"):
    sys.modules[name] = None
for name in ("fchmod", "fchown", "fork", "forkpty", "getloadavg", "getuid", "geteuid", "getgid", "killpg", "mkfifo",
             "nice", "pread", "pwrite", "setsid", "statvfs", "sysconf", "uname", "wait4", "O_NOFOLLOW", "O_CLOEXEC",
             "O_NONBLOCK", "O_DIRECTORY"):
    delattr(os, name)
for name in ("SIGKILL", "SIGBUS", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGCHLD", "SIGSTOP", "alarm", "setitimer"):
    delattr(signal, name)
"""
OURS = ("calculator", "measurements", "views", "serving")
MLX_ONLY = ("measurements.worker", "measurements.models.mlx_lm_process", "measurements.models.mlx_lm_stubs")
"""mlx does not run on Windows; nothing imports these there."""


def _on_windows(code: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(folder), **variables}
    words = [sys.executable, "-c", PLAY_WINDOWS + code]
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False, encoding="utf-8"
    )


def test_every_module_of_ours_can_be_imported(tmp_path: Path) -> None:
    code = f"""
names = [one.name for house in {OURS!r} for one in pkgutil.walk_packages([{str(ROOT)!r} + "/" + house], house + ".")]
names = [name for name in names if not name.startswith({MLX_ONLY!r}) and not name.endswith("__main__")]
for name in (*names, "local_llm_tco"):
    importlib.import_module(name)
print(len(names))
"""
    done = _on_windows(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 200


def test_blocked_module_would_be_noticed(tmp_path: Path) -> None:
    assert "fcntl" in _on_windows("import fcntl", tmp_path).stderr
    assert "SIGKILL" in _on_windows("print(signal.SIGKILL)", tmp_path).stderr


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["compare"], "present value"),
        (["list", "machines"], "mac-studio"),
        (["measurements", "list"], "No stored measurement matches"),
    ],
)
def test_commands_answer(tmp_path: Path, words: list[str], answer: str) -> None:
    done = _on_windows(f"import local_llm_tco; sys.exit(local_llm_tco.main({words!r}))", tmp_path)
    assert done.returncode == 0, done.stderr
    assert answer in done.stdout


def test_probe_is_refused_in_a_sentence(tmp_path: Path) -> None:
    done = _on_windows("import local_llm_tco; sys.exit(local_llm_tco.main(['measurements', 'probe']))", tmp_path)
    assert done.returncode == 2
    assert "does not run on Windows" in done.stderr
    assert "Traceback" not in done.stderr


def test_console_with_another_alphabet_gets_a_question_mark_and_no_error(tmp_path: Path) -> None:
    code = "import local_llm_tco; local_llm_tco.speak_any_console(); print('\\u20ac \\u2248 \\u4e2d')"
    done = _on_windows(code, tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("?") == 3


def test_machine_is_a_windows_machine_and_has_an_identity(tmp_path: Path) -> None:
    code = "from measurements.records.host import this_host; print(this_host().model_dump_json())"
    done = _on_windows(code, tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["os"] == "Windows"
    assert len(found["host_id"]) == 16
    assert found["load_average"] == 0


def test_desk_of_the_page_stores_and_lists_a_measurement(tmp_path: Path) -> None:
    code = """
from calculator.catalog import load_catalog
from measurements.desk import Desk
from measurements.records.record import Engine, Host, Measurement, ModelUnderTest
record = Measurement.model_validate({"kind": "host", "status": "ok", "measured_at": "2026-11-26",
    "engine": Engine(name="x"), "model": ModelUnderTest(), "host": Host(chip="nvidia-rtx-4090")})
desk = Desk(load_catalog(), url="m.sqlite")
print(desk.keep([record]), desk.problem(), desk.why_no_probe(), desk.runs_elsewhere())
"""
    done = _on_windows(code, tmp_path, TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "'added': 1" in done.stdout
    assert "does not run on Windows" in done.stdout


def test_page_is_a_child_that_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[list[str]] = []

    class Child:
        def __init__(self, command: list[str]) -> None:
            begun.append(command)
            self.waits = iter([KeyboardInterrupt, 3])

        def wait(self) -> int:
            found = next(self.waits)
            if isinstance(found, int):
                return found
            raise found

    monkeypatch.setattr(local_llm_tco.sys, "platform", "win32")
    monkeypatch.setattr(local_llm_tco.subprocess, "Popen", Child)
    assert local_llm_tco.main(["--server.port", "9000"]) == 3
    assert begun[0][-2:] == ["--server.port", "9000"]
