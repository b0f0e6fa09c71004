"""Environment of children: no program that is started here learns a secret of the server's."""

import ast
import subprocess
from pathlib import Path
from typing import Any

import pytest

from measurements.child_environment import PASSED_VARIABLES, child_environment
from measurements.models.ask_mlx_lm import ask_mlx_lm
from measurements.records.host import this_host

MEASUREMENTS = Path(__file__).parents[2] / "measurements"
SECRETS = ("HF_TOKEN", "MEASUREMENTS_URL", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "STREAMLIT_SERVER_COOKIE_SECRET")


def test_only_what_is_listed_is_passed_on() -> None:
    given = {"PATH": "/bin", "HOME": "/home/anna", **dict.fromkeys(SECRETS, "secret")}
    assert child_environment(variables=given, MINE="1") == {"PATH": "/bin", "HOME": "/home/anna", "MINE": "1"}
    cards = {"CUDA_HOME": "/usr/local/cuda", "CUDA_VISIBLE_DEVICES": "1"}
    assert child_environment(variables={**cards, **given}).items() >= cards.items()
    assert not {name for name in PASSED_VARIABLES if any(word in name for word in ("TOKEN", "PASS", "SECRET", "_URL"))}


def test_every_start_of_a_program_names_its_environment() -> None:
    calls = [
        (path.relative_to(MEASUREMENTS).as_posix(), node)
        for path in MEASUREMENTS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "subprocess"
        and node.func.attr in ("run", "Popen", "call", "check_call", "check_output")
    ]
    assert len(calls) >= 5
    bare = [
        f"{place}:{call.lineno}"
        for place, call in calls
        if not any(
            keyword.arg == "env"
            and any(
                isinstance(one, ast.Name) and one.id in ("child_environment", "environment")
                for one in ast.walk(keyword.value)
            )
            for keyword in call.keywords
        )
    ]
    assert not bare


def test_the_models_process_and_the_systems_tools_learn_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "secret")
    seen: list[dict[str, str]] = []

    def run(command: Any, **how: Any) -> Any:
        seen.append(how["env"])
        return subprocess.CompletedProcess(command, 0, stdout="[{}]", stderr="")

    monkeypatch.setattr("subprocess.run", run)
    ask_mlx_lm([{}])
    this_host()
    assert len(seen) >= 2
    for environment in seen:
        assert "PATH" in environment
        assert "secret" not in environment.values()
