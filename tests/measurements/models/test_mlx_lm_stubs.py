"""Stubs of mlx-lm's unused modules: every name is a class, installed modules stay, no shape changes."""

import importlib
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from measurements.models.mlx_lm_stubs import (
    UNUSED_MODULES,
    Stub,
    stub_bits_per_weight,
    stub_metal_kernels,
    stub_unused_modules,
)


def test_stub_has_every_public_name_as_a_class_and_no_special_one() -> None:
    stub: Any = Stub("transformers")
    assert isinstance(stub.AutoTokenizer, type)
    assert stub.AutoTokenizer.__name__ == "AutoTokenizer"
    with pytest.raises(AttributeError):
        stub.__path__  # noqa: B018 - a package would have one, and import would look below it


def test_unused_modules_are_stubbed_where_nothing_is_imported_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = ModuleType("transformers")
    for name in UNUSED_MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "transformers", loaded)
    stub_unused_modules()
    assert sys.modules["transformers"] is loaded
    assert isinstance(importlib.import_module("hf_olmo"), Stub)
    for name in UNUSED_MODULES:
        monkeypatch.delitem(sys.modules, name)  # the patch puts back what was there before


def test_bits_per_weight_are_no_longer_counted() -> None:
    utils = SimpleNamespace(compute_bits_per_weight=lambda model: 4.5)
    stub_bits_per_weight(utils)
    assert utils.compute_bits_per_weight("a model") == 0.0


@pytest.mark.parametrize("has_metal", [True, False])
def test_kernel_without_metal_returns_zeros_of_the_requested_shapes(has_metal: bool) -> None:
    real = object()
    mx = SimpleNamespace(
        metal=SimpleNamespace(is_available=lambda: has_metal),
        fast=SimpleNamespace(metal_kernel=real),
        zeros=lambda shape, dtype: (tuple(shape), dtype),
    )
    stub_metal_kernels(mx)
    if has_metal:
        assert mx.fast.metal_kernel is real
        return
    kernel: Any = mx.fast.metal_kernel(name="bitlinear", source="...")
    assert kernel(inputs=[], output_shapes=[(2, 3), (1,)], output_dtypes=["bf16", "f32"]) == [
        ((2, 3), "bf16"),
        ((1,), "f32"),
    ]
