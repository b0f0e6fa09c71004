"""The catalogue in memory: the entries that others rely on, and what is said of a name that no entry has."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from calculator.catalog import Catalog
from calculator.catalog.check_references import evidence_of
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


@pytest.mark.parametrize("device", DEVICES)
def test_chip_exists_for_every_device_of_the_published_measurements(catalog: Catalog, device: str) -> None:
    assert catalog.chips[device].bandwidth_gb_per_s.central > 0


@pytest.mark.parametrize("option", OPTIONS)
def test_option_that_a_buyer_weighs_exists_with_a_price(catalog: Catalog, option: str) -> None:
    entry = catalog.option(option)
    figures = evidence_of(entry)
    assert any(re.search(r"_usd(_per_h|_per_mtok)?$", path) and figure.low > 0 for path, figure in figures.items())


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


AGREED = tomllib.loads((Path(__file__).parents[2] / "fixtures" / "agreed_ids.toml").read_text("utf-8"))
AGREED_DEVICES, AGREED_MODELS = AGREED["devices"], AGREED["models"]


def test_lists_of_agreed_ids_are_whole() -> None:
    assert (len(set(AGREED_DEVICES)), len(set(AGREED_MODELS))) == (38, 49)


@pytest.mark.parametrize("device", AGREED_DEVICES)
def test_chip_has_memory_bandwidth_a_matrix_rate_and_cores_with_a_source(catalog: Catalog, device: str) -> None:
    chip = catalog.chips[device]
    assert min(chip.memory_options_gib) > 0
    assert chip.bandwidth_gb_per_s.source in catalog.sources or "+" in chip.bandwidth_gb_per_s.source
    rate = chip.matrix_tflops or chip.fp32_tflops
    assert rate is not None
    assert rate.central > 0
    assert chip.gpu_core_count or chip.tensor_core_count


@pytest.mark.parametrize("model", AGREED_MODELS)
def test_model_has_shapes_and_a_cache_with_a_source(catalog: Catalog, model: str) -> None:
    found = catalog.models[model]
    assert found.source
    assert found.tensors
    assert found.caches
    assert 0 < found.active_parameter_count() <= found.parameter_count()


def test_format_is_found_by_its_alias(catalog: Catalog) -> None:
    aliases = [(alias, entry) for entry in catalog.formats.values() for alias in entry.aliases]
    assert aliases
    for alias, entry in aliases:
        assert catalog.format(alias) is entry


@pytest.mark.parametrize("kind", ["model", "format", "runtime", "option"])
def test_unknown_id_is_refused_with_the_command_that_lists_them(catalog: Catalog, kind: str) -> None:
    with pytest.raises(UnknownIdError, match=rf"^{kind} 'zzz' is not in the catalogue\. .* list {kind}s` shows all"):
        getattr(catalog, kind)("zzz")


def test_constants_that_were_never_fitted_are_refused_with_the_command_that_fits_them(catalog: Catalog) -> None:
    with pytest.raises(CatalogError, match="python -m calculator calibrate"):
        assert replace(catalog, fitted=None).calibration


PLACES = re.compile(
    r"\w+\.(ts|rs|json|mjs|ya?ml|html|md|csv|toml|py)\b|@[0-9a-f]{6}|\bPR \d|\*\.|/\*|^[\w.-]+/[\w.-]+\b|src/"
)


def test_title_of_a_source_is_no_path_and_no_commit(catalog: Catalog) -> None:
    """The raw place stays in the note."""
    assert PLACES.search("someone/hardware data/list.json @660d14e")
    assert not [one.title for one in catalog.sources.values() if PLACES.search(one.title)]
