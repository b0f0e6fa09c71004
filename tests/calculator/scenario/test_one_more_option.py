"""One option more: added at the end, or refused in words where twelve are compared already."""

import pytest

from calculator import Scenario, load_catalog
from calculator.errors import ScenarioError
from calculator.scenario.one_more_option import with_option
from calculator.scenario.question import MOST_OPTIONS

TWELVE = tuple(load_catalog().machines)[:MOST_OPTIONS]


def test_option_is_added_behind_the_others_and_never_twice() -> None:
    small = Scenario(options=TWELVE[:2])
    assert with_option(small, TWELVE[5]).options == (*TWELVE[:2], TWELVE[5])
    assert with_option(small, TWELVE[0]) is small


def test_thirteenth_is_refused_and_drops_none() -> None:
    full = Scenario(options=TWELVE)
    assert len(full.options) == 12
    assert with_option(full, TWELVE[11]) is full
    with pytest.raises(ScenarioError, match=r"12 are compared already, which is the most\. Take one of them out"):
        with_option(full, "cloud-h100")


def test_bound_is_the_scenarios_own() -> None:
    with pytest.raises(ScenarioError):
        Scenario.parse({"options": (*TWELVE, "cloud-h100")})
