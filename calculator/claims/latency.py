"""Latency claims: the time of a whole answer, and the bus between two cards."""

from dataclasses import dataclass, replace

from calculator.catalog import Catalog
from calculator.catalog.claims import Claim
from calculator.catalog.deployment import Workload
from calculator.catalog.hardware import Hardware
from calculator.claims.finding import (
    Bound,
    Finding,
    Verdict,
    cited,
    claimed_deployment,
    found,
    model_source,
    shown,
    shown_range,
)
from calculator.physics.memory.format_words import plain_name
from calculator.physics.memory.weights import weights_read_bytes
from calculator.physics.memory.work import work_of
from calculator.physics.speed.classes import matrix_flops_per_ms
from calculator.physics.speed.decode import decode_estimate, decode_speed
from calculator.physics.speed.prefill import prefill_speed, time_to_first_token
from calculator.physics.speed.speed import Speed
from calculator.scenario.scenario import Scenario
from calculator.units import BYTES_PER_GB, FLOPS_PER_TFLOP, MS_PER_S, US_PER_S, digits, plain_number

BYTES_PER_VALUE = 2
"""A hidden state crosses the bus in 16 bits per value."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """The default question on one machine: until the first token, then writing."""

    hardware: Hardware
    first: Speed
    decode: Speed
    prefill: Speed
    low_s: float
    high_s: float


def answer_time_claim(claim: Claim, catalog: Catalog) -> Finding:
    """The whole answer of the default question: reading the prompt and writing; and how many tokens can be read.

    The article names no prompt, so a figure below what the default question needs is contradicted, not impossible.
    """
    assert claim.claimed is not None
    seconds, question = claim.claimed.central, Scenario()
    prompt, answer = question.input_tokens(), question.answer_tokens
    steps: list[str] = []
    figures: dict[str, float] = {}
    model = catalog.model(claim.model)
    answers: list[_Answer] = []
    for number, machine in enumerate((claim.machine, *claim.beside)):
        format_id = claim.formats[min(number, len(claim.formats) - 1)]
        one = _answer(claim, machine, format_id=format_id, question=question, catalog=catalog)
        answers.append(one)
        steps.append(
            f"{catalog.chip_or_machine(machine).name}, {plain_name(catalog.format(format_id))}: {prompt:,} tokens / {shown(one.prefill.central, 'tokens/s')} = "
            f"{shown(one.first.central, 's')} until the first word, {answer} tokens / "
            f"{shown(one.decode.central, 'tokens/s')} = {shown(answer / one.decode.central, 's')} to write; "
            f"together {shown_range(one.low_s, one.high_s, 's')}"
        )
        if number == 0 and claim.limit != "at least":
            readable = seconds * one.prefill.central
            flops = work_of(model, catalog.format(format_id)).linear_flops
            rate = matrix_flops_per_ms(one.hardware.chip) * MS_PER_S * one.hardware.chip_count
            most = seconds * rate / flops
            figures = {"readable_tokens": readable, "compute_bound_tokens": most}
            steps += [
                f"{plain_number(seconds)} s x {shown(one.prefill.central, 'tokens/s')} = {shown(readable, 'tokens')} "
                "of prompt, with no time left to write",
                f"by arithmetic alone: {plain_number(seconds)} s x {rate / FLOPS_PER_TFLOP:.1f} TFLOPS (16 bit) / "
                f"{flops / FLOPS_PER_TFLOP:.3f} TFLOP per token = {shown(most, 'tokens')} at most",
            ]
    low, high, chip = answers[0].low_s, answers[0].high_s, answers[0].hardware.chip
    verdict = _answer_verdict(seconds, claim=claim, low_s=low, high_s=high)
    sentence = (
        f"A request with {prompt:,} tokens of prompt and an answer of {answer} takes {shown(low)} to "
        f"{shown(high, 's')} there"
    )
    if claim.limit == "at least":
        sentence += f", so {plain_number(seconds)} s or more {'holds' if verdict == 'holds' else 'is in question'}."
    else:
        sentence += (
            f"; in {plain_number(seconds)} s at most {shown(figures['compute_bound_tokens'], 'tokens')} can be read, "
            f"{shown(figures['readable_tokens'])} at the calibrated speed."
        )
    return found(
        claim,
        verdict,
        sentence,
        bound=Bound(low, high, "s"),
        arithmetic=steps,
        figures={"low_s": low, "high_s": high, **figures},
        sources=(
            *cited(catalog, chip.matrix_tflops, chip.fp32_tflops, chip.bandwidth_gb_per_s),
            model_source(model),
        ),
    )


def split_traffic_claim(claim: Claim, catalog: Catalog) -> Finding:
    """What a layer split sends over the bus for one token: one hidden state per joint, not the weights."""
    deployment = replace(claimed_deployment(claim, claim.formats[0], catalog=catalog), split="layer")
    model, hardware = deployment.model, deployment.hardware
    chip, link = hardware.chip, hardware.chip.host_link_gb_per_s
    assert link is not None
    sent = model.hidden_dim * BYTES_PER_VALUE * (hardware.chip_count - 1)
    sent_s = sent / (link.low * BYTES_PER_GB)
    read_gb = float(weights_read_bytes(model, format=deployment.format)) / BYTES_PER_GB
    token_s = read_gb / chip.bandwidth_gb_per_s.high
    share = sent_s / token_s
    workload = Workload(context_tokens=max(1, claim.context_tokens))
    estimate = decode_estimate(deployment, workload, calibration=catalog.calibration)
    fitted = estimate.shares.get("hop", 0.0)
    tolerance = catalog.constants["claim_tolerance_fraction"].central
    small = max(share, fitted) < tolerance
    steps = [
        f"one hidden state of {model.hidden_dim:,} values x {BYTES_PER_VALUE} bytes x {hardware.chip_count - 1} joint "
        f"= {sent:,} bytes per token",
        f"{sent:,} bytes / {plain_number(link.low)} GB/s = {sent_s * US_PER_S:.2f} us",
        f"reading the weights: {read_gb:.2f} GB / {plain_number(chip.bandwidth_gb_per_s.high)} GB/s = "
        f"{token_s * MS_PER_S:.1f} ms per token at least",
        f"share of the bus: {digits(share, 2)}; as fitted to measurements, with all other costs of a joint: "
        f"{digits(fitted, 2)}",
    ]
    sentence = (
        f"A layer split sends {sent:,} bytes per token, {sent_s * US_PER_S:.2f} us of at least "
        f"{token_s * MS_PER_S:.1f} ms; measured speeds show {fitted:.1%} of the time at the joint."
    )
    return found(
        claim,
        "contradicted" if small else "plausible",
        sentence,
        bound=Bound(None, max(share, fitted), "1"),
        arithmetic=steps,
        figures={"sent_bytes": float(sent), "share_fraction": share, "fitted_fraction": fitted},
        sources=(*cited(catalog, link, chip.bandwidth_gb_per_s), model_source(model)),
    )


def _answer_verdict(seconds: float, *, claim: Claim, low_s: float, high_s: float) -> Verdict:
    if claim.limit == "at least":
        return "holds" if low_s >= seconds else "plausible" if high_s >= seconds else "contradicted"
    if seconds < low_s:
        return "contradicted"
    return "holds" if seconds <= high_s else "plausible"


def _answer(claim: Claim, machine: str, *, format_id: str, question: Scenario, catalog: Catalog) -> _Answer:
    deployment = claimed_deployment(claim, format_id, machine=machine, catalog=catalog)
    prompt, answer = question.input_tokens(), question.answer_tokens
    workload = Workload(prompt_tokens=prompt, decode_context_tokens=prompt + answer // 2)
    prefill = prefill_speed(deployment, workload, calibration=catalog.calibration)
    decode = decode_speed(deployment, workload, calibration=catalog.calibration)
    first = time_to_first_token(prefill, prompt_tokens=prompt)
    low_s, high_s = first.low + answer / decode.high, first.high + answer / decode.low
    return _Answer(deployment.hardware, first, decode, prefill, low_s, high_s)
