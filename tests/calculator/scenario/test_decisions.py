"""Decisions of a person: one that several fields hold counts once, and is taken back whole."""

from typing import Any

import pytest

from calculator import Scenario
from calculator.scenario.decisions import decided_differently, decisions_on, set_by
from calculator.scenario.presets import preset, preset_names

BEFORE = Scenario()
OWN_MODEL = {"mine": {"parameters_b": 13.0, "layer_count": 40, "kv_head_count": 8, "head_dim": 128}}
OWN_BOX = {"box": {"chip": "nvidia-rtx-4090", "chip_count": 4, "price_usd": 9000}}
ROUTE = {"base": "mac-studio-m5-ultra-96", "to": "box", "share": 0.2, "model": "mine"}

ONE_DECISION: list[tuple[dict[str, Any], str, set[str]]] = [
    ({"model": "qwen3-32b"}, "model", {"model"}),
    ({"model": "another-size", "another_size_b": 13}, "model", {"model", "another_size_b"}),
    ({"model": "mine", "own_models": OWN_MODEL}, "model", {"model", "own_models:mine"}),
    ({"options": ("box", "cloud-h100"), "own_options": OWN_BOX}, "options", {"options", "own_options:box"}),
    (
        {"options": ("mix",), "own_options": OWN_BOX, "routing": {"mix": ROUTE}, "own_models": OWN_MODEL},
        "options",
        {"options", "own_options:box", "routing:mix", "own_models:mine"},
    ),
    (
        {"options": ("mix",), "own_options": OWN_BOX, "routing": {"mix": ROUTE | {"model": "another-size"}}},
        "options",
        {"options", "own_options:box", "routing:mix", "another_size_b"},
    ),
    ({"months": 48}, "months", {"months"}),
]


@pytest.mark.parametrize(("values", "decision", "fields"), ONE_DECISION)
def test_one_decision_is_one_difference_and_its_fields_go_back_together(
    values: dict[str, Any], decision: str, fields: set[str]
) -> None:
    now = Scenario.parse(values)
    assert decided_differently(now, BEFORE) == decided_differently(BEFORE, now) == (decision,)
    assert set(set_by(decision, now)) == fields
    assert all(decision in decisions_on(name.partition(":")[0]) for name in fields)
    gone = {name.partition(":")[0] for name in fields}
    back = Scenario.parse({name: row for name, row in values.items() if name not in gone})
    assert decided_differently(back, BEFORE) == ()


def test_size_counts_with_the_model_that_has_it_and_by_itself_where_none_has() -> None:
    assert decided_differently(Scenario(another_size_b=13), BEFORE) == ("another_size_b",)
    small = Scenario(model="another-size", another_size_b=13)
    assert decided_differently(small, small.changed(another_size_b=30)) == ("model",)


def test_what_is_described_and_not_chosen_is_a_decision_of_its_own() -> None:
    there = Scenario.parse({"own_models": OWN_MODEL, "own_options": OWN_BOX, "routing": {"mix": ROUTE}})
    assert set(decided_differently(there, BEFORE)) == {"own_models", "own_options", "routing"}
    both = there.changed(model="mine")
    assert set(decided_differently(both, BEFORE)) == {"model", "own_options", "routing"}


def test_model_that_a_route_needs_stays_when_another_one_is_served() -> None:
    shared = Scenario.parse(
        {
            "model": "mine",
            "options": ("mix",),
            "own_options": OWN_BOX,
            "routing": {"mix": ROUTE},
            "own_models": OWN_MODEL,
        }
    )
    assert set_by("model", shared) == ("model",)
    assert "own_models:mine" not in set_by("options", shared)


def test_examples_differ_from_the_defaults_as_often_as_their_fields_do() -> None:
    for name in preset_names():
        found = preset(name)
        differing = {field for field in Scenario.model_fields if getattr(found, field) != getattr(BEFORE, field)}
        assert set(decided_differently(found, BEFORE)) == differing - {"typed"}
