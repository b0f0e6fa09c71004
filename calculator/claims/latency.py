"""How long must one wait? Claims about the time of a whole answer, and about the bus between two cards."""

from calculator.catalog import Catalog
from calculator.catalog.hardware import Hardware, hardware_of
from calculator.catalog.options import Chip, Claim, Split
from calculator.claims.finding import Bound, Finding, Verdict, cited, found, model_source, shown
from calculator.physics.memory.weights import weights_read_bytes
from calculator.physics.memory.work import work_of
from calculator.physics.prediction import usual_runtime
from calculator.physics.speed.decode import decode_estimate, decode_speed, matrix_flops_per_ms
from calculator.physics.speed.prefill import prefill_speed, time_to_first_token
from calculator.physics.speed.speed import Speed
from calculator.scenario.scenario import Scenario
from calculator.units import BYTES_PER_GB, FLOPS_PER_TFLOP, MS_PER_S, US_PER_S

BYTES_PER_VALUE = 2
"""A hidden state crosses the bus in 16 bits per value."""


def answer_time_claim(claim: Claim, catalog: Catalog) -> Finding:
    """The whole answer of the default question: reading the prompt and writing; and how many tokens the claim could read.

    The article names no prompt, so a figure below what the default question needs is contradicted, not impossible.
    """
    assert claim.claimed is not None
    seconds, question = claim.claimed.central, Scenario()
    prompt, answer = question.input_tokens(), question.answer_tokens
    low, high, steps = 0.0, 0.0, list[str]()
    readable = compute_bound = 0.0
    model = catalog.model(claim.model)
    for number, machine in enumerate((claim.machine, *claim.beside)):
        format_id = claim.formats[min(number, len(claim.formats) - 1)]
        hardware, first, decode, prefill = _speeds(
            catalog, machine, claim=claim, format_id=format_id, prompt_tokens=prompt, answer_tokens=answer
        )
        times = (first.low + answer / decode.high, first.high + answer / decode.low)
        steps.append(
            f"{machine}, {format_id}: {prompt:,} tokens / {shown(prefill.central, 'token/s')} = {shown(first.central, 's')} until the first token, "
            f"{answer} tokens / {shown(decode.central, 'token/s')} = {shown(answer / decode.central, 's')} to write; together {shown(times[0])} to {shown(times[1], 's')}"
        )
        if number == 0:
            low, high = times
        if number == 0 and claim.limit != "at least":
            readable = seconds * prefill.central
            flops = work_of(model, catalog.format(format_id)).linear_flops
            rate = matrix_flops_per_ms(hardware.chip) * MS_PER_S * hardware.chip_count
            compute_bound = seconds * rate / flops
            steps.append(
                f"{seconds:g} s x {shown(prefill.central, 'token/s')} = {shown(readable, 'tokens')} of prompt, with no time left to write"
            )
            steps.append(
                f"by arithmetic alone: {seconds:g} s x {rate / FLOPS_PER_TFLOP:.1f} TFLOPS (16 bit) / {flops / FLOPS_PER_TFLOP:.3f} TFLOP per token = {shown(compute_bound, 'tokens')} at most"
            )
    verdict: Verdict = "plausible"
    if claim.limit == "at least":
        verdict = "holds" if low >= seconds else "plausible" if high >= seconds else "contradicted"
    elif seconds < low:
        verdict = "contradicted"
    elif seconds <= high:
        verdict = "holds"
    sentence = f"A question with {prompt:,} tokens of prompt and an answer of {answer} takes {shown(low)} to {shown(high, 's')} there"
    sentence += (
        f"; in {seconds:g} s at most {shown(compute_bound, 'tokens')} can be read, {shown(readable)} at the calibrated speed."
        if claim.limit != "at least"
        else f", so {seconds:g} s or more {'holds' if verdict == 'holds' else 'is in question'}."
    )
    box = catalog.chip_or_machine(claim.machine)
    chip = hardware_of(box, chips=catalog.chips).chip
    return found(
        claim, verdict, sentence, bound=Bound(low, high, "s"), arithmetic=steps,
        figures={"low_s": low, "high_s": high} | ({"readable_tokens": readable, "compute_bound_tokens": compute_bound} if readable else {}),
        sources=(*cited(catalog, chip.matrix_tflops, chip.fp32_tflops, chip.bandwidth_gb_per_s), model_source(model)),
    )  # fmt: skip


def split_traffic_claim(claim: Claim, catalog: Catalog) -> Finding:
    """What a layer split sends over the bus for one token: one hidden state per joint, not the weights."""
    box = catalog.chip_or_machine(claim.machine)
    hardware = hardware_of(box, chips=catalog.chips)
    model, format = catalog.model(claim.model), catalog.format(claim.formats[0])
    chip, link = hardware.chip, hardware.chip.host_link_gb_per_s
    assert link is not None
    sent = model.hidden_dim * BYTES_PER_VALUE * (hardware.chip_count - 1)
    sent_s = sent / (link.low * BYTES_PER_GB)
    read_gb = float(weights_read_bytes(model, format=format)) / BYTES_PER_GB
    token_s = read_gb / chip.bandwidth_gb_per_s.high
    share = sent_s / token_s
    runtime = catalog.runtime(usual_runtime(chip, format))
    estimate = decode_estimate(
        model, hardware=hardware, format=format, runtime_id=runtime.id, context_tokens=max(1, claim.context_tokens), batch_count=1,
        split="layer", calibration=catalog.calibration,
    )  # fmt: skip
    fitted = estimate.shares.get("hop", 0.0)
    tolerance = catalog.constants["claim_tolerance_fraction"].central
    small = max(share, fitted) < tolerance
    steps = [
        f"one hidden state of {model.hidden_dim:,} values x {BYTES_PER_VALUE} bytes x {hardware.chip_count - 1} joint = {sent:,} bytes per token",
        f"{sent:,} bytes / {link.low:g} GB/s = {sent_s * US_PER_S:.2f} us",
        f"reading the weights: {read_gb:.2f} GB / {chip.bandwidth_gb_per_s.high:g} GB/s = {token_s * MS_PER_S:.1f} ms per token at least",
        f"share of the bus: {share:.2g}; as fitted to measurements, with all that a joint costs besides: {fitted:.2g}",
    ]
    sentence = f"A layer split sends {sent:,} bytes per token, {sent_s * US_PER_S:.2f} us of at least {token_s * MS_PER_S:.1f} ms; measured speeds show {fitted:.1%} of the time at the joint."
    return found(
        claim, "contradicted" if small else "plausible", sentence, bound=Bound(None, max(share, fitted), "1"), arithmetic=steps,
        figures={"sent_bytes": float(sent), "share_fraction": share, "fitted_fraction": fitted},
        sources=(*cited(catalog, link, chip.bandwidth_gb_per_s), model_source(model)),
    )  # fmt: skip


def _speeds(
    catalog: Catalog, machine: str, *, claim: Claim, format_id: str, prompt_tokens: int, answer_tokens: int
) -> tuple[Hardware, Speed, Speed, Speed]:
    """Hardware, time to the first token, decode and prefill speed of the default question on a machine."""
    box = catalog.chip_or_machine(machine)
    hardware = hardware_of(box, chips=catalog.chips)
    model, format = catalog.model(claim.model), catalog.format(format_id)
    runtime = catalog.runtime(usual_runtime(hardware.chip, format))
    split: Split = "layer" if isinstance(box, Chip) else box.split
    prefill = prefill_speed(
        model, hardware=hardware, format=format, runtime=runtime, prompt_tokens=prompt_tokens, split=split, calibration=catalog.calibration
    )  # fmt: skip
    decode = decode_speed(
        model, hardware=hardware, format=format, runtime=runtime, context_tokens=prompt_tokens + answer_tokens // 2, split=split,
        calibration=catalog.calibration,
    )  # fmt: skip
    return hardware, time_to_first_token(prefill, prompt_tokens=prompt_tokens), decode, prefill
