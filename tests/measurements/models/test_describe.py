"""Describe command: the shipped catalogue files are what it writes."""

import importlib.util

import pytest

from calculator.catalog.loader import FOLDER
from measurements.models.architecture import language_model_of, toml_of
from measurements.models.ask_mlx_lm import load_config
from tests.measurements.models.rebuilt import Rebuilt

mlx = pytest.mark.skipif(importlib.util.find_spec("mlx_lm") is None, reason="mlx-lm is not installed")


pytestmark = pytest.mark.mlx


@mlx
def test_catalogue_files_are_what_describe_writes(rebuilt: Rebuilt) -> None:
    for name, answer in rebuilt.answers.items():
        written = toml_of(language_model_of(load_config(name), answer))
        assert written == (FOLDER / "models" / f"{name}.toml").read_text("utf-8"), name
