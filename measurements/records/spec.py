"""Probe specs: what the page or the command line asks the worker to measure, and within which limits."""

import re
from typing import Annotated, Any, Literal, Self, cast

from pydantic import Field, model_validator

from calculator.evidence import Record
from calculator.units import NonNegative, Positive
from measurements.records.record import Bytes, Count, Label, MeasurementError, Tokens

Tier = Literal["host", "fast", "real", "rag"]

_MLX_FORMAT = re.compile(r"mlx-([234568])bit(?:-g(32|64|128))?")
_BLOCK_FORMATS = {"mlx-mxfp4": ("mxfp4", 4, 32), "mlx-nvfp4": ("nvfp4", 4, 16), "mlx-mxfp8": ("mxfp8", 8, 32)}
_DEFAULT_GROUP_SIZE = 64  # mlx_lm.convert's own default, read in 0.32.2


class Quantization(Record):
    """Quantisation of the matrices in mlx-lm's terms."""

    mode: Literal["affine", "mxfp4", "nvfp4", "mxfp8"]
    bits: Annotated[int, Field(ge=2, le=8)]
    group_size: Annotated[int, Field(ge=16, le=128)]


class ProbeSpec(Record):
    """One probe. `config` is a checked config.json, `path` a checked folder; sizes are in tokens and bytes.

    `distinct_layer_count` layers of each kind get weights of their own, and the others share them; 0: every layer has
    its own. `memory_limit_bytes` 0: as much as the machine offers. `seed` makes a run repeatable.
    """

    tier: Tier
    model: Label = ""
    model_name: Label = ""
    config: dict[str, Any] = Field(default_factory=dict[str, Any])
    path: str = Field(default="", max_length=4_000)
    repository: Label = ""
    revision: Label = ""
    format: Label = ""
    quantization: Quantization | None = None
    depths: tuple[Tokens, ...] = Field(default=(512, 8192), min_length=1, max_length=8)
    chunk_tokens: Annotated[int, Field(ge=2, le=65_536)] = 512
    generated_tokens: Annotated[int, Field(ge=1, le=4_096)] = 32
    trial_count: Annotated[int, Field(ge=1, le=200)] = 5
    batch_count: Annotated[int, Field(ge=1, le=256)] = 1
    distinct_layer_count: Annotated[int, Field(ge=0, le=1_000)] = 2
    memory_limit_bytes: Bytes = 0
    time_limit_s: Positive = 300.0
    stall_limit_s: Positive = 120.0
    pause_s: NonNegative = 0.0
    last_level_cache_bytes: Bytes = 0
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    lock_file: str = Field(default="", max_length=4_000)
    vector_count: Annotated[int, Field(ge=0, le=100_000_000)] = 100_000
    vector_dim: Annotated[int, Field(ge=1, le=16_384)] = 384
    top_count: Annotated[int, Field(ge=1, le=1_000)] = 10
    retrieved_tokens: Annotated[int, Field(ge=0, le=1_000_000)] = 3_500
    query_count: Count = 20

    @model_validator(mode="after")
    def _real_weights_run_alone(self) -> Self:
        if self.tier == "real" and self.batch_count > 1:
            raise ValueError(
                f"batch_count is {self.batch_count}; the tier real measures one request at a time. "
                "Omit it, or use the tier fast."
            )
        return self


def format_of_quantization(packing: Any) -> str:
    """The format id of a converted model's own config.json; "" if widths are mixed or unknown.

    >>> format_of_quantization({"bits": 4, "group_size": 64}), format_of_quantization(None)
    ('mlx-4bit', 'bf16')
    """
    if packing is None:
        return "bf16"
    if not isinstance(packing, dict):
        return ""
    fields = cast("dict[str, Any]", packing)
    mode, bits, group_size = fields.get("mode", "affine"), fields.get("bits"), fields.get("group_size")
    others = [cast("dict[str, Any]", one) for one in fields.values() if isinstance(one, dict)]  # layers of their own
    if any(one.get("bits", bits) != bits for one in others):
        return ""
    if mode == "affine" and isinstance(bits, int) and group_size in (32, 64, 128):
        return f"mlx-{bits}bit" + ("" if group_size == _DEFAULT_GROUP_SIZE else f"-g{group_size}")
    return next((name for name, of in _BLOCK_FORMATS.items() if of == (mode, bits, group_size)), "")


def quantization_of(format_id: str) -> Quantization | None:
    """The quantisation of an MLX format of the catalogue; None for 16-bit weights.

    >>> quantization_of("mlx-4bit")
    Quantization(mode='affine', bits=4, group_size=64)
    """
    if format_id in ("bf16", "f16", "16-bit"):
        return None
    if format_id in _BLOCK_FORMATS:
        mode, bits, group_size = _BLOCK_FORMATS[format_id]
        return Quantization.model_validate({"mode": mode, "bits": bits, "group_size": group_size})
    found = _MLX_FORMAT.fullmatch(format_id)
    if found is None:
        raise MeasurementError(
            f"format is {format_id[:40]!r}; the probe runs mlx-lm, which has no such packing. "
            "Choose bf16, mlx-8bit, mlx-6bit, mlx-4bit, mlx-mxfp4, mlx-nvfp4 or mlx-mxfp8."
        )
    return Quantization(mode="affine", bits=int(found[1]), group_size=int(found[2] or _DEFAULT_GROUP_SIZE))
