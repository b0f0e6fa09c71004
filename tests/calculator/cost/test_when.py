"""From when machines are there: one month by hand, and purchases of draws against one month after the other."""

from typing import Any

import numpy as np
import pytest

from calculator.cost.growing_fleet import NEVER, Purchases
from calculator.cost.inputs import Inputs
from calculator.cost.when import AT_ONCE, AT_THE_START, When, back_to
from calculator.finance.courses import Once
from calculator.finance.ledger import Horizon
from calculator.number import Number, Picked
from calculator.scenario.scenario import Scenario

GROWTH = np.array([0.1, 0.5, 0.0])
GROWTH.flags.writeable = False
PICKED = Picked(np.array([0, 0, 2]), np.array([1.0, 2.0, 3.0]), 3)
MONTHS = np.array([1.0, 13.0, 25.0])
MONTHS.flags.writeable = False
LATER = When(purchases=Purchases(PICKED, MONTHS, np.array([2.0, 4.0, 4.0])))


def inputs(**changed: Any) -> Inputs:
    drawn = {"care_growth_rate": GROWTH}
    return Inputs(Scenario(months=36, wage_escalation_rate=0.03, **changed), drawn)


def test_start_is_month_zero_alone() -> None:
    assert AT_THE_START.is_start
    assert not When(1).is_start
    assert not When(0.0).is_start
    assert not When(np.array([0, 12])).is_start
    assert not LATER.is_start


def test_what_is_paid_at_once_is_paid_in_its_month_and_never_beyond_the_horizon() -> None:
    assert When(0).paid_at_once(inputs()) is AT_ONCE
    found = When(7).paid_at_once(inputs())
    assert isinstance(found, Once)
    assert found.month == 7
    late = When(36).paid_at_once(inputs())
    assert isinstance(late, Once)
    assert late.month == NEVER


def test_growth_is_undone_to_the_purchase_and_no_farther_than_the_plan() -> None:
    assert float(back_to(0.1, years=2)) == pytest.approx(1 / 1.21)
    assert back_to(0.1, years=0.0) == 1.0
    assert When(24).grown_back(0.1, inputs=inputs()) == (pytest.approx(1 / 1.21), 1.0)
    assert When(24).grown_back(0.1, inputs=inputs(), age_years=1) == (pytest.approx(1 / 1.1), 1.0)
    assert When(600).grown_back(0.1, inputs=inputs()) == (pytest.approx(1.1**-3), 1.0)
    usd, weight = LATER.grown_back(GROWTH, inputs=inputs(), age_years=1)
    assert np.asarray(usd).tolist() == pytest.approx([1.1, 1.5, 1.0])
    assert np.asarray(weight).tolist() == pytest.approx([1.0, 1 / 1.1, 1.0])


def test_purchases_of_draws_come_to_what_each_of_them_does() -> None:
    found, horizon = inputs(), Horizon(36, 0.08)
    _, weight = LATER.grown_back(GROWTH, inputs=found)
    course = LATER.course(found, growth="care_growth_rate", step="wage_escalation_rate", months_free=2, weight=weight)
    expected = np.zeros(3)
    for row, count, month in zip(PICKED.rows, PICKED.counts, MONTHS, strict=True):
        one = Inputs(found.scenario, {"care_growth_rate": float(GROWTH[row])})
        when = When(int(month) - 1)
        usd, _ = when.grown_back(float(GROWTH[row]), inputs=one)
        alone = when.course(one, growth="care_growth_rate", step="wage_escalation_rate", months_free=2)
        expected[row] += count * usd * float(np.asarray(horizon.present_value(alone)))
    assert np.asarray(horizon.present_value(course)) == pytest.approx(expected, rel=1e-12)
    assert np.asarray(horizon.total(LATER.paid_at_once(found))).tolist() == [3, 0, 3]
    assert np.asarray(horizon.total(LATER.course(found))).tolist() == [36 + 2 * 24, 0, 3 * 12]


def test_months_held_are_summed_over_the_purchases_and_kept_by_name_and_values() -> None:
    asked: list[str] = []

    def held(months: Number, of_draw: Number) -> Number:
        asked.append("held")
        return months * of_draw

    assert When(12).held_in_all("held", held, 2.0, inputs=inputs()) == 48
    assert When(40).held_months(inputs()) == 0
    for _ in range(2):
        found = LATER.held_in_all("held", held, GROWTH, inputs=inputs())
        assert np.asarray(found).tolist() == pytest.approx([0.1 * (36 + 2 * 24), 0, 0])
    assert len(asked) == 2
    shorter = LATER.held_in_all("held", held, GROWTH, inputs=Inputs(Scenario(months=24)))
    assert np.asarray(shorter).tolist() == pytest.approx([0.1 * (24 + 2 * 12), 0, 0])
    assert np.asarray(LATER.held_in_all("other", held, 1.0, inputs=inputs())).tolist() == [84, 0, 36]
    assert len(asked) == 4
