"""Flags: a wrong one is refused in one sentence of ours, by every command line."""

import subprocess
import sys
from pathlib import Path

import pytest

from calculator.__main__ import main
from calculator.cli.flags import sentence_of

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["retrieval", "--documents", "1e400", "--dimensions", "3"],
            "--documents is '1e400'; it must be a whole number",
        ),
        (["retrieval", "--documents", "9" * 5_000, "--dimensions", "3"], "--documents is '999"),
        (
            ["retrieval", "--documents", "9", "--dimensions", "3", "--chunks", "x"],
            "--chunks is 'x'; it must be a number",
        ),
        (["retrieval", "--documents", "9"], "--dimensions is missing. Add it."),
        (["predict"], "--machine, --model, --format are missing. Add them."),
        (["retrieval", "--documents"], "--documents needs a value."),
        (["retrieval", "--documents", "9", "--dimensions", "3", "--index", "tree"], "--index is 'tree'; use one of"),
        (["list", "machines", "--al"], "This command does not know --al."),
        (["compute"], "COMMAND is 'compute'; use one of "),
    ],
)
def test_wrong_flag_is_refused_in_one_sentence(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    _, err = capsys.readouterr()
    assert ended.value.code == 2
    assert err.startswith(said)
    assert err.endswith("--help` shows all.\n")
    assert len(err.splitlines()) == 1
    assert not any(word in err for word in ("usage:", "argument ", "invalid "))


def test_list_of_what_is_allowed_is_told_whole() -> None:
    assert sentence_of("argument --x: invalid choice: 'three' (choose from 'one', 'two')") == (
        "--x is 'three'; use one of 'one', 'two'."
    )


def test_sentence_of_our_own_is_left_as_it_is() -> None:
    assert sentence_of("--a and --b exclude each other") == "--a and --b exclude each other."


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["measurements", "list", "--nothing"], "This command does not know --nothing."),
        (["measurements", "probe", "--repeats", "x"], "This command does not know --repeats."),
        (["local_llm_tco", "mcp", "--port", "x"], "--port is 'x'; it must be a whole number"),
    ],
)
def test_other_command_lines_refuse_the_same_way(words: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(said)
