"""Shipped models: the catalogue's bytes are those of the real mlx-lm."""

import importlib.util

import pytest

from calculator.catalog import load_catalog
from calculator.physics.memory.kv_cache import kv_cache_bytes
from calculator.physics.memory.weights import weights_bytes
from measurements.models.ask_mlx_lm import shipped_config_ids
from tests.measurements.models.rebuilt import CONTEXTS, FORMATS, Rebuilt

mlx = pytest.mark.skipif(importlib.util.find_spec("mlx_lm") is None, reason="mlx-lm is not installed")


pytestmark = pytest.mark.mlx


def test_models_all_ship_with_a_configuration() -> None:
    assert sorted(load_catalog().models) == shipped_config_ids()
    assert len(shipped_config_ids()) == 49


@mlx
def test_weights_bytes_of_every_model_equal_mlx_lm_to_the_byte(rebuilt: Rebuilt) -> None:
    wrong: dict[str, tuple[int, int]] = {}
    for name, answer in rebuilt.answers.items():
        for format_id, expected in zip(FORMATS, answer["weights_bytes"], strict=True):
            got = weights_bytes(rebuilt.catalog.model(name), format=rebuilt.catalog.format(format_id))
            if got != expected:
                wrong[f"{name} {format_id}"] = (got, expected)
    assert not wrong
    assert len(rebuilt.answers) == 48


@mlx
def test_kv_cache_bytes_of_every_model_equal_mlx_lm_to_the_byte(rebuilt: Rebuilt) -> None:
    wrong: dict[str, tuple[int, int]] = {}
    runtime = rebuilt.catalog.runtime("mlx-lm")
    for name, answer in rebuilt.answers.items():
        for tokens, expected in zip(CONTEXTS, answer["kv_cache_bytes"], strict=True):
            got = kv_cache_bytes(rebuilt.catalog.model(name), runtime=runtime, context_tokens=tokens)
            if got != expected:
                wrong[f"{name} at {tokens}"] = (got, expected)
    assert not wrong
