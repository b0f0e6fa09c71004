"""Findings of an audit: a verdict, the bound with its arithmetic spelled out, and the sources.

holds            the figure lies within what was published, measured or computed for the case
plausible        no bound excludes it, but nothing measured stands behind it either
contradicted     nothing in physics forbids it, but measurements, sources or its own text say otherwise
impossible       a law or plain arithmetic forbids it, whatever the software
no such thing    it is about something that never existed
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from calculator.catalog import Catalog
from calculator.catalog.claims import Claim
from calculator.catalog.deployment import Deployment, format_on, loads, usual_runtime
from calculator.catalog.hardware import hardware_of
from calculator.catalog.models import LanguageModel
from calculator.catalog.options import Chip
from calculator.evidence import Quantity
from calculator.units import digits

Verdict = Literal["holds", "plausible", "contradicted", "impossible", "no such thing"]


@dataclass(frozen=True, slots=True)
class Bound:
    """Between which figures the thing claimed can lie; None on a side that nothing bounds."""

    low: float | None
    high: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class CitedSource:
    """A source by its id, resolved so that it can be read without the catalogue."""

    id: str
    title: str
    url: str


@dataclass(frozen=True)
class Finding:
    """One claim, judged.

    `sentence` is the answer in one breath, `arithmetic` the steps that lead to it, each with its units. `figures` holds
    the same numbers by name for machines. `unless` names the condition under which a claim that is not
    true as it stands could hold all the same.
    """

    id: str
    quote: str
    subject: str
    claimed: float | None
    unit: str
    limit: str
    verdict: Verdict
    sentence: str
    bound: Bound | None
    arithmetic: tuple[str, ...]
    figures: Mapping[str, float] = field(default_factory=dict[str, float])
    unless: str = ""
    note: str = ""
    sources: tuple[CitedSource, ...] = ()


def found(
    claim: Claim,
    verdict: Verdict,
    sentence: str,
    *,
    sources: Iterable[CitedSource],
    bound: Bound | None = None,
    arithmetic: Iterable[str] = (),
    figures: Mapping[str, float] | None = None,
) -> Finding:
    """The finding about a claim of the catalogue."""
    claimed = claim.claimed
    excused = claim.unless if verdict in ("impossible", "contradicted") else ""
    notes = [text for text in (claim.note, claimed.note if claimed else "") if text]
    return Finding(
        id=claim.id,
        quote=claim.quote,
        subject=claim.subject,
        claimed=claimed.central if claimed else None,
        unit=claimed.unit if claimed else "",
        limit=claim.limit,
        verdict=verdict,
        sentence=sentence,
        bound=bound,
        arithmetic=tuple(arithmetic),
        figures=figures or {},
        unless=excused,
        note="; ".join(notes),
        sources=tuple(dict.fromkeys(sources)),
    )


def claimed_deployment(
    claim: Claim, format_id: str, *, machine: str = "", chip_count: int | None = None, catalog: Catalog
) -> Deployment:
    """The deployment that a claim speaks of, in one of its formats; the usual runtime unless the claim names one that
    loads this format."""
    box = catalog.chip_or_machine(machine or claim.machine)
    hardware = hardware_of(box, chips=catalog.chips, chip_count=chip_count)
    format = catalog.format(format_id)
    named = catalog.runtime(claim.runtime) if claim.runtime else None
    usual = catalog.runtime(usual_runtime(hardware.chip, format))
    runtime = named if named is not None and loads(named, format) else usual
    return Deployment(
        model=catalog.model(claim.model),
        format=format_on(runtime, format, catalog=catalog),
        runtime=runtime,
        hardware=hardware,
        split="layer" if isinstance(box, Chip) else box.split,
    )


def cited(catalog: Catalog, *evidence: Quantity | str | None) -> tuple[CitedSource, ...]:
    """The sources of these quantities and ids ("a+b" names two), each once. An assumption names none."""
    parts = [item.source if isinstance(item, Quantity) else item for item in evidence if item]
    ids = dict.fromkeys(part for joined in parts for part in joined.split("+") if part)
    return tuple(CitedSource(key, catalog.sources[key].title, catalog.sources[key].url) for key in ids)


def model_source(model: LanguageModel) -> CitedSource:
    """Where the shapes of a model were read."""
    return CitedSource(model.id, f"{model.name}: {model.source}", model.source_url)


def shown(value: float, unit: str = "") -> str:
    """A number for a sentence: about three digits, thousands apart, with its unit.

    >>> shown(10.8331, "tokens/s")
    '10.8 tokens/s'
    """
    size = abs(value)
    if size >= 100 or value == 0:
        text = f"{value:,.0f}"
    elif size >= 10:
        text = f"{value:.1f}"
    elif size >= 0.1:
        text = f"{value:.2f}"
    else:
        text = digits(value, 2)
    return f"{text} {unit}".rstrip()


def shown_range(low: float, high: float, unit: str = "") -> str:
    """Both ends of a range for a sentence; one figure where they read alike.

    >>> shown_range(6.474, 10.08, "tokens/s"), shown_range(1.551, 1.5512, "tokens/s")
    ('6.47 to 10.1 tokens/s', '1.55 tokens/s')
    """
    ends = shown(low), shown(high)
    return f"{ends[0] if ends[0] == ends[1] else ' to '.join(ends)} {unit}".rstrip()


def finding_dict(finding: Finding) -> dict[str, Any]:
    """What `audit --json` prints; what is unknown is null."""
    bound = finding.bound
    return {
        "id": finding.id,
        "quote": finding.quote,
        "subject": finding.subject,
        "claimed": finding.claimed,
        "unit": finding.unit or None,
        "limit": finding.limit,
        "verdict": finding.verdict,
        "sentence": finding.sentence,
        "bound": bound and {"low": bound.low, "high": bound.high, "unit": bound.unit},
        "arithmetic": list(finding.arithmetic),
        "figures": dict(finding.figures),
        "unless": finding.unless or None,
        "note": finding.note or None,
        "sources": [{"id": source.id, "title": source.title, "url": source.url} for source in finding.sources],
    }


def finding_text(finding: Finding) -> str:
    """One finding for a terminal: verdict and claim, the answer, the steps, the sources."""
    lines = [f"{finding.verdict.upper()}: {finding.subject}"]
    lines += [f'  "{finding.quote}"'] if finding.quote else []
    lines += [f"  {finding.sentence}"]
    lines += [f"    {step}" for step in finding.arithmetic]
    lines += [f"  Unless {finding.unless}"] if finding.unless else []
    lines += [f"  Note: {finding.note}"] if finding.note else []
    lines += [f"  Sources: {'; '.join(f'{source.title} <{source.url}>' for source in finding.sources)}"]
    return "\n".join(lines)
