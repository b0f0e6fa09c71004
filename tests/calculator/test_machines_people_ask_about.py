"""Questions that people asked in public and that could not be entered: they have an answer, by the catalogue's rows."""

import pytest

from calculator import Scenario, load_catalog
from calculator.analysis.explain import explain
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison

CATALOG = load_catalog()
DAY = "2026-11-26"


def _compared(*options: str, **values: object) -> Comparison:
    scenario = Scenario.parse({"options": options, **values})
    return compare(scenario, CATALOG, as_of=DAY, draw_count=0, with_turns=False)


def _usd(found: Comparison, option: str) -> float:
    tco = found[option].tco
    assert tco is not None
    return tco.present_value_cost_usd


def test_mac_mini_with_64_gb_or_a_pc_with_one_4090() -> None:
    small = _compared("mac-mini-m5-pro-64", "rtx-4090-pc", model="qwen3-8b")
    assert _usd(small, "mac-mini-m5-pro-64") < _usd(small, "rtx-4090-pc")
    large = _compared("mac-mini-m5-pro-64", "rtx-4090-pc", model="llama-3-70b")
    assert large["mac-mini-m5-pro-64"].eligible
    assert [reason.code for reason in large["rtx-4090-pc"].eligibility.reasons] == ["does-not-fit"]


def test_gpt_oss_120b_at_2000_requests_a_day_goes_to_a_mac_at_the_prices_of_autumn() -> None:
    options = ("dgx-spark", "mac-studio-m5-ultra-96", "rtx-pro-6000-pc", "mac-studio-m5-ultra-64c-256")
    found = _compared(*options, model="gpt-oss-120b", requests_per_working_day=2000)
    assert min(options, key=lambda option: _usd(found, option)) == "mac-studio-m5-ultra-96"
    # the card alone went from 8,565 to 16,000, the Spark from 4,699 to 6,950
    assert _usd(found, "rtx-pro-6000-pc") > 2 * _usd(found, "mac-studio-m5-ultra-64c-256")


def test_cheapest_mac_with_256_gb_has_64_cores() -> None:
    prices = {
        key: machine.purchase_price().price_usd.central
        for key, machine in CATALOG.machines.items()
        if machine.kind == "mac" and machine.memory_gib == 256 and machine.bought == "new"
    }
    assert min(prices, key=lambda key: prices[key]) == "mac-studio-m5-ultra-64c-256"


@pytest.mark.parametrize("usd", [0.15, 0.30])
def test_price_of_the_hosted_model_is_entered_under_its_option(usd: float) -> None:
    figures = {"api-same-model.input_usd_per_mtok": usd, "api-same-model.output_usd_per_mtok": usd}
    found = _compared("api-same-model", model="llama-3-8b", figures=figures, api_price_trend_rate=0)
    tco = found["api-same-model"].tco
    assert tco is not None
    tokens = tco.lines["input tokens"] + tco.lines["output tokens"]
    assert tokens == pytest.approx(-usd * tco.served_tokens / 1e6)
    (asked,) = [
        item
        for item in explain(found, "api-same-model", "output tokens", catalog=CATALOG).inputs
        if item.name == "output_usd_per_mtok"
    ]
    assert (asked.value, asked.basis) == (usd, "yours")
    again = Scenario(options=("api-same-model",), model="llama-3-8b", figures={asked.key.removeprefix("figures."): usd})
    assert compare(again, CATALOG, draw_count=0, with_turns=False)["api-same-model"].tco is not None


def test_closed_model_of_a_vendor_stands_beside_ones_own_machine() -> None:
    found = _compared("mac-studio-m5-ultra-96", "api:anthropic/claude-opus-5-5", "api:openai/gpt-6.1-sol")
    assert all(row.eligible for row in found.options)
    assert _usd(found, "api:anthropic/claude-opus-5-5") > _usd(found, "api:openai/gpt-6.1-sol")
