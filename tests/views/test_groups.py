"""Groups of money: they sum to the cost shown, and say what makes one option cheaper than another."""

import doctest
import re

import pytest

from calculator import Scenario
from calculator.decision.compare import compare
from calculator.scenario.presets import preset, preset_names
from tests.views.other_pages import comparison_of
from tests.views.pages import CATALOG
from views import groups as module
from views.decide_words import hero_of
from views.groups import parts_usd, why_cheaper
from views.money import is_ranked, shown_usd_of


@pytest.mark.parametrize("money", ["present-value", "cash"])
@pytest.mark.parametrize("labour", ["with", "without"])
def test_groups_sum_to_the_cost_shown(money: str, labour: str) -> None:
    found = comparison_of(Scenario.parse({"money": money, "labour": labour}))
    for option in found.options:
        if is_ranked(option):
            assert sum(parts_usd(option, found)) == pytest.approx(shown_usd_of(option, found.scenario), abs=0.01)


def test_reason_names_the_groups_that_carry_the_difference() -> None:
    found = comparison_of(Scenario())
    mac, pc = found["mac-studio-m5-ultra-96"], found["dual-rtx-4090-am5"]
    said = why_cheaper(mac, pc, found)
    people = parts_usd(pc, found)[2] - parts_usd(mac, found)[2]
    assert f"${people:,.0f} less for staff hours" in said
    assert "less for hardware net of resale" in said
    assert why_cheaper(pc, mac, found) == ""


def test_reason_says_what_is_dearer_all_the_same() -> None:
    found = comparison_of(Scenario(options=("mac-studio-m5-ultra-96", "cloud-h100")))
    said = why_cheaper(found["mac-studio-m5-ultra-96"], found["cloud-h100"], found)
    assert said.startswith("Why: $")
    assert "less for rent and API" in said
    assert "more for hardware net of resale" in said


def test_examples_in_the_docstrings_are_true() -> None:
    found = doctest.testmod(module)
    assert found.attempted
    assert found.failed == 0


@pytest.mark.parametrize("money", ["present-value", "cash"])
@pytest.mark.parametrize("labour", ["with", "without"])
@pytest.mark.parametrize("name", preset_names())
def test_parts_of_the_reason_sum_to_the_headlines_difference_as_shown(name: str, labour: str, money: str) -> None:
    asked = preset(name).changed(money=money, labour=labour)
    found = compare(asked, CATALOG, as_of="2026-11-26", draw_count=64, with_turns=False)
    for which in ("mac_or_pc", "overall"):
        hero = hero_of(found, which)  # pyright: ignore[reportArgumentType] - one of the two
        said = next((note for note in (hero or {}).get("notes", ()) if note.startswith("Why: ")), "")
        if hero is None or not said:
            continue
        headline = hero["amount"] if which == "mac_or_pc" else hero["range"]
        (difference,) = re.findall(r"\$[\d,.]*\d", headline.replace("over ", ""))
        parts = re.findall(r"(\$[\d,.]*\d) (less|more)", said)
        total = sum(dollars(amount) * (1 if word == "less" else -1) for amount, word in parts)
        assert total == pytest.approx(dollars(difference), abs=0.001), (headline, said)


def dollars(text: str) -> float:
    return float(text.replace("$", "").replace(",", ""))
