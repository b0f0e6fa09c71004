"""Packings in groups of modules: compressed-tensors (llm-compressor) and NVIDIA ModelOpt.

Both name a packing per group and the modules that it is for: a class ("Linear") or names. Layouts: compressed-tensors
0.12, ModelOpt 0.40 as vLLM 0.23 reads them. mlx-lm 0.32.2 takes nvfp4-, mxfp4- and pack-quantized, and ModelOpt's NVFP4.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from calculator.catalog.checkpoint import ReleasedWeights
from calculator.errors import CatalogError
from measurements.models.config_parts import Json
from measurements.models.module_names import Patterns, as_patterns
from measurements.models.packing import (
    BYTE_BITS,
    FLOAT_BITS,
    HALF_BITS,
    Checkpoint,
    Packing,
    block_sizes,
    group_words,
    is_linear,
    skipped_modules,
    whole_number,
)

_MLX_GROUPS = (32, 64, 128)
_NVFP4, _MXFP4 = 16, 32
"""Group sizes that tell the two 4-bit float formats apart."""
_SHAPE_BITS = 2 * 32
"""compressed-tensors keeps each packed matrix' shape, two 32-bit numbers."""
_PRESETS: dict[str, Json] = {
    "W4A16": {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 128},
    "W4A16_ASYM": {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 128, "symmetric": False},
    "W8A16": {"num_bits": 8, "type": "int", "strategy": "channel"},
    "W8A8": {"num_bits": 8, "type": "int", "strategy": "channel"},
    "INT8": {"num_bits": 8, "type": "int", "strategy": "channel"},
    "W4A8": {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 128},
    "FP8": {"num_bits": 8, "type": "float", "strategy": "tensor"},
    "FP8_DYNAMIC": {"num_bits": 8, "type": "float", "strategy": "channel"},
    "FP8_BLOCK": {"num_bits": 8, "type": "float", "strategy": "block", "block_structure": [128, 128]},
    "NVFP4": {"num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": _NVFP4},
    "NVFP4A16": {"num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": _NVFP4},
    "MXFP4": {"num_bits": 4, "type": "float", "strategy": "group", "group_size": _MXFP4},
}
_ALGORITHMS: dict[str, tuple[str, Packing]] = {
    "FP8": ("FP8, a scale per matrix", Packing(8, matrix_bits=2 * FLOAT_BITS)),
    "FP8_PB_WO": ("FP8 in blocks of 128 x 128", Packing(8, block=(128, 128), block_bits=FLOAT_BITS)),
    "FP8_PB_REAL": ("FP8 in blocks of 128 x 128", Packing(8, block=(128, 128), block_bits=FLOAT_BITS)),
    "FP8_PER_CHANNEL_PER_TOKEN": ("FP8, a scale per row", Packing(8, row_bits=FLOAT_BITS)),
    "MXFP8": ("MXFP8", Packing(8, group_size=32, scale_bits=BYTE_BITS)),
    "NVFP4": ("NVFP4", Packing(4, group_size=_NVFP4, scale_bits=BYTE_BITS, matrix_bits=2 * FLOAT_BITS)),
    "NVFP4_AWQ": ("NVFP4", Packing(4, group_size=_NVFP4, scale_bits=BYTE_BITS, matrix_bits=2 * FLOAT_BITS)),
    "W4A16_NVFP4": ("NVFP4", Packing(4, group_size=_NVFP4, scale_bits=BYTE_BITS, matrix_bits=2 * FLOAT_BITS)),
    "MXFP4": ("MXFP4", Packing(4, group_size=_MXFP4, scale_bits=BYTE_BITS)),
    "W4A16_AWQ": ("4-bit integers, groups of 128", Packing(4, group_size=128, scale_bits=HALF_BITS)),
    "W4A8_AWQ": ("4-bit integers, groups of 128", Packing(4, group_size=128, scale_bits=HALF_BITS)),
    "INT8_SQ": ("INT8, a scale per row", Packing(8, row_bits=FLOAT_BITS)),
}


def compressed_tensors(settings: Json) -> Checkpoint:
    """Groups of llm-compressor: the first group that means a module packs it, unless `ignore` does."""
    groups = _groups(settings)
    if not groups:
        raise CatalogError("quantization_config has no config_groups, so its packing is not known. Add them.")
    format = str(settings.get("format") or "")
    packing, words = groups[0][1], _group_words(settings)
    mlx = "refused"
    if format in ("nvfp4-pack-quantized", "mxfp4-pack-quantized"):
        mlx = "stored"
    elif format == "pack-quantized" and packing.group_size in _MLX_GROUPS:
        mlx = "affine"
    weights = ReleasedWeights(
        method="compressed-tensors", words=words, bits=packing.bits, group_size=packing.group_size, mlx=mlx
    )
    return _by_group(weights, groups, settings=settings, rest=None)


def modelopt(settings: Json) -> Checkpoint:
    """NVIDIA's: groups where it has them, else one algorithm for all, or one per named layer (MIXED_PRECISION)."""
    algorithm = str(settings.get("quant_algo") or "").upper()
    named: Any = settings.get("quantized_layers")
    layers = cast("dict[str, Any]", named) if isinstance(named, dict) else {}
    groups = _groups(settings)
    words = _group_words(settings) if groups else ""
    if layers and algorithm in ("", "MIXED_PRECISION"):
        kinds = [
            str(cast(Json, one).get("quant_algo") or "").upper() if isinstance(one, dict) else ""
            for one in layers.values()
        ]
        by_kind = {kind: [name for name, own in zip(layers, kinds, strict=True) if own == kind] for kind in kinds}
        groups = [(Patterns(names), _algorithm(kind)[1]) for kind, names in by_kind.items()]
        words = " and ".join(_algorithm(kind)[0] for kind in by_kind)
    elif not groups:
        words, packing = _algorithm(algorithm)
        group = whole_number(settings, "group_size", packing.group_size)
        groups = [(None, replace(packing, group_size=max(group, 0)))]
    packing = groups[0][1]
    weights = ReleasedWeights(
        method="modelopt",
        words=words,
        bits=packing.bits,
        group_size=packing.group_size,
        mlx="stored" if algorithm == "NVFP4" else "refused",
    )
    return _by_group(weights, groups, settings=settings, rest=_rest(settings))


def _rest(settings: Json) -> Packing | None:
    """What is in no group: FP8 blocks where NVIDIA packed only the experts of an FP8 checkpoint, else 16 bits."""
    block = block_sizes(settings.get("weight_block_size"))
    if settings.get("quant_method") == "fp8" and all(block):
        return Packing(8, block=block, block_bits=FLOAT_BITS)
    return None


Groups = Sequence[tuple[Patterns | None, Packing]]
"""Modules and their packing; None: all linear layers."""


def _by_group(weights: ReleasedWeights, groups: Groups, *, settings: Json, rest: Packing | None) -> Checkpoint:
    skipped = skipped_modules(settings)

    def packing_of(tensor: Json, role: str) -> Packing | None:
        path = tensor["path"]
        if not is_linear(role, head=True):
            return None
        if skipped.matches(path):
            return rest if role != "output" else None
        for patterns, packing in groups:
            if patterns is None or patterns.matches(path):
                return packing
        return rest if role != "output" else None

    return Checkpoint(weights, packing_of)


def _groups(settings: Json) -> Groups:
    given: Any = settings.get("config_groups")
    found: list[tuple[Patterns | None, Packing]] = []
    for name, entry in (cast("dict[str, Any]", given) if isinstance(given, dict) else {}).items():
        preset: Json = {"targets": entry, "weights": _PRESETS.get(name)}
        fields = cast(Json, entry) if isinstance(entry, dict) else preset
        if not isinstance(fields.get("weights"), dict):
            continue
        targets = as_patterns(fields.get("targets"))
        names = [one for one in targets if not one[:1].isupper()]
        patterns = None if not targets or len(names) < len(targets) else Patterns(names)
        found.append((patterns, _weights_packing(cast(Json, fields["weights"]), settings)))
    return sorted(found, key=lambda one: one[0] is None)  # names before classes


def _weights_packing(weights: Json, settings: Json) -> Packing:
    bits, group = whole_number(weights, "num_bits", 8), max(whole_number(weights, "group_size", 0), 0)
    strategy = str(weights.get("strategy") or ("group" if group else "tensor"))
    if weights.get("type") == "float":
        if bits == BYTE_BITS // 2:
            matrix = 2 * FLOAT_BITS if group != _MXFP4 else 0
            return Packing(bits, group_size=group or _NVFP4, scale_bits=BYTE_BITS, matrix_bits=matrix)
        block = block_sizes(weights.get("block_structure") or settings.get("weight_block_size"))
        if strategy == "block" and all(block):
            return Packing(bits, block=block, block_bits=FLOAT_BITS)
        if strategy == "group":
            return Packing(bits, group_size=group, scale_bits=BYTE_BITS if group == _MXFP4 else HALF_BITS)
        return Packing(bits, row_bits=HALF_BITS) if strategy == "channel" else Packing(bits, matrix_bits=2 * FLOAT_BITS)
    zero = 0 if weights.get("symmetric", True) is not False else bits
    columns = FLOAT_BITS if weights.get("actorder") in ("group", True) else 0
    shape = _SHAPE_BITS if bits < BYTE_BITS or settings.get("format") == "pack-quantized" else 0
    if group and strategy in ("group", "tensor_group"):
        return Packing(bits, group_size=group, scale_bits=HALF_BITS + zero, column_bits=columns, matrix_bits=shape)
    return Packing(bits, row_bits=HALF_BITS + zero, column_bits=columns, matrix_bits=shape)


def _group_words(settings: Json) -> str:
    """ "4-bit integers, groups of 32": each group's packing once."""
    given: Json = settings.get("config_groups") or {}
    found: dict[str, None] = {}
    for name, group in given.items():
        weights = cast(Json, group).get("weights") if isinstance(group, dict) else _PRESETS.get(name)
        if not isinstance(weights, dict):
            continue
        fields = cast(Json, weights)
        bits, size = whole_number(fields, "num_bits", 8), whole_number(fields, "group_size", 0)
        if fields.get("type") == "float":
            four = "MXFP4" if size == _MXFP4 else "NVFP4"
            found[four if bits == BYTE_BITS // 2 else f"FP{bits}"] = None
        else:
            found[f"{bits}-bit integers, {group_words(size)}"] = None
    return " and ".join(found)


def _algorithm(name: str) -> tuple[str, Packing]:
    if name not in _ALGORITHMS:
        raise CatalogError(
            f"quantization_config has quant_algo {name or '(none)'!r}, whose layout is not known here. Known: "
            f"{', '.join(sorted(_ALGORITHMS))}. Plan a named format instead, such as nvfp4 or fp8."
        )
    return _ALGORITHMS[name]
