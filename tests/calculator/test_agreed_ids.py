"""Are all ids that published tables use in the catalogue, each with what decides speed and memory?"""

import tomllib
from pathlib import Path

import pytest

from calculator.catalog import load_catalog

CATALOG = load_catalog()
AGREED = tomllib.loads((Path(__file__).parents[1] / "fixtures" / "agreed_ids.toml").read_text("utf-8"))
DEVICES, MODELS = AGREED["devices"], AGREED["models"]


def test_lists_are_whole() -> None:
    assert (len(set(DEVICES)), len(set(MODELS))) == (38, 49)


@pytest.mark.parametrize("device", DEVICES)
def test_chip_has_memory_bandwidth_a_matrix_rate_and_cores_with_a_source(device: str) -> None:
    chip = CATALOG.chips[device]
    assert min(chip.memory_options_gib) > 0
    assert chip.bandwidth_gb_per_s.source in CATALOG.sources or "+" in chip.bandwidth_gb_per_s.source
    rate = chip.matrix_tflops or chip.fp32_tflops
    assert rate is not None
    assert rate.central > 0
    assert chip.gpu_core_count or chip.tensor_core_count


@pytest.mark.parametrize("model", MODELS)
def test_model_has_shapes_and_a_cache_with_a_source(model: str) -> None:
    found = CATALOG.models[model]
    assert found.source
    assert found.tensors
    assert found.caches
    assert 0 < found.active_parameter_count() <= found.parameter_count()
