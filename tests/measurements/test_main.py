"""Command line of the measurements: commands, exit codes and one sentence for a wrong request."""

from pathlib import Path

import pytest

from measurements.__main__ import COMMANDS, main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["import", "/no/such/file"], "cannot be read"),
        (["delete", "zz"], "No measurement has the id 'zz'"),
        (["list", "--store", "mysql://x/y"], "use the path of a SQLite file"),
        (["agent", "--queue", "http://x"], "needs a PostgreSQL address"),
        (["probe", "no-such-model"], "no-such-model"),
        (["probe", "owner/name", "--tier", "real"], "pinned revision"),
        (["probe", "llama-3-8b", "--format", "q4_k_m"], "which has no such packing"),
        (["nonsense"], "is not a command"),
        (["probe", "--trials", "100000"], "trial_count"),
        (["probe", "llama-3-8b", "--depths", "1,2,3,4,5,6,7,8,9"], "depths"),
    ],
)
def test_wrong_request_is_one_sentence_and_exit_code_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEASUREMENTS_URL", str(tmp_path / "m.sqlite"))
    assert main(arguments) == 2
    found = capsys.readouterr().err
    assert said in found
    assert "Traceback" not in found


def test_usage_names_every_command_with_its_purpose(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name, (_, purpose) in COMMANDS.items():
        assert f"  {name:10} {purpose}" in shown
    assert main([]) == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_every_command_has_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: python -m measurements {name}")
    # argparse puts the help behind two spaces, or on the next line where the option's name is long
    lines = shown.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("  --"):
            following = lines[number + 1] if number + 1 < len(lines) else ""
            assert "  " in line.strip() or following.startswith(" " * 20), line
