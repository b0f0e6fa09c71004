"""The catalogue with a scenario's own entries: one door, and every file and link says the same of them."""

import io
from pathlib import Path

import pandas as pd
import pytest

from calculator import Scenario, compare, load_catalog
from calculator.analysis.explain import explain
from calculator.decision.choose import Wanted, choose
from calculator.errors import ScenarioError
from calculator.report.answer_json import comparison_dict
from calculator.report.ledger_csv import tidy_csv
from calculator.scenario.files import read_scenario
from calculator.scenario.own_catalog import catalog_of, not_compared

CATALOG = load_catalog()
FILE = Path(__file__).parents[2] / "fixtures" / "own_machines.toml"
QUAD = {"chip": "nvidia-rtx-3090", "chip_count": 4, "price_usd": 9000}


def test_published_comparison_of_two_machines_comes_out_to_the_dollar() -> None:
    # 1,199 + 3 * 35.04 and 2,500 + 3 * 394.20: see the file
    found = compare(read_scenario(FILE), CATALOG, draw_count=0)
    totals = {row.id: row.tco.total_cost_usd for row in found.options if row.tco is not None}
    assert totals == pytest.approx({"mini": 1304.12, "one-4090": 3682.60}, abs=0.005)
    assert found.verdict.cheapest == "mini"


def test_csv_and_json_of_own_machines_are_equal_to_the_cent() -> None:
    found = compare(read_scenario(FILE), CATALOG)
    frame = pd.read_csv(io.StringIO(tidy_csv(found)))
    answer = comparison_dict(found)
    assert set(frame["option"]) == {"mini", "one-4090"}
    for row in answer["options"]:
        in_csv = -frame.loc[frame["option"] == row["id"], "amount_usd"].sum()
        assert in_csv == pytest.approx(row["total_cost_usd"], abs=0.005)
    assert set(answer["scenario"]["own_options"]) == {"mini", "one-4090"}


def test_catalogue_is_the_same_object_where_nothing_is_ones_own_and_the_door_may_be_passed_twice() -> None:
    assert catalog_of(Scenario(), CATALOG) is CATALOG
    scenario = Scenario.parse({"own_options": {"quad": QUAD}})
    once = catalog_of(scenario, CATALOG)
    twice = catalog_of(scenario, once)
    assert twice.machines["quad"] == once.machines["quad"]
    assert "quad" not in CATALOG.machines
    assert twice.hash == CATALOG.hash


def test_own_machine_is_not_the_nearest_to_another() -> None:
    scenario = Scenario.parse({"own_options": {"quad": QUAD, "quad-2": {**QUAD, "price_usd": 9500}}})
    assert "(dual-rtx-3090)" in catalog_of(scenario, CATALOG).machines["quad-2"].note


@pytest.mark.parametrize("table", ["own_options", "own_models"])
def test_id_of_the_catalogue_is_refused(table: str) -> None:
    shape = {"parameters_b": 8, "layer_count": 32, "kv_head_count": 8, "head_dim": 128}
    key, row = ("dgx-spark", QUAD) if table == "own_options" else ("llama-3-8b", shape)
    with pytest.raises(ScenarioError, match=rf"^{table}\.{key}: '{key}' is an id of the catalogue\. Choose another id"):
        catalog_of(Scenario.parse({table: {key: row}}), CATALOG)


def test_own_machine_that_is_not_compared_is_named() -> None:
    scenario = Scenario.parse({"own_options": {"quad": QUAD}})
    (said,) = not_compared(scenario)
    assert said.text == "own_options.quad is not compared. Add quad to options, or remove it."
    assert said in compare(scenario, CATALOG, draw_count=0).remarks
    assert not not_compared(scenario.changed(options=("quad",)))


def test_price_of_ones_own_is_explained_as_yours_and_the_machine_is_among_the_choices() -> None:
    scenario = Scenario.parse({"options": ("quad",), "own_options": {"quad": QUAD}})
    found = explain(compare(scenario, CATALOG, draw_count=0), "quad", "hardware", catalog=CATALOG)
    price = next(row for row in found.inputs if row.name == "price_usd")
    assert (price.value, price.basis) == (9000, "yours")
    chosen = choose(scenario, CATALOG, wanted=Wanted(budget_usd=10_000, most_w=None))
    assert "quad" in {one.id for one in (*chosen.choices, *chosen.left_out)}


def test_own_machines_of_one_name_say_their_ids_and_others_do_not() -> None:
    named = {**QUAD, "name": "Box"}
    own = {"quad": QUAD, "Quad": QUAD, "b-1": named, "b-2": {**named, "name": "BOX"}, "mine": {**QUAD, "name": "Mine"}}
    taken = CATALOG.machines["dgx-spark"].name
    scenario = Scenario.parse({"own_options": {**own, "spark": {**QUAD, "name": taken}}, "options": [*own, "spark"]})
    once = catalog_of(scenario, CATALOG)
    names = {key: once.machines[key].name for key in (*own, "spark")}
    assert len({*names.values()} - {taken}) == len(names)
    assert (names["b-1"], names["b-2"], names["mine"]) == ("Box (b-1)", "BOX (b-2)", "Mine")
    assert names["quad"].endswith(" (quad)")
    assert names["spark"] == f"{taken} (spark)"
    assert once.machines["dgx-spark"].name == taken
    assert catalog_of(scenario, once).machines == once.machines
    rows = compare(scenario, CATALOG, draw_count=0).options
    assert [row.name for row in rows] == [names[row.id] for row in rows]
