"""Token prices: cached tokens, batches, retries and the tier of long requests."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from calculator import load_catalog
from calculator.catalog.options import PriceTier
from calculator.cost.inputs import Inputs
from calculator.cost.tariffs import api_prices, listed_prices, price_factors, tier_of
from calculator.cost.tco import Tco, cost_of
from tests.calculator.offers import API, SCENARIO, TARIFF

FLAT = SCENARIO.changed(
    electricity_escalation_rate=0,
    wage_escalation_rate=0,
    inflation_rate=0,
    api_price_trend_rate=0,
    cloud_price_trend_rate=0,
    demand_growth_rate=0,
)


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _cost(option: Any, usage: Any, scenario: Any = SCENARIO, reference: Any = TARIFF, **values: float) -> Tco:
    return cost_of(option, scenario=scenario, usage=usage, reference_api=reference, values=values)


def test_cached_tokens_cost_their_own_price_and_batches_half() -> None:
    cached = TARIFF.model_copy(
        update={
            "cached_input_usd_per_mtok": TARIFF.input_usd_per_mtok.model_copy(
                update={"low": 0.02, "central": 0.02, "high": 0.02}
            )
        }
    )
    lines = _cost(API, None, FLAT.changed(cached_prompt_fraction=0.5), cached).lines
    assert lines["input tokens"] == pytest.approx(-4200 * 1900 / 1e6 * 0.2 * 36)
    assert lines["cached tokens"] == pytest.approx(-4200 * 1900 / 1e6 * 0.02 * 36)
    batched = _cost(API, None, FLAT.changed(api_batch_fraction=1.0)).lines
    assert batched["output tokens"] == pytest.approx(0.5 * _cost(API, None, FLAT).lines["output tokens"])


def test_long_requests_pay_their_tier_for_all_their_tokens() -> None:
    # above 10,000 tokens of input 0.4 and 0.9 instead of 0.2 and 0.6; exactly 10,000 is still the base tier
    tier = PriceTier(above_input_tokens=10_000, input_usd_per_mtok=0.4, output_usd_per_mtok=0.9)
    offer = API.model_copy(update={"tariffs": (TARIFF.model_copy(update={"tiers": (tier,)}),)})
    same = {"retrieved_tokens": 0, "answer_tokens": 100, "api_price_trend_rate": 0}
    base, long = (cost_of(offer, scenario=SCENARIO.changed(prompt_tokens=n, **same)).lines for n in (10_000, 10_001))
    requests = 200 * 252 * 3  # of 36 months
    assert base["input tokens"] == pytest.approx(-requests * 10_000 / 1e6 * 0.2)
    assert base["output tokens"] == pytest.approx(-requests * 100 / 1e6 * 0.6)
    assert long["input tokens"] == pytest.approx(-requests * 10_001 / 1e6 * 0.4)
    assert long["output tokens"] == pytest.approx(-requests * 100 / 1e6 * 0.9)
    own = {"host/llama.input_usd_per_mtok": 0.3}
    mine = cost_of(offer, scenario=SCENARIO.changed(prompt_tokens=10_001, figures=own, **same)).lines
    assert mine["input tokens"] == pytest.approx(-requests * 10_001 / 1e6 * 0.3)  # one's own figure is what one pays
    assert mine["output tokens"] == long["output tokens"]


def test_tier_is_chosen_draw_by_draw() -> None:
    tier = PriceTier(above_input_tokens=10_000, input_usd_per_mtok=0.4, output_usd_per_mtok=0.6)
    tariff = TARIFF.model_copy(update={"tiers": (tier,)})
    prompts = np.array([6_000.0, 7_000.0])  # 3,500 tokens are retrieved besides
    assert api_prices(tariff, Inputs(SCENARIO, {"prompt_tokens": prompts}))["input"] == pytest.approx([0.2, 0.4])


@pytest.mark.parametrize("prompt_tokens", [1_000, 272_000, 272_001])
@pytest.mark.parametrize("option", ["api-frontier", "api-same-capability"])
def test_bill_of_a_closed_model_is_genai_prices_own(option: str, prompt_tokens: int) -> None:
    from genai_prices import Usage as Tokens
    from genai_prices import calc_price

    catalog = load_catalog()
    offer = catalog.apis[option]
    scenario = SCENARIO.changed(
        prompt_tokens=prompt_tokens,
        retrieved_tokens=0,
        answer_tokens=500,
        cached_prompt_fraction=0.5,
        api_price_trend_rate=0,
        months=12,
    )
    lines = cost_of(offer, scenario=scenario).lines
    tokens = Tokens(input_tokens=prompt_tokens, cache_read_tokens=prompt_tokens / 2, output_tokens=500)
    one = calc_price(tokens, offer.tariffs[0].provider_model, provider_id="openai", genai_request_timestamp=NOON)
    spent = -sum(usd for name, usd in lines.items() if name.endswith("tokens"))
    assert spent == pytest.approx(200 * 252 * float(one.total_price), rel=1e-9)


def test_output_tokens_are_not_priced_as_input() -> None:
    # pitfall 15
    lines = _cost(API, None, FLAT).lines
    assert lines["output tokens"] / lines["input tokens"] == pytest.approx(400 * 0.6 / (3800 * 0.2))


def test_input_that_the_host_keeps_costs_its_own_price_where_it_has_one() -> None:
    kept = TARIFF.input_usd_per_mtok.model_copy(update={"low": 0.25, "central": 0.25, "high": 0.25})
    scenario = FLAT.changed(api_cache_write_fraction=0.4)
    without = _cost(API, None, scenario).lines
    assert sum(without.values()) == pytest.approx(sum(_cost(API, None, FLAT).lines.values()))
    lines = _cost(API, None, scenario, TARIFF.model_copy(update={"cache_write_usd_per_mtok": kept})).lines
    assert lines["input tokens"] == pytest.approx(-4200 * 3800 / 1e6 * 0.6 * 0.2 * 36)
    assert lines["kept tokens"] == pytest.approx(-4200 * 3800 / 1e6 * 0.4 * 0.25 * 36)


def test_price_ratio_batches_and_retries_multiply_every_price() -> None:
    scenario = SCENARIO.changed(api_batch_fraction=0.5, api_batch_discount_fraction=0.4, api_retry_fraction=0.1)
    inputs = Inputs(scenario, {"host/llama.price_ratio": 2.0})
    factor = 2.0 * (1 - 0.5 * 0.4) * 1.1
    assert api_prices(TARIFF, inputs) == pytest.approx(
        {"input": 0.2 * factor, "kept": 0.2 * factor, "cached": 0.2 * factor, "output": 0.6 * factor}
    )
    factors, says = price_factors(TARIFF, inputs)
    assert factors == {
        "price_ratio": 2.0,
        "api_batch_fraction": 0.5,
        "api_retry_fraction": 0.1,
        "api_batch_discount_fraction": 0.4,
    }
    assert says == "price * price ratio * (1 - batch share * batch discount) * (1 + retries)"
    assert price_factors(TARIFF, Inputs(SCENARIO)) == ({}, "price")
    assert price_factors(TARIFF, Inputs(SCENARIO.changed(api_retry_fraction=0.1)))[0]["price_ratio"] == 1.0


def test_tier_of_a_request_is_the_last_that_its_input_passes() -> None:
    tiers = tuple(
        PriceTier(above_input_tokens=tokens, input_usd_per_mtok=usd, output_usd_per_mtok=0.9)
        for tokens, usd in ((10_000, 0.4), (20_000, 0.8))
    )
    tariff = TARIFF.model_copy(update={"tiers": tiers})
    for tokens, found in ((10_000, None), (10_001, tiers[0]), (20_000, tiers[0]), (20_001, tiers[1])):
        scenario = SCENARIO.changed(prompt_tokens=tokens, retrieved_tokens=0)
        assert tier_of(tariff, scenario) == found
        expected = 0.2 if found is None else found.input_usd_per_mtok
        assert listed_prices(tariff, Inputs(scenario))["input"] == pytest.approx(expected)
