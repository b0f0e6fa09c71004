"""Can the catalogue be trusted: is every entry there, does every error say file, key and repair, is nothing impossible?"""

import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.api_quotes import mixed_usd_per_mtok, newest_quotes
from calculator.catalog.check_figures import matrix_tflops_of_geometry
from calculator.catalog.check_references import evidence_of
from calculator.catalog.freshness import age_days, stale_price, stale_prices
from calculator.catalog.loader import FOLDER
from calculator.catalog.update_api_quotes import changed_quotes
from calculator.errors import CatalogError, PhantomError, UnknownIdError

DEVICES = [
    "apple-m1-7",
    "apple-m1-max-32",
    "apple-m1-ultra-48",
    "apple-m1-ultra-64",
    "apple-m2-max-30",
    "apple-m2-max-38",
    "apple-m2-ultra-76",
    "apple-m3-pro-18",
    "apple-m3-max-40",
    "apple-m3-ultra-60",
    "apple-m3-ultra-80",
    "apple-m4-10",
    "apple-m4-pro-20",
    "apple-m4-max-40",
    "apple-m5-pro-20",
    "apple-m5-max-40",
    "apple-m5-ultra-64",
    "apple-m5-ultra-80",
    "nvidia-rtx-3080-ti",
    "nvidia-rtx-3090",
    "nvidia-rtx-3090-ti",
    "nvidia-rtx-4070-ti",
    "nvidia-rtx-4080",
    "nvidia-rtx-4090",
    "nvidia-rtx-5060-ti-16",
    "nvidia-rtx-5090",
    "nvidia-rtx-a6000",
    "nvidia-rtx-5000-ada",
    "nvidia-rtx-6000-ada",
    "nvidia-rtx-pro-6000",
    "nvidia-l40s",
    "nvidia-a100-pcie-80",
    "nvidia-a100-sxm-80",
    "nvidia-h100-pcie-80",
    "nvidia-h100-sxm-80",
    "nvidia-h200",
    "nvidia-gb10",
    "amd-strix-halo-128",
]
OPTIONS = [
    "mac-studio-m5-ultra-256",
    "mac-studio-m5-ultra-96",
    "mac-studio-m5-max-128",
    "mac-studio-m3-ultra-256",
    "mac-studio-m3-ultra-512",
    "mac-studio-m2-ultra-192-used",
    "mac-studio-m4-max-128",
    "dual-rtx-4090-threadripper",
    "dual-rtx-4090-am5",
    "dual-rtx-3090",
    "rtx-5090-pc",
    "rtx-pro-6000-pc",
    "dgx-spark",
    "framework-desktop-strix-halo-128",
    "cloud-h100",
    "cloud-rtx-4090",
    "api-same-model",
    "api-frontier",
]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def whole_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalog") / "catalog"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


@pytest.fixture
def edit(whole_copy: Path) -> Callable[[str, str, str], Path]:
    """Replace text in one file of a copy of the catalogue; the file is restored before the next edit."""
    for path in FOLDER.rglob("*.toml"):
        copy = whole_copy / path.relative_to(FOLDER)
        if copy.read_bytes() != path.read_bytes():
            copy.write_bytes(path.read_bytes())

    def edited(file: str, old: str, new: str) -> Path:
        path = whole_copy / file
        text = path.read_text("utf-8")
        assert old in text, f"the test's own text is stale: {old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), "utf-8")
        return whole_copy

    return edited


def refusal(folder: Path) -> str:
    """What a fresh load of the folder says."""
    with pytest.raises(CatalogError) as caught:
        load_catalog.__wrapped__(folder)
    return str(caught.value)


# --- what is there ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("device", DEVICES)
def test_chip_exists_for_every_device_of_the_published_measurements(catalog: Catalog, device: str) -> None:
    assert catalog.chips[device].bandwidth_gb_per_s.central > 0


@pytest.mark.parametrize("option", OPTIONS)
def test_option_of_the_main_job_exists_with_a_price(catalog: Catalog, option: str) -> None:
    entry = catalog.option(option)
    figures = evidence_of(entry)
    assert any(re.search(r"_usd(_per_h|_per_mtok)?$", path) and figure.low > 0 for path, figure in figures.items())


def test_every_figure_of_an_option_carries_source_or_reason_and_is_above_zero(catalog: Catalog) -> None:
    for table in (catalog.machines, catalog.clouds, catalog.apis):
        for key, option in table.items():
            for path, figure in evidence_of(option).items():
                assert figure.central > 0, f"{key}: {path}: unknown is absent, never zero"
                assert figure.source or figure.note, f"{key}: {path}"
                assert figure.basis != "claim", f"{key}: {path}: a claim of the article is no evidence"


def test_figures_that_nobody_published_are_assumptions_with_a_range(catalog: Catalog) -> None:
    unmeasured = {
        "dual-rtx-4090-threadripper": ("power.idle_w", "power.decode_w", "power.prefill_w", "prices[1].price_usd"),
        "dual-rtx-4090-am5": ("power.idle_w", "power.decode_w", "power.prefill_w", "prices[1].price_usd"),
        "mac-studio-m5-ultra-256": ("power.idle_w", "power.decode_w", "power.prefill_w"),
        "mac-studio-m2-ultra-192-used": ("power.decode_w", "prices[1].price_usd"),
    }
    for key, paths in unmeasured.items():
        figures = evidence_of(catalog.machines[key])
        for path in paths:
            figure = figures[path]
            assert figure.basis == "assumption", f"{key}: {path}"
            assert figure.low < figure.central < figure.high, f"{key}: {path}: an assumption without a range"


def test_purchase_price_is_the_newest_row_and_older_rows_are_kept(catalog: Catalog) -> None:
    spark = catalog.machines["dgx-spark"]
    assert [price.price_usd.central for price in spark.prices] == [2999, 3999, 4699, 6950]
    assert spark.purchase_price().price_usd.central == 6950
    # a used machine is bought at the used price, and its resale starts from the list price of its launch
    mac = catalog.machines["mac-studio-m2-ultra-192-used"]
    assert mac.purchase_price().kind == "used"
    assert mac.list_price().price_usd.central == 6599


def test_article_is_a_source_of_claims_only(catalog: Catalog) -> None:
    for table in (catalog.chips, catalog.machines, catalog.clouds, catalog.apis, catalog.resale, catalog.electricity):
        for key, entry in table.items():
            assert not any("article" in figure.source.split("+") for figure in evidence_of(entry).values()), key
    assert {"decode-70b-8bit", "memory-at-32k", "load-time", "headroom", "mac-power", "pc-idle-power"} <= set(
        catalog.claims
    )
    assert all(claim.claimed is None or claim.claimed.basis == "claim" for claim in catalog.claims.values())


# --- errors say file, key and repair ---------------------------------------------------------------------------------

CHIP, MAC, API = "chips/nvidia-rtx-4090.toml", "machines/mac-studio-m2-ultra-192-used.toml", "api/api-same-model.toml"
BROKEN = {
    "missing source": (CHIP, ', source = "ada-wp"', "", [CHIP, "bandwidth_gb_per_s", "add source"]),
    "misspelt key": (CHIP, "board_max_w", "bord_max_w", [CHIP, "bord_max_w", "Did you mean board_max_w?"]),
    "misspelt key inside": (MAC, "decode_w =", "decode_watts =", [MAC, "power.decode_w is missing", "Add it"]),
    "low above central": (MAC, "low = 120", "low = 260", [MAC, "power.decode_w", "not in order", "low <= central <= high"]),
    "wrong unit": (CHIP, 'unit = "GB/s"', 'unit = "GiB/s"', [CHIP, "bandwidth_gb_per_s", "'GiB/s'", "Convert the value"]),
    "wrong unit of a default": (
        "defaults.toml",
        'unit = "USD/kWh"',
        'unit = "cent/kWh"',
        ["defaults.toml", "electricity_usd_per_kwh", "'cent/kWh'", "Convert the value"],
    ),
    "id is not the file's name": (CHIP, 'id = "nvidia-rtx-4090"', 'id = "rtx4090"', [CHIP, "'rtx4090'", "Rename"]),
    "unknown source": (CHIP, 'source = "ada-wp"', 'source = "ada-paper"', [CHIP, "'ada-paper'", "sources.toml", "Add it"]),
    "unknown chip": (MAC, '"apple-m2-ultra-76"', '"apple-m2-ultra-77"', [MAC, "chip is 'apple-m2-ultra-77'", "Add it"]),
    "assumption without reason": (
        "constants.toml",
        'note = "copying a file that is still in memory; no measurement of MLX or llama.cpp was read"',
        'note = ""',
        ["constants.toml", "page_cache_gb_per_s", "add note"],
    ),
    "no number": (CHIP, "value = 1008", "value = nan", [CHIP, "bandwidth_gb_per_s", "finite number"]),
    "not TOML": (CHIP, "vendor = ", "vendor ", [CHIP, "not valid TOML", "line"]),
    "unknown heading": ("resale.toml", "[[observations]]", "[[observation]]", ["resale.toml", "observation", "Write observations"]),
    "id twice": ("electricity.toml", '"us-commercial"', '"us-residential"', ["electricity.toml", "occurs twice", "Rename"]),
    "price of nothing": (MAC, "value = 6599", "value = 0", [MAC, "prices[0].price_usd", "above 0"]),
    "idle of nothing": (MAC, "value = 10, unit", "value = 0, unit", [MAC, "idle must lie above 0", "Correct"]),
    "load above the maker's maximum": (MAC, "high = 286", "high = 400", [MAC, "power.decode_w", "295", "scope"]),
    "memory that never existed": (MAC, "memory_gb = 192", "memory_gb = 256", [MAC, "memory_gb is 256", "64, 128, 192"]),
    "doubled bandwidth": (CHIP, "value = 1008", "value = 2016", [CHIP, "bandwidth_gb_per_s is 2016", "384 bit x 21", "1008"]),
    "rate with 16-bit accumulation": (CHIP, "value = 165.2", "value = 330.3", [CHIP, "matrix_tflops is 330.3", "165.2", "dense"]),
    "host without a quote": (API, '"deepinfra/meta-llama', '"deepinfra/metallama', [API, "llama-3-70b", "api_quotes.toml"]),
    "hosted model unknown": (API, 'model = "llama-3-70b"', 'model = "llama-3-71b"', [API, "'llama-3-71b'", "Add it or correct"]),
    "free of charge": (
        "api_quotes.toml",
        "input_usd_per_mtok = 0.02",
        "input_usd_per_mtok = 0.0",
        ["api_quotes.toml", "quotes[0]", "input_usd_per_mtok", "above 0"],
    ),
    "nearest machine unknown": (
        "phantoms.toml",
        '"mac-studio-m3-ultra-256"',
        '"mac-studio-m3-ultra-257"',
        ["phantoms.toml", "M4 Ultra", "mac-studio-m3-ultra-257"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_catalog_error_names_file_key_and_repair(name: str, edit: Callable[[str, str, str], Path]) -> None:
    file, old, new, words = BROKEN[name]
    said = refusal(edit(file, old, new))
    assert said.startswith(file)
    for word in words:
        assert word in said, f"{word!r} is not in: {said}"
    assert "pydantic" not in said
    assert "Traceback" not in said


def test_catalog_error_names_a_missing_file(whole_copy: Path, edit: Callable[[str, str, str], Path]) -> None:
    (whole_copy / "phantoms.toml").unlink()
    said = refusal(whole_copy)
    (whole_copy / "phantoms.toml").write_bytes((FOLDER / "phantoms.toml").read_bytes())
    assert said.startswith("phantoms.toml")
    assert "Restore it" in said


def test_catalog_hash_changes_with_any_byte_and_with_nothing_else(
    catalog: Catalog, edit: Callable[[str, str, str], Path], whole_copy: Path
) -> None:
    assert load_catalog.__wrapped__(whole_copy).hash == catalog.hash
    changed = load_catalog.__wrapped__(edit("machines/dgx-spark.toml", "value = 4699", "value = 4700"))
    assert changed.hash != catalog.hash


# --- what never existed ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    ["M4 Ultra", "m4-ultra", "Mac Studio M4 Ultra", "mac studio m4 ultra 192gb", "apple-m4-ultra-80", "M4ULTRA"],
)
def test_phantom_is_refused_with_its_sentence_and_the_nearest_machines(catalog: Catalog, asked: str) -> None:
    for lookup in (catalog.option, catalog.chip_or_machine):
        with pytest.raises(PhantomError) as caught:
            lookup(asked)
        said = str(caught.value)
        assert said.startswith("Apple never shipped an M4 Ultra")
        assert "mac-studio-m2-ultra-192-used" in said


def test_phantom_of_the_future_is_refused(catalog: Catalog) -> None:
    with pytest.raises(PhantomError, match="mac-studio-m5-ultra-256"):
        catalog.chip_or_machine("M6 Ultra")


@pytest.mark.parametrize("asked", ["M4 Max", "mac-studio-m4-maxi", "M2 Ultra", "apple-m5-ultra"])
def test_phantom_refusal_spares_real_chips_that_are_merely_misnamed(catalog: Catalog, asked: str) -> None:
    with pytest.raises(UnknownIdError):
        catalog.chip_or_machine(asked)


def test_no_phantom_shadows_an_entry(catalog: Catalog) -> None:
    for key in (*catalog.chips, *catalog.machines, *catalog.clouds, *catalog.apis):
        catalog.refuse_phantom(key)
        catalog.refuse_phantom(getattr(catalog.machines.get(key), "name", ""))


# --- physics and arithmetic of the figures ---------------------------------------------------------------------------


def test_bandwidth_is_bus_width_times_pin_rate(catalog: Catalog) -> None:
    # RTX 4090: 384 bit x 21 Gbit/s / 8 = 1,008 GB/s
    checked = [chip for chip in catalog.chips.values() if chip.geometry is not None]
    assert len(checked) >= 15
    for chip in checked:
        assert chip.geometry is not None
        computed = chip.geometry.bus_width_bits * chip.geometry.pin_rate_gbit_per_s / 8
        assert chip.bandwidth_gb_per_s.central == pytest.approx(computed, rel=0.01), chip.id


@pytest.mark.parametrize(
    ("chip", "published"),
    [
        ("nvidia-rtx-4090", 165.2),  # Ada whitepaper, FP16 with FP32 accumulation: 512 x 2.52 x 256 / 1000 / 2 = 165.15
        ("nvidia-rtx-5090", 209.5),  # Blackwell whitepaper: 680 x 2.407 x 256 / 1000 / 2 = 209.5
        ("nvidia-rtx-3090", 71.0),  # GA102 whitepaper: 328 x 1.695 x 256 / 1000 / 2 = 71.2
        ("nvidia-a100-sxm-80", 312.0),  # 432 x 1.41 x 512 / 1000 = 311.9
        ("nvidia-rtx-a6000", 154.8),  # 336 x 1.8 x 256 / 1000 = 154.8
    ],
)
def test_matrix_rate_follows_from_tensor_cores_and_clock(catalog: Catalog, chip: str, published: float) -> None:
    assert matrix_tflops_of_geometry(catalog.chips[chip]) == pytest.approx(published, rel=0.005)


def test_matrix_rate_is_absent_where_no_maker_states_it(catalog: Catalog) -> None:
    assert all(chip.matrix_tflops is None for chip in catalog.chips.values() if chip.vendor == "apple")
    assert catalog.chips["nvidia-gb10"].matrix_tflops is None


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


def test_watts_rise_from_idle_to_load_and_stay_below_the_makers_maximum(catalog: Catalog) -> None:
    for machine in catalog.machines.values():
        power = machine.power
        assert power.scope == "wall", machine.id
        assert 0 < power.idle_w.high < min(power.decode_w.low, power.prefill_w.low), machine.id
        if power.max_w is not None:
            assert max(power.decode_w.high, power.prefill_w.high) <= 1.1 * power.max_w.high, machine.id


def test_idle_watts_of_the_article_lie_outside_every_reading(catalog: Catalog) -> None:
    claimed = catalog.claims["pc-idle-power"].claimed
    assert claimed is not None
    assert claimed.central > 5 * catalog.machines["dual-rtx-4090-threadripper"].power.idle_w.high


def test_usable_memory_grows_with_memory_and_stays_below_it(catalog: Catalog) -> None:
    for macos in {row.macos for row in catalog.macos_limits}:
        rows = sorted((row for row in catalog.macos_limits if row.macos == macos), key=lambda row: row.memory_gib)
        assert all(row.usable_gib.high < row.memory_gib for row in rows)
        central = [row.usable_gib.central for row in rows]
        assert central == sorted(central)
    # 192 GB in 2023: 154.62 GB as Metal reported it = 144 GiB
    [ultra] = [row for row in catalog.macos_limits if row.macos == "14" and row.memory_gib == 192]
    assert ultra.usable_gib.central == pytest.approx(154.62e9 / 2**30, rel=1e-3)


# --- hosted models ---------------------------------------------------------------------------------------------------


def test_tariff_is_the_cheapest_host_and_keeps_the_range_over_hosts(catalog: Catalog) -> None:
    [tariff] = [tariff for tariff in catalog.apis["api-same-model"].tariffs if tariff.model == "llama-3-70b"]
    # 0.9 x 0.10 + 0.1 x 0.32 = 0.122 at DeepInfra, 0.9 x 0.135 + 0.1 x 0.40 = 0.1615 at the next, Novita
    assert (tariff.provider, tariff.input_usd_per_mtok.central, tariff.output_usd_per_mtok.central) == (
        "DeepInfra",
        0.1,
        0.32,
    )
    assert tariff.input_usd_per_mtok.low == 0.1
    assert tariff.input_usd_per_mtok.high == 0.74
    newest = newest_quotes(catalog.api_quotes)
    offer = catalog.apis["api-same-model"]
    for hosted, tariff in zip(offer.hosted, offer.tariffs, strict=True):
        mixed = [mixed_usd_per_mtok(newest[key], input_fraction=0.9) for key in hosted.hosts]
        chosen = 0.9 * tariff.input_usd_per_mtok.central + 0.1 * tariff.output_usd_per_mtok.central
        assert chosen == pytest.approx(min(mixed)), hosted.model


def test_api_quotes_are_those_of_the_installed_genai_prices(catalog: Catalog) -> None:
    """Fails when the package is upgraded: append what `python -m calculator.catalog.api_quotes DATE` prints."""
    kept = [quote for quote in catalog.api_quotes if quote.source == "genai-prices"]
    assert len(kept) > 100
    assert changed_quotes(kept, keys=[quote.key for quote in kept], on=catalog.compiled) == []


def test_every_default_model_of_the_page_has_a_hosted_price(catalog: Catalog) -> None:
    hosted = {tariff.model for tariff in catalog.apis["api-same-model"].tariffs}
    assert {"llama-3-8b", "llama-3-70b", "llama-3.1-405b", "mixtral-8x7b", "qwen3-30b-a3b", "qwen3-32b"} <= hosted
    assert {"gpt-oss-20b", "gpt-oss-120b", "deepseek-v3-671b", "gemma-3-27b"} <= hosted


# --- old prices ------------------------------------------------------------------------------------------------------


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


def test_stale_price_is_a_remark_with_file_and_repair_not_an_error(catalog: Catalog) -> None:
    mac = catalog.machines["mac-studio-m5-ultra-256"]  # list price of 2026-08-26, fresh for 47 days: until 2026-10-12
    assert stale_price(mac, catalog=catalog, as_of="2026-10-12") is None
    remark = stale_price(mac, catalog=catalog, as_of="2026-10-13")
    assert remark is not None
    assert (remark.code, remark.level) == ("stale-price", "info")
    assert "2026-08-26, 48 days" in remark.text
    assert "machines/mac-studio-m5-ultra-256.toml" in remark.text
    assert getattr(stale_price(mac, catalog=catalog, as_of="2026-12-01"), "level", None) == "warning"  # 97 > 2 x 47


def test_stale_prices_name_the_options_whose_kind_ages_faster(catalog: Catalog) -> None:
    # rentals read in September and October 2026, fresh for 9 days; API quotes of 2026-11-09, fresh for 26 days
    stale = stale_prices(catalog, as_of="2026-11-22")
    assert "cloud-h100" in stale
    assert "api-same-model" not in stale
    assert "mac-studio-m2-ultra-192-used" in stale  # an estimate of that very day, from a list price of 2023
    assert "api-same-model" in stale_prices(catalog, as_of="2027-01-15")


@given(first=st.dates(date(2026, 1, 1), date(2040, 12, 31)), later=st.integers(0, 1000))
def test_stale_prices_never_become_fresh_by_waiting(first: date, later: int) -> None:
    catalog = load_catalog()
    today, then = first.isoformat(), (first + timedelta(days=later)).isoformat()
    assert set(stale_prices(catalog, as_of=today)) <= set(stale_prices(catalog, as_of=then))
