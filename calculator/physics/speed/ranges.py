"""Ranges of estimated times: a rate with the middle 80 % of what one would measure, and what it stands on."""

import math

from calculator.catalog.calibration import Law
from calculator.catalog.options import Chip
from calculator.physics.speed.law import Estimate
from calculator.physics.speed.speed import Speed
from calculator.units import MS_PER_S

INTERVAL_DEVIATIONS = 1.2816  # an 80 % interval of a normal distribution is +- 1.2816 standard deviations


def speed_of(found: Estimate, *, law: Law, tokens: float, chip: Chip, batch_count: int = 1) -> Speed:
    """Tokens over time, with the range that held for left-out measurements of the same standing; never above the
    bandwidth.
    """
    standing = standing_of(law, chip)
    width = interval_width(law, found.deviation, chip=chip, batch_count=batch_count)
    central = tokens * MS_PER_S / found.central_ms
    high = central * width
    if found.floor_ms:
        high = min(high, tokens * MS_PER_S / found.floor_ms)
    largest = max(found.shares, key=lambda name: found.shares[name])
    return Speed(
        low=central / width,
        central=central,
        high=high,
        unit="token/s",
        bound_by=BOUND_BY.get(largest, largest),
        basis="fitted",
        note=_note(law, chip, standing),
    )


BOUND_BY = {
    "loss": "weights",
    "kv cache loss": "kv cache",
    "experts": "weights",
    "batch step": "compute",
    "batch": "compute",
    "large batch": "compute",
    "exchange": "host link",
    "exchange of a batch": "host link",
    "hop": "host link",
    "linear": "compute",
    "arithmetic": "compute",
    "power": "compute",
    "attention": "compute",
    "stream": "weights",
    "launch": "overhead",
}
"""Speed.bound_by speaks of weights, kv cache, overhead, compute and host link."""


def interval_width(law: Law, deviation: float, *, chip: Chip, batch_count: int) -> float:
    """The factor up and down within which the middle 80 % lie."""
    stretch = law.stretch.get(standing_of(law, chip), 1.0) * (law.stretch.get("batch", 1.0) if batch_count > 1 else 1.0)
    return math.exp(INTERVAL_DEVIATIONS * deviation * stretch)


def standing_of(law: Law, chip: Chip) -> str:
    """How near the chip is to what was measured: `here` (one's own), `chip`, `family` or `vendor`."""
    if f"here/{chip.id}" in law.effects:
        return "here"
    for standing, name in (("chip", chip.id), ("family", chip.family)):
        if f"loss/{standing}/{name}" in law.effects or f"linear/{standing}/{name}" in law.effects:
            return standing
    return "vendor"


def _note(law: Law, chip: Chip, standing: str) -> str:
    if standing == "here":
        return f"fitted to published measurements and corrected by {law.effects[f'here/{chip.id}'].rows} of your own"
    if standing == "chip":
        effect = law.effects.get(f"loss/chip/{chip.id}") or law.effects[f"linear/chip/{chip.id}"]
        return f"fitted to published measurements, {effect.rows} of this chip"
    if standing == "family":
        return f"no measurement of this chip: its bandwidth and rate, with the efficiency of its family ({chip.family})"
    of = f"{chip.vendor} chips" if any(f"/{chip.vendor}" in name for name in law.effects) else "other makers' chips"
    return f"no measurement of this chip or its family: its spec sheet, with the efficiency of {of}"
