"""Own measurements of a chip: they move its constants at once, in the session.

Each own speed is compared with what the laws say of its very case; the mean of the log differences, drawn towards
zero as long as they are few, becomes one more effect of that chip: `here/<chip>`. It scales every prediction for the
chip, so a measurement of one model speaks for the others. Nothing is written; the shipped constants stay as they are.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from calculator.catalog import Catalog
from calculator.catalog.calibration import Calibration, Effect, Law
from calculator.catalog.deployment import Deployment, Workload, format_on
from calculator.catalog.hardware import Hardware
from calculator.physics.measured import MeasuredSpeed
from calculator.physics.speed.classes import Conditions
from calculator.physics.speed.decode import decode_estimate
from calculator.physics.speed.prefill import prefill_estimate
from calculator.units import MS_PER_S

OWN_SPREAD = 0.2
"""Standard deviation (natural log) that one machine is expected to have against the constants of its chip: two
publishers of the very same case differ by 11 % in the median; heat, power mode and software add to it.
"""


def recalibrated(measurements: Iterable[MeasuredSpeed], *, catalog: Catalog) -> Calibration:
    """The catalogue's calibration with an effect for each chip that was measured here or imported.

    Value = sum of differences / (n + (noise / OWN_SPREAD)^2), standard error noise / sqrt(n + (noise /
    OWN_SPREAD)^2). Published speeds are already in the constants and are passed over, as are chips, models, formats
    or runtimes not in the catalogue.
    """
    known = catalog.calibration
    differences: dict[str, dict[str, list[float]]] = {"decode": {}, "prefill": {}}
    for one in measurements:
        if one.trust == "published" or one.stale_because:
            continue
        difference = _difference(one, known, catalog)
        if difference is not None:
            differences[one.phase].setdefault(one.chip, []).append(difference)
    return replace(
        known,
        decode=_with_own(known.decode, differences["decode"]),
        prefill=_with_own(known.prefill, differences["prefill"]),
    )


def _difference(one: MeasuredSpeed, known: Calibration, catalog: Catalog) -> float | None:
    """log(measured time / predicted time) of one measurement; None where the catalogue does not know its case."""
    entries = (catalog.chips.get(one.chip), catalog.models.get(one.model), catalog.runtimes.get(one.runtime))
    chip, model, runtime = entries
    if (
        chip is None
        or model is None
        or runtime is None
        or one.format not in catalog.formats
        or one.central_tokens_per_s <= 0
    ):
        return None
    format = format_on(runtime, catalog.format(one.format), catalog=catalog)
    hardware = Hardware(chip=chip, chip_count=one.chip_count, memory_gib=max(chip.memory_options_gib))
    deployment = Deployment(model, format=format, runtime=runtime, hardware=hardware)
    if one.phase == "decode":
        workload = Workload(batch_count=one.batch_count, decode_context_tokens=one.context_tokens)
        said = decode_estimate(deployment, workload, conditions=Conditions(served=False), calibration=known)
        measured_ms = MS_PER_S * one.batch_count / one.central_tokens_per_s
    else:
        prompt_tokens = max(1.0, 2 * one.context_tokens)  # the mean of a prompt read from an empty cache is its half
        said = prefill_estimate(deployment, Workload(prompt_tokens=prompt_tokens), calibration=known)
        measured_ms = MS_PER_S * prompt_tokens / one.central_tokens_per_s
    return math.log(measured_ms / said.central_ms)


def _with_own(law: Law, differences: Mapping[str, list[float]]) -> Law:
    if not differences:
        return law
    pull = (law.noise / OWN_SPREAD) ** 2
    own = {
        f"here/{chip}": Effect(sum(found) / (len(found) + pull), law.noise / math.sqrt(len(found) + pull), len(found))
        for chip, found in differences.items()
    }
    return replace(law, effects={**law.effects, **own})
