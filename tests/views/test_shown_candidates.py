"""Sensitivities are in the money that the switch asks for."""

import pytest

from calculator import Scenario
from tests.views.other_pages import comparison_of
from views.money import shown_usd_of
from views.shown_candidates import shown_candidates


@pytest.mark.parametrize("money", ["present-value", "cash"])
@pytest.mark.parametrize("labour", ["with", "without"])
def test_base_case_of_the_candidates_is_the_amount_shown(money: str, labour: str) -> None:
    scenario = Scenario.parse({"money": money, "labour": labour, "downtime_usd_per_h": 20})
    found = comparison_of(scenario)
    candidates = shown_candidates(found)
    for one in candidates:
        shown = shown_usd_of(found[one.option.id], scenario)
        assert candidates.cost(one).present_value_cost_usd == pytest.approx(shown, rel=1e-9)
