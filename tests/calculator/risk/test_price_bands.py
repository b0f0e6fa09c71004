"""Price bands: full answers on both sides of an edge say too close on the one and name the winner on the other."""

from typing import Any

import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.risk.candidates import costs
from calculator.risk.monte_carlo import ranges
from calculator.risk.price_bands import FARTHEST_PRICE, PriceBand, price_bands

CATALOG = load_catalog()
COUNT = 2_000
MAC, BIG, PC = "mac-studio-m5-ultra-96", "mac-studio-m5-ultra-256", "dual-rtx-4090-am5"
CASES: dict[str, dict[str, Any]] = {
    "clear now": {"options": (MAC, PC)},
    "too close now": {"options": (BIG, PC)},
    "bought or rented": {"options": (MAC, "cloud-h100")},
    "with taxes": {"options": (MAC, PC), "tax_rate": 0.25, "sales_tax_fraction": 0.08, "months": 48},
    "in cash": {"options": (MAC, PC), "money": "cash"},
}
_BESIDE = 0.004  # of the price: 2,000 futures leave that much between two of them


def answer(values: dict[str, Any], **changes: Any) -> Comparison:
    return compare(Scenario.parse({**values, **changes}), CATALOG, draw_count=COUNT, with_turns=False)


def bands_of(values: dict[str, Any]) -> tuple[Comparison, dict[str, PriceBand]]:
    found = answer(values)
    verdict, candidates = found.verdict, found.candidates
    assert verdict.cheapest is not None
    assert verdict.next is not None
    if found.scenario.money == "cash":
        candidates = candidates.under(found.scenario.changed(discount_rate=0.0))
    odds = ranges(candidates, count=COUNT)
    bands = price_bands(candidates, pair=(verdict.cheapest, verdict.next), odds=odds)
    return found, {band.name: band for band in bands}


@pytest.mark.parametrize("case", CASES)
def test_full_answers_confirm_both_edges_of_every_band(case: str) -> None:
    _, bands = bands_of(CASES[case])
    assert bands
    for band in bands.values():
        for edge, side, winner in ((band.low, -1, band.below), (band.high, 1, band.above)):
            if edge is None:
                continue
            inside, outside = edge * (1 - side * _BESIDE), edge * (1 + side * _BESIDE)
            assert answer(CASES[case], figures={band.name: inside}).verdict.too_close
            clear = answer(CASES[case], figures={band.name: outside}).verdict
            assert (clear.too_close, clear.cheapest) == (False, winner)


def test_band_holds_the_price_now_where_the_verdict_is_too_close_and_not_where_it_is_clear() -> None:
    for case, is_close in (("clear now", False), ("too close now", True)):
        found, bands = bands_of(CASES[case])
        assert found.verdict.too_close is is_close
        assert {band.holds_now for band in bands.values()} == {is_close}
        for name, band in bands.items():
            assert band.now == CATALOG.machines[name.removesuffix(".price_usd")].purchase_price().price_usd.central
            near = [edge for edge in (band.low, band.high) if edge is not None]
            assert any(1 / FARTHEST_PRICE <= edge / band.now <= FARTHEST_PRICE for edge in near)


def test_dearer_price_of_the_winner_leads_to_the_other_and_a_cheaper_one_of_the_other_does_too() -> None:
    _, bands = bands_of(CASES["clear now"])
    winner, other = bands[f"{MAC}.price_usd"], bands[f"{PC}.price_usd"]
    assert (winner.below, winner.above) == (MAC, PC)
    assert (other.below, other.above) == (PC, MAC)
    assert winner.low is not None
    assert winner.now < winner.low


def test_cost_is_a_straight_line_in_its_price_in_every_future() -> None:
    found, bands = bands_of(CASES["with taxes"])
    odds = ranges(found.candidates, count=COUNT)
    for name, band in bands.items():
        owner = name.removesuffix(".price_usd")
        usd = [
            costs(found.candidates, {**odds.inputs, name: band.now * share})[owner].present_value_cost_usd
            for share in (1 / FARTHEST_PRICE, 1.0, FARTHEST_PRICE)
        ]
        slopes = (usd[1] - usd[0]) / (1 - 1 / FARTHEST_PRICE), (usd[2] - usd[1]) / (FARTHEST_PRICE - 1)
        assert slopes[0] == pytest.approx(slopes[1], rel=1e-9, abs=1e-6)


def test_price_that_no_edge_is_near_has_no_band() -> None:
    _, bands = bands_of({"options": ("api-same-model", MAC)})
    assert bands == {}
