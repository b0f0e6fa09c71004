"""Fitting of the speed constants: `write` fits them to the published rows and writes catalog/calibration.toml.

Two laws are fitted, prefill first: a decoding rate over whole requests has its prefill taken off. The ranges are
stretched so that 80 % of left-out measurements fall into them (conformal): for a chip that was measured, rows of one
publisher at a time are left out; for one that was not, rows of one chip at a time.
"""

import math
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calculator.calibration.cases import Case, case_of, decode_observation, prefill_observation
from calculator.calibration.gate import contradictions, decode_refusal, prefill_refusal
from calculator.calibration.rows import PublishedRow, read_table
from calculator.calibration.solver import Fit, Observation, SharedError, fit, law_of, problem_of
from calculator.catalog import Catalog
from calculator.catalog.calibration import Calibration, Effect, Law, calibration_of
from calculator.errors import CatalogError
from calculator.physics.speed.law import estimate
from calculator.physics.speed.ranges import INTERVAL_DEVIATIONS, standing_of

TABLE = Path(__file__).parent.parent.parent / "measurements" / "published.csv"
TARGET = Path(__file__).parent.parent / "catalog" / "calibration.toml"
AS_OF = "2026-11-22"
TODAY = 2026.7  # the newest rows are of August and September 2026
COVERED_SHARE = 0.8
STANDINGS = ("chip", "family", "vendor")
SMALLEST_SAMPLE = 20
ASSUMED = {"gemma-2": "gemma_2_time_ratio"}
PART_CONVERGED = (
    1e-3  # of a row's log time in a step: looser, and a part still remembers the rows that it was left without
)

SHARED_ERROR = SharedError(publisher=0.02, case=0.04, row=0.08)
"""Two publishers of the very same case differ by 11 % in the median (research table, ten pairs): about 11 % of standard
deviation each, divided between what a publisher's rows share, what a case's rows share and a row's own."""

DECODE_SPREADS = {
    "overhead/all": 3.0, "overhead/vendor": 0.15, "overhead/class": 0.6, "overhead/family": 0.4,
    "overhead/engine": 0.125, "overhead/kind": 0.125, "overhead/kind-on": 0.4, "loss/all": 2.0, "loss/vendor": 0.3,
    "loss/class": 0.8, "loss/class-on": 0.6, "loss/family": 0.3, "loss/chip": 0.2, "loss/engine": 0.3,
    "loss/engine-on": 0.25, "loss/bits": 0.45, "loss/bits-on": 0.8, "loss/format": 0.4, "experts/all": 1.5,
    "experts/engine": 0.5, "cache/all": 1.5, "cache/vendor": 0.8, "cache/engine": 0.4, "cache/kind": 0.7,
    "cache/before-flash": 1.5, "hop/all": 1.5, "hop/family": 0.2, "exchange/link": 1.0, "exchange/engine": 0.3,
    "exchange/count": 0.15, "exchange/batch": 1.5, "exchange/batch-engine": 0.4, "batch/step": 1.0,
    "batch/step-sort": 0.5, "batch/small": 0.7, "batch/small-sort": 0.5, "batch/large": 0.9, "batch/large-sort": 0.5,
    "batch/served": 0.5, "age/all": 0.1, "age/engine": 0.2, "runtime": 0.15, "backend": 0.6, "model": 0.15,
    "power-limit/all": 3.0, "power-limit/family": 2.0,
}  # fmt: skip
PREFILL_SPREADS = {
    "linear/all": 2.0, "linear/vendor": 1.0, "linear/class": 0.1, "linear/class-on": 0.4, "linear/family": 0.03,
    "linear/chip": 0.1, "linear/engine": 0.05, "linear/bits": 0.1, "linear/bits-on": 0.4, "linear/kind": 0.8,
    "linear/kind-on": 0.1, "attention/all": 0.75, "attention/vendor": 0.2, "attention/engine": 2.0,
    "attention/kind": 1.0, "attention/before-flash": 0.3, "stream/all": 0.3, "stream/vendor": 1.0, "stream/sort": 0.3,
    "launch/all": 0.4, "launch/vendor": 0.1, "launch/engine": 0.4, "exchange/link": 0.15, "exchange/engine": 0.1,
    "pipeline/all": 0.25, "pipeline/family": 0.1, "age/all": 0.1, "age/engine": 0.01, "runtime": 0.1, "backend": 0.1,
    "model": 0.02, "power-limit/all": 2.0, "power-limit/family": 1.0, "linear/accelerator": 1.2, "power/all": 0.15,
    "power/family": 0.3,
}  # fmt: skip
"""Standard deviation (natural log) that an effect of each group is expected to have: wide for intercepts (`all`),
narrow for what should differ little. Chosen by halving and doubling each while the error of left-out publishers
and chips fell.
"""


@dataclass(frozen=True, slots=True)
class Laws:
    """Both fits with what they were fitted to."""

    cases: Mapping[str, Case]
    decode: Fit
    prefill: Fit
    decode_rows: tuple[Observation, ...]
    prefill_rows: tuple[Observation, ...]


def usable_cases(rows: Iterable[PublishedRow], catalog: Catalog) -> tuple[list[Case], list[Case]]:
    """Cases whose decoding rate, and cases whose prefill rate, passes the gate."""
    cases = [case for case in (case_of(row, catalog) for row in rows) if isinstance(case, Case)]
    refused = contradictions(cases)
    decode = [case for case in cases if decode_refusal(case) is None and (case.row.id, "decode") not in refused]
    prefill = [case for case in cases if prefill_refusal(case) is None and (case.row.id, "prefill") not in refused]
    return decode, prefill


def fit_laws(rows: Iterable[PublishedRow], catalog: Catalog) -> Laws:
    """Both laws from these rows."""
    decode_cases, prefill_cases = usable_cases(rows, catalog)
    prefill_rows = _present(prefill_observation(case, today=TODAY) for case in prefill_cases)
    prefill = fit(problem_of(prefill_rows), shared=SHARED_ERROR, spread=PREFILL_SPREADS)
    decode_rows = decode_observations(decode_cases, law_of(prefill, stretch={}))
    decode = fit(problem_of(decode_rows), shared=SHARED_ERROR, spread=DECODE_SPREADS)
    cases = {case.row.id: case for case in (*decode_cases, *prefill_cases)}
    return Laws(cases, decode, prefill, tuple(decode_rows), tuple(prefill_rows))


def decode_observations(cases: Iterable[Case], prefill: Law) -> list[Observation]:
    """Decoding rates as step times; those over whole requests need the prefill law."""
    known = Calibration(as_of=AS_OF, year=TODAY, rows={}, decode=prefill, prefill=prefill)
    return _present(decode_observation(case, known, today=TODAY) for case in cases)


def refit(whole: Fit, kept: NDArray[np.bool_]) -> Law:
    """The law from the rows `kept` of a fit's problem, starting from the whole's."""
    part = fit(
        whole.problem, shared=whole.shared, spread=whole.spread, kept=kept, start=whole, converged=PART_CONVERGED
    )
    return law_of(part, stretch={})


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a law that never saw the row says about it: log(predicted) - log(measured) time, and its standard
    deviation.
    """

    row_id: str
    error: float
    deviation: float
    standing: str


def leave_out(whole: Fit, *, cases: Mapping[str, Case], group_of_row: Callable[[PublishedRow], str]) -> list[LeftOut]:
    """Each row of the fit, predicted by a law fitted without the rows of its group."""
    rows = whole.problem.rows
    groups = np.array([group_of_row(cases[row.row_id].row) for row in rows])
    found: list[LeftOut] = []
    for name in dict.fromkeys(groups.tolist()):
        law = refit(whole, groups != name)
        for index in np.flatnonzero(groups == name):
            row = rows[index]
            said = estimate(law, row.terms, row.common)
            standing = standing_of(law, cases[row.row_id].deployment.hardware.chip)
            found.append(LeftOut(row.row_id, float(np.log(said.central_ms)) - row.log_ms, said.deviation, standing))
    return found


def stretches(
    by_publisher: Sequence[LeftOut], by_chip: Sequence[LeftOut], *, cases: Mapping[str, Case], unseen_batches: int = 0
) -> dict[str, float]:
    """Factors on the standard deviation with which 80 % of the left-out rows are covered.

    One per standing of the chip, from rows of a single stream where there are any, and one more for several streams
    (`batch`), which multiplies it; `unseen_batches` are rows of several streams that the fit did not take and that will
    be missed: the others are covered the more.
    """

    def single(rows: Sequence[LeftOut]) -> list[LeftOut]:
        return [row for row in rows if cases[row.row_id].row.batch_count == 1]

    found = {"chip": _stretch([row for row in single(by_publisher) if row.standing == "chip"])}
    for standing in STANDINGS[1:]:
        rows = [row for row in single(by_chip) if row.standing == standing]
        found[standing] = max(_stretch(rows) if len(rows) >= SMALLEST_SAMPLE else 1.0, found["chip"])
    several = [[row for row in rows if cases[row.row_id].row.batch_count > 1] for rows in (by_publisher, by_chip)]
    missed = sum(unseen_batches for rows in several if rows)
    found["batch"] = max(1.0, _stretch([row for rows in several for row in rows], already=found, missed=missed))
    return found


def with_assumed(law: Law, catalog: Catalog) -> Law:
    """The law with what no shipped row shows: how much longer a family of models takes, from constants.toml.

    The standard error is that of a range whose ends are the 10th and 90th percentile.
    """
    found = dict(law.effects)
    for family, name in ASSUMED.items():
        ratio = catalog.constants[name]
        error = math.log(ratio.high / ratio.low) / (2 * INTERVAL_DEVIATIONS)
        found[f"assumed/{family}"] = Effect(math.log(ratio.central), error, 0)
    return replace(law, effects=found)


def calibrate(rows: Sequence[PublishedRow], catalog: Catalog) -> str:
    """The text of calibration.toml."""
    laws = fit_laws(rows, catalog)
    unseen = {"decode": _unseen_batches(rows, catalog), "prefill": 0}
    sections: list[str] = []
    for name, whole in (("decode", laws.decode), ("prefill", laws.prefill)):
        publishers = leave_out(whole, cases=laws.cases, group_of_row=lambda row: row.publisher)
        chips = leave_out(whole, cases=laws.cases, group_of_row=lambda row: row.device_id)
        law = law_of(whole, stretch=stretches(publishers, chips, cases=laws.cases, unseen_batches=unseen[name]))
        if name == "decode":
            law = with_assumed(law, catalog)
        sections.append(_section(name, law, error=_median_error(publishers), chip_error=_median_error(chips)))
    head = [
        "# Written by `python -m calculator calibrate` from measurements/published.csv; do not edit by hand.",
        "# An effect is [natural log of the factor on the time, its standard error, rows that speak about it].",
        "",
        "[calibration]",
        f'as_of = "{AS_OF}"',
        f"year = {TODAY}",
        f"rows = {{ decode = {len(laws.decode_rows)}, prefill = {len(laws.prefill_rows)} }}",
        "",
    ]
    return "\n".join(head) + "\n" + "\n".join(sections)


def _unseen_batches(rows: Iterable[PublishedRow], catalog: Catalog) -> int:
    """Batches that are predicted but not fitted to: a server that took longer for them than one after the other."""
    cases = [
        case
        for case in (case_of(row, catalog) for row in rows)
        if isinstance(case, Case) and decode_refusal(case) is None
    ]
    return len(contradictions(cases)) - len(contradictions(cases, for_fit=False))


def write(*, table: Path = TABLE, target: Path = TARGET, catalog: Catalog) -> Path:
    """Fit and write calibration.toml; raises CatalogError where what was written cannot be read back."""
    text = calibrate(read_table(table), catalog)
    try:
        calibration_of(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"calibration.toml cannot be read back: {error}. The fit's output is broken.") from None
    target.write_text(text, encoding="utf-8")
    return target


def _section(name: str, law: Law, *, error: float, chip_error: float) -> str:
    lines = [
        f"[{name}]",
        f"noise = {law.noise:.3f}",
        f"median_abs_error = {{ publisher_left_out = {error:.3f}, chip_left_out = {chip_error:.3f} }}",
        "stretch = { " + ", ".join(f"{key} = {value:.3f}" for key, value in law.stretch.items()) + " }",
        "",
        f"[{name}.spread]",
        *(f'"{group}" = {value:.3f}' for group, value in sorted(law.spread.items())),
        "",
    ]
    groups: dict[str, list[str]] = {}
    for key, effect in sorted(law.effects.items()):
        group, _, member = key.rpartition("/")
        groups.setdefault(group, []).append(
            f'"{member}" = [{_plain(effect.value)}, {_plain(effect.error)}, {effect.rows}]'
        )
    for group, members in groups.items():
        lines += [f'[{name}.effects."{group}"]', *members, ""]
    return "\n".join(lines)


def _plain(value: float) -> str:
    text = f"{value:.3f}"
    return "0.000" if text == "-0.000" else text


def _stretch(rows: Sequence[LeftOut], already: Mapping[str, float] | None = None, missed: int = 0) -> float:
    if not rows:
        return 1.0
    ratios = [
        abs(row.error) / (INTERVAL_DEVIATIONS * row.deviation * (already or {}).get(row.standing, 1.0)) for row in rows
    ]
    return float(np.quantile(ratios, min(1.0, COVERED_SHARE * (len(ratios) + missed) / len(ratios))))


def _median_error(rows: Sequence[LeftOut]) -> float:
    return float(np.median([abs(np.exp(-row.error) - 1) for row in rows]))


def _present(rows: Iterable[Observation | None]) -> list[Observation]:
    return [row for row in rows if row is not None]
