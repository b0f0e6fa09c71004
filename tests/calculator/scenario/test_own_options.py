"""A machine of one's own in a scenario: its keys and bounds, from file and flag, and each mistake in a sentence."""

from pathlib import Path
from typing import Any

import pytest

from calculator import Scenario
from calculator.errors import ScenarioError
from calculator.scenario.files import read_scenario
from calculator.scenario.own_options import OwnOption, own_table_problem

QUAD = {"chip": "nvidia-rtx-3090", "chip_count": 4, "price_usd": 9000}


def test_file_and_flags_give_the_same_machine(tmp_path: Path) -> None:
    file = tmp_path / "quad.toml"
    file.write_text(
        'schema_version = 2\noptions = ["quad"]\n[own_options.quad]\nchip = "nvidia-rtx-3090"\nchip_count = 4\n'
        'price_usd = 9000\nname = "4090"\n',
        "utf-8",
    )
    flags = [f"own_options.quad.{name}={value}" for name, value in {**QUAD, "name": "4090"}.items()]
    by_flag = read_scenario(None, settings=["options=quad", *flags])
    assert by_flag.own_options == read_scenario(file).own_options
    assert by_flag.own_options["quad"] == OwnOption(chip="nvidia-rtx-3090", chip_count=4, price_usd=9000, name="4090")


def test_file_without_a_version_that_has_one_is_no_scenario_of_version_1(tmp_path: Path) -> None:
    file = tmp_path / "quad.toml"
    file.write_text('options = ["q"]\n[own_options.q]\nchip = "nvidia-rtx-3090"\nprice_usd = 9000\n', "utf-8")
    assert read_scenario(file).rules == 2


def test_scenario_without_one_keeps_its_id_and_one_with_it_has_another() -> None:
    assert Scenario(own_options={}).id() == Scenario().id()
    dear = Scenario.parse({"own_options": {"quad": {**QUAD, "price_usd": 9001}}})
    assert len({Scenario().id(), Scenario.parse({"own_options": {"quad": QUAD}}).id(), dear.id()}) == 3


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"chip": "nvidia-rtx-3090"}, "own_options.quad.price_usd is missing. Add it."),
        ({**QUAD, "memory_gb": 24}, "own_options.quad has no 'memory_gb'. Did you mean memory_gib? Allowed: chip, "),
        ({**QUAD, "zz": 24}, "own_options.quad has no 'zz'. Remove it. Allowed: chip, "),
        ({**QUAD, "chip_count": 2.5}, "own_options.quad.chip_count is 2.5; it must be a whole number."),
        ({**QUAD, "chip_count": 0}, "own_options.quad.chip_count is 0; it must be at least 1."),
        ({**QUAD, "price_usd": True}, "own_options.quad.price_usd is True; neither true nor false"),
        ({**QUAD, "price_usd": float("nan")}, "own_options.quad.price_usd is nan; it must be a finite number."),
        ({**QUAD, "bought": "stolen"}, "own_options.quad.bought is 'stolen'; allowed: 'new' or 'used'."),
        (7, "own_options.quad is 7; it must be a table"),
    ],
)
def test_mistake_is_said_with_what_is_allowed(row: Any, says: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        Scenario.parse({"own_options": {"quad": row}})
    assert str(refused.value).startswith(says)


@pytest.mark.parametrize("key", ["a b", "", "x/y", "-x", "x" * 41])
def test_id_that_no_address_or_flag_could_carry_is_refused(key: str) -> None:
    assert "is no id" in str(own_table_problem("own_options", {key: QUAD}, fields=OwnOption.model_fields))
    assert own_table_problem("own_options", {"quad": QUAD}, fields=OwnOption.model_fields) is None


def test_flag_that_names_no_figure_says_how_to_write_one() -> None:
    with pytest.raises(ScenarioError, match=r"says nothing of quad\. .*--set own_options\.quad\.chip=nvidia-rtx-3090"):
        read_scenario(None, settings=["own_options.quad=3"])
