"""Types of machines, rented GPUs and APIs: the price that counts, the rate that counts."""

import pytest
from pydantic import ValidationError

from calculator.catalog import Catalog
from calculator.catalog.options import ApiQuote, Machine


def test_purchase_price_is_the_newest_row_and_older_rows_are_kept(catalog: Catalog) -> None:
    spark = catalog.machines["dgx-spark"]
    assert [price.price_usd.central for price in spark.prices] == [2999, 3999, 4699, 6950]
    assert spark.purchase_price().price_usd.central == 6950
    # a used machine is bought at the used price, and its resale starts from the list price of its launch
    mac = catalog.machines["mac-studio-m2-ultra-192-used"]
    assert mac.purchase_price().kind == "used"
    assert mac.list_price().price_usd.central == 6599


@pytest.mark.parametrize(
    ("machine", "parts"),
    [
        ("mac-studio-m3-ultra-256", (3999, 1500, 1600)),  # base, 80-core GPU, 96 -> 256 GB
        ("mac-studio-m3-ultra-512", (3999, 1500, 4000)),  # base, 80-core GPU, 96 -> 512 GB
        ("mac-studio-m2-ultra-192-used", (6999, -400)),  # quoted with 2 TB, less the step from 1 to 2 TB
        ("mac-studio-m2-ultra-192-used", (3999, 1000, 1600)),  # base, 76-core GPU, 64 -> 192 GB
    ],
)
def test_apple_list_price_is_base_plus_options(catalog: Catalog, machine: str, parts: tuple[int, ...]) -> None:
    assert catalog.machines[machine].list_price().price_usd.central == sum(parts)


def test_usable_memory_grows_with_memory_and_stays_below_it(catalog: Catalog) -> None:
    for macos in {row.macos for row in catalog.macos_limits}:
        rows = sorted((row for row in catalog.macos_limits if row.macos == macos), key=lambda row: row.memory_gib)
        assert all(row.usable_gib.high < row.memory_gib for row in rows)
        central = [row.usable_gib.central for row in rows]
        assert central == sorted(central)
    # 192 GB in 2023: 154.62 GB as Metal reported it = 144 GiB
    [ultra] = [row for row in catalog.macos_limits if row.macos == "14" and row.memory_gib == 192]
    assert ultra.usable_gib.central == pytest.approx(154.62e9 / 2**30, rel=1e-3)


def test_rate_is_the_newest_on_demand_row(catalog: Catalog) -> None:
    offer = catalog.clouds["cloud-h100"]
    on_demand = [row for row in offer.rates if row.kind == "on-demand"]
    assert len(offer.rates) > 1
    assert offer.rate().rate_usd_per_h.as_of == max(row.rate_usd_per_h.as_of for row in on_demand)


def test_rate_is_the_newest_of_any_kind_where_none_is_on_demand(catalog: Catalog) -> None:
    offer = catalog.clouds["cloud-h100"]
    spot = [row.model_copy(update={"kind": "spot"}) for row in offer.rates]
    found = offer.model_copy(update={"rates": tuple(spot)}).rate()
    assert found.rate_usd_per_h.as_of == max(row.rate_usd_per_h.as_of for row in spot)


def test_list_price_of_a_machine_without_one_is_its_purchase_price(catalog: Catalog) -> None:
    machine = catalog.machines["dual-rtx-3090"]
    used = [row for row in machine.prices if row.kind != "list"]
    bare = machine.model_copy(update={"prices": tuple(used)})
    assert bare.list_price() == bare.purchase_price()


QUOTE = {
    "host": "a",
    "host_name": "A",
    "host_model": "m",
    "input_usd_per_mtok": 1,
    "output_usd_per_mtok": 2,
    "source": "x",
    "as_of": "2026",
}
TIERS = [{"above_input_tokens": start, "input_usd_per_mtok": 2, "output_usd_per_mtok": 4} for start in (200, 100)]


def test_tiers_of_a_quote_rise() -> None:
    with pytest.raises(ValidationError, match="write them in rising order"):
        ApiQuote.model_validate({**QUOTE, "tiers": TIERS})
    assert len(ApiQuote.model_validate({**QUOTE, "tiers": TIERS[::-1]}).tiers) == 2


def test_quote_is_named_by_host_and_model() -> None:
    assert ApiQuote.model_validate(QUOTE).key == "a/m"
    assert ApiQuote.model_validate(QUOTE).prices() == (1, 2, None, ())


def test_every_entry_of_the_catalogue_keeps_units_that_its_names_promise(catalog: Catalog) -> None:
    values = catalog.machines["dgx-spark"].model_dump()
    with pytest.raises(ValidationError, match="its name promises 'h'"):
        Machine.model_validate({**values, "setup_h": {**values["setup_h"], "unit": "min"}})
