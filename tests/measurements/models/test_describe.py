"""Describe command: it writes the shipped catalogue files, and an `_about` for a user's own configuration."""

import importlib.util
from pathlib import Path

import pytest

from calculator.catalog.loader import FOLDER
from measurements.models.ask_mlx_lm import PlanError
from measurements.models.describe import main as describe
from measurements.models.describe import with_about
from tests.measurements.models.rebuilt import BY_HAND

mlx = pytest.mark.skipif(importlib.util.find_spec("mlx_lm") is None, reason="mlx-lm is not installed")


pytestmark = pytest.mark.mlx


def test_configuration_without_about_gets_one_from_its_file_name(tmp_path: Path) -> None:
    found = with_about(str(tmp_path / "My-Model" / "config.json"), {"model_type": "llama"}, None)
    about = found["_about"]
    assert (about["id"], about["family"], about["basis"], about["source"]) == (
        "my-model",
        "llama",
        "yours",
        "config.json",
    )
    assert with_about("Other.json", {"model_type": "llama"}, None)["_about"]["id"] == "other"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("meta-llama/Llama-3-8B", "llama-3-8b"),
        ("Mine", "mine"),
        ("x" * 500, "x" * 60),
        ("", "my-model"),
        ("/", "my-model"),
        (None, "my-model"),
        (7, "my-model"),
    ],
)
def test_config_json_without_a_folder_is_called_as_it_calls_itself(said: object, name: str) -> None:
    about = with_about("config.json", {"model_type": "llama", "_name_or_path": said}, None)["_about"]
    assert (about["id"], about["name"]) == (name, name)


def test_about_that_lacks_a_key_is_refused_by_its_name() -> None:
    with pytest.raises(PlanError, match="_about lacks name, family"):
        with_about("x.json", {"model_type": "llama"}, '{"id": "x"}')


def test_command_needs_one_configuration_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["llama-3-8b", "--all"]):
        with pytest.raises(SystemExit) as ended:
            describe(arguments)
        assert ended.value.code == 2
    assert "Give a configuration or --all" in capsys.readouterr().err


@pytest.mark.parametrize("name", BY_HAND)
def test_command_prints_the_file_of_a_model_written_by_hand(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert describe([name]) == 0
    assert capsys.readouterr().out == (FOLDER / "models" / f"{name}.toml").read_text("utf-8")
