"""The format "as-released": what a runtime really loads of the checkpoint that a model's maker published."""

import functools

from calculator.catalog.models import LanguageModel, Runtime, WeightClass, WeightFormat
from calculator.errors import ScenarioError

AS_RELEASED = "as-released"
NATIVE, PACKED_BY_OTHERS = "mxfp4-native", "mxfp4-linear"
"""MXFP4 as the maker published it (gpt-oss), and as others pack the linear layers of a model that was not."""
_FULL_BITS = 16
_CLASSES: tuple[tuple[float, WeightClass], ...] = ((4.99, "4-bit"), (5.99, "5-bit"), (7.49, "6-bit"), (11.99, "8-bit"))


@functools.lru_cache(maxsize=256)
def released_format(format: WeightFormat, *, model: LanguageModel, runtime: Runtime) -> WeightFormat:
    """`format` itself, but for "as-released": the maker's checkpoint as this runtime loads it, with its own bits.

    Raises ScenarioError for "as-released" on a runtime that loads other files, or that refuses this checkpoint, and
    for "mxfp4-native" of a model that was not published in MXFP4.
    """
    if format.id == NATIVE and not model.native_experts:
        raise ScenarioError(
            f"{NATIVE} is the packing in which a maker published its model, and {model.name} was not published in "
            "MXFP4. Choose mxfp4 for linear layers that others packed, or as-released."
        )
    if format.id != AS_RELEASED:
        return format
    if runtime.cache == "llama.cpp" or runtime.id == "mlc-llm":
        raise ScenarioError(
            f"{AS_RELEASED} is the maker's own checkpoint, and {runtime.name} loads files converted from it. Choose "
            f"{runtime.formats['4-bit']} or the like, or --runtime vllm."
        )
    released = model.released_weights
    if released is not None and released.problem:
        raise ScenarioError(released.problem)
    is_exl = released is not None and released.method.startswith("exl")
    if is_exl != runtime.id.startswith("exllama") and not (released is None and runtime.id.startswith("exllama")):
        raise ScenarioError(
            f"{model.name} as released is {released.words if released else '16 bits wide'}, which {runtime.name} does "
            f"not load. Choose {'exllamav3' if is_exl else 'vllm'} as runtime, or another format."
        )
    if released is None:
        return _with_bits(format, bits=_FULL_BITS, words="16 bits", mode="stored")
    if runtime.cache != "mlx":
        if released.method == "mlx":
            raise ScenarioError(
                f"{model.name} as released is {released.words}, which {runtime.name} does not load. Choose mlx-lm as "
                "runtime, or another format."
            )
        return _with_bits(format, bits=released.bits, words=released.words, mode="stored")
    if released.mlx == "refused":
        raise ScenarioError(
            f"{model.name} as released is {released.words}, which mlx-lm does not load. Choose mlx-4bit or the like, "
            "or --runtime vllm."
        )
    if released.mlx == "unpacked":
        return _with_bits(format, bits=_FULL_BITS, words=f"{released.words}, unpacked to 16 bits by mlx-lm", mode="16")
    found = _with_bits(format, bits=released.bits, words=released.words, mode=released.mlx)
    return found.model_copy(update={"group_size": released.group_size})


def _with_bits(format: WeightFormat, *, bits: float, words: str, mode: str) -> WeightFormat:
    """A copy with the bits of this checkpoint's packed matrices, which decide the class of kernels."""
    each = format.bits_per_weight.model_copy(update={"low": bits, "central": bits, "high": bits})
    weight_class = next((name for limit, name in _CLASSES if bits <= limit), "16-bit")
    return format.model_copy(
        update={
            "name": f"as released: {words}",
            "bits_per_weight": each,
            "weight_class": weight_class,
            "mode": mode,
            "bits": bits,
        }
    )
