"""Candidate: a routed option is costed, moved and taken apart by its parts."""

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.risk.candidate import Candidates
from calculator.service.usage import Usage

CATALOG = load_catalog()
MAC, API = "mac-studio-m5-ultra-96", "api-frontier"


def _candidates() -> Candidates:
    routing = {"mix": {"base": MAC, "to": API, "share": 0.4}}
    return compare(Scenario.parse({"options": ("mix", API), "routing": routing}), CATALOG, draw_count=0).candidates


def test_leaves_are_the_parts_of_a_routed_option_with_their_own_demand() -> None:
    found = [(one.option.id, under.scenario.requests_per_working_day) for one, under in _candidates().leaves()]
    whole = Scenario().requests_per_working_day
    assert found == [(MAC, pytest.approx(0.6 * whole)), (API, pytest.approx(0.4 * whole)), (API, whole)]


def test_parts_follow_a_change_of_the_whole() -> None:
    candidates = _candidates()
    mix = candidates.options[0]
    longer = candidates.under(candidates.scenario.changed(months=48, requests_per_working_day=100))
    assert {part.scenario.months for part in longer.options[0].parts} == {48}
    assert [part.scenario.requests_per_working_day for part in longer.options[0].parts] == pytest.approx([60, 40])
    assert longer.cost(longer.options[0]).months == 48
    assert candidates.cost(mix).months == 36


def test_fleet_without_machines_is_the_api_alone() -> None:
    one = _candidates().options[1]
    assert not one.is_api_alone
    assert type(one)(one.option, usage=Usage(machine_count=0)).is_api_alone
