"""Lines of the record list: what was measured, where, how fast, when, by whom, and notes for the reader."""

import datetime
from dataclasses import dataclass

from calculator.units import digits
from measurements.records.ceilings import Ceilings
from measurements.records.record import Host, Measurement
from measurements.records.store import Stored
from measurements.records.trusted_speeds import is_usable, stale_because, trust_of

NOT_A_SPEED = "not a local-LLM speed"
NO_CEILINGS = Ceilings()
_DAYS_PER_MONTH = 30.44
_MONTHS_PER_YEAR = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list. Rates are medians, None if the record has none; `mind` holds notes for the reader."""

    id: str
    measured_at: str
    age: str
    kind: str
    trust: str
    status: str
    model: str
    format: str
    chip: str
    chip_count: int
    runtime: str
    context_tokens: int
    batch_count: int
    decode_tokens_per_s: float | None
    prefill_tokens_per_s: float | None
    other: str
    mind: str
    used: bool
    source: str


def row_of(item: Stored, *, host: Host, versions: dict[str, str], today: datetime.date) -> Row:
    """The line of one stored record, with its trust and age as seen from this machine on this day."""
    record = item.record
    result, work, engine = record.result, record.workload, record.engine
    decode, prefill = result.decode_tokens_per_s, result.prefill_tokens_per_s
    stale = stale_because(record, host=host, versions=versions)
    mind = [NOT_A_SPEED] if engine.backend == "cpu" else []
    mind += [record.notes] if record.notes and record.status != "ok" else []
    mind += [f"stale: {stale}"] if stale else []
    mind += [remark.text for remark in record.remarks if remark.level != "info" and remark.code != "cpu-backend"]
    return Row(
        id=item.id,
        measured_at=record.measured_at,
        age=age(record.measured_at, today=today),
        kind=record.kind,
        trust=trust_of(record, host=host),
        status=record.status,
        model=record.model.model or record.model.model_name,
        format=record.model.format or record.model.format_name,
        chip=record.host.chip or record.host.chip_name,
        chip_count=record.host.chip_count,
        runtime=" ".join(filter(None, (engine.name, engine.version))),
        context_tokens=work.depth_tokens + work.prompt_tokens,
        batch_count=work.batch_count,
        decode_tokens_per_s=decode.central if decode else None,
        prefill_tokens_per_s=prefill.central if prefill else None,
        other=_other(record),
        mind="; ".join(mind),
        used=is_usable(record),
        source=record.provenance.source or record.provenance.file_name or record.provenance.tool,
    )


def words(record: Measurement, *, ceilings: Ceilings = NO_CEILINGS) -> str:
    """The results of one record in words, each figure with its share of the machine's ceiling."""
    decode, prefill, work = record.result.decode_tokens_per_s, record.result.prefill_tokens_per_s, record.workload
    if record.status not in ("ok", "rejected"):
        return f"{record.status}: {record.notes}" if record.notes else record.status
    parts: list[str] = []
    if decode is not None:
        context = work.depth_tokens + work.prompt_tokens
        share = _share(decode.central, ceilings.decode.get(context), "bandwidth alone would allow")
        parts.append(f"decode {digits(decode.central, 4)} tokens/s at {context:,} tokens of context{share}")
    if prefill is not None:
        share = _share(prefill.central, ceilings.prefill, "arithmetic alone would allow")
        parts.append(f"prefill {digits(prefill.central, 4)} tokens/s after {work.depth_tokens:,} tokens{share}")
    parts += filter(None, [_other(record, ceilings)])
    parts += ["rejected because the trials disagree"] if record.status == "rejected" else []
    parts += [NOT_A_SPEED] if parts and record.engine.backend == "cpu" else []
    return ", ".join(parts) or record.notes or record.status


def _share(value: float, of: float | None, what: str) -> str:
    return f" ({value / of:.0%} of what {what})" if of else ""


def age(measured_at: str, *, today: datetime.date) -> str:
    """The age as "today", "3 days", "5 months" or "2 years", counted from the first day of a bare month or year.

    >>> age("2026-08", today=datetime.date(2026, 11, 22))
    '4 months'
    """
    day = datetime.date.fromisoformat((measured_at + "-01-01")[:10] if len(measured_at) < 10 else measured_at[:10])
    days = (today - day).days
    if days < 1:
        return "today"
    if days < 2 * _DAYS_PER_MONTH:
        return f"{days} day{'s' if days > 1 else ''}"
    months = round(days / _DAYS_PER_MONTH)
    return f"{months} months" if months < 2 * _MONTHS_PER_YEAR else f"{months // _MONTHS_PER_YEAR} years"


def _other(record: Measurement, ceilings: Ceilings = NO_CEILINGS) -> str:
    """The results other than decode and prefill, in words."""
    result = record.result
    parts: list[str] = []
    for what, unit, series, stated in (
        ("bandwidth", "GB/s", result.bandwidth_gb_per_s, ceilings.bandwidth),
        ("matrix rate", "TFLOPS", result.matrix_tflops, ceilings.matrix),
    ):
        if series is not None:
            share = _share(series.central, stated[0], f"{stated[1]} states") if stated is not None else ""
            parts.append(f"{what} {digits(series.central, 4)} {unit}{share}")
    if result.layer_overhead_us is not None:
        parts.append(f"overhead {digits(result.layer_overhead_us.central, 3)} us per layer")
    for name, series in (("embed", result.embed_s), ("search", result.search_s), ("read", result.retrieved_prefill_s)):
        parts += [f"{name} {digits(series.central, 3)} s"] if series is not None else []
    return ", ".join(parts)
