"""Age of prices: when a remark appears, and what it says."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.freshness import age_days, price_read, stale_price, stale_prices, tokens_read
from calculator.catalog.options import ApiTariff


@pytest.mark.parametrize(
    ("as_of", "on", "days"),
    [
        ("2026-08-25", "2026-11-22", 89),  # 6 days of August + 30 + 31 + 22
        ("2026-08", "2026-09-03", 3),  # a month counts from its end: never older than it may be
        ("2025", "2026-01-01", 1),
        ("2026-12-01", "2026-11-22", 0),
    ],
)
def test_age_of_a_price_counts_from_the_end_of_what_its_date_names(as_of: str, on: str, days: int) -> None:
    assert age_days(as_of, on=on) == days


def test_stale_price_is_a_remark_that_a_buyer_can_act_on_not_an_error(catalog: Catalog) -> None:
    mac = catalog.machines["mac-studio-m5-ultra-256"]  # list price of 2026-08-26, fresh for 47 days: until 2026-10-12
    assert stale_price(mac, catalog=catalog, as_of="2026-10-12") is None
    remark = stale_price(mac, catalog=catalog, as_of="2026-10-13")
    assert remark is not None
    assert (remark.code, remark.level) == ("stale-price", "info")
    assert remark.text == (
        "Mac Studio M5 Ultra 256 GB: list price last checked 2026-08-26, 48 days ago. It may have changed: prices of "
        "this kind hold for about 47 days. You can enter your own."
    )
    assert getattr(stale_price(mac, catalog=catalog, as_of="2026-12-01"), "level", None) == "warning"  # 97 > 2 x 47


def test_stale_prices_name_the_options_whose_kind_ages_faster(catalog: Catalog) -> None:
    # rentals read in October 2026, fresh for 9 days; API quotes of 2026-11-09, fresh for 26 days
    stale = stale_prices(catalog, as_of="2026-11-22")
    assert "cloud-h100" in stale
    assert "api-same-model" not in stale
    # an estimate made that very day is as old as its oldest ingredient: the list price of June 2023
    assert "estimated price last checked 2023-06, " in stale["mac-studio-m2-ultra-192-used"].text
    assert "api-same-model" in stale_prices(catalog, as_of="2027-01-15")


@given(first=st.dates(date(2026, 1, 1), date(2040, 12, 31)), later=st.integers(0, 1000))
def test_stale_prices_never_become_fresh_by_waiting(first: date, later: int) -> None:
    catalog = load_catalog()
    today, then = first.isoformat(), (first + timedelta(days=later)).isoformat()
    assert set(stale_prices(catalog, as_of=today)) <= set(stale_prices(catalog, as_of=then))


@pytest.mark.parametrize(
    ("option", "noun"),
    [
        ("cloud-h100", "hourly rate last checked"),
        ("api-same-model", "API price last checked"),
        ("mac-studio-m2-ultra-192-used", "price last checked"),
        ("mac-studio-m5-ultra-256", "list price last checked"),
    ],
)
def test_remark_names_the_kind_of_price_and_no_file(catalog: Catalog, option: str, noun: str) -> None:
    remark = stale_price(catalog.option(option), catalog=catalog, as_of="2030-01-01")
    assert remark is not None
    assert noun in remark.text
    assert remark.text.endswith("You can enter your own.")
    assert ".toml" not in remark.text


def test_price_that_is_paid_counts_and_no_older_one_of_another_host(catalog: Catalog) -> None:
    offer = catalog.apis["api-same-model"]

    def dated(as_of: str) -> ApiTariff:
        price = offer.tariffs[0].input_usd_per_mtok.model_copy(update={"as_of": as_of})
        return offer.tariffs[0].model_copy(update={"input_usd_per_mtok": price, "output_usd_per_mtok": price})

    older, newer = dated("2026-01-02"), dated("2026-11-20")
    both = offer.model_copy(update={"tariffs": (older, newer)})
    assert price_read(both) == ("API", "2026-01-02")
    assert price_read(both, paid=newer) == ("API", "2026-11-20")
    assert price_read(both, paid=older) == ("API", "2026-01-02")


@pytest.mark.parametrize(
    ("one", "other", "oldest"),
    [
        ("2026-11", "2026-11-09", "2026-11-09"),
        ("2026", "2026-11-09", "2026-11-09"),
        ("2026-10", "2026-11-09", "2026-10"),
    ],
)
def test_oldest_price_is_that_of_the_earlier_day_and_not_of_the_shorter_date(
    catalog: Catalog, one: str, other: str, oldest: str
) -> None:
    tariff = catalog.apis["api-same-model"].tariffs[0]
    dated = {
        name: tariff.input_usd_per_mtok.model_copy(update={"as_of": as_of})
        for name, as_of in (("input_usd_per_mtok", one), ("output_usd_per_mtok", other))
    }
    assert tokens_read([tariff.model_copy(update=dated)]) == ("API", oldest)


def test_rate_of_the_way_to_rent_that_is_asked_for_counts(catalog: Catalog) -> None:
    offer = catalog.clouds["cloud-rtx-4090"]
    spot = price_read(offer, cloud_rate="spot")
    assert price_read(offer) == ("rental", offer.rate().rate_usd_per_h.as_of)
    assert spot == ("rental", offer.rate("spot").rate_usd_per_h.as_of)
    assert spot != price_read(offer)  # else this offer shows nothing here
