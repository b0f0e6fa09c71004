"""Shipped scenarios: each is read, named, and keeps the id of links sent before."""

import tomllib
from pathlib import Path

import pytest

from calculator import Scenario
from calculator.errors import ScenarioError
from calculator.scenario.files import read_scenario
from calculator.scenario.presets import PRESETS, claimed_inputs, preset, preset_names, preset_purposes

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


def test_every_preset_is_of_today_and_says_what_it_is_for_in_one_line() -> None:
    purposes = preset_purposes()
    assert list(purposes) == preset_names()
    for name, purpose in purposes.items():
        assert purpose.startswith("For ")
        assert purpose[-1] in ".?"
        assert preset(name).rules == 2, name
        assert tomllib.loads((PRESETS / f"{name}.toml").read_text("utf-8"))["schema_version"] == 2


def test_every_preset_states_its_own_promise() -> None:
    promised = {name: preset(name).first_token_p95_target_s for name in preset_names()}
    assert {name for name, seconds in promised.items() if seconds == 0} == {
        *("article", "article-workload", "batch-extraction", "batch-work"),
    }
    for name in preset_names():
        assert "promise" in (PRESETS / f"{name}.toml").read_text("utf-8"), name
        assert "first_token_p95_target_s" in preset(name).typed or name == "our-defaults"


def test_article_runs_what_it_says_it_ran() -> None:
    ran = preset("article-workload")
    assert ran.weight_class_of("mac-studio-m2-ultra-192-used") == "8-bit"
    assert ran.weight_class_of("dual-rtx-4090-threadripper") == "4-bit"
    assert (ran.context_tokens(), ran.second_tenant_gb, ran.input_tokens()) == (32_768, 40, Scenario().input_tokens())


def test_claims_of_the_article_are_known_in_every_copy_of_them() -> None:
    found = claimed_inputs(preset("article"))
    assert found[0] == "wage_usd_per_h"
    assert "dual-rtx-4090-threadripper.idle_w" in found
    renamed = preset("article").changed(name="Mine", months=48)
    assert claimed_inputs(renamed) == found
    assert [name for name in preset_names() if claimed_inputs(preset(name))] == ["article"]
    assert claimed_inputs(Scenario(wage_usd_per_h=200, pc_administration_h_per_year=20)) == ()
