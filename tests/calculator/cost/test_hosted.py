"""A hosted API: tokens times price, with its trend, and the three kinds of offer."""

import dataclasses
from typing import Any

import pytest

from calculator import compare, load_catalog
from calculator.cost.tco import Tco, cost_of
from calculator.scenario.scenario import Scenario
from tests.calculator.offers import API, MAC, MAC_USAGE, SCENARIO, TARIFF, known

FLAT = SCENARIO.changed(
    electricity_escalation_rate=0,
    wage_escalation_rate=0,
    inflation_rate=0,
    api_price_trend_rate=0,
    cloud_price_trend_rate=0,
    demand_growth_rate=0,
    when_full="buy-from-api",
    when_down="buy-from-api",
)


def _cost(option: Any, usage: Any, scenario: Any = SCENARIO, reference: Any = TARIFF, **values: float) -> Tco:
    return cost_of(option, scenario=scenario, usage=usage, reference_api=reference, values=values)


HALF = dataclasses.replace(MAC_USAGE, prefill_h_per_month=70, decode_h_per_month=140, served_fraction=0.5)


def test_lines_of_an_api_are_tokens_times_price() -> None:
    lines = _cost(API, None, FLAT).lines
    # 200 requests * 21 days = 4,200 a month; 3,800 in, 400 out
    assert lines["input tokens"] == pytest.approx(-4200 * 3800 / 1e6 * 0.2 * 36)
    assert lines["output tokens"] == pytest.approx(-4200 * 400 / 1e6 * 0.6 * 36)
    assert lines["setup"] == -190


def test_api_price_falls_smoothly_with_its_trend() -> None:
    tco = _cost(API, None, FLAT.changed(api_price_trend_rate=-0.3))
    month = dict(zip([line.name for line in tco.entries], tco.flows, strict=True))["input tokens"]
    assert month[13] / month[1] == pytest.approx(0.7)
    assert month[7] / month[1] == pytest.approx(0.7**0.5)


def test_three_kinds_of_api_are_three_options_with_their_own_prices() -> None:
    scenario = Scenario(options=("api-same-model", "api-same-capability", "api-frontier"), prompt_tokens=1000)
    # dollars per million tokens of the same answers: the open model at its cheapest host, and at the one in the middle
    for host, open_usd in (("cheapest", 0.32), ("median", 1.50)):  # Databricks: 0.58 a token, the sixth of twelve
        found = compare(scenario.changed(api_host=host), load_catalog(), draw_count=0)
        kinds = [load_catalog().apis[row.id].kind for row in found.options]
        assert kinds == ["same-model", "same-capability", "frontier"]
        paid = [row.tco.lines["output tokens"] for row in found.options if row.tco]
        assert [usd / paid[0] for usd in paid] == pytest.approx([1, 0.50 / open_usd, 10 / open_usd])


def test_frontier_model_keeps_its_own_price() -> None:
    # pitfall 16: the hosted open model and a frontier model are two options, never blended into one price
    dear = TARIFF.model_copy(
        update={"model": "closed", "provider_model": "closed", "output_usd_per_mtok": known(20.0, "USD/Mtok")}
    )
    frontier = API.model_copy(update={"id": "api-frontier", "kind": "frontier", "tariffs": (dear,)})
    lines = _cost(frontier, None, FLAT, reference=TARIFF).lines
    assert lines["output tokens"] == pytest.approx(-4200 * 400 / 1e6 * 20 * 36)
    overflow = _cost(MAC, HALF, FLAT, reference=TARIFF).lines["overflow to API"]
    open_model = _cost(API, None, FLAT).lines
    assert overflow == pytest.approx(0.5 * (open_model["input tokens"] + open_model["output tokens"]))
