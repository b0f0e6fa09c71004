"""How fast does it write? Tokens per second while decoding, as a sum of physical times per step.

    step ms = overhead * layers + dense weights / bandwidth + experts touched / bandwidth + cache / bandwidth
              (+ arithmetic of a batch) (+ exchange between cards)

A step makes one token for each of `batch_count` streams. With a layer split the cards work one after the other, so the
bandwidth is one card's; with a tensor split each reads its share, and exchanges results twice per layer.
The corrections of each term are effects fitted to published measurements (calibration.py).
"""

from calculator.catalog.calibration import Calibration
from calculator.catalog.hardware import Hardware
from calculator.catalog.options import Chip, LanguageModel, Runtime, Split, WeightFormat
from calculator.physics.memory.kv_cache import kv_read_bytes
from calculator.physics.memory.work import Work, experts_touched_fraction, work_of
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
from calculator.physics.speed.law import Estimate, Term, estimate
from calculator.physics.speed.ranges import speed_of
from calculator.physics.speed.speed import Speed
from calculator.units import BYTES_PER_GB, MS_PER_S, US_PER_S

OVERHEAD_US_PER_LAYER = 40.0  # bases only set the scale: the fitted effects multiply them
HOP_US = 200.0
EXCHANGE_US_PER_LAYER = {"card link": 50.0, "fabric": 15.0, "network": 500.0}
LOSS = 0.25  # what reading loses against the published bandwidth, before the fitted effects
EXPERT_ALIKENESS = 0.75
SMALL_BATCH = 16
BATCH_LOSS = 4.0  # arithmetic of a batch against the matrix rate, before the fitted effects


def decode_speed(
    model: LanguageModel,
    *,
    hardware: Hardware,
    format: WeightFormat,
    runtime: Runtime,
    context_tokens: float,
    batch_count: int = 1,
    split: Split = "layer",
    calibration: Calibration,
) -> Speed:
    """Tokens per second while decoding, summed over `batch_count` streams, each with `context_tokens` in its cache.

    Range: the middle 80 % of what one would measure with today's build; wider where the chip, runtime or format was
    never measured. Valid where the model fits in the chips' memory (memory.py); beyond it is 20 to 150 times slower.
    Fitted to rows of 1 to 128 streams and up to 262,144 tokens of context.
    """
    found = decode_estimate(
        model, hardware=hardware, format=format, runtime_id=runtime.id, context_tokens=context_tokens, batch_count=batch_count,
        split=split, calibration=calibration,
    )  # fmt: skip
    return speed_of(
        found, law=calibration.decode, tokens=float(batch_count), chip=hardware.chip, batch_count=batch_count
    )


def decode_estimate(
    model: LanguageModel,
    *,
    hardware: Hardware,
    format: WeightFormat,
    runtime_id: str,
    context_tokens: float,
    batch_count: int,
    split: Split,
    calibration: Calibration,
    year: float | None = None,
    backend: str = "",
    power_limit_w: float | None = None,
    served: bool = True,
) -> Estimate:
    """The time of one step in ms with its uncertainty.

    `year` is the software's date (today's build unless given); `served`: streams come as requests to a server, not from a benchmark loop.
    """
    terms, common = decode_terms(
        model, hardware=hardware, format=format, runtime_id=runtime_id, context_tokens=context_tokens, batch_count=batch_count,
        split=split, age_years=0.0 if year is None else max(0.0, calibration.year - year), backend=backend, power_limit_w=power_limit_w,
        served=served,
    )  # fmt: skip
    return estimate(calibration.decode, terms, common)


def decode_terms(
    model: LanguageModel,
    *,
    hardware: Hardware,
    format: WeightFormat,
    runtime_id: str,
    context_tokens: float,
    batch_count: int,
    split: Split,
    age_years: float,
    backend: str = "",
    power_limit_w: float | None = None,
    served: bool = True,
) -> tuple[list[Term], list[tuple[str, float]]]:
    """The terms of one step and the effects that scale the whole of it; fit.py and decode_estimate share them."""
    chip = hardware.chip
    work = work_of(model, format)
    engine = engine_of(runtime_id, format)
    vendor, on = chip.vendor, f"{chip.vendor} {engine}"
    bits = bits_class(format)
    card_count = hardware.chip_count * hardware.node_count
    together = card_count if split == "tensor" else 1
    bandwidth = chip.bandwidth_gb_per_s.central * BYTES_PER_GB / MS_PER_S * together  # bytes per ms
    kind = chip_class(chip)
    age = age_effects(on, age_years)
    whole = (f"model/{model.id}", *software_effects(runtime_id, engine=engine, vendor=vendor, backend=backend))
    loss = (
        "loss/all/1", f"loss/vendor/{vendor}", f"loss/class/{kind}", f"loss/class-on/{engine} {kind}", f"loss/family/{chip.family}", f"loss/chip/{chip.id}",
        f"loss/engine/{engine}", f"loss/engine-on/{on}", f"loss/bits/{vendor} {bits}", f"loss/bits-on/{on} {bits}", f"loss/format/{on} {format.id}", *whole,
    )  # fmt: skip
    overhead = (
        "overhead/all/1", f"overhead/vendor/{vendor}", f"overhead/class/{kind}", f"overhead/family/{chip.family}", f"overhead/engine/{on}",
        f"overhead/kind/{work.kind}", f"overhead/kind-on/{on} {work.kind}", *whole,
    )  # fmt: skip
    touched = experts_touched_fraction(work.expert_fraction, token_count=float(batch_count), alikeness=EXPERT_ALIKENESS)
    cache_ms = float(kv_read_bytes(model, context_tokens=context_tokens, batch_count=batch_count)) / bandwidth
    dense_ms, expert_ms = work.dense_bytes / bandwidth, work.expert_bytes * touched / bandwidth
    terms = [
        Term("overhead", OVERHEAD_US_PER_LAYER * work.layer_count * MS_PER_S / US_PER_S, overhead, age),
        Term("weights", dense_ms + expert_ms, ()),
        Term("loss", LOSS * (dense_ms + expert_ms), loss, age),
        Term("experts", LOSS * expert_ms, ("experts/all/1", f"experts/engine/{on}", f"model/{model.id}"), age),
        Term("kv cache", cache_ms, ()),
        Term("kv cache loss", LOSS * cache_ms, ("cache/all/1", f"cache/vendor/{vendor}", f"cache/engine/{on}", f"cache/kind/{on} {work.attention_kind}", *_before_flash(engine, vendor, age_years))),
    ]  # fmt: skip
    if batch_count > 1:
        terms += _batch_terms(work, batch_count=batch_count, chip=chip, card_count=together, on=on, served=served)
    if together > 1:
        link = link_kind(hardware)
        ms = EXCHANGE_US_PER_LAYER[link] * work.layer_count * MS_PER_S / US_PER_S
        terms.append(
            Term("exchange", ms, (f"exchange/link/{link}", f"exchange/engine/{engine}", f"exchange/count/{together}"))
        )
        if batch_count > 1:
            terms.append(
                Term(
                    "exchange of a batch",
                    ms * (batch_count - 1) / SMALL_BATCH,
                    (f"exchange/batch/{link}", f"exchange/batch-engine/{engine}"),
                )
            )
    elif card_count > 1:
        terms.append(
            Term("hop", HOP_US * (card_count - 1) * MS_PER_S / US_PER_S, ("hop/all/1", f"hop/family/{chip.family}"))
        )
    common = [(f"assumed/{model.family}", 1.0), (f"here/{chip.id}", 1.0)]
    missing_power = power_shortfall(chip, power_limit_w=power_limit_w, card_count=card_count, split=split)
    if missing_power:
        together_words = "one card" if card_count == 1 else "cards together"
        common += [
            (f"power-limit/all/{together_words}", missing_power),
            (f"power-limit/family/{chip.family} {together_words}", missing_power),
        ]
    return terms, common


def _before_flash(engine: str, vendor: str, age_years: float) -> tuple[str, ...]:
    """llama.cpp read the cache slowly before flash attention was its default, about two years ago."""
    return (f"cache/before-flash/{vendor}",) if engine == "llama.cpp" and age_years > 1.6 else ()


def _batch_terms(work: Work, *, batch_count: int, chip: Chip, card_count: int, on: str, served: bool) -> list[Term]:
    """Arithmetic of a batch: a step from the one-token kernels to others, then per stream, dearer below 16 than above."""
    flops_ms = BATCH_LOSS * (work.linear_flops + work.head_flops) / (matrix_flops_per_ms(chip) * card_count)
    small = min(batch_count, SMALL_BATCH) - 1
    large = max(batch_count - SMALL_BATCH, 0)
    sort = "experts" if work.expert_bytes else "dense"
    server = (
        (f"batch/served/{on}",) if served and on.endswith(" llama.cpp") else ()
    )  # other engines were only measured as servers
    return [
        Term("batch step", flops_ms, (f"batch/step/{on}", f"batch/step-sort/{on} {sort}", *server)),
        Term("batch", flops_ms * small, (f"batch/small/{on}", f"batch/small-sort/{on} {sort}", *server)),
        Term("large batch", flops_ms * large, (f"batch/large/{on}", f"batch/large-sort/{on} {sort}", *server)),
    ]
