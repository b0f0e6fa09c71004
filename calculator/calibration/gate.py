"""Gate by physics: a published figure that beats the chip, or was not measured on it, teaches nothing.

Each rule gives a reason in words; a figure without a reason is accepted. Rows are never refused for disagreeing with
the fit. Three rules look at the other rows of the same source (`contradictions`).
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from calculator.calibration.cases import Case
from calculator.physics.memory.weights import weights_bytes
from calculator.physics.memory.work import attention_flops, work_of
from calculator.physics.speed.classes import matrix_flops_per_ms
from calculator.units import BYTES_PER_GB, BYTES_PER_GIB, MS_PER_S, digits, plain_number

SPEC_TOLERANCE = 1.02  # a published bandwidth is rounded
SHORTEST_PROMPT_TOKENS = 128
FILE_DISAGREEMENT = 1.5
REPEATED_FASTER = 3.0
OTHER_FORMAT_FASTER = 4.0
FP4_RATE = 4.0
SAME_WITHIN = 0.02
SERIAL_TOLERANCE = 1.15
POOLED_RUNTIMES = ("vllm", "sglang")


def decode_refusal(case: Case) -> str | None:
    """Why the decoding rate cannot be used, or None."""
    row = case.row
    if row.decode_tokens_per_s is None:
        return "no decoding rate"
    if row.decode_tokens_per_s <= 0:
        return f"a rate of {plain_number(row.decode_tokens_per_s)} tokens/s"
    if row.speculative:
        return "speculative or multi-token decoding"
    common = _refusal_of_both(case)
    if common:
        return common
    if row.prefill_tokens_per_s == row.decode_tokens_per_s:
        return "prefill and decoding rates are the same number"
    work = work_of(case.deployment.model, case.deployment.format)
    together = case.deployment.hardware.chip_count if row.split == "tensor" else 1
    read_gb = (work.dense_bytes + work.expert_bytes * work.expert_fraction) / BYTES_PER_GB
    steps_per_s = row.decode_tokens_per_s / (row.instance_count * case.streams_each)
    limit = case.deployment.hardware.chip.bandwidth_gb_per_s.central * together
    if read_gb * steps_per_s > limit * SPEC_TOLERANCE:
        return (
            f"beats the bandwidth: {read_gb * steps_per_s:,.0f} GB/s of weights where the chips have {limit:,.0f} "
            "(speculation not declared, or a prefill rate)"
        )
    if (
        row.rate_kind == "request"
        and row.prefill_kind == "mean wait"
        and row.prefill_tokens_per_s
        and row.prompt_tokens
    ):
        total_s = case.streams_each * row.answer_tokens / row.decode_tokens_per_s * row.instance_count
        wait_s = row.prompt_tokens / row.prefill_tokens_per_s
        if total_s < wait_s:
            return (
                f"the whole run took {total_s:.1f} s, less than its own mean wait of {wait_s:.1f} s: "
                "not a rate over whole requests"
            )
    return None


def prefill_refusal(case: Case) -> str | None:
    """Why the prefill rate cannot be used, or None."""
    row = case.row
    if row.prefill_tokens_per_s is None:
        return "no prefill rate"
    if row.prefill_tokens_per_s <= 0:
        return f"a rate of {plain_number(row.prefill_tokens_per_s)} tokens/s"
    if row.prompt_tokens is None:
        return "prompt length not stated"
    if row.prompt_tokens < SHORTEST_PROMPT_TOKENS or "short prompt" in row.notes:
        return f"a prompt of {row.prompt_tokens} tokens says nothing about prefill"
    if "includes warm-up" in row.notes:
        return "first call of the run, includes warm-up"
    if "SUSPECT" in row.notes:
        return "its collector suspects the code path"
    common = _refusal_of_both(case)
    if common:
        return common
    if row.decode_tokens_per_s and row.batch_count == 1:
        if row.prefill_tokens_per_s < row.decode_tokens_per_s:
            return "slower than decoding"
        if abs(row.prefill_tokens_per_s / (row.prompt_tokens * row.decode_tokens_per_s) - 1) < SAME_WITHIN:
            return "the time to first token is one decoding step"
    work = work_of(case.deployment.model, case.deployment.format)
    flops = work.linear_flops * row.prompt_tokens + attention_flops(
        work.attention, token_count=row.prompt_tokens, depth_tokens=row.prefill_depth_tokens
    )
    used = flops / row.prompt_tokens * row.prefill_tokens_per_s
    faster = (
        FP4_RATE
        if case.deployment.format.id in ("nvfp4", "mxfp4")
        else 1.0
        if case.deployment.hardware.chip.vendor == "apple"
        else 2.0
    )
    neural = 4.0 if case.deployment.hardware.chip.family == "apple-m5" else 1.0
    limit = (
        matrix_flops_per_ms(case.deployment.hardware.chip)
        * MS_PER_S
        * case.deployment.hardware.chip_count
        * case.row.instance_count
        * faster
        * neural
    )
    if used > limit * SPEC_TOLERANCE:
        return (
            f"beats the arithmetic: {used / 1e12:,.0f} TFLOPS where the chips have {limit / 1e12:,.0f} (a warm cache)"
        )
    return None


def peak_memory_refusal(case: Case) -> str | None:
    """Why the peak memory cannot be compared, or None."""
    row = case.row
    if row.peak_memory_gb is None:
        return "no peak memory"
    if row.runtime_id in POOLED_RUNTIMES:
        return "the pool that the server reserves, not what the model needs"
    if row.peak_memory_gb * BYTES_PER_GB < 0.5 * weights_bytes(case.deployment.model, format=case.deployment.format):
        return "less than half the weights: the GPU's memory was not counted"
    return None


def contradictions(cases: Sequence[Case], *, for_fit: bool = True) -> dict[tuple[str, str], str]:
    """Figures that other rows of the same source contradict: {(row id, "decode" or "prefill"): reason}.

    Batches that a server handled slower than one request after the other teach the fit nothing of the chip, but they
    are what was measured: without `for_fit` they are not refused, and count in the error.
    """
    decodes: dict[tuple[Any, ...], list[tuple[float, str]]] = defaultdict(list)
    prefills: dict[tuple[Any, ...], dict[str, list[tuple[float, str]]]] = defaultdict(lambda: defaultdict(list))
    for case in cases:
        row = case.row
        setting = (
            row.publisher,
            row.device_id,
            row.device_count,
            row.model_id,
            row.runtime_id,
            row.split,
            row.prompt_tokens,
        )
        if row.decode_tokens_per_s and row.rate_kind == "decode":
            decodes[(*setting, row.format_id, row.depth_tokens, row.batch_count, row.power_limit_w)].append(
                (row.decode_tokens_per_s, row.id)
            )
        if row.prefill_tokens_per_s:
            prefills[(*setting, row.source)][row.format_id].append((row.prefill_tokens_per_s, row.id))
    found: dict[tuple[str, str], str] = {}
    for setting, rows in decodes.items():
        single = max((rate for rate, _ in decodes.get((*setting[:-2], 1, setting[-1]), ())), default=0.0)
        for rate, row_id in rows:
            if setting[-2] > 1 and rate < single:
                found[row_id, "decode"] = (
                    f"{setting[-2]} streams together are slower than one at {plain_number(single)} tokens/s: a rate "
                    "per stream, or one after the other"
                )
        best = max(rate for rate, _ in rows)
        for rate, row_id in rows:
            if rate * REPEATED_FASTER < best:
                found[row_id, "decode"] = (
                    f"the same source repeated the case at {plain_number(best)} tokens/s: the machine was short of "
                    "memory or busy"
                )
    found |= _thrashing(cases) if for_fit else {}
    for formats in prefills.values():
        best_of = {name: max(rate for rate, _ in rows) for name, rows in formats.items()}
        for name, rows in formats.items():
            other = max((best for of, best in best_of.items() if of != name), default=0.0)
            for rate, row_id in rows:
                if rate * OTHER_FORMAT_FASTER < other:
                    found[row_id, "prefill"] = (
                        f"another format ran at {other:,.0f} tokens/s in the same run: a broken code path"
                    )
    return found


def _thrashing(cases: Sequence[Case]) -> dict[tuple[str, str], str]:
    """Batches of requests that took longer together than one after the other by the source's own single-stream rates:
    a server that is short of cache memory and reads prompts again, which says nothing of the chip."""
    alone: dict[tuple[Any, ...], float] = {}
    for case in cases:
        row = case.row
        if (
            row.batch_count == 1
            and row.rate_kind == "decode"
            and row.prompt_tokens
            and row.prefill_tokens_per_s
            and row.decode_tokens_per_s
        ):
            for answer_tokens in (128, 256):
                seconds = row.prompt_tokens / row.prefill_tokens_per_s + answer_tokens / row.decode_tokens_per_s
                key = (*_setting(case), round(row.prompt_tokens, -2), answer_tokens)
                alone[key] = max(seconds, alone.get(key, 0.0))
    found: dict[tuple[str, str], str] = {}
    for case in cases:
        row = case.row
        if row.rate_kind == "request" and row.batch_count > 1 and row.prompt_tokens and row.decode_tokens_per_s:
            one = alone.get((*_setting(case), round(row.prompt_tokens, -2), row.answer_tokens))
            together = row.batch_count * row.answer_tokens / row.decode_tokens_per_s
            if one is not None and together > SERIAL_TOLERANCE * row.batch_count * one:
                found[row.id, "decode"] = (
                    f"{row.batch_count} requests took {together:.0f} s together, {row.batch_count * one:.0f} s one "
                    "after the other by the source's own rates: the server was short of memory"
                )
    return found


def _setting(case: Case) -> tuple[Any, ...]:
    row = case.row
    return (row.publisher, row.device_id, row.device_count, row.model_id, row.format_id, row.runtime_id, row.split)


def _refusal_of_both(case: Case) -> str | None:
    row = case.row
    if not row.plausible:
        return f"set apart by its collector: {row.notes or 'no reason given'}"
    compute = row.notes.partition("compute=")[2].partition(";")[0]
    if (compute and compute != "GPU") or row.backend == "docker":
        return "ran (partly) on the CPU"
    size = weights_bytes(case.deployment.model, format=case.deployment.format)
    if (
        row.file_size_gb
        and not 1 / FILE_DISAGREEMENT < size / BYTES_PER_GB / row.file_size_gb < FILE_DISAGREEMENT * 1.2
    ):
        return (
            f"the stated file of {plain_number(row.file_size_gb)} GB is not this format, which takes "
            f"{digits(size / BYTES_PER_GB, 3)} GB"
        )
    memory = case.deployment.hardware.memory_gib * BYTES_PER_GIB * case.deployment.hardware.chip_count
    if size > memory:
        return (
            f"weights of {digits(size / BYTES_PER_GB, 3)} GB do not fit in {digits(memory / BYTES_PER_GB, 3)} GB: "
            "partly in system memory"
        )
    if "collapse" in row.notes and row.depth_tokens and row.depth_tokens > 50_000:
        return "beyond the wired limit, as its source says"
    return None
