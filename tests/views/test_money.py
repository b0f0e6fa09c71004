"""Money as the page shows it first: the chosen convention leads, the order is that of the verdict."""

from typing import Literal

import pytest

from tests.views.comparison_case import comparison
from views.money import by_cost, cheapest_of, is_ranked, shown_usd_of

API = "api-same-model"


@pytest.mark.parametrize("money", ["present-value", "cash"])
@pytest.mark.parametrize("labour", ["with", "without"])
def test_cost_is_that_of_the_chosen_convention(
    money: Literal["present-value", "cash"], labour: Literal["with", "without"]
) -> None:
    case = comparison(money=money, labour=labour)
    option = case[API]
    assert option.tco is not None
    expected = {
        ("present-value", "with"): option.tco.present_value_cost_usd,
        ("present-value", "without"): option.tco.hard_present_value_cost_usd,
        ("cash", "with"): option.tco.total_cost_usd,
        ("cash", "without"): option.tco.hard_cost_usd,
    }
    assert shown_usd_of(option, case.scenario) == expected[money, labour]
    assert len(set(expected.values())) == 4


def test_those_that_can_do_the_job_come_first_by_cost() -> None:
    case = comparison(overloaded=API)
    ordered = by_cost(case)
    values = [option.tco.present_value_cost_usd for option in ordered if is_ranked(option) and option.tco is not None]
    assert values == sorted(values)
    assert [option.id for option in ordered[len(values) :]] == ["dual-rtx-4090-threadripper", API]


def test_cheapest_without_staff_hours_is_that_of_the_invoices() -> None:
    bare = comparison(labour="without")
    assert cheapest_of(bare.verdict, bare.scenario) == (API, False)
