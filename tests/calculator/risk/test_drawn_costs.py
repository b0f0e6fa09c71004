"""Drawn costs: ranges are those of the draws, whether the futures are still there or drawn again."""

import gc
import pickle

import numpy as np
import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.number import Range
from calculator.risk.drawn_costs import MONEY, DrawnCosts
from calculator.risk.monte_carlo import Odds, range_of, ranges

CANDIDATES = compare(Scenario(), load_catalog(), as_of="2026-11-26").candidates
COUNT = 64


def _drawn() -> Odds:
    return ranges(CANDIDATES, count=COUNT)


def test_every_range_is_that_of_its_draws() -> None:
    odds = _drawn()
    costs = DrawnCosts(odds, pytest.fail)
    for money in MONEY:
        table = getattr(odds, money)
        for option, usd in table.items():
            assert costs.range(option, money) == range_of(usd)
            assert costs.range(option, money) is costs.range(option, money)
    assert len({costs.range(option, money).low for option in table for money in MONEY}) > len(table)
    with pytest.raises(KeyError):
        costs.range("nothing", "total_usd")


def test_an_answer_goes_to_another_process_with_all_its_ranges() -> None:
    found = compare(Scenario(), load_catalog(), as_of="2026-11-26")
    again = pickle.loads(pickle.dumps(found))
    for row, other in zip(found.options, again.options, strict=True):
        assert row.money == other.money
        assert row.hard_total_usd == other.hard_total_usd
    with pytest.raises(KeyError):
        again.options[0].money.drawn.range("nothing", "total_usd")


def test_futures_that_nobody_holds_are_drawn_again_once_and_are_the_same() -> None:
    drawn: list[str] = []

    def redraw() -> Odds:
        drawn.append("")
        return _drawn()

    odds = _drawn()
    expected = {(option, money): range_of(usd) for money in MONEY for option, usd in getattr(odds, money).items()}
    costs = DrawnCosts(odds, redraw)
    option = next(iter(odds.total_usd))
    assert costs.range(option, "hard_total_usd") == expected[option, "hard_total_usd"]
    assert not drawn
    del odds
    gc.collect()
    assert costs.range(option, "hard_total_usd") == expected[option, "hard_total_usd"]
    assert not drawn  # known as a number
    found: dict[tuple[str, str], Range] = {(name, money): costs.range(name, money) for name, money in expected}  # type: ignore[arg-type]
    assert found == expected
    assert len(drawn) == 1
    assert np.isfinite([one.high for one in found.values()]).all()
