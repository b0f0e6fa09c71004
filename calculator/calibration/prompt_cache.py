"""Prompts that a server read once: batches of requests that were answered faster than their prompts could be read.

vLLM and SGLang keep the cache of every prompt and take it again for a request that begins alike (vLLM 0.23 not for
models with recurrent layers: vllm/config/model.py, is_prefix_caching_supported, read 2026-11-27). A benchmark that
sends one prompt many times therefore reads it once, and its source seldom says so. Arithmetic does: all tokens of all
requests take 2 x parameters operations each, and no card does more than its matrix rate. Where one run of a series
beats that rate, every prompt of the series came from the cache. Such runs are predicted with one prompt read for all
of them; the fit does not see them.
"""

from collections.abc import Hashable, Sequence
from dataclasses import replace

from calculator.calibration.cases import CONTINUOUS_BATCHING, Case
from calculator.calibration.gate import FP4_RATE, SPEC_TOLERANCE
from calculator.catalog.options import Chip
from calculator.physics.memory.work import work_of
from calculator.physics.speed.classes import bits_class
from calculator.units import FLOPS_PER_TFLOP

NARROW_RATE = {"nvfp4": FP4_RATE, "mxfp4": FP4_RATE}
EIGHT_BIT_RATE = 2.0


def with_prompt_cache(cases: Sequence[Case]) -> list[Case]:
    """The cases, those of a series whose prompts were read once marked so (`Case.prompt_is_cached`).

    A series is what one publisher sent to one model and runtime as batches of prompts of one length.
    """
    proven = {series for case in cases if (series := _series(case)) and _rate_share(case) > SPEC_TOLERANCE}
    return [replace(case, prompt_is_cached=True) if _series(case) in proven else case for case in cases]


def _series(case: Case) -> Hashable | None:
    """What runs with one prompt have in common; None for a case whose prompts no server could have kept."""
    row = case.row
    if row.runtime_id not in CONTINUOUS_BATCHING or row.rate_kind != "request" or case.streams_each <= 1:
        return None
    if not row.prompt_tokens or work_of(case.deployment.model, case.deployment.format).kind.endswith("recurrent"):
        return None
    return row.publisher, row.model_id, row.runtime_id, row.prompt_tokens


def _rate_share(case: Case) -> float:
    """Operations per second that reading every prompt and writing every answer would have taken, over what the chips
    can do; 0 where their rate or the answers' is not known.
    """
    row, chip = case.row, case.deployment.hardware.chip
    if not row.decode_tokens_per_s or chip.matrix_tflops is None:
        return 0.0
    work = work_of(case.deployment.model, case.deployment.format)
    request = work.linear_flops * ((row.prompt_tokens or 0) + row.answer_tokens) + work.head_flops * row.answer_tokens
    return request * row.decode_tokens_per_s / row.answer_tokens / (_flops_per_s(case, chip) * row.device_count)


def _flops_per_s(case: Case, chip: Chip) -> float:
    """The most that one chip does with these weights: the rate with 32-bit sums, which these servers' kernels keep,
    twice or four times that where 8-bit or 4-bit numbers may be multiplied as they are."""
    tflops = chip.matrix_tflops.central if chip.matrix_tflops is not None else 0.0
    narrow = EIGHT_BIT_RATE if bits_class(case.deployment.format) == "8" else 1.0
    return tflops * FLOPS_PER_TFLOP * NARROW_RATE.get(case.deployment.format.id, narrow)
