"""Facts of every export: the question, the day, the data and the switches of money, and a split that adds up."""

import csv
import io
import json
from typing import Any

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.decision.comparison import Comparison
from calculator.report.facts import facts_dict, facts_json, provenance, shown_cost_usd, shown_range
from calculator.report.focus_csv import focus_csv
from calculator.report.ledger_csv import tidy_csv, wide_csv
from calculator.report.summary_csv import summary_csv

CATALOG = load_catalog()
OPTIONS = ("mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "api-same-model")


def _compared(**values: object) -> Comparison:
    return compare(Scenario.parse({"options": OPTIONS, **values}), CATALOG, as_of="2026-11-26", draw_count=64)


def test_facts_restate_question_day_data_and_switches() -> None:
    found = _compared(name="Ours, 2027", money="cash", labour="without")
    facts = facts_dict(found)
    assert facts["scenario_name"] == "Ours, 2027"
    assert (facts["money_words"], facts["labour_words"]) == ("cash, as it is paid", "invoices only")
    for name, value in provenance(found).items():
        assert facts[name] == value
    assert facts["scenario"] == found.scenario.model_dump(mode="json")
    assert json.loads(facts_json(found)) == json.loads(json.dumps(facts))


OWN = {"name": "=Ours", "parameters_b": 13.0, "layer_count": 40, "kv_head_count": 8, "head_dim": 128}


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"model": "qwen3-32b"}, CATALOG.models["qwen3-32b"].name),
        ({"model": "another-size", "another_size_b": 13.5}, "13.5 billion parameters, dense"),
        ({"model": "mine", "own_models": {"mine": OWN}}, "'=Ours"),
    ],
)
def test_every_table_that_is_opened_alone_names_the_model_in_every_row(values: dict[str, Any], name: str) -> None:
    found = _compared(**values)
    for written, column in ((tidy_csv, "model"), (wide_csv, "model"), (summary_csv, "model"), (focus_csv, "x_Model")):
        rows = list(csv.DictReader(io.StringIO(written(found))))
        assert rows
        assert {row[column] for row in rows} == {name}
    assert facts_dict(found)["model"] == name.removeprefix("'")


def test_hard_and_soft_dollars_sum_to_the_costs() -> None:
    found = _compared()
    for option in found.options:
        assert option.tco is not None
        facts = facts_dict(found)["options"][option.id]
        assert sum(facts["cash_usd"].values()) == pytest.approx(option.tco.total_cost_usd)
        assert sum(facts["present_value_usd"].values()) == pytest.approx(option.tco.present_value_cost_usd)
        assert facts["cash_usd"]["soft"] > 0


@pytest.mark.parametrize(
    ("money", "labour", "name"),
    [
        ("present-value", "with", "present_value_cost_usd"),
        ("present-value", "without", "hard_present_value_cost_usd"),
        ("cash", "with", "total_cost_usd"),
        ("cash", "without", "hard_cost_usd"),
    ],
)
def test_shown_cost_follows_both_switches(money: str, labour: str, name: str) -> None:
    found = _compared(money=money, labour=labour)
    for option in found.options:
        cost, spread = shown_cost_usd(option, found), shown_range(option, found)
        assert cost == getattr(option.tco, name)
        assert spread is not None
        assert spread.central == cost
        assert spread.low < spread.high


def test_option_without_a_cost_has_no_split_and_says_why() -> None:
    found = compare(Scenario(model="deepseek-v3", options=("mac-mini-m5-pro-64", "api-same-model")), CATALOG)
    bad = next(option for option in found.options if option.tco is None)
    facts = facts_dict(found)["options"][bad.id]
    assert facts["cash_usd"] is None
    assert facts["not_ranked"]
    assert shown_cost_usd(bad, found) is None
    assert shown_range(bad, found) is None
