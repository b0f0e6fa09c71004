"""Checkpoints as their makers published them: how the weights are packed, and the towers beside the language model."""

from typing import Literal

from pydantic import Field

from calculator.evidence import Entry
from calculator.units import NonNegative, Positive

TOWER_BYTES_PER_PARAMETER = 2
"""Towers are kept 16 bits wide: by MLX's converter for vision models, in llama.cpp's mmproj files, by vLLM."""


class Tower(Entry):
    """An encoder of images or sound beside the language model, with the projector that leads into it.

    `parameter_count` is counted from the shapes in config.json; None where its layout is not known.
    """

    kind: Literal["vision", "audio"]
    parameter_count: int | None = Field(default=None, ge=1)
    note: str = ""

    def size_bytes(self) -> int:
        """Bytes in 16 bits; 0 where the layout is not known."""
        return (self.parameter_count or 0) * TOWER_BYTES_PER_PARAMETER


class ReleasedWeights(Entry):
    """How the maker's checkpoint packs its matrices; the bytes of each stand in the tensor groups.

    `mlx`: what mlx-lm makes of it. stored: it keeps the packing. affine: it keeps `bits` and adds a 16-bit scale and
    bias per group. unpacked: it loads 16 bits. refused: it cannot load this checkpoint.
    """

    method: str = Field(description="quant_method of config.json, or mlx")
    words: str = Field(description="the packing in words: FP8 in blocks of 128 x 128")
    bits: Positive = Field(description="bits of most packed numbers, without scales")
    group_size: int = Field(default=0, ge=0)
    bits_per_weight: NonNegative = Field(default=0, description="of all weights, scales and unpacked parts included")
    mlx: Literal["stored", "affine", "unpacked", "refused"]
    problem: str = Field(default="", description="why the checkpoint's bytes are not known: one sentence")
