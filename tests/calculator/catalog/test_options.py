"""Types of machines, rented GPUs and APIs: the price that counts, the rate that counts."""

import pytest
from pydantic import ValidationError

from calculator.catalog import Catalog
from calculator.catalog.loader import FOLDER
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
    assert ApiQuote.model_validate(QUOTE).prices() == (1, 2, None, None, ())


def test_every_entry_of_the_catalogue_keeps_units_that_its_names_promise(catalog: Catalog) -> None:
    values = catalog.machines["dgx-spark"].model_dump()
    with pytest.raises(ValidationError, match="its name promises 'h'"):
        Machine.model_validate({**values, "setup_h": {**values["setup_h"], "unit": "min"}})


# configurator: an M5 Ultra with 64 cores and 96 GB costs 5,499; 80 cores 1,300 more, 256 GB 4,000 more
@pytest.mark.parametrize(
    ("machine", "parts"),
    [
        ("mac-studio-m5-ultra-80c-96", (5499, 1300)),
        ("mac-studio-m5-ultra-64c-256", (5499, 4000)),
        ("mac-studio-m5-ultra-256", (5499, 1300, 4000)),
        ("dgx-spark-pair", (6950, 6950)),
    ],
)
def test_price_of_autumn_2026_is_the_sum_of_its_parts(catalog: Catalog, machine: str, parts: tuple[int, ...]) -> None:
    assert catalog.machines[machine].purchase_price().price_usd.central == sum(parts)


def test_rate_of_one_host_never_stands_for_the_market(catalog: Catalog) -> None:
    offer = catalog.clouds["cloud-h100"]
    assert offer.rate().rate_usd_per_h.central == 3.63  # the median of October, not AWS's or Lium's of that day
    assert not offer.rate().host
    alone = [rate.rate_usd_per_h.central for rate in offer.rates if rate.host == "Lium"]
    assert alone == [1.3]
    reserved = offer.rate("reserved")
    assert (reserved.committed_months, reserved.rate_usd_per_h.central) == (12, 3.24)
    serverless = offer.rate("serverless")  # no market's row: the newest host's
    assert serverless.host


def test_serverless_rate_is_its_price_per_second(catalog: Catalog) -> None:
    per_second = {"RunPod": 0.001331, "Modal": 0.001097}
    rates = {rate.host: rate for rate in catalog.clouds["cloud-h100"].rates if rate.kind == "serverless"}
    for host, usd in per_second.items():
        assert rates[host].rate_usd_per_h.central == pytest.approx(3600 * usd, abs=0.005)


def test_newer_tariff_of_an_id_stands_beside_the_older_one(catalog: Catalog) -> None:
    assert catalog.electricity["us-commercial"].electricity_usd_per_kwh.central == 0.1453
    assert catalog.electricity["us-commercial"].electricity_usd_per_kwh.as_of == "2026-07"
    text = (FOLDER / "electricity.toml").read_text("utf-8")
    assert text.count('id = "us-commercial"') == 3  # April, June and July


def test_grid_of_the_united_states_is_that_of_its_gases(catalog: Catalog) -> None:
    # 747.9 lb CO2, 0.054 lb CH4 (27 times) and 0.007 lb N2O (273 times) per MWh; 0.45359237 kg a pound
    grams = (747.9 + 0.054 * 27 + 0.007 * 273) * 0.45359237
    assert catalog.grid_carbon["us"].carbon_g_per_kwh.central == pytest.approx(grams, abs=0.1)
    assert catalog.grid_carbon["us-camx"].carbon_g_per_kwh.central == pytest.approx(
        (403.6 + 0.025 * 27 + 0.003 * 273) * 0.45359237, abs=0.1
    )


def test_family_of_a_chip_is_written_as_people_write_it(catalog: Catalog) -> None:
    names = {chip.family: chip.family_name for chip in catalog.chips.values()}
    assert names["apple-m5"] == "Apple M5"
    assert names["nvidia-blackwell-server"] == "NVIDIA Blackwell server"
    assert names["amd-rdna3.5"] == "AMD RDNA 3.5"
    assert names["intel-xe2"] == "Intel Xe2"
