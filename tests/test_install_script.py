"""deploy/install.sh: uv first, then pip; the list without mlx where the whole one cannot be installed."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "deploy/install.sh"
ANSWER = """#!/bin/sh
echo "{name} $*" >> "{log}"
case "$*" in {refused}) exit 1 ;; esac
exit 0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "env/bin").mkdir(parents=True)
    (tmp_path / "path").mkdir()
    return tmp_path


def _program(folder: Path, place: str, *, refused: str) -> None:
    """A stand-in that writes down how it was called and fails where its words match a pattern of the shell."""
    file = folder / place
    text = ANSWER.format(name=file.name, log=folder / "calls.txt", refused=refused or "'never'")
    file.write_text(text, "utf-8")
    file.chmod(0o755)


def _install(folder: Path, **variables: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    words = ["sh", str(SCRIPT), "env", "all.txt", "core.txt"]
    environment = {"PATH": f"{folder / 'path'}:/usr/bin:/bin", **variables}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    calls = (folder / "calls.txt").read_text("utf-8").splitlines()
    return done, [call for call in calls if " install " in call]


def test_systems_uv_installs_all(folder: Path) -> None:
    _program(folder, "path/uv", refused="")
    _program(folder, "env/bin/python", refused="")
    done, calls = _install(folder)
    assert done.returncode == 0
    assert "Installed with uv" in done.stdout
    assert calls == ["uv pip install --python env/bin/python --require-hashes -r all.txt --quiet"]


def test_uv_is_fetched_where_the_system_has_none(folder: Path) -> None:
    _program(folder, "env/bin/python", refused="")
    done, calls = _install(folder)
    assert "Fetching uv" in done.stdout
    assert "requirements-install.txt" in calls[0]
    assert "Installed with pip" in done.stdout  # the stand-in for pip put no uv there
    assert "-r all.txt" in calls[1]


def test_list_without_mlx_is_taken_where_the_whole_one_fails(folder: Path) -> None:
    _program(folder, "path/uv", refused="*all.txt*")
    _program(folder, "env/bin/python", refused="")
    done, calls = _install(folder)
    assert done.returncode == 0
    assert "mlx could not be installed here" in done.stdout
    assert [call.split()[0] for call in calls] == ["uv", "uv"]


def test_pip_does_what_uv_cannot(folder: Path) -> None:
    _program(folder, "path/uv", refused="*install*")
    _program(folder, "env/bin/python", refused="")
    done, calls = _install(folder)
    assert done.returncode == 0
    assert "Installed with pip" in done.stdout
    assert "mlx" not in done.stdout
    assert [call.split()[0] for call in calls] == ["uv", "uv", "python"]


def test_uv_can_be_left_aside(folder: Path) -> None:
    _program(folder, "path/uv", refused="")
    _program(folder, "env/bin/python", refused="")
    done, calls = _install(folder, INSTALL_WITH="pip")
    assert "Installed with pip" in done.stdout
    assert len(calls) == 1


def test_nothing_to_be_had_ends_in_one_sentence(folder: Path) -> None:
    _program(folder, "path/uv", refused="*install*")
    _program(folder, "env/bin/python", refused="*install*")
    done, _ = _install(folder)
    assert done.returncode == 1
    assert "Check the network" in done.stderr


def test_own_index_of_pip_is_handed_on_to_uv(folder: Path) -> None:
    uv = folder / "path/uv"
    uv.write_text(f'#!/bin/sh\necho "uv $* install from $UV_DEFAULT_INDEX" >> "{folder}/calls.txt"\n', "utf-8")
    uv.chmod(0o755)
    _program(folder, "env/bin/python", refused="")
    _, calls = _install(folder, PIP_INDEX_URL="https://packages.example/simple")
    assert calls[-1].endswith("install from https://packages.example/simple")
