"""Own entries of a scenario: they are tables like any other, in the dump, in the id and in a copy."""

from calculator import Scenario
from calculator.scenario.own_entries import OWN_TABLES
from calculator.scenario.scenario import NOT_TYPED

VALUES = {
    "own_options": {"quad": {"chip": "nvidia-rtx-3090", "chip_count": 4, "price_usd": 9000}},
    "own_models": {"mine": {"parameters_b": 8, "layer_count": 32, "kv_head_count": 8, "head_dim": 128}},
    "routing": {"mix": {"base": "quad", "to": "api-frontier", "share": 0.1}},
    "shared_with_other_work": {"dgx-spark": 0.25},
}


def test_dump_reads_back_as_the_same_scenario() -> None:
    scenario = Scenario.parse(VALUES)
    back = Scenario.parse(scenario.model_dump(mode="json"))
    assert (back, back.id()) == (scenario, scenario.id())
    assert scenario.changed(months=48).own_models == scenario.own_models


def test_own_entries_are_no_values_that_a_person_types() -> None:
    assert set(OWN_TABLES) == VALUES.keys()
    assert set(OWN_TABLES) <= NOT_TYPED
    assert Scenario.parse(VALUES).typed == ()
