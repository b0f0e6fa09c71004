"""Paired futures: differences, chances and middles are those of the drawn costs, each found once."""

import numpy as np
import pytest

from calculator.decision.paired_futures import PairedFutures
from calculator.number import Range
from calculator.risk import monte_carlo as module
from calculator.risk.distributions import Draws
from calculator.risk.monte_carlo import Odds, range_of, ranges
from tests.calculator.offers import ALL

ODDS = ranges(ALL, count=256)


def test_difference_is_taken_future_by_future_with_and_without_peoples_time() -> None:
    found = PairedFutures(ODDS)
    for hard, table in ((False, ODDS.present_value_usd), (True, ODDS.hard_present_value_usd)):
        assert found.difference_usd("pc", "mac", hard=hard) == range_of(table["pc"] - table["mac"])
    assert found.difference_usd("pc", "mac") != found.difference_usd("pc", "mac", hard=True)
    assert found.difference_usd("mac", "pc").central == pytest.approx(-found.difference_usd("pc", "mac").central)


def test_chances_of_all_options_sum_to_one_and_a_tie_is_won() -> None:
    found = PairedFutures(ODDS)
    names = [one.option.id for one in ALL]
    assert sum(found.chance(name, names) for name in names) == pytest.approx(1.0)
    assert found.chance("mac", ("mac",)) == 1.0
    for hard, table in ((False, ODDS.present_value_usd), (True, ODDS.hard_present_value_usd)):
        expected = float(np.mean(table["pc"] <= np.minimum(table["mac"], table["api"])))
        assert found.chance("pc", ("mac", "pc", "api"), hard=hard) == expected
    assert found.chance("pc", names) != found.chance("pc", names, hard=True)


def test_median_is_that_of_the_present_values() -> None:
    assert PairedFutures(ODDS).median_usd("pc") == float(np.median(ODDS.present_value_usd["pc"]))


def test_each_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(usd: Draws) -> Range:
        asked.append(len(usd))
        return range_of(usd)

    monkeypatch.setattr(module, "range_of", counted)
    found = PairedFutures(ODDS)
    assert isinstance(found.odds, Odds)
    assert found.difference_usd("pc", "mac") is found.difference_usd("pc", "mac")
    assert asked == [256]
    found.difference_usd("mac", "pc")
    found.difference_usd("pc", "mac", hard=True)
    assert asked == [256] * 3
