"""Stubs for modules that mlx-lm imports but no model's shapes need, so that a plan does not wait for them.

Tokenizers and the download client take longer to import than a plan takes to compute; one module of mlx-lm imports
`hf_olmo` only to see whether it is installed. The matrix product of bitnet is a Metal kernel, of which a lazy pass
needs only the shape. For the mlx-lm process alone, before mlx_lm is imported.
"""

import sys
import types
from collections.abc import Sequence
from typing import Any

UNUSED_MODULES = ("transformers", "huggingface_hub", "mlx_lm.tokenizer_utils", "hf_olmo")
"""Checked with mlx-lm 0.32.2 on 2026-11-22: none of its model modules uses a name of the first three."""


class Stub(types.ModuleType):
    """A module that has every name, each an empty class."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def stub_unused_modules() -> None:
    """Register the stubs in sys.modules."""
    for name in UNUSED_MODULES:
        sys.modules.setdefault(name, Stub(name))


def stub_bits_per_weight(mlx_lm_utils: Any) -> None:
    """Skip the count of bits per weight that quantize_model only prints: a fifth of a plan's time."""

    def uncounted(_: Any) -> float:
        return 0.0

    mlx_lm_utils.compute_bits_per_weight = uncounted


def stub_metal_kernels(mx: Any) -> None:
    """Without Metal, make a kernel a function that returns lazy zeros of the requested shapes."""
    if not mx.metal.is_available():
        mx.fast.metal_kernel = _kernel_of(mx)


def _kernel_of(mx: Any) -> Any:
    def make(**_: Any) -> Any:
        def call(*, output_shapes: Sequence[Sequence[int]], output_dtypes: Sequence[Any], **_: Any) -> list[Any]:
            return [mx.zeros(shape, dtype) for shape, dtype in zip(output_shapes, output_dtypes, strict=True)]

        return call

    return make
