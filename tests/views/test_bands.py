"""Bands of the first chart: the two leaders in the money shown, and their last month is what the row says."""

import pytest

from calculator import Scenario
from calculator.decision.compare import compare
from tests.views.pages import CATALOG
from views.bands import LEADERS, leaders_bands
from views.decide_frame import decide_frame


@pytest.mark.parametrize("labour", ["with", "without"])
@pytest.mark.parametrize("money", ["present-value", "cash"])
def test_band_ends_where_the_row_says_and_the_leaders_alone_have_one(money: str, labour: str) -> None:
    scenario = Scenario.parse({"money": money, "labour": labour})
    found = compare(scenario, CATALOG, as_of="2026-11-26", draw_count=500, with_turns=False)
    rows = decide_frame(found, bands=leaders_bands(found))["rows"]
    assert ["band" in row for row in rows] == [place < LEADERS for place in range(len(rows))]
    for row in rows[:LEADERS]:
        low, high = row["band"]
        assert (low[-1], high[-1]) == (row["usd"][0], row["usd"][2])
        assert len(low) == len(high) == len(row["by_month"])


def test_bands_are_kept_for_the_same_answer_and_made_anew_for_another() -> None:
    found = compare(Scenario(), CATALOG, as_of="2026-11-26", draw_count=64, with_turns=False)
    first = leaders_bands(found)
    assert leaders_bands(found) is first
    dearer = compare(Scenario(wage_usd_per_h=150), CATALOG, as_of="2026-11-26", draw_count=64, with_turns=False)
    assert leaders_bands(dearer) != first


def test_without_futures_there_is_no_band() -> None:
    found = compare(Scenario(), CATALOG, as_of="2026-11-26", draw_count=0, with_turns=False)
    assert leaders_bands(found) == {}
    assert not any("band" in row for row in decide_frame(found)["rows"])
