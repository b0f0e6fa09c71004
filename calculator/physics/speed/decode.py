"""Decoding speed: tokens per second while writing, as a sum of physical times per step.

    step ms = overhead * layers + dense weights / bandwidth + experts touched / bandwidth + cache / bandwidth
              (+ arithmetic of a batch) (+ exchange between cards)

A step makes one token for each of `batch_count` streams. With a layer split the cards work one after the other, so the
bandwidth is one card's; with a tensor split each reads its share, and exchanges results twice per layer.
The corrections of each term are effects fitted to published measurements (calibration.toml).
"""

from dataclasses import replace

from calculator.catalog.calibration import Calibration
from calculator.catalog.deployment import FULL_BITS, Deployment, Workload, engine_of
from calculator.physics.memory.kv_cache import kv_read_bytes
from calculator.physics.memory.work import (
    FLOPS_PER_MULTIPLY_ADD,
    Work,
    attention_flops,
    experts_touched_fraction,
    work_of,
)
from calculator.physics.speed.classes import (
    TODAY,
    YEARS_SINCE_FLASH,
    Conditions,
    age_effects,
    bits_class,
    chip_class,
    exchange_ms_per_token,
    link_kind,
    matrix_flops_per_ms,
    power_shortfall,
    software_effects,
    unknown_age_effects,
    unpacked_latent_effects,
)
from calculator.physics.speed.law import Estimate, Term, estimate
from calculator.physics.speed.ranges import cells_of, speed_of
from calculator.physics.speed.speed import Speed
from calculator.units import BYTES_PER_GB, MS_PER_S, US_PER_S

OVERHEAD_US_PER_LAYER = 40.0  # bases only set the scale: the fitted effects multiply them
EAGER_US_PER_LAYER = 200.0  # about 13 ms for a model of 64 layers
HOP_US = 200.0
EXCHANGE_US_PER_LAYER = {"card link": 50.0, "fabric": 15.0, "network": 500.0}
STREAM_US = 20.0  # sampling and scheduling of one more request
LOSS = 0.25  # what reading loses against the published bandwidth, before the fitted effects
EXPERT_ALIKENESS = 0.75
SORTED_FROM_TOKENS = 32
SORTED_FROM_CHOICES = 64
SMALL_BATCH = 16
BATCH_LOSS = 4.0  # arithmetic of a batch against the matrix rate, before the fitted effects


def decode_speed(deployment: Deployment, workload: Workload, *, calibration: Calibration) -> Speed:
    """Tokens per second while decoding, summed over the batch, each stream with the decode context in its cache.

    Range: the middle 80 % of what one would measure with today's build; wider where the chip, runtime or format was
    never measured. Valid where the model fits in the chips' memory (memory_fit.py); beyond it is 20 to 150 times
    slower. Fitted to rows of 1 to 128 streams and up to 262,144 tokens of context.
    """
    found = decode_estimate(deployment, workload, calibration=calibration)
    return speed_of(
        found,
        law=calibration.decode,
        tokens=float(workload.batch_count),
        chip=deployment.hardware.chip,
        cells=decode_cells(deployment, workload),
    )


def decode_cells(deployment: Deployment, workload: Workload, *, conditions: Conditions = TODAY) -> tuple[str, ...]:
    """The cells of a decoding speed in which its range is checked."""
    return cells_of(
        deployment,
        program=conditions.program(deployment),
        stream_count=conditions.stream_count or workload.batch_count,
        depth_tokens=workload.decode_context(),
    )


def decode_estimate(
    deployment: Deployment, workload: Workload, *, conditions: Conditions = TODAY, calibration: Calibration
) -> Estimate:
    """The time of one step in ms with its uncertainty.

    A batch's step takes at most its streams times the step of one: a server can always write one answer after the
    other, so that two streams are never slower in all than one.
    """
    terms, common = decode_terms(deployment, workload, conditions=conditions)
    together = estimate(calibration.decode, terms, common)
    streams = conditions.stream_count or float(workload.batch_count)
    if streams <= 1:
        return together
    one = replace(workload, batch_count=1)
    terms, common = decode_terms(deployment, one, conditions=replace(conditions, stream_count=None))
    alone = estimate(calibration.decode, terms, common)
    if together.central_ms <= streams * alone.central_ms:
        return together
    return together._replace(central_ms=streams * alone.central_ms)


def decode_terms(
    deployment: Deployment, workload: Workload, *, conditions: Conditions = TODAY
) -> tuple[list[Term], list[tuple[str, float]]]:
    """The terms of one step and the effects that scale the whole of it; the fit and decode_estimate share them."""
    model, format, hardware, split = deployment.model, deployment.format, deployment.hardware, deployment.split
    batch_count, age_years = conditions.stream_count or float(workload.batch_count), conditions.age_years
    chip = hardware.chip
    work = work_of(model, format)
    program = conditions.program(deployment)
    engine = engine_of(program, format)
    vendor, on = chip.vendor, f"{chip.vendor} {engine}"
    bits = bits_class(format)
    card_count = hardware.all_chips_count()
    together = card_count if split == "tensor" else 1
    bandwidth = chip.bandwidth_gb_per_s.central * BYTES_PER_GB / MS_PER_S * together  # bytes per ms
    kind = chip_class(chip)
    age = age_effects(on, age_years)
    sort = "experts" if work.expert_bytes else "dense"
    whole = (
        f"model/{model.id}",
        *software_effects(program, engine=engine, vendor=vendor, backend=conditions.backend),
        *((f"runtime-sort/{program} {sort}",) if program != engine else ()),
    )
    loss = (
        "loss/all/1",
        f"loss/vendor/{vendor}",
        f"loss/class/{kind}",
        f"loss/class-on/{engine} {kind}",
        f"loss/family/{chip.family}",
        f"loss/chip/{chip.id}",
        f"loss/engine/{engine}",
        f"loss/engine-on/{on}",
        f"loss/bits/{vendor} {bits}",
        f"loss/bits-on/{on} {bits}",
        f"loss/format/{on} {format.id}",
        *whole,
    )
    overhead = (
        "overhead/all/1",
        f"overhead/vendor/{vendor}",
        f"overhead/class/{kind}",
        f"overhead/family/{chip.family}",
        f"overhead/engine/{on}",
        f"overhead/kind/{work.kind}",
        f"overhead/kind-on/{on} {work.kind}",
        *whole,
    )
    touched = experts_touched_fraction(work.expert_fraction, token_count=batch_count, alikeness=EXPERT_ALIKENESS)
    cache_ms = (
        float(
            kv_read_bytes(
                model,
                context_tokens=workload.decode_context(),
                batch_count=batch_count,
                runtime=deployment.runtime,
                kv_bits=deployment.kv_bits,
            )
        )
        / bandwidth
    )
    dense_ms, expert_ms = work.dense_bytes / bandwidth, work.expert_bytes * touched / bandwidth
    terms = [
        Term("overhead", OVERHEAD_US_PER_LAYER * work.layer_count * MS_PER_S / US_PER_S, overhead, age),
        Term("weights", dense_ms + expert_ms, ()),
        Term("loss", LOSS * (dense_ms + expert_ms), loss, age),
        Term("experts", LOSS * expert_ms, ("experts/all/1", f"experts/engine/{on}", f"model/{model.id}"), age),
        Term(
            "experts again",
            max(0.0, _experts_read(work, batch_count, engine=engine, vendor=vendor) - touched)
            * work.expert_bytes
            / bandwidth,
            ("again/all/1", f"again/engine/{engine}"),
        ),
        Term("kv cache", cache_ms, ()),
        Term(
            "kv cache loss",
            LOSS * cache_ms,
            (
                "cache/all/1",
                f"cache/vendor/{vendor}",
                f"cache/engine/{on}",
                f"cache/kind-of/{engine} {work.attention_kind}",
                f"cache/kind/{on} {work.attention_kind}",
                *((f"cache/packed/{on}",) if deployment.kv_bits < FULL_BITS else ()),
                *_before_flash(engine, vendor, age_years),
            ),
        ),
    ]
    attention = attention_flops(work.packed_attention, token_count=1.0, depth_tokens=workload.decode_context())
    terms.append(
        Term(
            "attention",
            batch_count * attention / (matrix_flops_per_ms(chip) * together),
            (
                "attention/all/1",
                f"attention/engine/{on}",
                f"attention/kind/{engine} {work.attention_kind}",
                *unpacked_latent_effects(work, engine=engine, age_years=age_years),
            ),
        )
    )
    if conditions.eager:
        eager_ms = EAGER_US_PER_LAYER * work.layer_count * MS_PER_S / US_PER_S
        terms.append(Term("launches", eager_ms, ("eager/all/1",)))
    if batch_count > 1:
        flops_ms = BATCH_LOSS * (work.linear_flops + work.head_flops) / (matrix_flops_per_ms(chip) * together)
        if conditions.served or engine != "llama.cpp":
            handling_ms = STREAM_US * (batch_count - 1) * MS_PER_S / US_PER_S
            terms.append(Term("streams", handling_ms, ("streams/all/1", f"streams/program/{program}")))
        terms += _batch_terms(flops_ms, batch_count=batch_count, on=on, sort=sort, bits=bits, served=conditions.served)
    if together > 1:
        link = conditions.link or link_kind(hardware)
        ms = EXCHANGE_US_PER_LAYER[link] * work.layer_count * MS_PER_S / US_PER_S
        terms.append(
            Term("exchange", ms, (f"exchange/link/{link}", f"exchange/engine/{engine}", f"exchange/count/{together}"))
        )
        if batch_count > 1:
            terms.append(
                Term(
                    "exchange of a batch",
                    (batch_count - 1) * exchange_ms_per_token(work, chip=chip, link=link, card_count=together),
                    (f"exchange/batch/{link}", f"exchange/batch-engine/{engine}"),
                )
            )
    elif card_count > 1:
        terms.append(
            Term("hop", HOP_US * (card_count - 1) * MS_PER_S / US_PER_S, ("hop/all/1", f"hop/family/{chip.family}"))
        )
    common = [(f"assumed/{model.family}", 1.0), (f"here/{chip.id}", 1.0), *unknown_age_effects(conditions)]
    missing_power = power_shortfall(chip, power_limit_w=conditions.power_limit_w, card_count=card_count, split=split)
    if missing_power:
        missing_power *= _weights_per_half_byte(work)
        together_words = "one card" if card_count == 1 else "cards together"
        common += [
            (f"power-limit/all/{together_words}", missing_power),
            (f"power-limit/family/{chip.family} {together_words}", missing_power),
        ]
    return terms, common


def _experts_read(work: Work, batch_count: float, *, engine: str, vendor: str) -> float:
    """Experts read for a batch, as a share of all: where a kernel handles each token by itself, one that two tokens
    chose is read twice. 0 where experts are read once for all tokens.

    llama.cpp on Metal sorts tokens by expert from 32 of them (ggml-metal, mul_mat_id), mlx-lm from 64 choices
    (switch_layers.py), both read in November 2026.
    """
    alone = batch_count * work.expert_fraction
    if engine == "llama.cpp" and vendor == "apple":
        return alone if batch_count < SORTED_FROM_TOKENS else 0.0
    return alone if engine == "mlx-lm" and batch_count * work.experts_per_token < SORTED_FROM_CHOICES else 0.0


def _weights_per_half_byte(work: Work) -> float:
    """Weights unpacked and multiplied per half a byte that is read: 1 at 4 bits, 0.25 at 16. A power limit slows the
    arithmetic and leaves the memory its own power, so that it costs narrow weights more.
    """
    read_bytes = work.dense_bytes + work.expert_bytes * work.expert_fraction
    return (work.linear_flops + work.head_flops) / FLOPS_PER_MULTIPLY_ADD / (2.0 * read_bytes)


def _before_flash(engine: str, vendor: str, age_years: float) -> tuple[str, ...]:
    """llama.cpp read the cache slowly before flash attention was its default, about two years ago."""
    return (f"cache/before-flash/{vendor}",) if engine == "llama.cpp" and age_years > YEARS_SINCE_FLASH else ()


def _batch_terms(flops_ms: float, *, batch_count: float, on: str, sort: str, bits: str, served: bool) -> list[Term]:
    """Arithmetic of a batch: a step from the one-token kernels to others, then per stream, dearer below 16 than
    above.
    """
    small = min(batch_count, SMALL_BATCH) - 1
    large = max(batch_count - SMALL_BATCH, 0)
    server = (
        (f"batch/served/{on}",) if served and on.endswith(" llama.cpp") else ()
    )  # other engines were only measured as servers
    whole = (f"batch/bits/{on} {bits}", *server)
    return [
        Term("batch step", flops_ms, (f"batch/step/{on}", f"batch/step-sort/{on} {sort}", *whole)),
        Term("batch", flops_ms * small, (f"batch/small/{on}", f"batch/small-sort/{on} {sort}", *whole)),
        Term("large batch", flops_ms * large, (f"batch/large/{on}", f"batch/large-sort/{on} {sort}", *whole)),
    ]
