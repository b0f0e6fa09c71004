"""Old prices: volatilities recomputed from the dated rows, shelf lives, and the range that widens with age."""

import math
import typing
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.catalog.freshness import stale_price
from calculator.catalog.options import Price
from calculator.catalog.price_age import (
    PriceKind,
    PriceSeries,
    drift_rate,
    middle_day,
    price_kind,
    shelf_life_days,
    volatility_per_root_year,
    widened,
)
from calculator.errors import ScenarioError
from calculator.evidence import Quantity

CATALOG = load_catalog()
KINDS: tuple[PriceKind, ...] = typing.get_args(PriceKind)
PRICES = st.floats(1, 1e5)


def _quantity(low: float, central: float, high: float) -> Quantity:
    return Quantity(low=low, central=central, high=high, unit="USD", basis="yours", as_of="2026-01-01")


def _ordinal(iso: str) -> int:
    """Day number in the middle of a year, a month or of the day itself, written out here once more."""
    parts = [int(part) for part in iso.split("-")]
    if len(parts) == 1:
        return (date(parts[0], 1, 1).toordinal() + date(parts[0] + 1, 1, 1).toordinal()) // 2
    if len(parts) == 2:
        after = date(parts[0] + parts[1] // 12, parts[1] % 12 + 1, 1).toordinal()
        return (date(parts[0], parts[1], 1).toordinal() + after) // 2
    return date(parts[0], parts[1], parts[2]).toordinal()


# --- the constants are what the rows say -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_volatility_of_the_constants_is_that_of_the_rows_in_a_plain_loop(kind: PriceKind) -> None:
    squares, returns, years, pairs = 0.0, 0.0, 0.0, 0
    for series in CATALOG.price_history:
        if series.kind != kind:
            continue
        before = None
        for point in series.points:
            now = (_ordinal(point.as_of) / 365, math.log(math.sqrt(point.low * point.high)))
            if before is not None:
                squares += series.count * (now[1] - before[1]) ** 2
                returns += series.count * (now[1] - before[1])
                years += series.count * (now[0] - before[0])
                pairs += 1
            before = now
    row = CATALOG.constants[f"{kind}_price_volatility"]
    assert row.central == pytest.approx(math.sqrt(squares / years), abs=6e-4)
    assert row.low < row.central < row.high
    assert f"{pairs} pairs" in row.note
    drift = CATALOG.constants[f"{kind}_price_drift_rate"]
    assert drift.central == 0
    assert f"{returns / years:+.2f}" in drift.note
    assert f"standard error of {math.sqrt(squares) / years:.2f}" in drift.note


def test_volatility_and_drift_by_hand() -> None:
    # 100 to 110.517 (e^0.1) in a quarter of a year, then back in three quarters: sum r^2 = 0.02, sum dt = 1
    up = PriceSeries.model_validate(
        {
            "item": "x",
            "kind": "mac",
            "unit": "USD",
            "source": "s",
            "points": [
                {"as_of": "2025-01-01", "low": 100, "high": 100},
                {"as_of": "2025-04-02", "low": 100 * math.exp(0.1), "high": 100 * math.exp(0.1)},
                {"as_of": "2026-01-01", "low": 80, "high": 125},  # geometric mean 100
            ],
        }
    )
    assert volatility_per_root_year([up]) == pytest.approx(math.sqrt(0.02))
    drift, error = drift_rate([up])
    assert drift == pytest.approx(0, abs=1e-12)
    assert error == pytest.approx(math.sqrt(0.02))


@pytest.mark.parametrize(
    ("iso", "middle"), [("2025", date(2025, 7, 2)), ("2026-02", date(2026, 2, 15)), ("2026-08-25", date(2026, 8, 25))]
)
def test_middle_day_of_what_a_date_names(iso: str, middle: date) -> None:
    assert middle_day(iso) == middle


# --- shelf lives -----------------------------------------------------------------------------------------------------

FRESH = {
    "list_price_fresh_days": "mac",
    "street_price_fresh_days": "used",
    "estimate_fresh_days": "used",
    "cloud_rate_fresh_days": "rental",
    "api_price_fresh_days": "api",
}


@pytest.mark.parametrize("name", FRESH)
def test_shelf_life_is_the_age_at_which_the_range_passes_a_tenth(name: str) -> None:
    volatility = CATALOG.constants[f"{FRESH[name]}_price_volatility"].central
    row = CATALOG.constants[name]
    assert row.central == round(shelf_life_days(volatility))
    assert row.low <= row.central <= row.high
    kind = typing.cast("PriceKind", FRESH[name])
    spread = widened(
        _quantity(100, 100, 100), kind=kind, age_days=shelf_life_days(volatility), constants=CATALOG.constants
    )
    assert spread.high == pytest.approx(110)
    assert spread.low == pytest.approx(100 / 1.1)


# --- the range widens ------------------------------------------------------------------------------------------------


@given(kind=st.sampled_from(KINDS), prices=st.tuples(PRICES, PRICES, PRICES))
def test_range_of_a_price_read_today_is_its_own(kind: PriceKind, prices: tuple[float, float, float]) -> None:
    low, central, high = sorted(prices)
    now = widened(_quantity(low, central, high), kind=kind, age_days=0, constants=CATALOG.constants)
    assert (now.low, now.central, now.high) == pytest.approx((low, central, high))
    assert now.unit == "USD"


@given(
    kind=st.sampled_from(KINDS),
    prices=st.tuples(PRICES, PRICES, PRICES),
    ages=st.tuples(st.floats(0, 3000), st.floats(0, 3000)),
)
def test_range_never_narrows_with_age_and_holds_its_central_value(
    kind: PriceKind, prices: tuple[float, float, float], ages: tuple[float, float]
) -> None:
    quantity = _quantity(*sorted(prices))
    young, old = (widened(quantity, kind=kind, age_days=age, constants=CATALOG.constants) for age in sorted(ages))
    assert old.low <= young.low * (1 + 1e-12)
    assert old.high >= young.high * (1 - 1e-12)
    assert old.central == young.central == quantity.central
    assert 0 < old.low <= old.central <= old.high


def test_widened_range_by_hand() -> None:
    # a certain price of 1,000 after one year at the Macs' 0.207: e^(1.2816 x 0.207) = 1.3038
    after = widened(_quantity(1000, 1000, 1000), kind="mac", age_days=365, constants=CATALOG.constants)
    assert (after.low, after.central, after.high) == pytest.approx((766.98, 1000, 1303.8), abs=0.1)
    # sides add as squares: ln 1.2 and 1.2816 x 0.207 give hypot = 0.3221
    after = widened(_quantity(1000 / 1.2, 1000, 1200), kind="mac", age_days=365, constants=CATALOG.constants)
    assert after.high == pytest.approx(1000 * math.exp(math.hypot(math.log(1.2), 1.2816 * 0.207)))


def test_widened_moves_the_central_value_where_a_drift_is_known() -> None:
    constants = {
        "mac_price_volatility": _quantity(0.2, 0.2, 0.2),
        "mac_price_drift_rate": _quantity(0.1, 0.1, 0.1),
    }
    after = widened(_quantity(100, 100, 100), kind="mac", age_days=730, constants=constants)
    assert after.central == pytest.approx(100 * math.exp(0.2))
    assert after.high / after.central == pytest.approx(after.central / after.low)


@pytest.mark.parametrize(
    ("age", "price", "words"), [(-1, 100, "at least 0"), (math.nan, 100, "at least 0"), (1, 0, "above 0")]
)
def test_widened_refuses_what_cannot_be(age: float, price: float, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        widened(_quantity(price, price, price), kind="mac", age_days=age, constants=CATALOG.constants)


# --- which kind, which age -------------------------------------------------------------------------------------------


def test_price_kind_of_every_option_is_one_with_constants() -> None:
    for table in (CATALOG.machines, CATALOG.clouds, CATALOG.apis):
        for option in table.values():
            assert f"{price_kind(option)}_price_volatility" in CATALOG.constants
    assert price_kind(CATALOG.machines["dual-rtx-4090-am5"]) == "gpu_card"
    assert price_kind(CATALOG.machines["dual-rtx-3090"]) == "used"
    assert price_kind(CATALOG.machines["mac-studio-m2-ultra-192-used"]) == "mac"
    assert price_kind(CATALOG.machines["dgx-spark"]) == "pc"


def test_estimate_has_the_age_of_its_oldest_ingredient_and_is_called_one() -> None:
    box = CATALOG.machines["dual-rtx-4090-am5"]
    old = next(price for price in box.prices if price.kind == "estimate")
    assert old.price_usd.as_of == "2026-11-22"  # the day of the sum
    assert old.aged_from == "2026-02"  # the cards' price in it
    remark = stale_price(box, catalog=CATALOG, as_of="2026-11-22")
    assert remark is not None
    assert "estimated price last checked 2026-07-21, 124 days ago" in remark.text  # 10 + 31 + 30 + 31 + 22
    for machine in CATALOG.machines.values():
        for price in machine.prices:
            if price.is_estimate:
                assert price.aged_from <= price.price_usd.as_of, machine.id


def test_estimate_without_ingredients_is_refused_with_the_repair() -> None:
    with pytest.raises(ValueError, match="add it"):
        Price(kind="estimate", price_usd=_quantity(1, 2, 3))


def test_series_out_of_order_is_refused_with_the_repair() -> None:
    points = [{"as_of": "2026-02", "low": 1, "high": 1}, {"as_of": "2026-01", "low": 1, "high": 1}]
    with pytest.raises(ValueError, match="sort them"):
        PriceSeries.model_validate({"item": "x", "kind": "mac", "unit": "USD", "source": "s", "points": points})
