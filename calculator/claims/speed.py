"""Can it be that fast? A claimed decoding speed against the roofline and against the calibrated range."""

from calculator.catalog import Catalog
from calculator.catalog.hardware import Hardware, hardware_of
from calculator.catalog.models import LanguageModel, Runtime, Split, WeightFormat
from calculator.catalog.options import Chip, Claim
from calculator.claims.finding import Bound, CitedSource, Finding, Verdict, cited, found, model_source, shown
from calculator.claims.roofline import Roofline, roofline
from calculator.errors import ScenarioError
from calculator.evidence import Quantity
from calculator.physics.memory.memory_fit import MemoryFit, format_on, memory_fit
from calculator.physics.memory.weights import weights_bytes
from calculator.physics.prediction import usual_runtime
from calculator.physics.speed.decode import decode_speed
from calculator.physics.speed.speed import Speed
from calculator.units import BYTES_PER_GB

MOST_TOKENS, MOST_STREAMS, MOST_CHIPS, MOST_TOKENS_PER_S = 10_000_000, 4096, 64, 100_000_000
SPECULATIVE = (
    "several tokens are accepted per step (speculative decoding), or more streams were summed than are stated here."
)


def audit_speed_claim(
    catalog: Catalog,
    *,
    machine: str,
    model: str,
    format: str,
    decode_tok_s: float,
    context_tokens: int = 0,
    batch_count: int = 1,
    runtime: str | None = None,
    split: Split | None = None,
    chip_count: int | None = None,
) -> Finding:
    """Whether somebody's decoding speed can be: the bandwidth it implies, and the range that one would measure.

    `decode_tok_s` is summed over `batch_count` streams with `context_tokens` each in the cache (0: an empty one).
    impossible: above the roofline. holds: within the calibrated 80 % range. plausible: elsewhere below the roofline.
    contradicted: the model does not fit and nothing is known of what it would be read from. A machine that never existed
    is a finding ("no such thing"), not an error. Raises UnknownIdError for other ids, ScenarioError for numbers.
    """
    _refuse(decode_tok_s, context_tokens=context_tokens, batch_count=batch_count, chip_count=chip_count)
    weights, shapes, phantom = catalog.format(format), catalog.model(model), catalog.phantom_of(machine)
    if phantom is None:
        catalog.chip_or_machine(machine)  # refuses an unknown id before anything is said about it
    claim = Claim(
        id="yours", quote=f"{model} {format} on {machine}: {decode_tok_s:g} token/s", subject=f"decode of {model} in {format} on {machine}",
        check="decode speed", machine=machine, model=model, formats=(format,), context_tokens=context_tokens, unless=SPECULATIVE,
        claimed=_yours(decode_tok_s, as_of=catalog.compiled),
    )  # fmt: skip
    if phantom is not None:
        nearest = f"Nearest real machines: {', '.join(phantom.nearest)}."
        return found(claim, "no such thing", f"{phantom.sentence} {nearest}", sources=cited(catalog, phantom.source))
    box = catalog.chip_or_machine(machine)
    hardware = hardware_of(box, chips=catalog.chips, chip_count=chip_count)
    found_runtime = catalog.runtime(runtime or usual_runtime(hardware.chip, weights))
    return judge_decode(
        claim, catalog, claimed_tokens_per_s=decode_tok_s, hardware=hardware, model=shapes, format=weights, runtime=found_runtime,
        context_tokens=context_tokens, batch_count=batch_count, split=split, likely_split="layer" if isinstance(box, Chip) else box.split,
    )  # fmt: skip


def decode_claim(claim: Claim, catalog: Catalog) -> Finding:
    """A decoding speed of the article."""
    assert claim.claimed is not None
    box = catalog.chip_or_machine(claim.machine)
    hardware = hardware_of(box, chips=catalog.chips)
    format = catalog.format(claim.formats[0])
    return judge_decode(
        claim, catalog, claimed_tokens_per_s=claim.claimed.central, hardware=hardware, model=catalog.model(claim.model), format=format,
        runtime=catalog.runtime(claim.runtime or usual_runtime(hardware.chip, format)), context_tokens=claim.context_tokens,
        likely_split="layer" if isinstance(box, Chip) else box.split,
    )  # fmt: skip


def judge_decode(
    claim: Claim,
    catalog: Catalog,
    *,
    claimed_tokens_per_s: float,
    hardware: Hardware,
    model: LanguageModel,
    format: WeightFormat,
    runtime: Runtime,
    context_tokens: int = 0,
    batch_count: int = 1,
    split: Split | None = None,
    likely_split: Split = "layer",
) -> Finding:
    """The claim against roofline, memory and calibrated range, in that order."""
    format = format_on(runtime, format, catalog=catalog)
    host = catalog.constants["host_memory_gb_per_s"]
    limit = roofline(
        model, hardware=hardware, format=format, runtime=runtime, host_gb_per_s=host.high, context_tokens=context_tokens,
        batch_count=batch_count, split=split,
    )  # fmt: skip
    fit = memory_fit(
        model, hardware=hardware, format=format, runtime=runtime, context_tokens=max(1, context_tokens), batch_count=batch_count,
        split=split or likely_split, catalog=catalog,
    )  # fmt: skip
    expected = decode_speed(
        model, hardware=hardware, format=format, runtime=runtime, context_tokens=max(1, context_tokens), batch_count=batch_count,
        split=split or likely_split, calibration=catalog.calibration,
    ) if fit.fits else None  # fmt: skip
    verdict = _verdict(claimed_tokens_per_s, limit=limit, expected=expected)
    chip = hardware.chip
    figures = {
        "bound_tok_s": limit.tokens_per_s, "implied_gb_per_s": limit.implied_gb_per_s(claimed_tokens_per_s),
        "bandwidth_gb_per_s": limit.bandwidth_gb_per_s, "read_bytes": limit.read_bytes,
    }  # fmt: skip
    if expected is not None:
        figures |= {
            "expected_low_tok_s": expected.low,
            "expected_tok_s": expected.central,
            "expected_high_tok_s": expected.high,
        }
    beyond_host = host if limit.beyond_bytes and chip.memory_kind == "discrete" else None
    sources: tuple[CitedSource, ...] = (
        *cited(catalog, chip.bandwidth_gb_per_s, beyond_host), model_source(model), *cited(catalog, format.bits_per_weight),
    )  # fmt: skip
    return found(
        claim, verdict, _sentence(verdict, claimed_tokens_per_s, limit=limit, expected=expected, fit=fit, chip=chip),
        bound=Bound(None, limit.tokens_per_s, "token/s"), figures=figures, sources=sources,
        arithmetic=_steps(claimed_tokens_per_s, limit=limit, expected=expected, hardware=hardware, model=model, format=format, context_tokens=context_tokens),
    )  # fmt: skip


def _verdict(claimed: float, *, limit: Roofline, expected: Speed | None) -> Verdict:
    if claimed > limit.tokens_per_s:
        return "impossible"
    if limit.beyond_bytes and not limit.slow_gb_per_s:
        return "contradicted"
    if expected is not None and expected.low <= claimed <= expected.high:
        return "holds"
    return "plausible"


def _sentence(
    verdict: Verdict, claimed: float, *, limit: Roofline, expected: Speed | None, fit: MemoryFit, chip: Chip
) -> str:
    most, has = shown(limit.tokens_per_s, "token/s"), shown(limit.bandwidth_gb_per_s, "GB/s")
    implied = shown(limit.implied_gb_per_s(claimed), "GB/s")
    range_ = f"{shown(expected.low)} to {shown(expected.high, 'token/s')}" if expected else ""
    if verdict == "impossible":
        likely = f" One would measure {range_}." if expected else ""
        return f"At most {most}: {claimed:g} token/s would need {implied}, {claimed / limit.tokens_per_s:.1f} times what can be read ({chip.name}, {has}).{likely}"
    if verdict == "contradicted":
        return f"The model does not fit: {shown(limit.beyond_bytes / BYTES_PER_GB, 'GB')} are missing, and no speed is known of what they would be read from."
    if verdict == "holds":
        return f"Within what one would measure ({range_}); it implies {implied} of {has}, and {most} is the most."
    if expected is None:
        missing = shown(-fit.headroom_bytes / BYTES_PER_GB, "GB")
        return f"Not excluded: at most {most} if the rest is read from slower memory; by default the model does not fit, {missing} are missing."
    side = "above" if claimed > expected.high else "below"
    return f"Not excluded, but {side} what one would measure ({range_}); it implies {implied} of {has}, and {most} is the most."


def _steps(
    claimed: float,
    *,
    limit: Roofline,
    expected: Speed | None,
    hardware: Hardware,
    model: LanguageModel,
    format: WeightFormat,
    context_tokens: int,
) -> list[str]:
    chip, streams = hardware.chip, limit.streams
    all_gb, read_gb, cache_gb = (
        size / BYTES_PER_GB for size in (weights_bytes(model, format=format), limit.weights_bytes, limit.cache_bytes)
    )
    bandwidth = limit.bandwidth_gb_per_s
    steps = [f"{model.name} in {format.name}: {all_gb:.2f} GB of weights, of which one step reads {read_gb:.2f} GB (embedding and idle experts are not read)"]  # fmt: skip
    if context_tokens and limit.cache_bytes:
        steps.append(f"cache of {streams} x {context_tokens:,} tokens at the narrowest width the runtime offers: {cache_gb:.2f} GB per step")  # fmt: skip
    if limit.chips_reading > 1:
        steps.append(f"{limit.chips_reading} x {shown(chip.bandwidth_gb_per_s.high, 'GB/s')} = {shown(bandwidth, 'GB/s')}, if all chips read at once")  # fmt: skip
    total_gb, most = limit.read_bytes / BYTES_PER_GB, limit.tokens_per_s
    if not limit.slow_bytes:
        steps.append(f"{streams} token per step x {bandwidth:g} GB/s / {total_gb:.2f} GB = {most:.2f} token/s at most")
        if limit.chips_reading > 1 and streams == 1:
            steps.append(f"with a layer split the chips take turns: {most / limit.chips_reading:.2f} token/s at most")
        if streams == 1 and not model.expert_count:
            steps.append(f"counting the embedding as well, as the usual rule of thumb does: {bandwidth:g} / {all_gb + cache_gb:.2f} = {bandwidth / (all_gb + cache_gb):.2f} token/s")  # fmt: skip
    else:
        slow_gb = limit.slow_bytes / BYTES_PER_GB
        steps.append(f"{limit.beyond_bytes / BYTES_PER_GB:.2f} GB are more than the {limit.physical_bytes / BYTES_PER_GB:.2f} GB of the GPU's memory; {slow_gb:.2f} GB of them are read per step")  # fmt: skip
        if limit.slow_gb_per_s:
            steps.append(f"step: {total_gb - slow_gb:.2f} GB / {bandwidth:g} GB/s + {slow_gb:.2f} GB / {limit.slow_gb_per_s:g} GB/s = {limit.step_s:.3f} s, so {most:.2f} token/s at most")  # fmt: skip
    per_stream = "" if streams == 1 else f" / {streams} streams"
    steps.append(f"claimed: {claimed:g} token/s{per_stream} x {total_gb:.2f} GB = {shown(limit.implied_gb_per_s(claimed), 'GB/s')}")  # fmt: skip
    if expected is not None:
        steps.append(f"calibrated 80 % range: {shown(expected.low)} to {shown(expected.high)}, central {shown(expected.central, 'token/s')} ({expected.note})")  # fmt: skip
    return steps


def _refuse(decode_tok_s: float, *, context_tokens: int, batch_count: int, chip_count: int | None) -> None:
    if not 0 < decode_tok_s <= MOST_TOKENS_PER_S:  # also refuses NaN
        raise ScenarioError(
            f"tok-s is {decode_tok_s}; it must be a number above 0 and at most {MOST_TOKENS_PER_S:,}. Enter tokens per second."
        )
    bounds = {"context_tokens": (context_tokens, 0, MOST_TOKENS), "batch": (batch_count, 1, MOST_STREAMS), "count": (1 if chip_count is None else chip_count, 1, MOST_CHIPS)}  # fmt: skip
    for name, (got, low, high) in bounds.items():
        if not low <= got <= high:
            raise ScenarioError(f"{name} is {got}; it must lie in {low}..{high:,}. Enter a number within.")


def _yours(decode_tok_s: float, *, as_of: str) -> Quantity:
    return Quantity(
        low=decode_tok_s, central=decode_tok_s, high=decode_tok_s, unit="token/s", basis="yours", as_of=as_of
    )
