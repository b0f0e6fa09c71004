"""Measured speeds, in the order of trust, as plain records without a database.

`measurements.records.trusted_speeds` makes the records from its store; `measured_speed` picks the one that answers a
question, or None where no measurement does, so that the fitted law speaks. Trust: measured here, then the same chip
elsewhere, then imported from another tool's file, then published by others. A stale one yields to a fresh one of the
same trust; it is never dropped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from calculator.catalog import Catalog
from calculator.catalog.deployment import Deployment
from calculator.physics.memory.format_words import plain_name
from calculator.physics.speed.speed import Speed, SpeedBasis

Phase = Literal["decode", "prefill"]
Trust = Literal["measured here", "same chip", "imported", "published"]
TRUST_ORDER: tuple[Trust, ...] = ("measured here", "same chip", "imported", "published")

NEAR_CONTEXT_FRACTION = 0.25
"""How far from a single measured context its speed is still taken. A matching rule, not a physical constant: time per
token is affine in the context and the cache's share of it is seldom above a fifth, so a quarter off is under 5 %."""

_BASIS: dict[Trust, SpeedBasis] = {
    "measured here": "measured here",
    "same chip": "imported",
    "imported": "imported",
    "published": "published",
}


@dataclass(frozen=True, slots=True)
class MeasuredSpeed:
    """One measured rate in tokens/s, total over the batch; `low` and `high` are p10 and p90 of its trials.

    `context_tokens` is the mean number of tokens before the one being written or read: depth + prompt + answer/2 for
    decode, depth + prompt/2 for prefill. Time per token is affine in it, so that one may interpolate between two.
    `depth_tokens` and `prompt_tokens` are what was in the cache before and what was read: 0 and 0 where nobody says.
    `is_synthetic`: random weights in the real architecture; yields to real weights of the same trust.
    `series` is equal for measurements of one machine with one software and one setting: only those are interpolated.
    """

    phase: Phase
    chip: str
    chip_count: int
    model: str
    format: str
    runtime: str
    context_tokens: float
    batch_count: int
    low_tokens_per_s: float
    central_tokens_per_s: float
    high_tokens_per_s: float
    trust: Trust
    as_of: str
    series: str = ""
    is_synthetic: bool = False
    reading_count: int = 1
    stale_because: str = ""
    source: str = ""
    record_id: str = ""
    depth_tokens: int = 0
    prompt_tokens: int = 0


def measured_speed(
    measured: Iterable[MeasuredSpeed],
    deployment: Deployment,
    *,
    phase: Phase,
    context_tokens: float,
    batch_count: int = 1,
) -> Speed | None:
    """The most trusted measured speed of this deployment in token/s at this context, or None.

    Between two contexts of one series the time per token is interpolated linearly; a single one is taken where it
    lies within NEAR_CONTEXT_FRACTION of the context asked for. Never extrapolated: prefill laws fitted below 64k miss
    192k by 23 to 41 % (mlx-lm issue 1480, read 2026-11-22).
    """
    hardware = deployment.hardware
    if hardware.others:  # nobody stores which cards were beside it
        return None
    names = (deployment.model.id, deployment.format.id, deployment.runtime.id)
    question = (phase, hardware.chip.id, hardware.chip_count, *names, batch_count)
    by_series: dict[tuple[int, bool, bool, str], list[MeasuredSpeed]] = {}
    for one in measured:
        if question == (one.phase, one.chip, one.chip_count, one.model, one.format, one.runtime, one.batch_count):
            rank = (TRUST_ORDER.index(one.trust), bool(one.stale_because), one.is_synthetic, one.series)
            by_series.setdefault(rank, []).append(one)
    for _, rows in sorted(by_series.items(), key=lambda item: (item[0][:3], _newest_first(item[1]))):
        newest = {row.context_tokens: row for row in sorted(rows, key=lambda row: row.as_of)}
        found = _at_context([newest[context] for context in sorted(newest)], context_tokens=context_tokens)
        if found is not None:
            return _speed_of(found)
    return None


def unused_measurement(
    measured: Iterable[MeasuredSpeed],
    deployment: Deployment,
    *,
    phase: Phase,
    context_tokens: float,
    prompt_tokens: int,
    catalog: Catalog,
) -> str:
    """Why the measurements of this model on this hardware do not answer the question, in a sentence; empty without any.

    The nearest one by context is named: it has another format or runtime, several streams, or another length.
    context_tokens: the mean number of tokens before the one read or written, by which they are matched; prompt_tokens:
    the whole prompt of a question, which is what a person knows.
    """
    hardware, model = deployment.hardware, deployment.model.id
    if hardware.others:
        return ""
    rows = [
        one
        for one in measured
        if (one.phase, one.chip, one.chip_count, one.model) == (phase, hardware.chip.id, hardware.chip_count, model)
    ]
    if not rows:
        return ""
    asked = (deployment.format.id, deployment.runtime.id, 1)
    near = min(
        rows,
        key=lambda one: (
            (one.format, one.runtime, one.batch_count) != asked,
            abs(one.context_tokens - context_tokens),
        ),
    )
    what = "writing" if phase == "decode" else "reading"
    if (near.format, near.runtime) != asked[:2]:
        return (
            f"a measurement of {what} is stored for {_format(near.format, catalog)} on "
            f"{_runtime(near.runtime, catalog)}, not for {plain_name(deployment.format)} on {deployment.runtime.name}"
        )
    if near.batch_count != 1:
        return f"the stored measurement of {what} is of {near.batch_count} streams at once, not of one"
    return f"the stored measurement of {what} {_taken(near)}; your prompts have {prompt_tokens:,} tokens"


def _taken(near: MeasuredSpeed) -> str:
    """At which length it was measured, as a benchmark asks for it."""
    read, before = near.prompt_tokens, near.depth_tokens
    if near.phase == "prefill" and read:
        return f"read {read:,} tokens" + (f" after {before:,} others" if before else "")
    if near.phase == "decode" and read + before:
        return f"wrote after {read + before:,} tokens"
    return f"was taken at {near.context_tokens:,.0f} tokens on average"


def _format(format_id: str, catalog: Catalog) -> str:
    known = catalog.formats.get(format_id)
    return plain_name(known) if known else format_id


def _runtime(runtime_id: str, catalog: Catalog) -> str:
    known = catalog.runtimes.get(runtime_id)
    return known.name if known else runtime_id


def _at_context(rows: Sequence[MeasuredSpeed], *, context_tokens: float) -> MeasuredSpeed | None:
    below = [row for row in rows if row.context_tokens <= context_tokens]
    above = [row for row in rows if row.context_tokens >= context_tokens]
    if below and above:
        return _between(below[-1], above[0], context_tokens=context_tokens)
    nearest = below[-1] if below else above[0]
    far = abs(nearest.context_tokens - context_tokens) > NEAR_CONTEXT_FRACTION * context_tokens
    return None if far else nearest


def _between(left: MeasuredSpeed, right: MeasuredSpeed, *, context_tokens: float) -> MeasuredSpeed:
    """Seconds per token interpolated: 1/speed = (1-w)/left + w/right with w = (c - c_left) / (c_right - c_left)."""
    width = right.context_tokens - left.context_tokens
    if width == 0:
        return left
    weight = (context_tokens - left.context_tokens) / width

    def rate(one: float, other: float) -> float:
        return 1 / ((1 - weight) / one + weight / other)

    return replace(
        left,
        context_tokens=context_tokens,
        low_tokens_per_s=rate(left.low_tokens_per_s, right.low_tokens_per_s),
        central_tokens_per_s=rate(left.central_tokens_per_s, right.central_tokens_per_s),
        high_tokens_per_s=rate(left.high_tokens_per_s, right.high_tokens_per_s),
        as_of=min(left.as_of, right.as_of),
        reading_count=min(left.reading_count, right.reading_count),
        stale_because=left.stale_because or right.stale_because,
        record_id="+".join(filter(None, (left.record_id, right.record_id))),
    )


def _newest_first(rows: Sequence[MeasuredSpeed]) -> tuple[int, ...]:
    """A sort key: the newest date of a series, inverted digit by digit."""
    return tuple(-ord(letter) for letter in max(row.as_of for row in rows))


def _speed_of(found: MeasuredSpeed) -> Speed:
    where = {
        "measured here": "measured on this machine",
        "same chip": "measured by this tool on another machine with this chip",
        "imported": "imported from another tool's file",
        "published": "published by others",
    }[found.trust]
    parts = [f"{where}, {found.as_of[:10]}"]
    parts += [found.source] if found.source else []
    parts += ["a single reading, so no range"] if found.reading_count == 1 else []
    parts += [f"stale: {found.stale_because}"] if found.stale_because else []
    return Speed(
        low=found.low_tokens_per_s,
        central=found.central_tokens_per_s,
        high=found.high_tokens_per_s,
        unit="token/s",
        bound_by="measured",
        basis=_BASIS[found.trust],
        note="; ".join(parts),
        record_ids=tuple(filter(None, found.record_id.split("+"))),
    )
