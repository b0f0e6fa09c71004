"""Published analyses with their own inputs: our figure beside theirs, and the reason for the difference.

docs/model/published_analyses.md says the same in a table; a test compares.
"""

from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.cost.tco import Tco
from calculator.finance.discounting import discount_factor
from calculator.finance.returns import payback
from calculator.units import H_PER_MONTH, S_PER_H

CATALOG = load_catalog()
PAGE = Path(__file__).parents[2] / "docs/model/published_analyses.md"
ANSWER_TOKENS = 1000
ALMOST_ALWAYS_BUSY = 0.999


def _costs(
    machine: str,
    *,
    model: str,
    price_usd: float,
    decode_tokens_per_s: float,
    watts: float,
    electricity_usd_per_kwh: float,
    on_h_per_day: float,
    months: int,
    resale_fraction: float = 0.0,
    discount_rate: float = 0.0,
) -> Tco:
    """One machine that does nothing but write, busy whenever it is on; no tax, care, repair, cooling or idle hours."""
    figures = {
        f"{machine}.price_usd": price_usd,
        f"{machine}.prefill_w": watts,
        f"{machine}.decode_w": watts,
        f"{machine}.idle_w": watts,
    }
    if CATALOG.machines[machine].bought == "used":
        figures[f"{machine}.age_when_bought_years"] = 0
    given: dict[str, Any] = {
        "options": [machine],
        "model": model,
        "weight_class": "4-bit",
        "prompt_tokens": 1,
        "retrieved_tokens": 0,
        "answer_tokens": ANSWER_TOKENS,
        "concurrent_request_count": 1,
        "machine_count": 1,
        "when_full": "buy-from-api",
        "first_token_p95_target_s": 0,
        "working_days_per_year": 365,
        "on_h_per_day": on_h_per_day,
        "requests_per_working_day": ALMOST_ALWAYS_BUSY * decode_tokens_per_s * S_PER_H * on_h_per_day / ANSWER_TOKENS,
        "peak_factor_ratio": 1,
        "electricity_usd_per_kwh": electricity_usd_per_kwh,
        "months": months,
        "discount_rate": discount_rate,
        "resale_fraction": resale_fraction,
        "resale_market_index": 1,
    }
    zeros = (
        "demand_growth_rate",
        "electricity_escalation_rate",
        "wage_usd_per_h",
        "resale_fee_fraction",
        "sales_tax_fraction",
        "built_failure_rate",
        "cooling_season_fraction",
    )
    given |= dict.fromkeys(zeros, 0)
    (predicted,) = compare(Scenario.parse(given | {"figures": figures}), CATALOG).options
    assert predicted.decode is not None
    figures[f"{machine}.decode_speed_ratio"] = decode_tokens_per_s / predicted.decode.central
    (option,) = compare(Scenario.parse(given | {"figures": figures}), CATALOG).options
    assert option.tco is not None
    return option.tco


# --- Lenovo Press LP2225 (May 2025): a server with eight H100 against an AWS p5.48xlarge ------------------------------

SERVER_USD, OWN_USD_PER_H, CLOUD_USD_PER_H = 833_806, 0.87, 98.32


def _break_even_h(cloud_usd_per_h: float, *, discount_rate: float = 0.0, months: int = 60) -> float:
    """Hours of use after which the server has paid for itself, on around the clock."""
    saved_usd = (cloud_usd_per_h - OWN_USD_PER_H) * H_PER_MONTH
    flows = [-SERVER_USD] + [
        saved_usd * float(discount_factor(m, annual_rate=discount_rate)) for m in range(1, months + 1)
    ]
    found = payback(list(accumulate(flows)))
    assert found.period is not None
    return found.period * H_PER_MONTH


def test_lenovo_break_even_is_theirs_with_their_inputs() -> None:
    assert _break_even_h(CLOUD_USD_PER_H) == pytest.approx(8_556, abs=0.5)
    assert _break_even_h(CLOUD_USD_PER_H) / H_PER_MONTH == pytest.approx(11.72, abs=0.005)  # theirs: 11.9 of 720 hours


def test_lenovo_break_even_is_later_with_interest_and_with_the_rate_of_2026() -> None:
    # a dollar saved later is worth less: 10 % a year
    assert _break_even_h(CLOUD_USD_PER_H, discount_rate=0.10) == pytest.approx(9_019, abs=1)
    # AWS asked $55.04 in October 2026: 833,806 / 54.17
    assert _break_even_h(55.04) == pytest.approx(15_392, abs=1)


# --- William Angel (May 2026): a MacBook Pro M5 Max with Gemma 4 31B --------------------------------------------------


@pytest.mark.parametrize(
    ("tokens_per_s", "months", "watts", "theirs"),
    [(20, 60, 100, 1.61), (10, 36, 50, 4.79)],
)
def test_angel_per_million_tokens_is_his_with_his_inputs(
    tokens_per_s: float, months: int, watts: float, theirs: float
) -> None:
    ours = _costs(
        "mac-studio-m5-max-128",
        model="gemma-4-31b",
        price_usd=4_299,
        decode_tokens_per_s=tokens_per_s,
        watts=watts,
        electricity_usd_per_kwh=0.18,
        on_h_per_day=24,
        months=months,
    )
    assert ours.usd_per_mtok == pytest.approx(theirs, abs=0.006)
    by_hand = (4_299 / (months / 12 * 8_760) + watts / 1_000 * 0.18) / (tokens_per_s * 3_600 / 1e6)
    assert ours.usd_per_mtok == pytest.approx(by_hand, rel=0.003)  # 0.1 % idle, and one token read per answer


def test_angel_per_million_tokens_is_dearer_where_the_machine_waits() -> None:
    """What his figure leaves out: a laptop that answers for eight hours of the day costs nearly three times as much."""
    office = _costs(
        "mac-studio-m5-max-128",
        model="gemma-4-31b",
        price_usd=4_299,
        decode_tokens_per_s=20,
        watts=100,
        electricity_usd_per_kwh=0.18,
        on_h_per_day=8,
        months=60,
    )
    assert office.usd_per_mtok == pytest.approx(4.34, abs=0.01)


def test_angel_price_of_the_host_is_below_his_range_today() -> None:
    prices = [
        tariff.output_usd_per_mtok.central
        for tariff in CATALOG.apis["api-same-model"].tariffs
        if tariff.model == "gemma-4-31b"
    ]
    assert 0 < min(prices) <= 0.50  # his: 0.38 to 0.50 in May


# --- ainews.cool (2026-05-17): Mac Studio M2 Ultra with Llama 3 8B ----------------------------------------------------


def _ainews(discount_rate: float) -> float:
    return _costs(
        "mac-studio-m2-ultra-192-used",
        model="llama-3-8b",
        price_usd=6_000,
        decode_tokens_per_s=80,
        watts=90,
        electricity_usd_per_kwh=0.12,
        on_h_per_day=8,
        months=36,
        resale_fraction=0.20,
        discount_rate=discount_rate,
    ).usd_per_mtok


def test_ainews_per_million_tokens_without_interest_is_their_depreciation_and_power() -> None:
    theirs = 1.91 + 0.037
    assert _ainews(0.0) == pytest.approx(theirs, abs=0.01)


def test_ainews_interest_is_three_years_of_it_on_one_year_of_tokens() -> None:
    mtok_per_year = 80 * 3_600 * 8 * 365 / 1e6
    assert mtok_per_year == pytest.approx(841, abs=0.1)
    right, theirs = 300 / mtok_per_year, 1.04
    assert right == pytest.approx(0.357, abs=0.001)
    assert 3 * right == pytest.approx(theirs, rel=0.03)  # 1.07: what they add is three times too much
    # ours: the capital that is tied up falls as the value does, so interest adds 0.22 instead of 0.36
    assert _ainews(0.05) == pytest.approx(2.16, abs=0.01)
    assert _ainews(0.0) + right > _ainews(0.05) > _ainews(0.0)


def test_page_of_published_analyses_shows_these_figures() -> None:
    text = PAGE.read_text("utf-8")
    for figure in ("8,556", "9,019", "15,392", "1.61", "4.79", "4.34", "2.99", "1.94", "2.16"):
        assert figure in text, figure
