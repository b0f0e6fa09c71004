"""Shipped scenarios: each is read, named, and keeps the id of links sent before."""

import tomllib
from pathlib import Path

import pytest

from calculator.errors import ScenarioError
from calculator.scenario.files import read_scenario
from calculator.scenario.presets import PRESETS, preset, preset_names

GOLDEN = tomllib.loads((Path(__file__).parents[2] / "golden" / "scenario.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", GOLDEN["preset_ids"])
def test_preset_keeps_its_id(name: str) -> None:
    assert preset(name).id() == GOLDEN["preset_ids"][name]


def test_preset_names_are_the_files_that_ship() -> None:
    assert preset_names() == sorted(GOLDEN["preset_ids"])
    assert {path.stem for path in PRESETS.iterdir()} == set(preset_names())


@pytest.mark.parametrize("name", ["article", "article.toml", "presets/article.toml"])
def test_preset_is_found_by_any_of_its_names(name: str) -> None:
    assert preset(name) == preset("article")
    assert read_scenario(Path(name)) == preset("article")


def test_every_preset_has_a_name_of_its_own_for_people() -> None:
    names = [preset(name).name for name in preset_names()]
    assert len(set(names)) == len(names)


def test_unknown_preset_is_refused_with_those_there_are() -> None:
    with pytest.raises(ScenarioError, match=r"'artikel' is not a preset. Presets: already-own-4090s, article"):
        preset("artikel")
