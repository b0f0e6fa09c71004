"""Renamed flags: the old name answers with the new one, in one sentence and exit code 2."""

import argparse

import pytest

from calculator.__main__ import main
from calculator.cli.renamed_flags import add_renamed
from calculator.errors import ScenarioError


def test_renamed_flag_names_the_new_one_with_the_value() -> None:
    parser = argparse.ArgumentParser()
    add_renamed(parser, "--memory-gb", new="--memory-gib")
    with pytest.raises(ScenarioError, match=r"--memory-gb is now --memory-gib\. Write --memory-gib 24\."):
        parser.parse_args(["--memory-gb", "24"])
    assert "--memory-gb" not in parser.format_help()


@pytest.mark.parametrize("command", ["predict", "finetune"])
def test_command_with_an_old_flag_refuses_with_one_sentence(capsys: pytest.CaptureFixture[str], command: str) -> None:
    asked = [command, "--machine", "nvidia-rtx-4090", "--model", "llama-3-8b", "--format", "bf16"]
    assert main([*asked, "--memory-gb", "24"]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", "--memory-gb is now --memory-gib. Write --memory-gib 24.\n")
    assert main([*asked, "--memory-gib", "24", "--json"]) == 0
