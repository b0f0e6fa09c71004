"""Attention of a prompt: what an engine computes, on which units of the chip, and how old builds computed it.

Dates and reasons are those of the pull requests named, read on 2026-11-27.
"""

from dataclasses import dataclass

from calculator.catalog.deployment import Deployment, Workload, engine_of
from calculator.catalog.options import Chip
from calculator.physics.memory.work import Attention, Work, attention_flops, attention_scores, work_of
from calculator.physics.speed.classes import YEARS_SINCE_FLASH, Conditions, shader_ratio, unpacked_latent_effects
from calculator.physics.speed.law import Term

SCORE_BYTES = 16.0
"""Without flash attention a score of 32 bits is written, read and written by the softmax, and read again."""

YEARS_SINCE_TILED_ATTENTION_HIP = 1.02
"""Since September 2025 HIP builds without rocWMMA compute a prompt's flash attention in tiles; before, they took the
kernel that is meant for single tokens (github.com/ggml-org/llama.cpp/pull/15769)."""
VECTOR_ATTENTION_SHARE = 0.04
"""An assumption of 0.02 to 0.12: what that kernel reached of the shader rate. An MI50 reached 0.23 of 13.4 TFLOPS
(Llama 3.2 1B, 16,384 tokens at 186 tokens/s, pull/15769); a 7900 XTX about 3.7 of 30.7 (13B, 4,096 tokens at 880
tokens/s, without flash attention 1,432, pull/7061)."""


def attention_of(work: Work, *, engine: str) -> tuple[Attention, ...]:
    """The attention that an engine computes: llama.cpp works on MLA's packed cache itself, others unpack it first."""
    return work.packed_attention if engine == "llama.cpp" else work.attention


def is_attention_by_vectors(chip: Chip, *, engine: str, conditions: Conditions) -> bool:
    """Whether a build reads a prompt with the attention kernel that is meant for single tokens."""
    hip = engine == "llama.cpp" and chip.vendor == "amd" and conditions.backend.startswith("hip")
    return hip and conditions.age_years > YEARS_SINCE_TILED_ATTENTION_HIP


def attention_slowdown(chip: Chip, *, engine: str, backend: str) -> float:
    """Factor on the time of attention where the shaders multiply: matrix rate over shader rate on AMD's chips, else 1.

    llama.cpp's tiles for HIP use no matrix instructions without rocWMMA (for RDNA 3 they came in mid-2026, and for
    heads of up to 128 numbers alone: github.com/ggml-org/llama.cpp/pull/22880). Vulkan has them, but shows a program no
    register of a matrix, so that each score goes through the shaders' shared memory (pull/19075).
    """
    if engine != "llama.cpp" or chip.vendor != "amd" or backend.startswith("rocwmma"):
        return 1.0
    return shader_ratio(chip)


@dataclass(frozen=True, slots=True)
class Rates:
    """What a chip, or the cards of a tensor split, can do in a millisecond: 16-bit matrix operations, how much faster a
    kernel may be than that, and bytes from memory."""

    flops_per_ms: float
    fastest_ratio: float
    bytes_per_ms: float


def attention_terms(
    deployment: Deployment,
    workload: Workload,
    *,
    conditions: Conditions,
    chunk_tokens: float,
    rates: Rates,
    accelerator: tuple[str, ...] = (),
) -> list[Term]:
    """The terms of one prompt's attention: its bound, what it takes beyond that, and the scores that a build without
    flash attention sends to memory.

    `chunk_tokens` are read at a time, `accelerator` the effects of a GPU's own matrix units.
    """
    flops_per_ms = rates.flops_per_ms
    chip, work = deployment.hardware.chip, work_of(deployment.model, deployment.format)
    engine = engine_of(conditions.program(deployment), deployment.format)
    on, backend, layers = f"{chip.vendor} {engine}", conditions.backend, attention_of(work, engine=engine)
    tokens, depth = workload.uncached_tokens(), workload.prefill_depth_tokens()
    flops = attention_flops(layers, token_count=tokens, depth_tokens=depth)
    terms = [Term("attention bound", flops / (flops_per_ms * rates.fastest_ratio), ())]
    if is_attention_by_vectors(chip, engine=engine, conditions=conditions):
        # it works on what the mask hides, too: a token looks at the whole of its chunk
        whole = attention_flops(layers, token_count=tokens, depth_tokens=depth + chunk_tokens / 2)
        share = VECTOR_ATTENTION_SHARE / shader_ratio(chip)
        terms.append(Term("attention", whole / (flops_per_ms * share), ("attention/vectors/1",)))
    else:
        effects = (
            "attention/all/1",
            f"attention/vendor/{chip.vendor}",
            f"attention/engine/{on}",
            f"attention/kind-of/{engine} {work.attention_kind}",
            f"attention/kind/{on} {work.attention_kind}",
            *unpacked_latent_effects(work, engine=engine, age_years=conditions.age_years),
            *accelerator,
            *((f"attention/backend/{chip.vendor} {backend}",) if backend else ()),
        )
        slowdown = attention_slowdown(chip, engine=engine, backend=backend)
        terms.append(Term("attention", flops / flops_per_ms * slowdown, effects))
    if engine == "llama.cpp" and conditions.age_years > YEARS_SINCE_FLASH:
        scores = attention_scores(layers, token_count=tokens, depth_tokens=depth)
        effects = ("scores/all/1", f"scores/vendor/{chip.vendor}")
        terms.append(Term("scores", scores * SCORE_BYTES / rates.bytes_per_ms, effects))
    return terms
