"""Packings of a checkpoint's matrices: bits per number, scales per group, row, block or matrix, and who is packed."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from calculator.catalog.checkpoint import ReleasedWeights
from calculator.errors import CatalogError
from calculator.units import BITS_PER_BYTE
from measurements.models.config_parts import Json
from measurements.models.module_names import Patterns, as_patterns

FLOAT_BITS, HALF_BITS, BYTE_BITS = 32, 16, 8
UNPACKED_ROLES = frozenset(("embedding", "router", "norm", "bias", "convolution"))
"""What no method but MLX's packs."""
_SKIPPING_KEYS = (
    "ignore",
    "modules_to_not_convert",
    "ignored_layers",
    "exclude_modules",
    "exclude",
    "llm_int8_skip_modules",
)
_MOST_GROUP = 1_000_000


@dataclass(frozen=True, slots=True)
class Packing:
    """Bits of one packed matrix of `rows` outputs and `columns` inputs.

    rows x (columns x bits in whole 32-bit words + groups x scale_bits + row_bits) + columns x column_bits
    + matrix_bits + blocks x block_bits, with groups = columns / group_size rounded up (one where group_size is 0).
    """

    bits: float
    group_size: int = 0
    scale_bits: float = 0.0
    row_bits: float = 0.0
    column_bits: float = 0.0
    matrix_bits: float = 0.0
    block: tuple[int, int] = (0, 0)
    block_bits: float = 0.0

    def size_bytes(self, shape: Sequence[int]) -> int:
        """Bytes of one tensor: a matrix, or a stack of matrices (experts) of which each has its own scales."""
        *stack, rows, columns = shape
        groups = math.ceil(columns / self.group_size) if self.group_size else 1
        words = math.ceil(columns * self.bits / FLOAT_BITS) * FLOAT_BITS
        each = rows * (words + groups * self.scale_bits + self.row_bits) + columns * self.column_bits + self.matrix_bits
        if all(self.block):
            each += math.ceil(rows / self.block[0]) * math.ceil(columns / self.block[1]) * self.block_bits
        return math.ceil(math.prod(stack) * each / BITS_PER_BYTE)


PackingOf = Callable[[Json, str], Packing | None]
"""From a tensor of a layout and its role to its packing; None where it stays 16 bits wide."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint's packing: in words, and per tensor."""

    weights: ReleasedWeights
    packing_of: PackingOf

    def tensor_bytes(self, tensor: Json, role: str) -> int:
        """Bytes of a tensor of a layout as the checkpoint stores it; 0 where it is not packed."""
        if len(tensor["shape"]) < 2 or not tensor["quantizable"]:
            return 0
        packing = self.packing_of(tensor, role)
        return 0 if packing is None else packing.size_bytes(tensor["shape"])


def is_linear(role: str, *, head: bool) -> bool:
    """Whether a method may pack a matrix of this role; the head only where the method names it."""
    return role not in UNPACKED_ROLES and (head or role != "output")


def of_all_linear(weights: ReleasedWeights, packing: Packing, *, skipped: Patterns, head: bool = False) -> Checkpoint:
    """One packing for all linear layers but those skipped."""

    def packing_of(tensor: Json, role: str) -> Packing | None:
        return packing if is_linear(role, head=head) and not skipped.matches(tensor["path"]) else None

    return Checkpoint(weights, packing_of)


def skipped_modules(settings: Json) -> Patterns:
    """The modules that a quantization_config leaves 16 bits wide, under whatever name it lists them."""
    return Patterns([one for name in _SKIPPING_KEYS for one in as_patterns(settings.get(name))])


def whole_number(settings: Json, name: str, otherwise: int) -> int:
    """A whole number of the settings; `otherwise` where it is missing or null. Raises CatalogError for others."""
    value: Any = settings.get(name)
    if value is None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, int) or not -1 <= value <= _MOST_GROUP:
        raise CatalogError(f"quantization_config: {name} is {value!r}; it must be a whole number. Correct it.")
    return value


def block_sizes(value: Any) -> tuple[int, int]:
    """Rows and columns of a block; zeros for null. Raises CatalogError for anything else."""
    if value is None:
        return 0, 0
    sizes: list[Any] = list(cast("list[Any]", value)) if isinstance(value, list) else []
    if len(sizes) != len(("rows", "columns")) or not all(isinstance(one, int) and one > 0 for one in sizes):
        raise CatalogError(f"quantization_config: a block is {value!r}; it must be two whole numbers. Correct it.")
    return sizes[0], sizes[1]


def group_words(size: int) -> str:
    """Groups in words; -1 and 0 mean a scale per row."""
    return f"groups of {size}" if size > 0 else "a scale per row"
