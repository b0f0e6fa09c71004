"""What does mlx-lm import that no model's shapes need? Empty stand-ins, so that a plan need not wait for it.

Tokenizers and the download client take longer to import than a plan takes to compute. `hf_olmo` is asked for by one module of
mlx-lm to see whether it is installed, and never used. The product of bitnet is a Metal kernel: where there is no Metal, a
lazy pass only needs the shape of its result. To be used in the worker process of the plan alone, before mlx_lm is imported.
"""

import sys
import types
from collections.abc import Sequence
from typing import Any

SPARED = ("transformers", "huggingface_hub", "mlx_lm.tokenizer_utils", "hf_olmo")
"""Checked with mlx-lm 0.32.2 on 2026-11-22: none of its model modules uses a name of the first three."""


class StandIn(types.ModuleType):
    """A module that has every name, each an empty class."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def stand_in_for_what_no_shape_needs() -> None:
    """Put the stand-ins where `import` looks first."""
    for name in SPARED:
        sys.modules.setdefault(name, StandIn(name))


def stand_in_for_a_printed_figure(mlx_lm_utils: Any) -> None:
    """quantize_model counts the bits per weight for a line it prints: a fifth of a plan's time for nothing."""

    def uncounted(_: Any) -> float:
        return 0.0

    mlx_lm_utils.compute_bits_per_weight = uncounted


def stand_in_for_metal(mx: Any) -> None:
    """Where there is no Metal, a kernel is a function that promises zeros of the shapes asked for."""
    if not mx.metal.is_available():
        mx.fast.metal_kernel = _kernel_of(mx)


def _kernel_of(mx: Any) -> Any:
    def make(**_: Any) -> Any:
        def call(*, output_shapes: Sequence[Sequence[int]], output_dtypes: Sequence[Any], **_: Any) -> list[Any]:
            return [mx.zeros(shape, dtype) for shape, dtype in zip(output_shapes, output_dtypes, strict=True)]

        return call

    return make
