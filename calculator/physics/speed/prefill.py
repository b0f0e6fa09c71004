"""Prefill speed: prompt tokens per second, as a sum of physical times per prompt, and the time to the first token.

    prompt ms = linear operations / rate + causal attention operations / rate
                + weights streamed once per chunk / bandwidth + launches per layer and chunk (+ exchange between cards)

The prompt is processed in chunks of the runtime's step. With a layer split the cards work on different chunks at once
(a pipeline), with a tensor split on the same one, exchanging the whole chunk's results twice per layer.
The corrections of each term are effects fitted to published measurements (calibration.toml).
"""

import math
from dataclasses import replace

from calculator.catalog.calibration import Calibration
from calculator.catalog.deployment import Deployment, Workload, engine_of
from calculator.catalog.options import Chip
from calculator.physics.memory.work import Work, experts_touched_fraction, work_of
from calculator.physics.speed.attention import Rates, attention_terms
from calculator.physics.speed.classes import (
    OLDEST_YEARS,
    TODAY,
    Conditions,
    age_effects,
    bits_class,
    chip_class,
    default_step_tokens,
    exchange_ms_per_token,
    link_kind,
    matrix_flops_per_ms,
    power_shortfall,
    software_effects,
    unknown_age_effects,
)
from calculator.physics.speed.decode import EXPERT_ALIKENESS
from calculator.physics.speed.kernels import (
    converted_bytes,
    expert_sorting_ms,
    experts_one_by_one_ms,
    is_library_product,
    is_unpacked,
    library_slowdown,
    rescaling_ms,
    row_split_exchange_ratio,
    small_tiles_slowdown,
    stages_at_once,
    unpacked_ratio,
)
from calculator.physics.speed.law import Estimate, Term, estimate
from calculator.physics.speed.ranges import cells_of, speed_of
from calculator.physics.speed.speed import Speed
from calculator.units import BYTES_PER_GB, MS_PER_S, US_PER_S

LAUNCH_US_PER_LAYER = 50.0  # bases only set the scale: the fitted effects multiply them
FLOPS_PER_J = 0.5e12
EIGHT_BIT_RATIO = 2.0
ACCELERATED_RATIO = 4.0  # Apple speaks of over four times the peak compute of the generation before
ACCELERATED_FAMILIES = frozenset({"apple-m5"})  # matrix units in the GPU that no published rate covers
START_MS = 20.0
ROW_SPLIT = "row split"
"""The backend of a row whose notes name llama.cpp's split by rows (calibration/notes.py)."""


def prefill_speed(deployment: Deployment, workload: Workload, *, calibration: Calibration) -> Speed:
    """Tokens per second while reading the uncached tokens of one prompt after those that are in the cache.

    Range as in decode_speed. The runtime reads in its own steps: smaller ones are about as fast.
    Fitted to prompts of 128 to 262,144 tokens; a prompt of a few tokens is no faster than decoding.
    """
    found = prefill_estimate(deployment, workload, calibration=calibration)
    return speed_of(
        found,
        law=calibration.prefill,
        tokens=workload.uncached_tokens(),
        chip=deployment.hardware.chip,
        cells=prefill_cells(deployment, workload),
    )


def prefill_cells(deployment: Deployment, workload: Workload, *, conditions: Conditions = TODAY) -> tuple[str, ...]:
    """The cells of a reading speed in which its range is checked."""
    return cells_of(
        deployment,
        program=conditions.program(deployment),
        stream_count=conditions.prompt_count,
        depth_tokens=workload.prefill_depth_tokens() + workload.uncached_tokens(),
    )


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
    deployment: Deployment, workload: Workload, *, conditions: Conditions = TODAY, calibration: Calibration
) -> Estimate:
    """The time of one whole prompt in ms with its uncertainty."""
    terms, common = prefill_terms(deployment, workload, conditions=conditions)
    return estimate(calibration.prefill, terms, common)


def _fastest_ratio(chip: Chip) -> float:
    """What no kernel can beat, against the 16-bit matrix rate: twice it at 8 bits on tensor cores, the rate itself on
    Apple's shaders, ACCELERATED_RATIO times where a GPU has matrix units."""
    if chip.vendor != "apple":
        return EIGHT_BIT_RATIO
    return ACCELERATED_RATIO if chip.family in ACCELERATED_FAMILIES else 1.0


def _power_rate(chip: Chip, *, power_limit_w: float | None, card_count: int) -> float:
    """Operations per ms that the board's watts allow, at FLOPS_PER_J each; without end on Apple's chips, which
    publish no limit.
    """
    if chip.board_max_w is None:
        return math.inf
    watts = chip.board_max_w.central if power_limit_w is None else min(power_limit_w, chip.board_max_w.central)
    return watts * FLOPS_PER_J * card_count / MS_PER_S


def _weights_terms(
    deployment: Deployment,
    conditions: Conditions,
    *,
    tokens: float,
    chunk: float,
    chunk_count: float,
    flops: float,
    card_count: int,
) -> list[Term]:
    """Extra time that weights cost llama.cpp: sorting tokens by expert, numbers turned into 16 bits and back, packed
    weights unpacked for each chunk, or what they give scaled.

    `chunk` is the tokens of one of the `chunk_count` chunks of a prompt of `tokens`, `flops` its operations, on
    `card_count` cards at once.
    """
    format, chip, program = deployment.format, deployment.hardware.chip, conditions.program(deployment)
    engine, work = engine_of(program, format), work_of(deployment.model, format)
    bandwidth = chip.bandwidth_gb_per_s.central * BYTES_PER_GB / MS_PER_S * card_count
    sorting_ms = expert_sorting_ms(
        work, tokens=tokens, chip=chip, program=program, engine=engine, age_years=conditions.age_years
    )
    terms = [Term("sorting", sorting_ms, ("sorting/all/1",))] if sorting_ms else []
    if is_library_product(format, chip=chip, engine=engine, conditions=conditions):
        terms.append(Term("conversion", converted_bytes(work, tokens=tokens) / bandwidth, ("conversion/all/1",)))
    if is_unpacked(format, chip=chip, engine=engine, conditions=conditions):
        touched = experts_touched_fraction(work.expert_fraction, token_count=chunk, alikeness=EXPERT_ALIKENESS)
        streamed = (work.dense_bytes + work.expert_bytes * touched) * chunk_count
        one_by_one_ms = experts_one_by_one_ms(work, touched_fraction=touched) * chunk_count
        terms += [
            Term("unpacking", unpacked_ratio(format) * streamed / bandwidth, ("unpacking/all/1",)),
            Term("experts one by one", one_by_one_ms, ("one-by-one/all/1",)),
        ]
    elif engine == "llama.cpp" and chip.vendor == "nvidia" and bits_class(format) != "16":
        terms.append(Term("rescaling", rescaling_ms(flops, chip=chip) / card_count, ("rescaling/all/1",)))
    return terms


def _exchange(work: Work, deployment: Deployment, conditions: Conditions, *, tokens: float, card_count: int) -> Term:
    """The prompt's results on the links of a tensor split, or of llama.cpp's split by rows."""
    hardware = deployment.hardware
    link, engine = conditions.link or link_kind(hardware), engine_of(conditions.program(deployment), deployment.format)
    base_ms = tokens * exchange_ms_per_token(work, chip=hardware.chip, link=link, card_count=card_count)
    if conditions.backend == ROW_SPLIT:
        base_ms *= row_split_exchange_ratio(work, card_count=card_count, link=link)
    effects = (f"exchange/link/{link}", f"exchange/engine/{engine}", f"exchange/count/{card_count}")
    return Term("exchange", base_ms, effects)


def prefill_terms(
    deployment: Deployment, workload: Workload, *, conditions: Conditions = TODAY
) -> tuple[list[Term], list[tuple[str, float]]]:
    """The terms of one prompt and the effects that scale the whole of it; the fit and prefill_estimate share them."""
    model, format, hardware, split = deployment.model, deployment.format, deployment.hardware, deployment.split
    chip = hardware.chip
    step_tokens = (
        conditions.step_tokens or workload.prefill_step_tokens or default_step_tokens(deployment.runtime, chip)
    )
    prompt_tokens, prompt_count = workload.uncached_tokens(), conditions.prompt_count
    age_years, power_limit_w = conditions.age_years, conditions.power_limit_w
    work = work_of(model, format)
    program = conditions.program(deployment)
    engine = engine_of(program, format)
    vendor, on = chip.vendor, f"{chip.vendor} {engine}"
    bits, kind = bits_class(format), chip_class(chip)
    card_count = hardware.all_chips_count()
    together = card_count if split == "tensor" else 1
    rate = matrix_flops_per_ms(chip) * together
    chunk = min(float(step_tokens), prompt_tokens * prompt_count)
    chunk_count = math.ceil(prompt_tokens * prompt_count / step_tokens) / prompt_count  # of one prompt
    touched = experts_touched_fraction(work.expert_fraction, token_count=chunk, alikeness=EXPERT_ALIKENESS)
    streamed = (work.dense_bytes + work.expert_bytes * touched) * chunk_count
    sort = "experts" if work.expert_bytes else "dense"
    software = (
        f"linear/engine/{on}",
        f"linear/bits/{vendor} {bits}",
        f"linear/bits-on/{on} {bits}",
        f"linear/kind/{vendor} {work.kind}",
        f"linear/kind-on/{on} {work.kind}",
    )
    linear = (
        "linear/all/1",
        f"linear/vendor/{vendor}",
        f"linear/class/{kind}",
        f"linear/class-on/{engine} {kind}",
        f"linear/family/{chip.family}",
        f"linear/chip/{chip.id}",
        *(
            (f"linear/accelerator/{chip.family}", f"linear/accelerator-sort/{chip.family} {sort}")
            if chip.family in ACCELERATED_FAMILIES
            else ()
        ),
        *software,
    )
    flops = work.linear_flops * prompt_tokens + work.head_flops
    accelerator = (
        (f"linear/accelerator/{chip.family}", f"attention/accelerator/{chip.family}")
        if chip.family in ACCELERATED_FAMILIES
        else ()
    )
    library = library_slowdown(chip, engine=engine, backend=conditions.backend)
    tiles = small_tiles_slowdown(work, chip=chip, engine=engine, conditions=conditions)
    bandwidth = chip.bandwidth_gb_per_s.central * BYTES_PER_GB / MS_PER_S * together
    terms = [
        Term("arithmetic", flops / (rate * _fastest_ratio(chip)), ()),
        Term("linear", flops / rate * library * tiles, (*linear, *(("tiles/all/1",) if tiles > 1.0 else ()))),
        Term(
            "power",
            flops / _power_rate(chip, power_limit_w=power_limit_w, card_count=together),
            ("power/all/1", f"power/family/{chip.family}", f"linear/chip/{chip.id}", *software),
        ),
        Term("stream", streamed / bandwidth, ("stream/all/1", f"stream/vendor/{vendor}", f"stream/sort/{on} {sort}")),
        Term(
            "launch",
            LAUNCH_US_PER_LAYER * chunk_count * work.layer_count * MS_PER_S / US_PER_S,
            ("launch/all/1", f"launch/vendor/{vendor}", f"launch/engine/{on}"),
        ),
    ]
    terms += _weights_terms(
        deployment,
        conditions,
        tokens=prompt_tokens,
        chunk=chunk,
        chunk_count=chunk_count,
        flops=flops,
        card_count=together,
    )
    terms += attention_terms(
        deployment,
        workload,
        conditions=conditions,
        chunk_tokens=chunk,
        rates=Rates(rate, _fastest_ratio(chip) if vendor == "apple" else 1.0, bandwidth),
        accelerator=accelerator,
    )
    if program != "llama.cpp":  # its benchmark times neither
        terms += [
            Term(
                "first token",
                (work.dense_bytes + work.expert_bytes * touched) / bandwidth / prompt_count,
                ("first/all/1", f"first/engine/{on}", f"first/family/{chip.family}"),
            ),
            Term("start", START_MS / prompt_count, ("start/all/1", f"start/program/{program}")),
        ]
    if together > 1:
        terms.append(_exchange(work, deployment, conditions, tokens=prompt_tokens, card_count=together))
    common = [
        (name, 1.0)
        for name in (
            f"model/{model.id}",
            f"here/{chip.id}",
            *software_effects(program, engine=engine, vendor=vendor, backend=conditions.backend),
        )
    ]
    if program != engine:
        common.append((f"runtime-sort/{program} {sort}", 1.0))
    common += [*age_effects(on, age_years), *unknown_age_effects(conditions)]
    if age_years:
        common.append((f"age/sort/{on} {sort}", min(age_years, OLDEST_YEARS)))
    if card_count > 1 and split == "layer":
        chunks = chunk_count * prompt_count
        stages = stages_at_once(card_count, layer_count=work.layer_count, chip=chip, engine=engine, age_years=age_years)
        gain = math.log(stages * chunks / (chunks + stages - 1))
        terms = [term._replace(base_ms=term.base_ms * math.exp(-gain)) for term in terms]
        common += [("pipeline/all/1", gain), (f"pipeline/family/{chip.family}", gain)]
    missing_power = power_shortfall(chip, power_limit_w=power_limit_w, card_count=1, split=split)
    if missing_power:
        common += [("power-limit/all/1", missing_power), (f"power-limit/family/{chip.family}", missing_power)]
    return terms, common
