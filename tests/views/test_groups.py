"""Groups of money: they sum to the cost shown, and say what makes one option cheaper than another."""

import doctest

import pytest

from calculator import Scenario
from tests.views.other_pages import comparison_of
from views import groups as module
from views.groups import parts_usd, why_cheaper
from views.money import amounts, is_ranked


@pytest.mark.parametrize("money", ["present-value", "cash"])
@pytest.mark.parametrize("labour", ["with", "without"])
def test_groups_sum_to_the_cost_shown(money: str, labour: str) -> None:
    found = comparison_of(Scenario.parse({"money": money, "labour": labour}))
    for option in found.options:
        if is_ranked(option):
            assert sum(parts_usd(option, found)) == pytest.approx(amounts(option, found.scenario)[0].usd, abs=0.01)


def test_reason_names_the_groups_that_carry_the_difference() -> None:
    found = comparison_of(Scenario())
    mac, pc = found["mac-studio-m5-ultra-96"], found["dual-rtx-4090-am5"]
    said = why_cheaper(mac, pc, found)
    people = parts_usd(pc, found)[2] - parts_usd(mac, found)[2]
    assert f"${people:,.0f} less for people's time" in said
    assert "less for buying it, resale counted" in said
    assert why_cheaper(pc, mac, found) == ""


def test_reason_says_what_is_dearer_all_the_same() -> None:
    found = comparison_of(Scenario(options=("mac-studio-m5-ultra-96", "cloud-h100")))
    said = why_cheaper(found["mac-studio-m5-ultra-96"], found["cloud-h100"], found)
    assert said.startswith("Why: $")
    assert "less for rent and API" in said
    assert "more for buying it" in said


def test_examples_in_the_docstrings_are_true() -> None:
    found = doctest.testmod(module)
    assert found.attempted
    assert found.failed == 0
