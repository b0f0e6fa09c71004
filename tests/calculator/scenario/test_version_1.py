"""Scenarios of version 0.1: what they meant is written out, and what they named themselves goes first."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.scenario.scenario import Scenario
from calculator.scenario.version_1 import OPTIONS, PINNED, converted


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
