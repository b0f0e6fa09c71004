"""Ranges of estimated times: a rate with the middle 80 % of what one would measure, and what it stands on."""

import math
from collections.abc import Sequence

from calculator.catalog.calibration import Law
from calculator.catalog.deployment import Deployment
from calculator.catalog.options import Chip
from calculator.physics.memory.work import work_of
from calculator.physics.speed.law import Estimate
from calculator.physics.speed.speed import Speed
from calculator.units import MS_PER_S

INTERVAL_DEVIATIONS = 1.2816  # an 80 % interval of a normal distribution is +- 1.2816 standard deviations
NARROWEST_OF_NOISE = 0.5
"""An assumption: what repeats best of a row's error is half of it; the narrowest cell with rows of several publishers
has 0.58."""

DEPTH_BANDS = ((2048, "to 2k"), (16384, "2k to 16k"), (65536, "16k to 64k"), (math.inf, "beyond 64k"))
STREAM_BANDS = ((1, "1"), (4, "2 to 4"), (16, "5 to 16"), (math.inf, "beyond 16"))
COUNT_BANDS = ((1, "1"), (2, "2"), (4, "3 to 4"), (math.inf, "beyond 4"))
KINDS = {"dense": "dense", "experts": "experts", "dense-recurrent": "hybrid", "experts-recurrent": "hybrid"}


def cells_of(deployment: Deployment, *, program: str, stream_count: float, depth_tokens: float) -> tuple[str, ...]:
    """The cells of a case in which the ranges are checked: family of the chip, runtime, streams, depth, kind of model
    (dense, experts, hybrid) and number of chips, each as `name/band`.
    """
    hardware = deployment.hardware
    return (
        f"family/{hardware.chip.family}",
        f"runtime/{program}",
        f"streams/{_band(round(stream_count), STREAM_BANDS)}",
        f"depth/{_band(depth_tokens, DEPTH_BANDS)}",
        f"kind/{KINDS[work_of(deployment.model, deployment.format).kind]}",
        f"chips/{_band(hardware.all_chips_count(), COUNT_BANDS)}",
    )


def _band(value: float, bands: Sequence[tuple[float, str]]) -> str:
    """The first band whose end is not exceeded."""
    return next(name for end, name in bands if value <= end)


def speed_of(found: Estimate, *, law: Law, tokens: float, chip: Chip, cells: Sequence[str] = ()) -> Speed:
    """Tokens over time, with the range that held for left-out measurements of the same standing and cells; never above
    the bandwidth.
    """
    standing = standing_of(law, chip)
    width = interval_width(law, found.deviation, chip=chip, cells=cells)
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
        note=_note(law, chip, standing) + (f"; builds of {law.software}" if law.software else ""),
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
    "attention bound": "compute",
    "rescaling": "compute",
    "unpacking": "weights",
    "experts one by one": "overhead",
    "sorting": "overhead",
    "conversion": "overhead",
    "stream": "weights",
    "launch": "overhead",
}
"""Speed.bound_by speaks of weights, kv cache, overhead, compute and host link."""


def interval_width(law: Law, deviation: float, *, chip: Chip, cells: Sequence[str] = ()) -> float:
    """The factor up and down within which the middle 80 % lie: deviation x stretch of the standing and of each cell.

    Never narrower than NARROWEST_OF_NOISE of the law's noise: a stretch that was found on rows without a fitted effect,
    whose deviation is large, would shrink the range of a row with it to nothing.
    """
    stretch = law.stretch.get(standing_of(law, chip), 1.0)
    for cell in cells:
        stretch *= law.stretch.get(cell, 1.0)
    return math.exp(INTERVAL_DEVIATIONS * max(deviation * stretch, NARROWEST_OF_NOISE * law.noise))


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
        efficiency = f"with the efficiency of its family, {chip.family_name}"
        return f"no measurement of this chip: its bandwidth and rate, {efficiency}"
    of = f"{chip.maker} chips" if any(f"/{chip.vendor}" in name for name in law.effects) else "other makers' chips"
    return f"no measurement of this chip or its family: its spec sheet, with the efficiency of {of}"
