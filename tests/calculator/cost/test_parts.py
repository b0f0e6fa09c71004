"""Parts of a cost: values of the whole become those of a part, and the sum keeps every line apart."""

import dataclasses

import numpy as np
import pytest

from calculator import Scenario, load_catalog
from calculator.cost.parts import CostPart, cost_of_parts, line_of_part, values_of_part
from calculator.cost.tco import cost_of
from tests.calculator.offers import MAC, MAC_USAGE, SCENARIO, TARIFF

CATALOG = load_catalog()
FRONTIER, SAME = CATALOG.apis["api-frontier"], CATALOG.apis["api-same-capability"]


def test_requests_and_lengths_are_scaled_and_nothing_else() -> None:
    drawn = np.array([100.0, 200.0])
    found = values_of_part({"requests_per_working_day": 0.25}, {"requests_per_working_day": drawn, "x.price_usd": 5.0})
    assert found["requests_per_working_day"] == pytest.approx([25.0, 50.0])
    assert found["x.price_usd"] == 5.0


def test_two_parts_cost_the_sum_of_both_month_by_month() -> None:
    whole = Scenario.parse({"requests_per_working_day": 100})
    small, large = (Scenario.parse({"requests_per_working_day": count}) for count in (30, 70))
    found = cost_of_parts([CostPart(FRONTIER, small), CostPart(SAME, large)], scenario=whole)
    one, other = cost_of(FRONTIER, scenario=small), cost_of(SAME, scenario=large)
    assert found.monthly_usd == pytest.approx([a + b for a, b in zip(one.monthly_usd, other.monthly_usd, strict=True)])
    assert found.lines[line_of_part(FRONTIER.id, "output tokens")] == one.lines["output tokens"]
    assert found.usd_per_mtok == pytest.approx(
        (one.present_value_cost_usd + other.present_value_cost_usd)
        / (one.present_value_cost_usd / one.usd_per_mtok + other.present_value_cost_usd / other.usd_per_mtok)
    )


def test_value_tried_for_the_whole_reaches_the_part_by_its_ratio() -> None:
    whole, half = (Scenario.parse({"requests_per_working_day": count}) for count in (100, 50))
    part = CostPart(FRONTIER, half, ratios={"requests_per_working_day": 0.5})
    tried = cost_of_parts([part], scenario=whole, values={"requests_per_working_day": 200.0})
    there = cost_of(FRONTIER, scenario=whole)
    assert tried.total_cost_usd == pytest.approx(there.total_cost_usd)


def test_one_part_that_stays_undone_is_told_of_the_whole() -> None:
    """A machine that takes half of its part, with nobody to buy the rest from, beside a host that takes all of its own."""
    half = dataclasses.replace(MAC_USAGE, capacity_ratio=0.5)
    hosted = CostPart(FRONTIER, SCENARIO)
    for reference, is_told in ((None, True), (TARIFF, False)):
        machine = CostPart(MAC, SCENARIO.changed(when_full="buy-from-api"), half, reference)
        for parts in ((machine, hosted), (hosted, machine)):
            codes = [remark.code for remark in cost_of_parts(parts, scenario=SCENARIO).remarks]
            assert ("unmet-demand" in codes) is is_told
