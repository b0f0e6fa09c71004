"""Scenarios of version 0.1: what they meant is written out, and what they named themselves goes first."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.errors import ScenarioError
from calculator.scenario.scenario import Scenario
from calculator.scenario.version_1 import (
    DEFAULTS_OF_VERSION_1,
    OPTIONS,
    PINNED,
    TABLES_OF_VERSION_1,
    converted,
    version_1_remark,
)

FIXTURES = Path(__file__).parents[2] / "fixtures" / "version_1"


def test_converted_scenario_says_what_version_1_did_without_saying() -> None:
    found = converted({"schema_version": 1})
    assert found["schema_version"] == 2
    assert {name: found[name] for name in PINNED} == PINNED
    assert (found["when_down"], found["used_warranty_months"], found["typed"]) == ("buy-from-api", 12, ())
    assert found["options"] == OPTIONS


def test_value_that_a_scenario_of_version_1_names_goes_first() -> None:
    given: dict[str, Any] = {"schema_version": 1, "when_full": "buy-another", "options": ["cloud-h100"]}
    found = converted(given)
    assert (found["when_full"], found["options"]) == ("buy-another", ["cloud-h100"])
    assert given == {"schema_version": 1, "when_full": "buy-another", "options": ["cloud-h100"]}  # left as it was


@pytest.mark.parametrize(
    ("values", "typed"),
    [
        ({"months": 36, "wage_usd_per_h": 95}, ()),  # both are version 1's defaults
        ({"months": 48, "wage_usd_per_h": 60}, ("months", "wage_usd_per_h")),
        ({"name": "Another firm"}, ()),  # a name is no figure
    ],
)
def test_typed_are_the_values_that_differ_from_version_1s_defaults(
    values: dict[str, Any], typed: tuple[str, ...]
) -> None:
    assert converted({"schema_version": 1, **values})["typed"] == typed


def test_lost_hours_with_a_price_were_lost_and_others_were_bought() -> None:
    assert converted({"downtime_usd_per_h": 50})["when_down"] == "lose"
    assert converted({"downtime_usd_per_h": 0})["when_down"] == "buy-from-api"


def test_used_machine_had_the_warranty_of_a_new_one() -> None:
    assert converted({"warranty_months": 24})["used_warranty_months"] == 24


@given(months=st.integers(12, 84), wage=st.integers(0, 400))
def test_scenario_of_version_1_is_read_as_its_conversion(months: int, wage: int) -> None:
    values = {"schema_version": 1, "months": months, "wage_usd_per_h": wage}
    assert Scenario.parse(values) == Scenario.parse(converted(values))


def test_every_field_of_version_1_is_known_with_its_default() -> None:
    then = json.loads((FIXTURES / "answers.json").read_text("utf-8"))[0]["scenario"]
    fields = {*DEFAULTS_OF_VERSION_1, *TABLES_OF_VERSION_1, "schema_version"}
    assert fields == then.keys()
    assert {name: then[name] for name in DEFAULTS_OF_VERSION_1} == DEFAULTS_OF_VERSION_1
    assert fields <= Scenario.model_fields.keys()


def test_default_of_today_changes_no_scenario_of_version_1() -> None:
    found = Scenario.parse({"schema_version": 1})
    assert {name: getattr(found, name) for name in DEFAULTS_OF_VERSION_1 if name != "options"} == {
        name: value for name, value in DEFAULTS_OF_VERSION_1.items() if name != "options"
    }


def test_range_of_version_1_sets_its_value() -> None:
    found = Scenario.parse({"schema_version": 1, "ranges": {"wage_usd_per_h": [10, 20, 30]}})
    assert (found.wage_usd_per_h, found.ranges["wage_usd_per_h"]) == (20, (10, 20, 30))


@pytest.mark.parametrize("value", ["x", [1], {}, None])
def test_wrong_value_of_version_1_is_refused_in_a_sentence(value: Any) -> None:
    with pytest.raises(ScenarioError, match="downtime_usd_per_h"):
        Scenario.parse({"schema_version": 1, "downtime_usd_per_h": value})


def test_what_changed_its_meaning_is_said_of_version_1_alone() -> None:
    said = version_1_remark(Scenario.parse({"schema_version": 1}).rules)
    assert said is not None
    assert "schema_version = 2" in said.text
    assert version_1_remark(Scenario().rules) is None
