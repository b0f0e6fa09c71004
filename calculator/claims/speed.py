"""Speed claims: a claimed decoding speed against the roofline and against the calibrated range."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from calculator.catalog import Catalog
from calculator.catalog.claims import Claim
from calculator.catalog.deployment import Deployment, Workload
from calculator.catalog.models import Split
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
from calculator.claims.roofline import Roofline, roofline
from calculator.errors import ScenarioError
from calculator.evidence import Quantity
from calculator.physics.memory.memory_fit import MemoryFit, memory_fit
from calculator.physics.memory.weights import weights_bytes
from calculator.physics.speed.decode import decode_speed
from calculator.physics.speed.speed import Speed
from calculator.units import BYTES_PER_GB, plain_number

MOST_TOKENS, MOST_STREAMS, MOST_CHIPS, MOST_TOKENS_PER_S = 10_000_000, 4096, 64, 100_000_000
SPECULATIVE = (
    "several tokens are accepted per step (speculative decoding), or more streams were summed than are stated here."
)


@dataclass(frozen=True, slots=True)
class SpeedClaim:
    """Somebody's decoding speed and the conditions it is claimed for."""

    machine: str
    """A machine, a rented machine or a bare chip."""
    model: str
    format: str
    decode_tok_s: float
    """Tokens per second, summed over the streams; above 0."""
    context_tokens: int = 0
    """Tokens in each stream's cache, 0..10,000,000."""
    batch_count: int = 1
    """Streams, 1..4,096."""
    runtime: str | None = None
    """The usual one for chip and format unless given."""
    split: Split | None = None
    """All chips may read at once unless it is a layer split."""
    chip_count: int | None = None
    """1..64; the machine's own unless given."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A claimed speed with what it is held against."""

    claimed_tokens_per_s: float
    limit: Roofline
    expected: Speed | None
    fit: MemoryFit
    deployment: Deployment
    context_tokens: int


def audit_speed_claim(claimed: SpeedClaim, catalog: Catalog) -> Finding:
    """Whether somebody's decoding speed can be: the bandwidth it implies, and the range that one would measure.

    impossible: above the roofline. holds: within the calibrated 80 % range. plausible: elsewhere below the roofline.
    contradicted: the model does not fit and nothing is known of what it would be read from. A machine that never
    existed is a finding ("no such thing"), not an error.
    Raises UnknownIdError for other ids, ScenarioError for figures out of bounds.
    """
    _refuse(claimed)
    machine, model, format = claimed.machine, claimed.model, claimed.format
    format_name, model_name = catalog.format(format).name, catalog.model(model).name
    phantom = catalog.phantom_of(machine)
    # an unknown id is refused before anything is said about it
    machine_name = machine if phantom is not None else catalog.chip_or_machine(machine).name
    claim = Claim(
        id="yours",
        quote=f"{model_name}, {format_name}, on {machine_name}: {plain_number(claimed.decode_tok_s)} tokens/s",
        subject=f"decode of {model_name} in {format_name} on {machine_name}",
        check="decode speed",
        machine=machine,
        model=model,
        formats=(format,),
        context_tokens=claimed.context_tokens,
        runtime=claimed.runtime or "",
        unless=SPECULATIVE,
        claimed=_yours(claimed.decode_tok_s, as_of=catalog.compiled),
    )
    if phantom is not None:
        nearest = f"Nearest real machines: {', '.join(catalog.machines[key].name for key in phantom.nearest)}."
        return found(claim, "no such thing", f"{phantom.sentence} {nearest}", sources=cited(catalog, phantom.source))
    deployment = claimed_deployment(claim, format, chip_count=claimed.chip_count, catalog=catalog)
    return judge_decode(
        claim,
        replace(deployment, split=claimed.split or deployment.split),
        Workload(context_tokens=claimed.context_tokens, batch_count=claimed.batch_count),
        claimed_tokens_per_s=claimed.decode_tok_s,
        split_is_known=claimed.split is not None,
        catalog=catalog,
    )


def decode_claim(claim: Claim, catalog: Catalog) -> Finding:
    """A decoding speed of the article."""
    assert claim.claimed is not None
    return judge_decode(
        claim,
        claimed_deployment(claim, claim.formats[0], catalog=catalog),
        Workload(context_tokens=claim.context_tokens),
        claimed_tokens_per_s=claim.claimed.central,
        catalog=catalog,
    )


def judge_decode(
    claim: Claim,
    deployment: Deployment,
    workload: Workload,
    *,
    claimed_tokens_per_s: float,
    split_is_known: bool = False,
    catalog: Catalog,
) -> Finding:
    """The claim against roofline, memory and calibrated range, in that order."""
    deployment = deployment.with_own_format(catalog)
    chip, context_tokens = deployment.hardware.chip, workload.context()
    host = catalog.constants["host_memory_gb_per_s"]
    limit = roofline(deployment, workload, host_gb_per_s=host.high, split_is_known=split_is_known)
    filled = replace(workload, context_tokens=max(1, context_tokens))
    fit = memory_fit(deployment, filled, catalog=catalog)
    expected = decode_speed(deployment, filled, calibration=catalog.calibration) if fit.fits else None
    judged = _Judged(claimed_tokens_per_s, limit, expected, fit, deployment, context_tokens)
    verdict = _verdict(judged)
    figures = {
        "bound_tok_s": limit.tokens_per_s,
        "implied_gb_per_s": limit.implied_gb_per_s(claimed_tokens_per_s),
        "bandwidth_gb_per_s": limit.bandwidth_gb_per_s,
        "read_bytes": limit.read_bytes,
    }
    if expected is not None:
        figures |= {
            "expected_low_tok_s": expected.low,
            "expected_tok_s": expected.central,
            "expected_high_tok_s": expected.high,
        }
    beyond_host = host if limit.beyond_bytes and chip.memory_kind == "discrete" else None
    return found(
        claim,
        verdict,
        _sentence(verdict, judged),
        bound=Bound(None, limit.tokens_per_s, "token/s"),
        figures=figures,
        sources=(
            *cited(catalog, chip.bandwidth_gb_per_s, beyond_host),
            model_source(deployment.model),
            *cited(catalog, deployment.format.bits_per_weight),
        ),
        arithmetic=(*_steps(judged), *_last_steps(judged)),
    )


def _verdict(judged: _Judged) -> Verdict:
    claimed, limit, expected = judged.claimed_tokens_per_s, judged.limit, judged.expected
    if claimed > limit.tokens_per_s:
        return "impossible"
    if limit.beyond_bytes and not limit.slow_gb_per_s:
        return "contradicted"
    if expected is not None and expected.low <= claimed <= expected.high:
        return "holds"
    return "plausible"


def _sentence(verdict: Verdict, judged: _Judged) -> str:
    claimed, limit, expected = judged.claimed_tokens_per_s, judged.limit, judged.expected
    most, has = shown(limit.tokens_per_s, "tokens/s"), shown(limit.bandwidth_gb_per_s, "GB/s")
    implied = shown(limit.implied_gb_per_s(claimed), "GB/s")
    range_ = shown_range(expected.low, expected.high, "tokens/s") if expected else ""
    if verdict == "impossible":
        likely = f" A measurement would show {range_}." if expected else ""
        return (
            f"At most {most}: {plain_number(claimed)} tokens/s would need {implied}, "
            f"{claimed / limit.tokens_per_s:.1f} times what {judged.deployment.hardware.chip.name} can read "
            f"({has}).{likely}"
        )
    if verdict == "contradicted":
        missing = shown(limit.beyond_bytes / BYTES_PER_GB, "GB")
        return (
            f"The model does not fit: {missing} are missing, and nothing is known of the memory that would hold them."
        )
    if verdict == "holds":
        return f"A measurement would show {range_}, so it holds; it implies {implied} of {has}, and {most} is the most."
    if expected is None:
        missing = shown(-judged.fit.headroom_bytes / BYTES_PER_GB, "GB")
        return (
            f"Possible, at most {most} if the rest is read from slower memory; by default the model does not fit, "
            f"{missing} are missing."
        )
    side = "above" if claimed > expected.high else "below"
    return (
        f"Possible, but {side} what a measurement would show ({range_}); it implies {implied} of {has}, "
        f"and {most} is the most."
    )


def _steps(judged: _Judged) -> Iterator[str]:
    """The bytes that one step reads, and by which bandwidth."""
    limit, model, format = judged.limit, judged.deployment.model, judged.deployment.format
    chip, streams, bandwidth = judged.deployment.hardware.chip, limit.streams, limit.bandwidth_gb_per_s
    all_gb, read_gb, cache_gb = (
        size / BYTES_PER_GB for size in (weights_bytes(model, format=format), limit.weights_bytes, limit.cache_bytes)
    )
    yield (
        f"{model.name} in {format.name}: {all_gb:.2f} GB of weights, of which one step reads {read_gb:.2f} GB "
        "(embedding and idle experts are not read)"
    )
    if judged.context_tokens and limit.cache_bytes:
        yield (
            f"cache of {streams} x {judged.context_tokens:,} tokens at the narrowest width the runtime offers: "
            f"{cache_gb:.2f} GB per step"
        )
    if limit.chips_reading > 1:
        yield (
            f"{limit.chips_reading} x {shown(chip.bandwidth_gb_per_s.high, 'GB/s')} = {shown(bandwidth, 'GB/s')}, "
            "if all chips read at once"
        )
    if limit.slow_bytes:
        return
    total_gb, most = limit.read_bytes / BYTES_PER_GB, limit.tokens_per_s
    yield f"{streams} token per step x {plain_number(bandwidth)} GB/s / {total_gb:.2f} GB = {most:.2f} tokens/s at most"
    if limit.chips_reading > 1 and streams == 1:
        yield f"with a layer split the chips take turns: {most / limit.chips_reading:.2f} tokens/s at most"
    if streams == 1 and not model.expert_count:
        whole_gb = all_gb + cache_gb
        yield (
            f"counting the embedding as well, as the usual rule of thumb does: {plain_number(bandwidth)} / "
            f"{whole_gb:.2f} = {bandwidth / whole_gb:.2f} tokens/s"
        )


def _last_steps(judged: _Judged) -> Iterator[str]:
    """What is read from slower memory, what the claim implies, and the calibrated range."""
    limit, claimed, expected = judged.limit, judged.claimed_tokens_per_s, judged.expected
    total_gb, slow_gb = limit.read_bytes / BYTES_PER_GB, limit.slow_bytes / BYTES_PER_GB
    if limit.slow_bytes:
        yield (
            f"{limit.beyond_bytes / BYTES_PER_GB:.2f} GB are more than the {limit.physical_bytes / BYTES_PER_GB:.2f} "
            f"GB of the GPU's memory; {slow_gb:.2f} GB of them are read per step"
        )
        if limit.slow_gb_per_s:
            yield (
                f"step: {total_gb - slow_gb:.2f} GB / {plain_number(limit.bandwidth_gb_per_s)} GB/s + {slow_gb:.2f} GB "
                f"/ {plain_number(limit.slow_gb_per_s)} GB/s = {limit.step_s:.3f} s, so {limit.tokens_per_s:.2f} "
                "tokens/s at most"
            )
    per_stream = "" if limit.streams == 1 else f" / {limit.streams} streams"
    implied = shown(limit.implied_gb_per_s(claimed), "GB/s")
    yield f"claimed: {plain_number(claimed)} tokens/s{per_stream} x {total_gb:.2f} GB = {implied}"
    if expected is not None:
        yield (
            f"calibrated 80 % range: {shown_range(expected.low, expected.high)}, "
            f"central {shown(expected.central, 'tokens/s')} ({expected.note})"
        )


def _refuse(claimed: SpeedClaim) -> None:
    speed, chips = claimed.decode_tok_s, claimed.chip_count
    if not 0 < speed <= MOST_TOKENS_PER_S:  # also refuses NaN
        raise ScenarioError(
            f"tok/s is {speed}; it must be more than 0 and at most {MOST_TOKENS_PER_S:,}. Enter tokens per second."
        )
    bounds = {
        "context_tokens": (claimed.context_tokens, 0, MOST_TOKENS),
        "batch": (claimed.batch_count, 1, MOST_STREAMS),
        "count": (1 if chips is None else chips, 1, MOST_CHIPS),
    }
    for name, (got, low, high) in bounds.items():
        if not low <= got <= high:
            raise ScenarioError(f"{name} is {got}; it must lie in {low}..{high:,}.")


def _yours(decode_tok_s: float, *, as_of: str) -> Quantity:
    return Quantity(
        low=decode_tok_s, central=decode_tok_s, high=decode_tok_s, unit="token/s", basis="yours", as_of=as_of
    )
