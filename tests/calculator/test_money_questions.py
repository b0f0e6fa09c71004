"""Money questions that people asked in public: each can be put, and each published figure is held beside ours."""

from typing import Any

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.cost.tco import Tco
from calculator.decision.comparison import Comparison
from calculator.units import TOKENS_PER_MTOK

CATALOG = load_catalog()
NOTHING_ELSE: dict[str, Any] = dict.fromkeys(
    (
        *("demand_growth_rate", "electricity_escalation_rate", "api_price_trend_rate", "wage_usd_per_h"),
        *("resale_fee_fraction", "sales_tax_fraction", "built_failure_rate", "self_built_failure_rate"),
        *("cooling_season_fraction", "discount_rate", "resale_fraction", "gpu_resale_fraction"),
    ),
    0,
)
"""What the published sums leave out."""


def _found(**values: Any) -> Comparison:
    return compare(Scenario.parse({**NOTHING_ELSE, **values}), CATALOG, draw_count=0)


def _tco(found: Comparison, option: str) -> Tco:
    tco = found[option].tco
    assert tco is not None
    return tco


# --- dev.to/sebs (2026): two RTX PRO 6000 for 16,000 EUR, or 8 developers with a seat of 100 to 200 EUR a month;
# 1,200 W, 6 h a day, 0.32 EUR/kWh; "18 months". All amounts are euros: their rate cancels. -----------------------------

SEATS: dict[str, Any] = {
    "options": ("two-pro-6000", "chatgpt-pro-100"),
    "model": "qwen3-next-80b-a3b",
    "own_options": {
        "two-pro-6000": {
            "chip": "nvidia-rtx-pro-6000",
            "chip_count": 2,
            "price_usd": 16_000,
            **dict.fromkeys(("idle_w", "prefill_w", "decode_w"), 1200),
        }
    },
    "seat_count": 8,
    "electricity_usd_per_kwh": 0.32,
    "on_h_per_day": 6,
}


def _months(seat: float) -> float | None:
    found = _found(**SEATS, figures={"chatgpt-pro-100.seat_usd_per_month": seat})
    (row,) = [one for one in found.break_even if one.option == "two-pro-6000"]
    return row.month


@pytest.mark.parametrize("seat", [100, 119, 150, 200])
def test_two_cards_pay_back_against_eight_seats_by_hand(seat: int) -> None:
    energy = 1.2 * 6 * 252 / 12 * 0.32
    assert _months(seat) == pytest.approx(16_000 / (8 * seat - energy), abs=0.05)


def test_published_eighteen_months_lie_between_seats_of_100_and_of_200() -> None:
    dear, cheap = _months(200), _months(100)
    assert dear is not None
    assert cheap is not None
    assert (round(dear, 1), round(cheap, 1)) == (10.3, 21.3)
    assert _months(117) == pytest.approx(18.0, abs=0.1)


# --- ainews.cool (2026-05-17): a used Mac Studio M2 Ultra for $6,000, 20 % left after three years, against $0.15 to
# $0.30 per million tokens -----------------------------------------------------------------------------------------------

USED = "mac-studio-m2-ultra-192-used"
AINEWS: dict[str, Any] = {
    "options": (USED, "api-same-model"),
    "model": "llama-3-8b",
    "prompt_tokens": 1,
    "retrieved_tokens": 0,
    "answer_tokens": 1000,
    "concurrent_request_count": 1,
    "machine_count": 1,
    "first_token_p95_target_s": 0,
    "requests_per_working_day": 2000,
    "peak_factor_ratio": 1,
    "working_days_per_year": 365,
    "on_h_per_day": 8,
}


def test_fifth_of_the_price_is_left_of_a_used_machine_after_three_years() -> None:
    found = _found(**{**AINEWS, "resale_fraction": 0.2, "figures": {f"{USED}.price_usd": 6000}})
    assert _tco(found, USED).lines["resale"] == pytest.approx(1200)
    sooner = _found(**{**AINEWS, "resale_fraction": 0.2, "months": 18, "figures": {f"{USED}.price_usd": 6000}})
    assert _tco(sooner, USED).lines["resale"] == pytest.approx(6000 * 0.2**0.5)


@pytest.mark.parametrize("usd", [0.15, 0.30])
def test_own_price_of_the_api_is_what_a_million_tokens_cost(usd: float) -> None:
    figures = {f"api-same-model.{name}_usd_per_mtok": usd for name in ("input", "output")}
    tco = _tco(_found(**{**AINEWS, "figures": figures}), "api-same-model")
    assert tco.usd_per_mtok == pytest.approx(usd)
    assert -sum(tco.lines.values()) == pytest.approx(usd * tco.served_tokens / TOKENS_PER_MTOK)


# --- ArthurVardevanyan/HomeLab#686: 64 kWh at $0.227 for 1.136 billion tokens, prompts mostly cached: $0.013 per million
# by a smart plug; ollama#16339: 350 W at $0.30 are $0.105 an hour; skepticcto.com: EVO-X2 for $3,299 ---------------------


def test_electricity_of_a_million_mostly_cached_tokens_is_near_what_a_plug_measured() -> None:
    found = _found(
        options=("dual-rtx-3090", "api-same-model"),
        model="qwen3.5-35b-a3b",
        electricity_usd_per_kwh=0.227,
        prompt_tokens=20_000,
        retrieved_tokens=0,
        answer_tokens=500,
        cached_prompt_fraction=0.9,
        requests_per_working_day=1800,
        working_days_per_year=365,
        on_h_per_day=24,
        first_token_p95_target_s=0,
    )
    tco = _tco(found, "dual-rtx-3090")
    million = tco.served_tokens / TOKENS_PER_MTOK
    assert million / 36 == pytest.approx(1122, rel=0.01)  # they: 1,136 a month
    usd = -sum(amount for line, amount in tco.lines.items() if line.startswith("energy ")) / million
    assert 0.013 < usd < 0.021  # the plug left out what the machine draws while it waits


def test_350_watts_at_30_cents_are_10_and_a_half_cents_an_hour() -> None:
    watts = {f"dual-rtx-3090.{state}_w": 350 for state in ("idle", "prefill", "decode")}
    found = _found(
        options=("dual-rtx-3090",),
        electricity_usd_per_kwh=0.30,
        working_days_per_year=365,
        on_h_per_day=24,
        figures=watts,
        first_token_p95_target_s=0,
        model="qwen3.5-35b-a3b",
    )
    tco = _tco(found, "dual-rtx-3090")
    usd = -sum(amount for line, amount in tco.lines.items() if line.startswith("energy "))
    assert usd / (8760 * 3) == pytest.approx(0.105)


def test_evo_x2_never_pays_back_against_the_host_within_three_years() -> None:
    machine = "framework-desktop-strix-halo-128"
    found = _found(
        options=(machine, "api-same-model"),
        model="gemma-4-26b-a4b",
        requests_per_working_day=1500,
        working_days_per_year=365,
        on_h_per_day=24,
        machine_count=1,
        first_token_p95_target_s=0,
        figures={f"{machine}.price_usd": 3299},
    )
    assert found.verdict.cheapest == "api-same-model"
    (row,) = [one for one in found.break_even if one.option == machine]
    assert row.month is None
