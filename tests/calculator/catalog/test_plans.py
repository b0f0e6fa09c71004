"""Subscriptions of the catalogue: dated prices, limits as published, and what is refused."""

import pytest

from calculator import load_catalog
from calculator.catalog.freshness import price_read, stale_price
from calculator.catalog.plans import PlanLimit, PlanPrice, Subscription
from calculator.errors import ScenarioError
from calculator.evidence import Quantity

CATALOG = load_catalog()


def _usd(value: float, on: str) -> Quantity:
    return Quantity(
        low=value, central=value, high=value, unit="USD/month", basis="published", source="h26-copilot", as_of=on
    )


def test_every_plan_agrees_with_the_reading_it_was_made_from() -> None:
    readings = {row.item.partition(": ")[2]: row for row in CATALOG.readings.values() if row.what == "subscription"}
    found = 0
    for plan in CATALOG.subscriptions.values():
        names = (plan.name, plan.name.removeprefix("GitHub "), plan.name.removeprefix("Cursor "))
        names += (plan.name.removeprefix("Microsoft "), plan.name.removeprefix("Google "))
        row = next((readings[name] for name in names if name in readings), None)
        assert row is not None, plan.name
        newest = plan.price.seat_usd_per_month
        assert (newest.central, newest.as_of, newest.source) == (row.low, row.as_of, row.source)
        found += 1
    assert found == len(readings) == 32


def test_newest_price_counts_and_the_older_stays() -> None:
    plan = CATALOG.subscriptions["google-ai-ultra"]
    assert plan.price.seat_usd_per_month.central == 199.99
    assert {row.seat_usd_per_month.central for row in plan.prices} == {199.99, 249.99}


def test_price_of_a_seat_ages_and_ones_own_does_not() -> None:
    plan = CATALOG.subscriptions["cursor-pro"]
    assert price_read(plan) == ("seat", "2026-05-07")
    assert price_read(plan, own=("cursor-pro.seat_usd_per_month",)) is None
    remark = stale_price(plan, catalog=CATALOG, as_of="2026-11-26")
    assert remark is not None
    assert "Cursor Pro: price of a seat last checked 2026-05-07" in remark.text


def test_limit_of_another_model_counts_under_its_own_id() -> None:
    plan = CATALOG.subscriptions["chatgpt-plus"].of_model("gpt-6-luna")
    assert (plan.id, plan.excess_api) == ("chatgpt-plus:gpt-6-luna", "openai/gpt-6-luna")
    with pytest.raises(ScenarioError, match="It publishes none by model"):
        CATALOG.subscriptions["cursor-pro"].of_model("x")


def test_every_price_of_what_exceeds_a_limit_is_known() -> None:
    for plan in CATALOG.subscriptions.values():
        for api in filter(None, (plan.api, *(limit.api for limit in plan.limits))):
            assert CATALOG.tariff_named(api).output_usd_per_mtok.central > 0


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ((PlanLimit(requests_per_window=_usd(5, "2026").model_copy(update={"unit": "1"})),), "has no window"),
        ((PlanLimit(model="a"), PlanLimit(model="a")), "name each model once"),
    ],
)
def test_limit_without_window_or_named_twice_is_refused(limits: tuple[PlanLimit, ...], said: str) -> None:
    setup = Quantity(low=1, central=1, high=1, unit="h", basis="assumption", as_of="2026", note="a test's")
    prices = (PlanPrice(seat_usd_per_month=_usd(1, "2026")),)
    with pytest.raises(ValueError, match=said):
        Subscription(id="x", name="x", vendor="x", prices=prices, limits=limits, setup_h=setup)
