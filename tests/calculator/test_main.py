"""The command line as a whole: its commands, its lists, and refusals without a traceback."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import calculator.__main__
from calculator.__main__ import main

ROOT = Path(__file__).parents[2]
COMMANDS = (
    *("compare", "predict", "finetune", "retrieval", "service", "explain", "bridge", "sweep", "audit"),
    *("choose", "check", "demand", "accuracy", "calibrate", "list"),
)


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


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["--help"])
    text = capsys.readouterr().out
    assert done.value.code == 0
    for command in COMMANDS:
        assert re.search(rf"^    {command}\b", text, re.M), command
        assert f"python -m calculator {command}" in str(calculator.__main__.__doc__) or command == "calibrate"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_is_answered(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as done:
        main([command, "--help"])
    assert done.value.code == 0
    assert "usage:" in capsys.readouterr().out


def test_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["compute"])
    assert done.value.code == 2
    assert "is 'compute'; use one of" in capsys.readouterr().err


def test_list_shows_id_and_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "list", "machines")[1].splitlines()[0].split("  ")[0] == "arc-pro-b70-pc"
    options = run(capsys, "list", "options")[1]
    assert all(f"\n{key} " in f"\n{options}" for key in ("dgx-spark", "cloud-h100", "api-same-model"))
