"""Weights: the bytes of a model, and those that one step of decoding reads.

Exact from the shapes of the catalogue: for MLX to the byte of mlx-lm's own quantize_model, for GGUF by llama.cpp's
rules (gguf.py), for checkpoints of vLLM and ExLlama by bits, scales and the parts that stay unpacked.
"""

import functools
import math
from collections.abc import Mapping
from types import MappingProxyType

from calculator.catalog.models import EXPERT_ROLES, LanguageModel, TensorGroup, TensorRole, WeightFormat
from calculator.number import Number
from calculator.physics.memory.gguf import gguf_bytes_by_role
from calculator.units import BITS_PER_BYTE

MLX_PRESCRIBED = (8, 64, 32)
"""bits, group size, bits of scale and bias per group, where mlx-lm's own predicate prescribes 8 bits."""
MLX_AFFINE_SCALE_BITS = 32
"""bits of scale and bias per group of mlx-lm's affine packing."""
MXFP4 = (4, 32, 8)
"""bits, group size, bits of scale per group of the open MXFP4 format (OCP Microscaling v1.0)."""
_NEVER_PACKED: frozenset[TensorRole] = frozenset(("norm", "bias", "convolution", "other"))


def parameter_count(model: LanguageModel) -> int:
    """All parameters that are loaded."""
    return model.parameter_count()


def active_parameter_count(model: LanguageModel) -> int:
    """Parameters that one token passes through."""
    return model.active_parameter_count()


def weights_bytes(model: LanguageModel, *, format: WeightFormat) -> int:
    """Bytes of all weights that are loaded.

    mlx: rows x columns x (bits + scale_bits / group) / 8 for each tensor that mlx-lm packs and whose columns the
    group divides, 8.5 bits where its predicate prescribes 8 bits, 16 or 32 bits otherwise. gguf: see gguf.py. linear:
    bits and scales on linear layers, 16 bits elsewhere. released: the bytes of the maker's checkpoint. Towers are not
    in it. Test: 0 bytes from mlx-lm, <= 0.2 % from published GGUF files.
    """
    return _totals(model, format)[0]


def weights_read_bytes(model: LanguageModel, *, format: WeightFormat, batch_count: Number = 1) -> Number:
    """Bytes of weights that one decoding step reads for `batch_count` sequences at once.

    All but the embedding, of which only a row per sequence is looked up (a tied embedding is read whole, as the head),
    and but for experts: of E experts with k per token, E (1 - (1 - k/E)^B) distinct ones are expected to be touched
    (independent, even routing; real routers are skewed, which touches fewer). Floats or arrays of batch counts.
    """
    _, dense, experts = _totals(model, format)
    return dense + experts * touched_expert_fraction(model, batch_count=batch_count) if experts else dense


def touched_expert_fraction(model: LanguageModel, *, batch_count: Number = 1) -> Number:
    """Share of a layer's experts that a batch touches: 1 - (1 - k/E)^B; 1 for a dense model."""
    if not model.expert_count:
        return 1.0
    return 1.0 - (1.0 - model.active_expert_count / model.expert_count) ** batch_count


def embedding_bytes(model: LanguageModel, *, format: WeightFormat) -> int:
    """Bytes of the token embedding: a lookup table, where it is not the head as well."""
    return bytes_by_role(model, format).get("embedding", 0)


def expert_bytes(model: LanguageModel, *, format: WeightFormat) -> int:
    """Bytes of all routed experts."""
    return _totals(model, format)[2]


@functools.lru_cache(maxsize=4096)
def bytes_by_role(model: LanguageModel, format: WeightFormat) -> Mapping[TensorRole, int]:
    """Bytes of the tensors of each role."""
    if format.scheme == "gguf":
        return MappingProxyType(gguf_bytes_by_role(model, recipe=format.recipe, overrides=format.overrides))
    total: dict[TensorRole, int] = {}
    for group in model.tensors:
        bits = _group_bits(group, model=model, format=format)
        total[group.role] = total.get(group.role, 0) + group.count * math.ceil(bits / BITS_PER_BYTE)
    return MappingProxyType(total)


@functools.lru_cache(maxsize=4096)
def _totals(model: LanguageModel, format: WeightFormat) -> tuple[int, int, int]:
    """(all, read whatever the batch, all experts)."""
    by_role = bytes_by_role(model, format)
    everything = sum(by_role.values())
    experts = sum(size for role, size in by_role.items() if role in EXPERT_ROLES)
    lookup = 0 if model.is_tied() else by_role.get("embedding", 0)
    return everything, everything - experts - lookup, experts


def _group_bits(group: TensorGroup, *, model: LanguageModel, format: WeightFormat) -> float:
    """Bits of one tensor of the group."""
    numbers, columns = math.prod(group.shape), group.shape[-1]
    is_native = bool(model.native_experts) and group.role in EXPERT_ROLES
    if is_native and format.scheme != "nominal":
        return _packed_bits(numbers, columns, *MXFP4)
    if format.scheme == "nominal":
        return numbers * format.bits_per_weight.central
    if format.scheme == "mlx" and group.quantizable and columns % format.group_size == 0:
        if group.mlx_bits:
            return _packed_bits(numbers, columns, *MLX_PRESCRIBED)
        return _packed_bits(numbers, columns, format.bits, format.group_size, format.scale_bits)
    if format.scheme == "linear":
        return _linear_bits(group, numbers, format)
    if format.scheme == "released" and group.released_bytes and format.mode == "affine":
        return _packed_bits(numbers, columns, format.bits, format.group_size, MLX_AFFINE_SCALE_BITS)
    if format.scheme == "released" and group.released_bytes and format.mode == "stored":
        return group.released_bytes * BITS_PER_BYTE
    return numbers * group.stored_bits


def _linear_bits(group: TensorGroup, numbers: int, format: WeightFormat) -> float:
    """A linear layer of a packed checkpoint: bits, scales per group, and what a whole row or column carries."""
    is_matrix = len(group.shape) > 1 and group.role not in _NEVER_PACKED
    if group.role == "output" and format.output_bits and is_matrix:
        return numbers * format.output_bits
    if not is_matrix or group.role in format.keeps:
        return numbers * group.stored_bits
    *stack, rows, columns = list(group.shape)
    matrices = math.prod(stack)
    packed = _packed_bits(numbers, columns, format.bits, format.group_size or columns, format.scale_bits)
    return packed + matrices * (rows * format.row_bits + columns * format.column_bits)


def _packed_bits(numbers: int, columns: int, bits: float, group_size: int, scale_bits: float) -> float:
    """numbers x bits, and one scale for every started group of a row."""
    return numbers * bits + numbers / columns * math.ceil(columns / group_size) * scale_bits
