"""Types of machines, rented GPUs and APIs: the price that counts, the rate that counts."""

import pytest

from calculator.catalog import Catalog


def test_purchase_price_is_the_newest_row_and_older_rows_are_kept(catalog: Catalog) -> None:
    spark = catalog.machines["dgx-spark"]
    assert [price.price_usd.central for price in spark.prices] == [2999, 3999, 4699]
    assert spark.purchase_price().price_usd.central == 4699
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
