"""Fitting of the speed constants to published rows.

Two laws are fitted, prefill first: a decoding rate over whole requests has its prefill taken off. stretching.py finds
how wide the ranges must be, calibration_file.py writes what was found.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calculator.calibration.cases import Case, case_of, decode_observation, prefill_observation
from calculator.calibration.gate import contradictions, decode_refusal, prefill_refusal
from calculator.calibration.prompt_cache import with_prompt_cache
from calculator.calibration.rows import PublishedRow
from calculator.calibration.solver import Fit, Observation, SharedError, fit, law_of, problem_of
from calculator.catalog import Catalog
from calculator.catalog.calibration import Calibration, Effect, Law
from calculator.physics.speed.ranges import INTERVAL_DEVIATIONS

TABLE = Path(__file__).parent.parent.parent / "measurements" / "published.csv"
AS_OF = "2026-11-26"
TODAY = 2026.7  # the newest rows are of August and September 2026
ASSUMED = {"gemma-2": "gemma_2_time_ratio"}
PART_CONVERGED = (
    1e-3  # of a row's log time in a step: looser, and a part still remembers the rows that it was left without
)

SHARED_ERROR = SharedError(publisher=0.02, case=0.04, row=0.08)
"""Two publishers of the very same case differ by 11 % in the median (research table, ten pairs): about 11 % of standard
deviation each, divided between what a publisher's rows share, what a case's rows share and a row's own."""

DECODE_SPREADS = {
    "overhead/all": 3.0, "overhead/vendor": 0.15, "overhead/class": 0.6, "overhead/family": 0.4,
    "overhead/engine": 0.125, "overhead/kind": 0.25, "overhead/kind-on": 0.4, "loss/all": 2.0, "loss/vendor": 0.3,
    "loss/class": 0.8001, "loss/class-on": 0.6, "loss/family": 0.301, "loss/chip": 0.15, "loss/engine": 0.3,
    "loss/engine-on": 0.25, "loss/bits": 0.225, "loss/bits-on": 0.8, "loss/format": 0.4, "experts/all": 1.5,
    "experts/engine": 1, "cache/all": 1.5, "cache/vendor": 0.8, "cache/engine": 0.4, "attention/unpacked": 1.5,
    "attention/all": 1.0, "attention/engine": 0.5, "attention/kind": 0.5, "cache/kind-of": 0.5, "cache/kind": 0.5,
    "cache/before-flash": 1.5, "hop/all": 1.5, "hop/family": 0.2, "exchange/link": 1.0, "exchange/engine": 0.3,
    "exchange/count": 0.15, "exchange/batch": 0.3, "exchange/batch-engine": 0.4, "again/all": 0.5, "again/engine": 0.3,
    "streams/all": 1, "streams/program": 0.7, "batch/step": 1.0, "batch/step-sort": 0.25, "batch/small": 0.35,
    "batch/small-sort": 1, "batch/large": 0.45, "batch/large-sort": 0.5, "batch/served": 2, "batch/bits": 0.6,
    "age/all": 0.2, "age/engine": 0.1, "runtime": 0.3, "runtime-sort": 0.3, "backend": 0.6, "model": 0.15,
    "power-limit/all": 1.5, "power-limit/family": 2.0, "eager/all": 0.5, "cache/packed": 0.5, "age/unknown": 0.1,
}  # fmt: skip
PREFILL_SPREADS = {
    "linear/all": 1.0, "linear/vendor": 2.0, "linear/class": 0.05, "linear/class-on": 0.1, "linear/family": 0.015,
    "linear/chip": 0.015, "linear/engine": 0.025, "linear/bits": 0.2, "linear/bits-on": 0.0375, "linear/kind": 0.4,
    "linear/kind-on": 0.05, "attention/all": 0.375, "attention/vendor": 0.1, "attention/engine": 0.5,
    "attention/kind": 0.4, "attention/unpacked": 1.5, "scores/all": 0.5, "attention/kind-of": 0.5,
    "linear/accelerator-sort": 0.5, "scores/vendor": 0.3, "stream/all": 0.3, "stream/vendor": 1.0, "stream/sort": 0.6,
    "launch/all": 0.4, "launch/vendor": 0.1, "launch/engine": 1.6, "exchange/link": 0.0375, "exchange/engine": 0.025,
    "pipeline/all": 0.3, "pipeline/family": 0.05, "age/all": 0.06, "age/engine": 0.01, "runtime": 0.4, "backend": 0.5,
    "model": 0.01, "power-limit/all": 2.0, "power-limit/family": 1.0, "linear/accelerator": 1.2, "power/all": 0.15,
    "power/family": 0.15, "attention/accelerator": 0.35, "attention/backend": 0.25, "first/all": 0.5, "first/engine": 1,
    "first/family": 0.35, "rescaling/all": 0.2, "unpacking/all": 0.5, "one-by-one/all": 0.5, "start/all": 1.0,
    "start/program": 1.4, "sorting/all": 0.5, "conversion/all": 0.3, "tiles/all": 0.3, "attention/vectors": 0.5,
    "exchange/count": 0.15, "runtime-sort": 1.2, "age/sort": 0.1, "age/unknown": 0.25,
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
    """Cases whose decoding rate, and cases whose prefill rate, passes the gate.

    A batch whose prompts came from a cache is predicted, but teaches nothing: that condition is inferred from the rate.
    """
    cases = with_prompt_cache([case for case in (case_of(row, catalog) for row in rows) if isinstance(case, Case)])
    refused = contradictions(cases)
    decode = [case for case in cases if decode_refusal(case) is None and (case.row.id, "decode") not in refused]
    decode = [case for case in decode if not case.prompt_is_cached]
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


def _present(rows: Iterable[Observation | None]) -> list[Observation]:
    return [row for row in rows if row is not None]
