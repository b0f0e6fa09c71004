"""Accuracy of the predictions: every row of a table against laws that were fitted without the table.

    python -m calculator accuracy TABLE.csv [--leave-out none|source|device] [--json]

The constants come from the shipped rows only. With `--leave-out source` (or `device`) the rows with the same entry in
the column `source` (or the same device) are left out of the fit before a row is predicted. `--leave-out publisher` is
stricter: a publisher with several files, or one file whose rows name their runs, is left out as a whole. A rate is
compared as its row states it. Errors are of the rate: predicted / measured - 1.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from calculator.calibration.cases import (
    Case,
    Rate,
    case_of,
    decode_cells_of,
    decode_rate,
    prefill_cells_of,
    prefill_rate,
)
from calculator.calibration.fitting import TABLE, Laws, fit_laws, refit
from calculator.calibration.gate import contradictions, decode_refusal, peak_memory_refusal, prefill_refusal
from calculator.calibration.prompt_cache import with_prompt_cache
from calculator.calibration.rows import PublishedRow, read_table
from calculator.calibration.solver import Fit
from calculator.catalog import Catalog
from calculator.catalog.calibration import Calibration, Law
from calculator.catalog.deployment import Workload
from calculator.physics.memory.memory_fit import memory_fit
from calculator.physics.speed.ranges import interval_width, standing_of
from calculator.units import BYTES_PER_GB

LeaveOut = Literal["none", "source", "publisher", "device"]
LEAVE_OUT: Mapping[LeaveOut, Callable[[PublishedRow], str]] = {
    "none": lambda row: "",
    "source": lambda row: row.source,
    "publisher": lambda row: row.publisher,
    "device": lambda row: row.device_id,
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure, measured and predicted, in its own unit; `low` and `high` bound the middle 80 %."""

    row: PublishedRow
    measured: float
    predicted: float
    low: float | None
    high: float | None
    deviation: float = 0.0
    """Standard deviation of the log that the law gives, before it is stretched."""
    standing: str = ""
    """How near the chip is to what was measured."""
    cells: tuple[str, ...] = ()
    """Where the row stands: family, runtime, streams, depth, kind and chips, each as `name/band`."""

    @property
    def error(self) -> float:
        """predicted / measured - 1."""
        return self.predicted / self.measured - 1


@dataclass(frozen=True, slots=True)
class Judged:
    """All of one quantity: what was compared, and why the other rows were not."""

    compared: tuple[Compared, ...]
    not_covered: Mapping[str, int]


def accuracy(
    rows: Sequence[PublishedRow],
    *,
    leave_out: LeaveOut = "none",
    laws: Laws | None = None,
    catalog: Catalog,
) -> dict[str, Judged]:
    """Decode, prefill and peak memory of each row, predicted by laws that have not seen the row's group.

    `laws` are those of the shipped rows, where they were fitted already; needed with `leave_out` alone.
    """
    known = catalog.calibration
    if leave_out != "none" and laws is None:
        laws = fit_laws(read_table(TABLE), catalog)
    cases, reasons = _cases(rows, catalog)
    refused = contradictions(cases, for_fit=False)
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        groups[LEAVE_OUT[leave_out](case.row)].append(case)
    decode: list[Compared] = []
    prefill: list[Compared] = []
    missing: dict[str, dict[str, int]] = {"decode": defaultdict(int), "prefill": defaultdict(int)}
    for name, members in groups.items():
        calibration = (
            known if leave_out == "none" or laws is None else _without(laws, known, leave_out=leave_out, group=name)
        )
        for case in members:
            for quantity, refusal, rate, measured, found in (
                ("decode", decode_refusal, decode_rate, case.row.decode_tokens_per_s, decode),
                ("prefill", prefill_refusal, prefill_rate, case.row.prefill_tokens_per_s, prefill),
            ):
                if measured is None:
                    continue
                reason = refusal(case) or refused.get((case.row.id, quantity))
                if reason:
                    missing[quantity][_short(reason)] += 1
                else:
                    law = calibration.decode if quantity == "decode" else calibration.prefill
                    cells = (decode_cells_of if quantity == "decode" else prefill_cells_of)(case, calibration.year)
                    found.append(_compared(case, measured, rate(case, calibration), law, cells))
    for row, reason in reasons:
        for quantity, measured in (("decode", row.decode_tokens_per_s), ("prefill", row.prefill_tokens_per_s)):
            if measured is not None:
                missing[quantity][reason] += 1
    return {
        "decode": Judged(tuple(decode), dict(missing["decode"])),
        "prefill": Judged(tuple(prefill), dict(missing["prefill"])),
        "peak_memory": _peak_memory(cases, reasons, catalog),
    }


def summary(judged: Judged) -> dict[str, Any]:
    """The figures of one quantity: counts, errors, share of measurements inside the range, by device and runtime."""
    found: dict[str, Any] = {
        "rows": len(judged.compared) + sum(judged.not_covered.values()),
        **_figures(judged.compared),
    }
    keys: tuple[tuple[str, Callable[[PublishedRow], str]], ...] = (
        ("by_device", lambda row: row.device_id),
        ("by_runtime", lambda row: row.runtime_id),
    )
    for key, of in keys:
        parts: dict[str, list[Compared]] = defaultdict(list)
        for one in judged.compared:
            parts[of(one.row)].append(one)
        found[key] = {name: _figures(parts[name]) for name in sorted(parts)}
    found["not_covered"] = dict(sorted(judged.not_covered.items(), key=lambda item: (-item[1], item[0])))
    return found


def report(rows: Sequence[PublishedRow], *, leave_out: LeaveOut = "none", catalog: Catalog) -> dict[str, Any]:
    """The whole answer as plain data: decode (and its two halves), prefill and peak memory."""
    judged = accuracy(rows, catalog=catalog, leave_out=leave_out)
    found = {name: summary(part) for name, part in judged.items()}
    single = [one for one in judged["decode"].compared if one.row.batch_count == 1]
    several = [one for one in judged["decode"].compared if one.row.batch_count > 1]
    found["decode"]["batch_1"] = _figures(single)
    found["decode"]["batch_above_1"] = _figures(several)
    return {"leave_out": leave_out, **found}


def _cases(rows: Iterable[PublishedRow], catalog: Catalog) -> tuple[list[Case], list[tuple[PublishedRow, str]]]:
    cases: list[Case] = []
    reasons: list[tuple[PublishedRow, str]] = []
    for row in rows:
        case = case_of(row, catalog, assume=True)
        if isinstance(case, Case):
            cases.append(case)
        else:
            reasons.append((row, case))
    return with_prompt_cache(cases), reasons


def _without(laws: Laws, known: Calibration, *, leave_out: LeaveOut, group: str) -> Calibration:
    """The calibration fitted without the group's shipped rows; the ranges' stretch stays."""
    key = LEAVE_OUT[leave_out]

    def part(whole: Fit, law: Law) -> Law:
        kept = np.array([key(laws.cases[row.row_id].row) != group for row in whole.problem.rows])
        if kept.all():
            return law
        found = refit(whole, kept)
        assumed = {name: effect for name, effect in law.effects.items() if name.startswith("assumed/")}
        return Law(effects={**found.effects, **assumed}, spread=found.spread, noise=found.noise, stretch=law.stretch)

    return Calibration(
        as_of=known.as_of,
        year=known.year,
        rows=known.rows,
        decode=part(laws.decode, known.decode),
        prefill=part(laws.prefill, known.prefill),
    )


def _compared(case: Case, measured: float, rate: Rate, law: Law, cells: tuple[str, ...]) -> Compared:
    width = interval_width(law, rate.deviation, chip=case.deployment.hardware.chip, cells=cells)
    high = rate.tokens_per_s * width
    if rate.bound_tokens_per_s is not None:
        high = min(high, rate.bound_tokens_per_s)
    return Compared(
        row=case.row,
        measured=measured,
        predicted=rate.tokens_per_s,
        low=rate.tokens_per_s / width,
        high=high,
        deviation=rate.deviation,
        standing=standing_of(law, case.deployment.hardware.chip),
        cells=cells,
    )


def _peak_memory(cases: Sequence[Case], reasons: Sequence[tuple[PublishedRow, str]], catalog: Catalog) -> Judged:
    compared: list[Compared] = []
    missing: dict[str, int] = defaultdict(int)
    for case in cases:
        measured = case.row.peak_memory_gb
        if measured is None:
            continue
        reason = peak_memory_refusal(case)
        if reason:
            missing[_short(reason)] += 1
            continue
        row = case.row
        context = (row.depth_tokens if row.depth_tokens is not None else row.prompt_tokens or 0) + row.answer_tokens
        workload = Workload(
            context_tokens=max(1, context),
            batch_count=max(1, round(case.streams_each)),
            longest_prompt_tokens=max(1, row.prompt_tokens or 0, row.depth_tokens or 0),
        )
        fit = memory_fit(case.deployment, workload, catalog=catalog)
        compared.append(Compared(row, measured, fit.peak_bytes / BYTES_PER_GB, None, None))
    for row, reason in reasons:
        if row.peak_memory_gb is not None:
            missing[reason] += 1
    return Judged(tuple(compared), dict(missing))


def _figures(compared: Sequence[Compared]) -> dict[str, Any]:
    if not compared:
        return {
            "covered": 0,
            "median_abs_error": None,
            "p90_abs_error": None,
            "median_signed_error": None,
            "interval_coverage": None,
        }
    errors = np.array([one.error for one in compared])
    ranged = [one for one in compared if one.low is not None and one.high is not None]
    inside = [
        one for one in ranged if one.low is not None and one.high is not None and one.low <= one.measured <= one.high
    ]
    return {
        "covered": len(compared),
        "median_abs_error": round(float(np.median(np.abs(errors))), 4),
        "p90_abs_error": round(float(np.quantile(np.abs(errors), 0.9)), 4),
        "median_signed_error": round(float(np.median(errors)), 4),
        "interval_coverage": round(len(inside) / len(ranged), 4) if ranged else None,
    }


def _short(reason: str) -> str:
    """A reason without its figures, so that rows can be counted by it."""
    return re.sub(r"\d[\d,.]*\d|\d", "N", reason.partition(":")[0])
