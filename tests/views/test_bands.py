"""Bands of the first chart: the two leaders in the money shown, and their last month is what the row says."""

from datetime import date

import pytest

from calculator import Scenario
from calculator.decision.compare import compare
from tests.views.pages import CATALOG
from views.bands import LEADERS, answer_names, leaders_bands, shade_of
from views.decide_frame import decide_frame


@pytest.mark.parametrize("labour", ["with", "without"])
@pytest.mark.parametrize("money", ["present-value", "cash"])
def test_shade_ends_where_the_row_says_and_the_leaders_alone_have_one(money: str, labour: str) -> None:
    scenario = Scenario.parse({"money": money, "labour": labour})
    found = compare(scenario, CATALOG, as_of="2026-11-26", draw_count=500, with_turns=False)
    rows, bands = decide_frame(found)["rows"], shade_of(found)["bands"]
    assert list(bands) == [row["id"] for row in rows[:LEADERS]]
    for row in rows[:LEADERS]:
        low, high = bands[row["id"]]
        assert (low[-1], high[-1]) == (row["usd"][0], row["usd"][2])
        assert len(low) == len(high) == len(row["by_month"])


def test_shade_is_in_whole_dollars_of_the_bands() -> None:
    found = compare(Scenario(), CATALOG, as_of="2026-11-26", draw_count=64, with_turns=False)
    exact = leaders_bands(found)
    for name, edges in shade_of(found)["bands"].items():
        assert edges == [[round(usd) for usd in edge] for edge in (exact[name].low_usd, exact[name].high_usd)]


@pytest.mark.parametrize(
    "other",
    [
        {"wage_usd_per_h": 150},
        {"money": "cash"},
        {"labour": "without"},
        {"prices_as_of": "2026-12-24"},
    ],
)
def test_shade_has_the_names_of_its_frame_and_no_other(other: dict[str, str | float]) -> None:
    def answer(**values: object) -> dict[str, object]:
        scenario = Scenario.parse(values)
        found = compare(scenario, CATALOG, as_of=date.today().isoformat(), draw_count=64, with_turns=False)
        frame, shade = decide_frame(found), shade_of(found)
        names = answer_names(found)
        assert {name: frame[name] for name in names} == names == {name: shade[name] for name in names}
        return names

    assert answer() != answer(**other)


def test_bands_are_kept_for_the_same_answer_and_made_anew_for_another() -> None:
    found = compare(Scenario(), CATALOG, as_of="2026-11-26", draw_count=64, with_turns=False)
    first = leaders_bands(found)
    assert leaders_bands(found) is first
    dearer = compare(Scenario(wage_usd_per_h=150), CATALOG, as_of="2026-11-26", draw_count=64, with_turns=False)
    assert leaders_bands(dearer) != first


def test_without_futures_there_is_no_band() -> None:
    found = compare(Scenario(), CATALOG, as_of="2026-11-26", draw_count=0, with_turns=False)
    assert leaders_bands(found) == {}
    assert shade_of(found)["bands"] == {}
