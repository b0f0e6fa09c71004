"""Measured speeds for the calculator, with their trust and staleness.

Trust: measured on this machine, on the same chip elsewhere by this tool, imported from another tool's file, or
published by others. A speed is stale, shown but not dropped, if mlx or mlx-lm has since changed by a minor version or
the system by a major one (long contexts changed tenfold between two macOS versions).
"""

import hashlib
import importlib.metadata
import json
from collections.abc import Iterable

from calculator.physics.measured import MeasuredSpeed, Phase, Trust
from measurements.records.record import Host, Measurement, Series
from measurements.records.store import Stored

FULL_PRECISION_CACHE_BITS = (0, 16)  # 0: not stated; every engine defaults to 16
NOT_A_CHIPS_SPEED = frozenset({"partial-offload", "on-processor", "over-network", "spread"})
"""Remarks of records that are kept as what they are: the processor or another host had a part in them, or their
readings disagree."""


def speeds_of(items: Iterable[Stored], *, host: Host, versions: dict[str, str]) -> tuple[MeasuredSpeed, ...]:
    """One speed per phase of every record that the calculator may use."""
    found: list[MeasuredSpeed] = []
    for item in items:
        record = item.record
        if not is_usable(record):
            continue
        work = record.workload
        depth = work.depth_tokens
        phases: tuple[tuple[Phase, Series | None, float], ...] = (
            ("decode", record.result.decode_tokens_per_s, depth + work.prompt_tokens + work.generated_tokens / 2),
            ("prefill", record.result.prefill_tokens_per_s, depth + work.prompt_tokens / 2),
        )
        for phase, series, context_tokens in phases:
            if series is not None and series.low > 0:
                found.append(
                    _speed(
                        item, phase=phase, series=series, context_tokens=context_tokens, host=host, versions=versions
                    )
                )
    return tuple(found)


def is_usable(record: Measurement) -> bool:
    """Whether a prediction may use the record: no rejected run, CPU backend, packed cache or speculation, and nothing
    that the processor or another host had a part in."""
    return (
        record.status == "ok"
        and record.kind not in ("host", "rag")
        and record.engine.backend != "cpu"
        and not record.workload.speculative
        and record.workload.kv_bits in FULL_PRECISION_CACHE_BITS
        and not any(remark.code in NOT_A_CHIPS_SPEED for remark in record.remarks)
        and all((record.host.chip, record.model.model, record.model.format))
    )


def trust_of(record: Measurement, *, host: Host) -> Trust:
    """The trust in this record as seen from this machine."""
    if record.kind == "published":
        return "published"
    if record.kind == "imported":
        return "imported"
    return "measured here" if record.host.host_id and record.host.host_id == host.host_id else "same chip"


def stale_because(record: Measurement, *, host: Host, versions: dict[str, str]) -> str:
    """Why the record may be out of date, in words; "" if it is not."""
    if record.kind not in ("fast", "real", "host", "rag"):
        return ""
    reasons: list[str] = []
    for name, then in (("mlx", record.engine.version), ("mlx-lm", record.engine.mlx_lm_version)):
        today = versions.get(name, "")
        if then and today and then.split(".")[:2] != today.split(".")[:2]:
            reasons.append(f"{name} was {then}, now {today}")
    then, today = record.host.os_version, host.os_version
    if then and today and record.host.os == host.os and then.split(".")[0] != today.split(".")[0]:
        reasons.append(f"measured under {record.host.system_name()}, now {host.system_name()}")
    return "; ".join(reasons)


def installed_versions() -> dict[str, str]:
    """Versions of mlx and mlx-lm if installed, read without importing them."""
    found: dict[str, str] = {}
    for name in ("mlx", "mlx-lm"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _speed(
    item: Stored, *, phase: Phase, series: Series, context_tokens: float, host: Host, versions: dict[str, str]
) -> MeasuredSpeed:
    record = item.record
    return MeasuredSpeed(
        phase=phase,
        chip=record.host.chip,
        chip_count=record.host.chip_count,
        model=record.model.model,
        format=record.model.format,
        runtime=record.engine.name,
        context_tokens=context_tokens,
        batch_count=record.workload.batch_count,
        low_tokens_per_s=series.low,
        central_tokens_per_s=series.central,
        high_tokens_per_s=series.high,
        trust=trust_of(record, host=host),
        as_of=record.measured_at,
        series=_series(record),
        is_synthetic=record.kind == "fast",
        reading_count=series.reading_count,
        stale_because=stale_because(record, host=host, versions=versions),
        source=record.provenance.source or record.provenance.tool,
        record_id=item.id,
        depth_tokens=record.workload.depth_tokens,
        prompt_tokens=record.workload.prompt_tokens,
    )


def _series(record: Measurement) -> str:
    """A key equal for records that may be interpolated: same machine, same software, same way of measuring."""
    host, engine, origin = record.host, record.engine, record.provenance
    parts = [
        record.kind,
        host.host_id,
        host.chip,
        host.chip_count,
        host.power_mode,
        host.wired_limit_mib,
        engine.name,
        engine.version,
        engine.mlx_lm_version,
        engine.backend,
        engine.wheel_tag,
        record.model.config_sha256,
        record.model.format_name,
        record.workload.prefill_step_tokens,
        record.workload.split,
        origin.tool,
        origin.file_name,
        origin.source,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
