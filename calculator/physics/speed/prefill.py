"""How long until the first word? Prompt tokens per second, as a sum of physical times per prompt.

    prompt ms = linear operations / rate + causal attention operations / rate
                + weights streamed once per chunk / bandwidth + launches per layer and chunk (+ exchange between cards)

The prompt is processed in chunks of the runtime's step. With a layer split the cards work on different chunks at once
(a pipeline), with a tensor split on the same one, exchanging the whole chunk's results twice per layer.
The corrections of each term are effects fitted to published measurements (calibration.py).
"""

import math
from dataclasses import replace

from calculator.catalog.calibration import Calibration
from calculator.catalog.hardware import Hardware
from calculator.catalog.options import Chip, LanguageModel, Runtime, Split, WeightFormat
from calculator.physics.memory.work import attention_flops, experts_touched_fraction, work_of
from calculator.physics.speed.classes import (
    age_effects,
    bits_class,
    chip_class,
    engine_of,
    link_kind,
    matrix_flops_per_ms,
    power_shortfall,
    software_effects,
)
from calculator.physics.speed.decode import EXPERT_ALIKENESS
from calculator.physics.speed.law import Estimate, Term, estimate
from calculator.physics.speed.ranges import speed_of
from calculator.physics.speed.speed import Speed
from calculator.units import BYTES_PER_GB, MS_PER_S, US_PER_S

LAUNCH_US_PER_LAYER = 50.0  # bases only set the scale: the fitted effects multiply them
EXCHANGE_BYTES_PER_VALUE = 2.0
EXCHANGES_PER_LAYER = 2.0
FLOPS_PER_J = 0.5e12
EIGHT_BIT_RATIO = 2.0
ACCELERATED_RATIO = 4.0  # Apple speaks of over four times the peak compute of the generation before
ACCELERATED_FAMILIES = frozenset({"apple-m5"})  # matrix units in the GPU that no published rate covers
LINK_GB_PER_S = {"card link": 4.0, "fabric": 60.0, "network": 4.0}


def prefill_speed(
    model: LanguageModel,
    *,
    hardware: Hardware,
    format: WeightFormat,
    runtime: Runtime,
    prompt_tokens: float,
    split: Split = "layer",
    depth_tokens: float = 0.0,
    calibration: Calibration,
) -> Speed:
    """Tokens per second while reading a prompt of `prompt_tokens` after `depth_tokens` that are already in the cache.

    Range as in decode_speed. Fitted to prompts of 128 to 262,144 tokens; a prompt of a few tokens is no faster than decoding.
    """
    found = prefill_estimate(
        model, hardware=hardware, format=format, runtime_id=runtime.id, step_tokens=runtime.prefill_step_tokens,
        prompt_tokens=prompt_tokens, depth_tokens=depth_tokens, split=split, calibration=calibration,
    )  # fmt: skip
    return speed_of(found, law=calibration.prefill, tokens=float(prompt_tokens), chip=hardware.chip)


def time_to_first_token(prefill: Speed, *, prompt_tokens: float, cached_fraction: float = 0.0) -> Speed:
    """Seconds until the first token: the prompt's uncached tokens over the prefill speed.

    `prefill` is best taken at those tokens with the cached ones as its depth. Equation: t = n * (1 - cached) / speed.
    Queueing is not in it (service.py).
    """
    tokens = prompt_tokens * (1.0 - cached_fraction)
    return replace(
        prefill, low=tokens / prefill.high, central=tokens / prefill.central, high=tokens / prefill.low, unit="s"
    )


def prefill_estimate(
    model: LanguageModel,
    *,
    hardware: Hardware,
    format: WeightFormat,
    runtime_id: str,
    step_tokens: int,
    prompt_tokens: float,
    depth_tokens: float,
    split: Split,
    calibration: Calibration,
    year: float | None = None,
    backend: str = "",
    power_limit_w: float | None = None,
    prompt_count: int = 1,
) -> Estimate:
    """The time of one whole prompt in ms with its uncertainty.

    `year` is the software's date (today's build unless given); `prompt_count` prompts are read together and share chunks.
    """
    terms, common = prefill_terms(
        model, hardware=hardware, format=format, runtime_id=runtime_id, step_tokens=step_tokens, prompt_tokens=prompt_tokens,
        depth_tokens=depth_tokens, split=split, age_years=0.0 if year is None else max(0.0, calibration.year - year), backend=backend,
        power_limit_w=power_limit_w, prompt_count=prompt_count,
    )  # fmt: skip
    return estimate(calibration.prefill, terms, common)


def _fastest_ratio(chip: Chip) -> float:
    """What no kernel can beat, against the 16-bit matrix rate: twice it at 8 bits on tensor cores, the rate itself on
    Apple's shaders, ACCELERATED_RATIO times where a GPU has matrix units."""
    if chip.vendor != "apple":
        return EIGHT_BIT_RATIO
    return ACCELERATED_RATIO if chip.family in ACCELERATED_FAMILIES else 1.0


def _power_rate(chip: Chip, *, power_limit_w: float | None, card_count: int) -> float:
    """Operations per ms that the board's watts allow, at FLOPS_PER_J each; without end on Apple's chips, which publish no limit."""
    if chip.board_max_w is None:
        return math.inf
    watts = chip.board_max_w.central if power_limit_w is None else min(power_limit_w, chip.board_max_w.central)
    return watts * FLOPS_PER_J * card_count / MS_PER_S


def prefill_terms(
    model: LanguageModel,
    *,
    hardware: Hardware,
    format: WeightFormat,
    runtime_id: str,
    step_tokens: int,
    prompt_tokens: float,
    depth_tokens: float,
    split: Split,
    age_years: float,
    backend: str = "",
    power_limit_w: float | None = None,
    prompt_count: int = 1,
) -> tuple[list[Term], list[tuple[str, float]]]:
    """The terms of one prompt and the effects that scale the whole of it; fit.py and prefill_estimate share them."""
    chip = hardware.chip
    work = work_of(model, format)
    engine = engine_of(runtime_id, format)
    vendor, on = chip.vendor, f"{chip.vendor} {engine}"
    bits, kind = bits_class(format), chip_class(chip)
    card_count = hardware.chip_count * hardware.node_count
    together = card_count if split == "tensor" else 1
    rate = matrix_flops_per_ms(chip) * together
    chunk = min(float(step_tokens), prompt_tokens * prompt_count)
    chunk_count = math.ceil(prompt_tokens * prompt_count / step_tokens) / prompt_count  # of one prompt
    touched = experts_touched_fraction(work.expert_fraction, token_count=chunk, alikeness=EXPERT_ALIKENESS)
    streamed = (work.dense_bytes + work.expert_bytes * touched) * chunk_count
    sort = "experts" if work.expert_bytes else "dense"
    software = (
        f"linear/engine/{on}", f"linear/bits/{vendor} {bits}", f"linear/bits-on/{on} {bits}", f"linear/kind/{vendor} {work.kind}", f"linear/kind-on/{on} {work.kind}",
    )  # fmt: skip
    linear = (
        "linear/all/1", f"linear/vendor/{vendor}", f"linear/class/{kind}", f"linear/class-on/{engine} {kind}", f"linear/family/{chip.family}", f"linear/chip/{chip.id}",
        *((f"linear/accelerator/{chip.family}",) if chip.family in ACCELERATED_FAMILIES else ()), *software,
    )  # fmt: skip
    flops = work.linear_flops * prompt_tokens + work.head_flops
    attention = (
        "attention/all/1", f"attention/vendor/{vendor}", f"attention/engine/{on}", f"attention/kind/{on} {work.attention_kind}",
        *((f"attention/before-flash/{vendor}",) if engine == "llama.cpp" and age_years > 1.6 else ()),
    )  # fmt: skip
    bandwidth = chip.bandwidth_gb_per_s.central * BYTES_PER_GB / MS_PER_S * together
    terms = [
        Term("arithmetic", flops / (rate * _fastest_ratio(chip)), ()),
        Term("linear", flops / rate, linear),
        Term("power", flops / _power_rate(chip, power_limit_w=power_limit_w, card_count=together), ("power/all/1", f"power/family/{chip.family}", f"linear/chip/{chip.id}", *software)),
        Term("attention", attention_flops(work.attention, token_count=prompt_tokens, depth_tokens=depth_tokens) / rate, attention),
        Term("stream", streamed / bandwidth, ("stream/all/1", f"stream/vendor/{vendor}", f"stream/sort/{on} {sort}")),
        Term("launch", LAUNCH_US_PER_LAYER * chunk_count * work.layer_count * MS_PER_S / US_PER_S, ("launch/all/1", f"launch/vendor/{vendor}", f"launch/engine/{on}")),
    ]  # fmt: skip
    if together > 1:
        link = link_kind(hardware)
        sent = (
            prompt_tokens
            * work.hidden_dim
            * work.layer_count
            * EXCHANGES_PER_LAYER
            * EXCHANGE_BYTES_PER_VALUE
            * (together - 1)
        )
        terms.append(
            Term(
                "exchange",
                sent / (LINK_GB_PER_S[link] * BYTES_PER_GB / MS_PER_S),
                (f"exchange/link/{link}", f"exchange/engine/{engine}"),
            )
        )
    common = [
        (name, 1.0)
        for name in (
            f"model/{model.id}",
            f"here/{chip.id}",
            *software_effects(runtime_id, engine=engine, vendor=vendor, backend=backend),
        )
    ]
    common += age_effects(on, age_years)
    if card_count > 1 and split == "layer":
        gain = math.log(card_count * chunk_count * prompt_count / (chunk_count * prompt_count + card_count - 1))
        common += [("pipeline/all/1", -gain), (f"pipeline/family/{chip.family}", -gain)]
    missing_power = power_shortfall(chip, power_limit_w=power_limit_w, card_count=1, split=split)
    if missing_power:
        common += [("power-limit/all/1", missing_power), (f"power-limit/family/{chip.family}", missing_power)]
    return terms, common
