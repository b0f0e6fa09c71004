"""Money of an option: the base case stands in the middle, the futures around it, each in its own way to count."""

from typing import Literal

import pytest

from calculator import Scenario, load_catalog
from calculator.cost.tco import cost_shown_usd
from calculator.decision.compare import compare
from calculator.decision.option_money import OptionMoney, shown_money
from calculator.number import Range
from calculator.report.facts import shown_range
from calculator.risk.drawn_costs import MONEY, DrawnCosts, Money

CATALOG = load_catalog()
BASES = ("total_cost_usd", "present_value_cost_usd", "hard_present_value_cost_usd", "hard_cost_usd")


class _Drawn(DrawnCosts):
    def __init__(self, factor: float) -> None:
        self._factor = factor

    def range(self, option: str, money: Money) -> Range:
        place = MONEY.index(money) * self._factor
        return Range(place + 1, place + 2, place + 3, "USD")


def test_base_case_is_the_middle_and_the_futures_are_the_ends() -> None:
    row = compare(Scenario(), CATALOG, as_of="2026-11-26", draw_count=0).options[0]
    assert row.tco is not None
    bases = [getattr(row.tco, name) for name in BASES]
    drawn = OptionMoney(row.id, row.tco, _Drawn(10))
    found = [drawn.range(money) for money in MONEY]
    assert [one.central for one in found] == bases
    assert [(one.low, one.high) for one in found] == [(1, 3), (11, 13), (21, 23), (31, 33)]
    assert drawn.median_present_value_usd == 12
    alone = OptionMoney(row.id, row.tco, None)
    assert [alone.range(money) for money in MONEY] == [Range(usd, usd, usd, "USD") for usd in bases]
    assert alone.median_present_value_usd is None
    assert drawn == OptionMoney(row.id, row.tco, _Drawn(10))
    assert drawn not in (OptionMoney(row.id, row.tco, _Drawn(11)), alone, bases)


def test_row_gives_each_way_to_count_and_only_options_with_futures_have_a_width() -> None:
    found = compare(Scenario(labour="without"), CATALOG, as_of="2026-11-26", draw_count=300)
    wide = {row.id for row in found.options if row.median_present_value_usd is not None}
    assert wide == {one.option.id for one in found.candidates}
    for row in found.options:
        if row.tco is None:
            assert (row.total_usd, row.median_present_value_usd) == (None, None)
            continue
        four = (row.total_usd, row.present_value_usd, row.hard_present_value_usd, row.hard_total_usd)
        assert [one and one.central for one in four] == [getattr(row.tco, name) for name in BASES]
        assert all(one is not None and (one.low < one.high) == (row.id in wide) for one in four)
    assert compare(Scenario(), CATALOG, as_of="2026-11-26", draw_count=0).options[0].median_present_value_usd is None


@pytest.mark.parametrize("money", ["present-value", "cash"])
@pytest.mark.parametrize("labour", ["with", "without"])
def test_what_pages_show_is_found_with_the_answer_and_the_rest_when_it_is_asked_for(
    money: Literal["present-value", "cash"], labour: Literal["with", "without"]
) -> None:
    asked = Scenario(money=money, labour=labour, wage_usd_per_h=61.0)
    found = compare(asked, CATALOG, as_of="2026-11-26", draw_count=300)
    for row in found.options:
        if row.median_present_value_usd is None:
            continue
        assert row.money is not None
        assert row.money.drawn is not None
        known = {way for _, way in row.money.drawn._known}  # pyright: ignore[reportPrivateUsage]
        assert known == {"present_value_usd", shown_money(asked)}
        shown = shown_range(row, found)
        assert shown is not None
        assert row.tco is not None
        assert shown.central == cost_shown_usd(row.tco, asked)
