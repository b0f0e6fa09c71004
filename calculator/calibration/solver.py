"""Solver: the effects with which the laws agree best with what was published, by penalised least squares.

The residual of a row is log(measured ms) - log(predicted ms). Effects are drawn towards zero by (effect / spread)^2,
so few rows move an effect little (partial pooling). Rows of one publisher share a part of their error, and rows of
one case (that publisher's one chip, model, format and runtime) another part, so that a long sweep on one machine
counts little more than one opinion. Outliers are weighed down as draws from a Student t distribution; no row is
dropped here.

The gradient is exact: d log(time) / d effect = the share of the terms that carry it. Only numpy; deterministic.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calculator.catalog.calibration import Effect, Law
from calculator.physics.speed.law import Term, group_of

Matrix = NDArray[np.float64]
Numbers = NDArray[np.intp]

FREEDOM = 2.0  # degrees of freedom of the Student t weights
ITERATIONS = 400
STEP = 0.6  # of a Gauss-Newton step: with whole steps, effects and weights answer each other for ever
LARGEST_STEP = 1.0  # of any row's predicted log time
CONVERGED = 1e-5  # change of any row's predicted log time


@dataclass(frozen=True, slots=True)
class Observation:
    """One measured time with the terms that should explain it; `publisher` and `case` tell whose error it shares."""

    row_id: str
    log_ms: float
    terms: tuple[Term, ...]
    common: tuple[tuple[str, float], ...]
    publisher: str
    case: str


@dataclass(frozen=True, slots=True)
class SharedError:
    """Standard deviations of the log: of a publisher's common error, a case's, and of a single row."""

    publisher: float
    case: float
    row: float


@dataclass(frozen=True, slots=True)
class Entries:
    """Where an effect acts: its column, its weight, and the cell (row x positions + position) or the row that it
    scales.
    """

    place: Numbers
    column: Numbers
    weight: Matrix


@dataclass(frozen=True, slots=True)
class Problem:
    """The observations as arrays, sorted by publisher and case.

    `names` are the effects; an effect acts on few cells, which are listed.
    """

    rows: tuple[Observation, ...]
    names: tuple[str, ...]
    groups: tuple[str, ...]
    log_ms: Matrix
    log_base: Matrix  # [rows, positions]
    on_terms: Entries
    on_rows: Entries
    publisher: Numbers  # number of each row's publisher, rising
    case: Numbers


def problem_of(observations: Sequence[Observation]) -> Problem:
    """Arrays for the fit. Positions are the terms in the order in which their names first occur."""
    publishers, cases = _numbered(row.publisher for row in observations), _numbered(row.case for row in observations)
    rows = sorted(observations, key=lambda row: (publishers[row.publisher], cases[row.case]))
    positions = _numbered(term.name for row in rows for term in row.terms)
    columns: dict[str, int] = {}
    log_base = np.full((len(rows), len(positions)), -np.inf)
    on_terms: list[tuple[int, int, float]] = []
    on_rows: list[tuple[int, int, float]] = []
    for index, row in enumerate(rows):
        for term in row.terms:
            cell = positions[term.name]
            if term.base_ms > 0:
                log_base[index, cell] = np.log(term.base_ms)
            for name, weight in (*((name, 1.0) for name in term.effects), *term.scaled):
                column = columns.setdefault(name, len(columns))
                if term.base_ms > 0:
                    on_terms.append((index * len(positions) + cell, column, weight))
        on_rows += [(index, columns.setdefault(name, len(columns)), weight) for name, weight in row.common]
    return Problem(
        rows=tuple(rows),
        names=tuple(columns),
        groups=tuple(group_of(name) for name in columns),
        log_ms=np.array([row.log_ms for row in rows]),
        log_base=log_base,
        on_terms=_entries(on_terms),
        on_rows=_entries(on_rows),
        publisher=np.array([publishers[row.publisher] for row in rows]),
        case=np.array([cases[row.case] for row in rows]),
    )


def predicted(problem: Problem, effects: Matrix) -> tuple[Matrix, Matrix]:
    """Log of the predicted ms, shape [rows], and its gradient, shape [rows, names]."""
    rows, positions = problem.log_base.shape
    terms, whole = problem.on_terms, problem.on_rows
    exponents = problem.log_base + np.bincount(
        terms.place, terms.weight * effects[terms.column], minlength=rows * positions
    ).reshape(rows, positions)
    top = exponents.max(axis=1, keepdims=True)
    parts = np.exp(exponents - top)
    total = parts.sum(axis=1, keepdims=True)
    shares = (parts / total).ravel()
    count = len(problem.names)
    gradient: Matrix = (
        np.bincount(
            np.concatenate([terms.place // positions * count + terms.column, whole.place * count + whole.column]),
            np.concatenate([shares[terms.place] * terms.weight, whole.weight]),
            minlength=rows * count,
        )
        .astype(np.float64)
        .reshape(rows, count)
    )
    common: Matrix = np.bincount(whole.place, whole.weight * effects[whole.column], minlength=rows).astype(np.float64)
    return (top + np.log(total))[:, 0] + common, gradient


@dataclass(frozen=True, slots=True)
class Scales:
    """Factors by which the Student t distribution widens the variance of each row's errors."""

    case: Matrix
    row: Matrix


@dataclass(frozen=True, slots=True)
class Fit:
    """Effects with their standard errors, the spread of each group, what a single row adds of noise, and which rows
    were used.
    """

    problem: Problem
    effects: Matrix
    errors: Matrix
    spread: Mapping[str, float]
    shared: SharedError
    scales: Scales
    kept: NDArray[np.bool_]


def fit(
    problem: Problem,
    *,
    shared: SharedError,
    spread: Mapping[str, float],
    kept: NDArray[np.bool_] | None = None,
    start: Fit | None = None,
    converged: float = CONVERGED,
) -> Fit:
    """The most probable effects, given the spread expected of each group, from the rows `kept` (all unless given).

    `start` is a fit of the same problem to more rows: its effects and weights lie near. Raises KeyError for a group
    without a spread and numpy.linalg.LinAlgError where the rows cannot be solved.
    """
    precision = np.array([1.0 / spread[group] ** 2 for group in problem.groups])
    rows = np.ones(len(problem.rows), dtype=bool) if kept is None else kept
    return _most_probable(
        problem, rows, start=start, precision=precision, shared=shared, spread=spread, converged=converged
    )


def law_of(result: Fit, *, stretch: Mapping[str, float]) -> Law:
    """What the page needs of a fit; the errors that publishers and cases share become part of a prediction's noise."""
    problem = result.problem
    rows, positions = problem.log_base.shape
    carried = np.zeros((rows, len(problem.names)), dtype=bool)
    carried[problem.on_terms.place // positions, problem.on_terms.column] = True
    carried[problem.on_rows.place, problem.on_rows.column] = True
    counts = carried[result.kept].sum(axis=0)
    effects = {
        name: Effect(float(value), float(error), int(count))
        for name, value, error, count in zip(problem.names, result.effects, result.errors, counts, strict=True)
        if count > 0
    }
    noise = float(np.sqrt(result.shared.publisher**2 + result.shared.case**2 + result.shared.row**2))
    return Law(effects=effects, spread=dict(result.spread), noise=noise, stretch=dict(stretch))


def _most_probable(
    problem: Problem,
    kept: NDArray[np.bool_],
    *,
    start: Fit | None,
    precision: Matrix,
    shared: SharedError,
    spread: Mapping[str, float],
    converged: float,
) -> Fit:
    """Gauss-Newton steps to the maximum of the posterior, and the effects' covariance there.

    The errors of a row and of a case are draws from a Student t distribution: one that is far off gets a larger
    variance, which is found together with the effects. A publisher's is normal: were it free to be large, the one
    publisher of most rows of an engine would count as an outlier and teach that engine little.
    """
    rows = np.flatnonzero(kept)
    cases, publishers = _Blocks.of(problem.case[rows]), _Blocks.of(problem.publisher[rows])
    of_cases = _Blocks.of(problem.publisher[rows][cases.first])  # a publisher's cases stand together
    effects = np.zeros(len(problem.names)) if start is None else start.effects
    scales = Scales(np.ones(len(problem.rows)), np.ones(len(problem.rows))) if start is None else start.scales
    case, own = scales.case[rows][cases.first], scales.row[rows]
    normal: Matrix = np.diag(precision)
    for _ in range(ITERATIONS):
        value, gradient = predicted(problem, effects)
        jacobian = gradient[rows]
        # the inverse of diag(row) + one number per case + one per publisher, twice by Sherman and Morrison
        residual = (problem.log_ms - value)[rows]
        noise, of_case, of_publisher = shared.row**2 * own, shared.case**2 * case, shared.publisher**2
        in_case, in_publisher = (
            cases.sums(1 / noise),
            of_cases.sums(cases.sums(1 / noise) / (1 + of_case * cases.sums(1 / noise))),
        )
        left_case = 1 / (1 + of_case * in_case)
        left_publisher = of_publisher / (1 + of_publisher * in_publisher)
        told = residual / noise
        told = told - cases.spread(cases.sums(told) * of_case * left_case) / noise
        told = told - publishers.spread(publishers.sums(told) * left_publisher) * cases.spread(left_case) / noise
        scaled = jacobian / np.sqrt(noise)[:, None]
        by_case = cases.sums(jacobian / noise[:, None])
        by_publisher = of_cases.sums(by_case * left_case[:, None]) * np.sqrt(left_publisher)[:, None]
        by_case = by_case * np.sqrt(of_case * left_case)[:, None]
        normal = np.diag(precision) + scaled.T @ scaled - by_case.T @ by_case - by_publisher.T @ by_publisher
        step = _solve(normal, jacobian.T @ told - precision * effects)
        case = _widened(shared.case * case * cases.sums(told))
        own = _widened(shared.row * own * told)
        largest = float(np.abs(jacobian @ step).max())
        effects = effects + step * min(STEP, LARGEST_STEP / max(largest, LARGEST_STEP))
        if largest < converged:
            break
    whole = Scales(np.ones(len(problem.rows)), np.ones(len(problem.rows)))
    whole.case[rows], whole.row[rows] = cases.spread(case), own
    errors = np.sqrt(np.diag(_solve(normal, np.eye(len(effects)))))
    return Fit(problem, effects, errors, dict(spread), shared, whole, kept)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Rows that share a number stand together; sums over them, and back to the rows."""

    first: Numbers
    of_row: Numbers

    @classmethod
    def of(cls, numbers: Numbers) -> "_Blocks":
        starts = np.concatenate([[True], np.diff(numbers) != 0])
        return cls(np.flatnonzero(starts), np.cumsum(starts) - 1)

    def sums(self, values: Matrix) -> Matrix:
        return np.add.reduceat(values, self.first, axis=0)

    def spread(self, values: Matrix) -> Matrix:
        return values[self.of_row]


def _widened(errors: Matrix) -> Matrix:
    """The variance's factor of a Student t distribution, of errors in standard deviations."""
    return (FREEDOM + errors**2) / (FREEDOM + 1)


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def _entries(found: Sequence[tuple[int, int, float]]) -> Entries:
    return Entries(
        np.array([place for place, _, _ in found], dtype=np.intp),
        np.array([column for _, column, _ in found], dtype=np.intp),
        np.array([weight for _, _, weight in found], dtype=np.float64),
    )


def _solve(left: Matrix, right: Matrix) -> Matrix:
    """x of left x = right, as float64 (the library's own type says less)."""
    return np.asarray(np.linalg.solve(left, right), dtype=np.float64)
