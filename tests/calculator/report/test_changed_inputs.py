"""Changes from the example, in words: each input once, figures first, no id."""

import re

import pytest

from calculator import Scenario, load_catalog
from calculator.report.changed_inputs import changes_sentence
from calculator.scenario.presets import preset, preset_names

CATALOG = load_catalog()
MAC = "mac-studio-m5-ultra-96"
NAMES = {MAC: "Mac Studio M5 Ultra 96 GB", "qwen3-30b-a3b": "Qwen3 30B-A3B"}


def said(start: str = "our-defaults", **values: object) -> str:
    return changes_sentence(Scenario.parse({**preset(start).model_dump(), **values}), names=NAMES)


@pytest.mark.parametrize("name", preset_names())
def test_example_as_it_ships_has_no_changes(name: str) -> None:
    assert said(name) == ""
    assert said(name, money="cash", typed=("wage_usd_per_h",), prices_as_of="2026-11-01") == ""


def test_price_of_ones_own_comes_first_and_is_called_yours() -> None:
    assert said(figures={f"{MAC}.price_usd": 5781.0}, wage_usd_per_h=120) == (
        "2 changes from “A firm of eight”: your price of Mac Studio M5 Ultra 96 GB before tax, $5,781; "
        "hourly rate $120 an hour."
    )


def test_one_change_is_one_change_from_the_example_of_its_name() -> None:
    assert said("article", months=48) == "1 change from “As in the article: its money”: 48 months."
    assert said(name="Mine", months=48) == "1 change from “A firm of eight”: 48 months."
    without = said("article", figures={})
    assert without.startswith("10 changes from “As in the article: its money”: ")
    assert without.count(": ours;") == 6
    assert without.endswith("; and 4 more.")


def test_words_and_tables_are_said_without_an_id() -> None:
    text = said(
        model="qwen3-30b-a3b",
        options=(MAC, "api-same-model"),
        first_token_p95_target_s=0,
        weight_classes={MAC: "8-bit"},
        already_own_usd={MAC: 3000.0},
    )
    assert text == (
        "5 changes from “A firm of eight”: Mac Studio M5 Ultra 96 GB counted as owned, worth $3,000; other options "
        "compared; model: Qwen3 30B-A3B; bits of single options; target for the first word, none."
    )
    assert not re.search(r"_|m5-ultra", text)
    assert said("already-own-4090s", already_own_usd={}).startswith("1 change from “Already own two 4090s”: not ")


def test_model_and_its_size_or_shape_are_one_change() -> None:
    sized = {"model": "another-size", "another_size_b": 13}
    names = {"another-size": "13 billion parameters, dense", "mine": "My model"}
    assert changes_sentence(Scenario.parse(sized), names=names) == (
        "1 change from “A firm of eight”: model: 13 billion parameters, dense."
    )
    shape = {"parameters_b": 13.0, "layer_count": 40, "kv_head_count": 8, "head_dim": 128}
    own = Scenario.parse({"model": "mine", "own_models": {"mine": shape}})
    assert changes_sentence(own, names=names) == "1 change from “A firm of eight”: model: My model."


def test_machine_of_ones_own_among_the_options_is_one_change() -> None:
    box = {"chip": "nvidia-rtx-4090", "chip_count": 4, "price_usd": 9000}
    assert said(options=(MAC, "box"), own_options={"box": box}) == (
        "1 change from “A firm of eight”: other options compared."
    )


def test_lease_is_told_with_its_terms() -> None:
    leases = {"a": {"usd_per_month": 410.0}, "b": {"usd_per_month": 99.4, "in_advance": False, "buyout_usd": 1200.0}}
    said = changes_sentence(Scenario.parse({"leases": leases}), names={"a": "The Mac", "b": "The PC"})
    assert "The Mac leased for $410 a month, paid in advance;" in said
    assert "The PC leased for $99 a month and bought for $1,200 at the end." in said
