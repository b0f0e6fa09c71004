"""The command line as a whole: its commands, its lists, and refusals without a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from calculator.__main__ import main

ROOT = Path(__file__).parents[2]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.mark.parametrize("what", ["machines", "models", "formats", "runtimes", "chips", "options"])
def test_list_names_ids(capsys: pytest.CaptureFixture[str], what: str) -> None:
    code, out, _ = run(capsys, "list", what)
    assert code == 0
    assert len(out.splitlines()) >= 5


def test_command_line_as_a_process_never_prints_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "calculator", "compare", "--set", "months=abc"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
