"""Released weights: what a checkpoint's own quantization_config makes of each tensor, byte by byte.

One reader per method; groups of modules are read in released_groups.py. What stays 16 bits wide whatever the method:
norms, biases, convolutions, routers, the token embedding (MLX packs the last two), and the head unless the method
names it. Layouts: AutoGPTQ and GPTQModel, AutoAWQ, AutoRound, DeepSeek's FP8 blocks, bitsandbytes 0.4x, ExLlama, MLX;
mlx-lm's side is `load_model` of mlx-lm 0.32.2 (read 2026-11-26).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from calculator.catalog.checkpoint import ReleasedWeights
from calculator.errors import CatalogError
from calculator.units import plain_number
from measurements.models.config_parts import Json, is_mlx_quantization, quantization_of
from measurements.models.module_names import Patterns, as_patterns
from measurements.models.packing import (
    BYTE_BITS,
    FLOAT_BITS,
    HALF_BITS,
    UNPACKED_ROLES,
    Checkpoint,
    Packing,
    block_sizes,
    group_words,
    is_linear,
    of_all_linear,
    skipped_modules,
    whole_number,
)
from measurements.models.released_groups import compressed_tensors, modelopt

_DOUBLE_QUANTISED = 256
"""bitsandbytes packs this many scales to 8 bits with one of 32 bits."""


def checkpoint_of(config: Json) -> Checkpoint | None:
    """What the config says of its checkpoint; None where it is not packed (no quantization_config, or null).

    Raises CatalogError, in one sentence, for a method whose layout is not known here, or for a broken entry.
    """
    found = quantization_of(config)
    if not found:
        return None
    nested = found.get("quantization")
    settings: Json = {**found, **cast(Json, nested)} if isinstance(nested, dict) else {**found}
    settings.setdefault("expert_dtype", config.get("expert_dtype"))
    method = "mlx" if is_mlx_quantization(found) else _method(settings)
    if settings.get("format") == "dense":
        return None  # compressed-tensors names a packing that was not carried out
    if method not in _METHODS:
        raise CatalogError(
            f"quantization_config has quant_method {method or '(none)'!r}, whose layout is not known here. Known: "
            f"{', '.join(sorted(_METHODS))}. Plan a named format instead, such as awq-int4 or mlx-4bit."
        )
    try:
        return _METHODS[method](settings)
    except (TypeError, AttributeError, KeyError, IndexError) as error:
        raise CatalogError(
            f"quantization_config of method {method!r} cannot be read ({type(error).__name__}: {error}). Correct it."
        ) from None


def _quark(settings: Json) -> Checkpoint:
    """AMD Quark's: one packing for all, by the type of its weights."""
    every: Any = settings.get("global_quant_config")
    weight: Any = cast(Json, every).get("weight") if isinstance(every, dict) else None
    fields = cast(Json, weight) if isinstance(weight, dict) else {}
    dtype, group = str(fields.get("dtype") or ""), max(whole_number(fields, "group_size", 0), 0)
    is_row = fields.get("qscheme") == "per_channel"
    by_type = {
        "fp4": ("MXFP4", Packing(4, group_size=group or 32, scale_bits=BYTE_BITS)),
        "fp8": ("FP8", Packing(8, row_bits=FLOAT_BITS) if is_row else Packing(8, matrix_bits=2 * FLOAT_BITS)),
        "int8": ("INT8, a scale per row", Packing(8, row_bits=FLOAT_BITS)),
        "int4": (f"4-bit integers, {group_words(group)}", Packing(4, group_size=group, scale_bits=HALF_BITS)),
        "uint4": (f"4-bit integers, {group_words(group)}", Packing(4, group_size=group, scale_bits=HALF_BITS + 4)),
    }
    found = by_type.get("fp8" if dtype.startswith("fp8") else dtype)
    if found is None:
        raise CatalogError(
            f"quantization_config has weights of type {dtype or '(none)'!r}, whose layout is not known here. Known: "
            f"{', '.join(by_type)}. Plan a named format instead, such as fp8 or awq-int4."
        )
    words, packing = found
    weights = ReleasedWeights(method="quark", words=words, bits=packing.bits, group_size=group, mlx="refused")
    return of_all_linear(weights, packing, skipped=skipped_modules(settings))


def _method(settings: Json) -> str:
    """The method's name in lower case; ModelOpt writes several, and writes groups into FP8 checkpoints."""
    method = str(settings.get("quant_method") or "").lower()
    if method.startswith("modelopt") or (settings.get("quant_algo") and method in ("", "fp8")):
        return "modelopt"
    if method == "nvfp4":
        settings["quant_algo"] = "NVFP4"
    is_grouped = method == "fp8" and settings.get("config_groups")
    return "modelopt" if is_grouped or method == "nvfp4" else method.replace("_", "-")


def _fp8(settings: Json) -> Checkpoint:
    rows, columns = block_sizes(settings.get("weight_block_size"))
    is_mx = settings.get("scale_fmt") == "ue8m0" and (rows, columns) == (32, 32)
    if rows:
        words = f"FP8 in blocks of {rows} x {columns}"
        packing = Packing(8, block=(rows, columns), block_bits=BYTE_BITS if is_mx else FLOAT_BITS)
    else:
        words, packing = "FP8, a scale per matrix", Packing(8, matrix_bits=2 * FLOAT_BITS)
    has_fp4 = settings.get("expert_dtype") == "fp4"
    words = f"experts FP4, the rest {words}" if has_fp4 else words
    weights = ReleasedWeights(
        method="fp8", words=words, bits=4 if has_fp4 else 8, mlx="stored" if is_mx else "unpacked"
    )
    all_linear = of_all_linear(weights, packing, skipped=skipped_modules(settings))
    if not has_fp4:
        return all_linear
    four = Packing(4, group_size=32, scale_bits=BYTE_BITS)

    def packing_of(tensor: Json, role: str) -> Packing | None:
        return four if role.startswith("expert_") else all_linear.packing_of(tensor, role)

    return replace(all_linear, packing_of=packing_of)


def _per_row(method: str, words: str, *, row_bits: int) -> Callable[[Json], Checkpoint]:
    """Eight bits and a scale per row."""

    def read(settings: Json) -> Checkpoint:
        weights = ReleasedWeights(method=method, words=f"{words}, a scale per row", bits=8, mlx="refused")
        return of_all_linear(weights, Packing(8, row_bits=row_bits), skipped=skipped_modules(settings))

    return read


def _mxfp4(settings: Json) -> Checkpoint:
    del settings  # gpt-oss lists what is not packed: all but the experts
    weights = ReleasedWeights(method="mxfp4", words="experts MXFP4", bits=4, group_size=32, mlx="stored")
    packing = Packing(4, group_size=32, scale_bits=BYTE_BITS)
    return Checkpoint(weights, lambda tensor, role: packing if role.startswith("expert_") else None)


def _mxfp8(settings: Json) -> Checkpoint:
    weights = ReleasedWeights(method="mxfp8", words="MXFP8", bits=8, group_size=32, mlx="stored")
    return of_all_linear(weights, Packing(8, group_size=32, scale_bits=BYTE_BITS), skipped=skipped_modules(settings))


def _gptq(settings: Json) -> Checkpoint:
    bits, group = whole_number(settings, "bits", 4), max(whole_number(settings, "group_size", 128), 0)
    packing = Packing(bits, group_size=group, scale_bits=HALF_BITS + bits, column_bits=FLOAT_BITS)
    words = f"GPTQ {bits}-bit, {group_words(group)}"
    weights = ReleasedWeights(method="gptq", words=words, bits=bits, group_size=group, mlx="refused")
    blocks = as_patterns(settings.get("modules_in_block_to_quantize"))
    only, skipped, head = Patterns(blocks), skipped_modules(settings), settings.get("lm_head") is True
    exceptions = _dynamic(settings.get("dynamic"), packing)

    def packing_of(tensor: Json, role: str) -> Packing | None:
        path = tensor["path"]
        if not is_linear(role, head=head) or skipped.matches(path) or (blocks and not only.matches(path)):
            return None
        return next((other for patterns, other in exceptions if patterns.matches(path)), packing)

    return Checkpoint(weights, packing_of)


def _dynamic(rules: Any, packing: Packing) -> list[tuple[Patterns, Packing | None]]:
    """GPTQModel's rules: "-:expression" leaves a module alone, "+:expression" or none gives it other bits."""
    found: list[tuple[Patterns, Packing | None]] = []
    for pattern, change in (cast("dict[str, Any]", rules) if isinstance(rules, dict) else {}).items():
        is_left = pattern.startswith("-:")
        expression = pattern[2:] if pattern[:2] in ("-:", "+:") else pattern
        other = _changed(packing, change)
        found.append((Patterns([f"re:.*{expression.removeprefix('.*')}"]), None if is_left else other))
    return found


def _changed(packing: Packing, change: Any) -> Packing | None:
    """The packing with a rule's own bits and group size; None for 16 bits."""
    fields = cast(Json, change) if isinstance(change, dict) else {}
    bits = whole_number(fields, "bits", int(packing.bits))
    group = max(whole_number(fields, "group_size", packing.group_size), 0)
    if bits >= HALF_BITS:
        return None
    return replace(packing, bits=bits, group_size=group, scale_bits=HALF_BITS + bits)


def _awq(settings: Json) -> Checkpoint:
    bits = whole_number(settings, "bits", whole_number(settings, "w_bit", 4))
    group = max(whole_number(settings, "group_size", whole_number(settings, "q_group_size", 128)), 0)
    weights = ReleasedWeights(
        method="awq",
        words=f"AWQ {bits}-bit, {group_words(group)}",
        bits=bits,
        group_size=group,
        mlx="affine" if bits == 4 and group in (32, 64, 128) else "refused",
    )
    packing = Packing(bits, group_size=group, scale_bits=HALF_BITS + bits)
    return of_all_linear(weights, packing, skipped=skipped_modules(settings))


def _auto_round(settings: Json) -> Checkpoint:
    bits, group = whole_number(settings, "bits", 4), max(whole_number(settings, "group_size", 128), 0)
    packing = Packing(bits, group_size=group, scale_bits=HALF_BITS + bits)
    words = f"AutoRound {bits}-bit, {group_words(group)}"
    weights = ReleasedWeights(method="auto-round", words=words, bits=bits, group_size=group, mlx="refused")
    extra: Any = settings.get("extra_config")
    rules = cast("dict[str, Any]", extra) if isinstance(extra, dict) else {}
    exceptions = [(Patterns([f"re:{name}" if "*" in name else name]), _changed(packing, rules[name])) for name in rules]
    skipped = skipped_modules(settings)

    def packing_of(tensor: Json, role: str) -> Packing | None:
        path = tensor["path"]
        if role in UNPACKED_ROLES:
            return None
        for patterns, other in exceptions:
            if patterns.matches(path):
                return other
        return packing if is_linear(role, head=False) and not skipped.matches(path) else None

    return Checkpoint(weights, packing_of)


def _bitsandbytes(settings: Json) -> Checkpoint:
    skipped = skipped_modules(settings)
    if settings.get("load_in_8bit") or settings.get("_load_in_8bit"):
        weights = ReleasedWeights(method="bitsandbytes", words="LLM.int8, a scale per row", bits=8, mlx="refused")
        return of_all_linear(weights, Packing(8, row_bits=FLOAT_BITS), skipped=skipped)
    kind = str(settings.get("bnb_4bit_quant_type") or "fp4").upper()
    nested = bool(settings.get("bnb_4bit_use_double_quant"))
    scale = BYTE_BITS + FLOAT_BITS / _DOUBLE_QUANTISED if nested else FLOAT_BITS
    words = f"bitsandbytes {kind}{' with double quantisation' if nested else ''}"
    weights = ReleasedWeights(method="bitsandbytes", words=words, bits=4, group_size=64, mlx="refused")
    return of_all_linear(weights, Packing(4, group_size=64, scale_bits=scale), skipped=skipped)


def _exl(settings: Json) -> Checkpoint:
    method = str(settings["quant_method"]).lower()
    bits, head = _bits(settings, "bits", 4.0), _bits(settings, "head_bits", 6.0)
    weights = ReleasedWeights(
        method=method, words=f"{method.upper()} {plain_number(bits)} bits", bits=bits, mlx="refused"
    )
    packing = Packing(bits, row_bits=HALF_BITS, column_bits=HALF_BITS)

    def packing_of(tensor: Json, role: str) -> Packing | None:
        if role in UNPACKED_ROLES:
            return None
        return replace(packing, bits=head) if role == "output" else packing

    return Checkpoint(weights, packing_of)


def _bits(settings: Json, name: str, otherwise: float) -> float:
    value: Any = settings.get(name)
    if value is None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= HALF_BITS:
        raise CatalogError(f"quantization_config: {name} is {value!r}; it must lie in 1..16. Correct it.")
    return float(value)


def _mlx(settings: Json) -> Checkpoint:
    """MLX's own: what its converter wrote, with the modules that it treats apart by name."""
    default = _mlx_packing(settings)
    exceptions = {
        path: None if value is False else _mlx_packing({**settings, **cast(Json, value)})
        for path, value in settings.items()
        if value is False or isinstance(value, dict)
    }
    size = default.group_size
    words = f"MLX {plain_number(default.bits)}-bit {settings.get('mode') or 'affine'}, {group_words(size)}"
    weights = ReleasedWeights(method="mlx", words=words, bits=default.bits, group_size=size, mlx="stored")

    def packing_of(tensor: Json, role: str) -> Packing | None:
        del role
        module = str(tensor["path"]).removesuffix(".weight")
        names = (module, f"language_model.{module}", module.removeprefix("language_model."))
        packing = next((exceptions[name] for name in names if name in exceptions), default)
        return packing if packing is not None and tensor["shape"][-1] % packing.group_size == 0 else None

    return Checkpoint(weights, packing_of)


def _mlx_packing(settings: Json) -> Packing:
    mode = str(settings.get("mode") or "affine")
    scales = {"affine": 2 * HALF_BITS, "mxfp4": BYTE_BITS, "nvfp4": BYTE_BITS, "mxfp8": BYTE_BITS}
    if mode not in scales:
        raise CatalogError(f"quantization has mode {mode!r}; known are {', '.join(scales)}. Correct it.")
    group = whole_number(settings, "group_size", 64)
    if group < 1:
        raise CatalogError(f"quantization: group_size is {group}; MLX needs 16 or more. Correct it.")
    return Packing(whole_number(settings, "bits", 4), group_size=group, scale_bits=scales[mode])


_METHODS: Mapping[str, Callable[[Json], Checkpoint]] = {
    "auto-round": _auto_round,
    "awq": _awq,
    "bitsandbytes": _bitsandbytes,
    "compressed-tensors": compressed_tensors,
    "eetq": _per_row("eetq", "INT8", row_bits=HALF_BITS),
    "exl2": _exl,
    "exl3": _exl,
    "fbgemm-fp8": _per_row("fbgemm-fp8", "FP8", row_bits=FLOAT_BITS),
    "fp8": _fp8,
    "gptq": _gptq,
    "mlx": _mlx,
    "modelopt": modelopt,
    "mxfp4": _mxfp4,
    "mxfp8": _mxfp8,
    "quark": _quark,
}
