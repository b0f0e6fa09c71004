"""Ceilings of a machine: the speeds that its bandwidth and its matrix rate alone would allow.

    decode  <= bandwidth x streams / (weight bytes read per token + cache bytes at that depth)
    prefill <= matrix rate / (2 x parameters that every token of a prompt passes through)

Both come from the catalogue or, for an unknown chip, from this machine's newest host probe. A probe's figure is not a
physical bound: a model may do a little better. The command line and the page share this module.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from calculator.catalog import Catalog
from calculator.units import BYTES_PER_GB, FLOPS_PER_TFLOP, digits
from measurements.probe.run import Json
from measurements.records.record import Host
from measurements.records.store import Stored

SourcedFigure = tuple[float, str]
"""A figure and its source."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Bandwidth in GB/s and matrix rate in TFLOPS with their sources; decode by depth and prefill in tokens/s."""

    bandwidth: SourcedFigure | None = None
    matrix: SourcedFigure | None = None
    decode: Mapping[int, float] = field(default_factory=dict[int, float])
    prefill: float | None = None

    def sentences(self) -> list[str]:
        """The sentences shown before anything is measured."""
        found: list[str] = []
        if self.bandwidth is None:
            return ["No ceiling is known: the catalogue lacks this chip, and no host probe has measured it yet."]
        if self.decode:
            rates = ", ".join(f"{_rate(rate)} tokens/s at {depth:,} tokens" for depth, rate in self.decode.items())
            found.append(f"Decode ceiling from {_bandwidth_words(self.bandwidth)}: {rates}.")
        if self.prefill is not None and self.matrix is not None:
            found.append(f"Prefill ceiling from {_matrix_words(self.matrix)}: {_rate(self.prefill)} tokens/s.")
        if not found:
            known = [
                _bandwidth_words(self.bandwidth),
                *([_matrix_words(self.matrix)] if self.matrix is not None else []),
            ]
            found = [f"Known before the probe: {', '.join(known)}."]
        return found


def machine_ceilings(catalog: Catalog, *, host: Host, items: Iterable[Stored]) -> Ceilings:
    """Bandwidth and matrix rate of this machine: the catalogue's, else those of its newest good host probe."""
    chip = catalog.chips.get(host.chip)
    if chip is not None:
        matrix = (chip.matrix_tflops.central, "the catalogue") if chip.matrix_tflops is not None else None
        return Ceilings((chip.bandwidth_gb_per_s.central, "the catalogue"), matrix)
    for item in reversed(list(items)):
        record = item.record
        found, rate = record.result.bandwidth_gb_per_s, record.result.matrix_tflops
        if found is not None and record.status == "ok" and host.host_id and record.host.host_id == host.host_id:
            source = f"a probe of {record.measured_at[:10]}"
            return Ceilings((found.central, source), (rate.central, source) if rate is not None else None)
    return Ceilings()


def ceilings_of(plan: Json, *, machine: Ceilings, batch_count: int) -> Ceilings:
    """The machine's ceilings with the speeds that they allow the model of this plan; unchanged for an empty plan."""
    decode: dict[int, float] = {}
    if machine.bandwidth is not None and plan.get("read_bytes_per_token"):
        bytes_per_s = machine.bandwidth[0] * BYTES_PER_GB * batch_count
        pairs = zip(plan["depths"], plan["kv_read_bytes"], strict=True)
        decode = {depth: bytes_per_s / (plan["read_bytes_per_token"] + cache) for depth, cache in pairs}
    flops = plan.get("flops_per_prefill_token")
    prefill = machine.matrix[0] * FLOPS_PER_TFLOP / flops if machine.matrix is not None and flops else None
    return Ceilings(machine.bandwidth, machine.matrix, decode, prefill)


def _rate(tokens_per_s: float) -> str:
    return f"{tokens_per_s:,.0f}" if tokens_per_s >= 1_000 else digits(tokens_per_s, 3)


def _bandwidth_words(figure: SourcedFigure) -> str:
    return f"{digits(figure[0], 4)} GB/s ({figure[1]})"


def _matrix_words(figure: SourcedFigure) -> str:
    return f"{digits(figure[0], 4)} TFLOPS ({figure[1]})"
