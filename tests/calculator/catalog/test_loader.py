"""The loader: every error names file, key and repair; the hash covers every byte."""

from collections.abc import Callable
from pathlib import Path

import pytest

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.loader import FOLDER, load_defaults
from calculator.errors import CatalogError


def refusal(folder: Path) -> str:
    """What a fresh load of the folder says."""
    with pytest.raises(CatalogError) as caught:
        load_catalog.__wrapped__(folder)
    return str(caught.value)


CHIP, MAC, API = "chips/nvidia-rtx-4090.toml", "machines/mac-studio-m2-ultra-192-used.toml", "api/api-same-model.toml"


BROKEN = {
    "missing source": (CHIP, ', source = "ada-wp"', "", [CHIP, "bandwidth_gb_per_s", "add source"]),
    "misspelt key": (CHIP, "board_max_w", "bord_max_w", [CHIP, "bord_max_w", "Did you mean board_max_w?"]),
    "misspelt key inside": (MAC, "decode_w =", "decode_watts =", [MAC, "power.decode_w is missing", "Add it"]),
    "low above central": (
        MAC,
        "low = 120",
        "low = 260",
        [MAC, "power.decode_w", "not in order", "low <= central <= high"],
    ),
    "wrong unit": (
        CHIP,
        'unit = "GB/s"',
        'unit = "GiB/s"',
        [CHIP, "bandwidth_gb_per_s", "'GiB/s'", "Convert the value"],
    ),
    "wrong unit of a default": (
        "defaults.toml",
        'unit = "USD/kWh"',
        'unit = "cent/kWh"',
        ["defaults.toml", "electricity_usd_per_kwh", "'cent/kWh'", "Convert the value"],
    ),
    "id is not the file's name": (CHIP, 'id = "nvidia-rtx-4090"', 'id = "rtx4090"', [CHIP, "'rtx4090'", "Rename"]),
    "unknown source": (
        CHIP,
        'source = "ada-wp"',
        'source = "ada-paper"',
        [CHIP, "'ada-paper'", "sources.toml", "Add it"],
    ),
    "unknown chip": (MAC, '"apple-m2-ultra-76"', '"apple-m2-ultra-77"', [MAC, "chip is 'apple-m2-ultra-77'", "Add it"]),
    "assumption without reason": (
        "constants.toml",
        'note = """\\\n  copying a file that is still in memory; no measurement of MLX or llama.cpp was read"""',
        'note = ""',
        ["constants.toml", "page_cache_gb_per_s", "add note"],
    ),
    "no number": (CHIP, "value = 1008", "value = nan", [CHIP, "bandwidth_gb_per_s", "finite number"]),
    "not TOML": (CHIP, "vendor = ", "vendor ", [CHIP, "not valid TOML", "line"]),
    "unknown heading": (
        "resale.toml",
        "[[observations]]",
        "[[observation]]",
        ["resale.toml", "observation", "Write observations"],
    ),
    "id twice": (
        "electricity.toml",
        '"us-commercial"',
        '"us-residential"',
        ["electricity.toml", "occurs twice", "Rename"],
    ),
    "price of nothing": (MAC, "value = 6599", "value = 0", [MAC, "prices[0].price_usd", "above 0"]),
    "idle of nothing": (MAC, "value = 10, unit", "value = 0, unit", [MAC, "idle must lie above 0", "Correct"]),
    "load above the maker's maximum": (MAC, "high = 286", "high = 400", [MAC, "power.decode_w", "295", "scope"]),
    "memory that never existed": (
        MAC,
        "memory_gib = 192",
        "memory_gib = 256",
        [MAC, "memory_gib is 256", "64, 128, 192"],
    ),
    "doubled bandwidth": (
        CHIP,
        "value = 1008",
        "value = 2016",
        [CHIP, "bandwidth_gb_per_s is 2016", "384 bit x 21", "1008"],
    ),
    "rate with 16-bit accumulation": (
        CHIP,
        "value = 165.2",
        "value = 330.3",
        [CHIP, "matrix_tflops is 330.3", "165.2", "dense"],
    ),
    "host without a quote": (
        API,
        '"deepinfra/meta-llama',
        '"deepinfra/metallama',
        [API, "llama-3-70b", "api_quotes.toml"],
    ),
    "hosted model unknown": (
        API,
        'model = "llama-3-70b"',
        'model = "llama-3-71b"',
        [API, "'llama-3-71b'", "Add it or correct"],
    ),
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
}


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


def test_defaults_of_the_scenario_are_the_central_values(catalog: Catalog) -> None:
    assert load_defaults() == {name: row.central for name, row in catalog.defaults.items()}


def test_catalogue_is_loaded_once() -> None:
    assert load_catalog() is load_catalog()
