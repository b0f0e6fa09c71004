"""Which effects make the laws agree best with what was published? Penalised least squares, and what it says of itself.

The residual of a row is log(measured ms) - log(predicted ms). Effects are drawn towards zero by (effect / spread)^2, so
few rows move an effect little (partial pooling). Rows of one publisher share a part of their error, and rows of one case (that publisher's one chip,
model, format and runtime) another part, so that a long sweep on one machine counts little more than one opinion.
Outliers are weighed down as draws from a Student t distribution; no row is dropped here.

The gradient is exact: d log(time) / d effect = the share of the terms that carry it. Only numpy; deterministic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calculator.physics.calibration import Effect, Law, Term, group_of

Matrix = NDArray[np.float64]

FREEDOM = 2.0  # degrees of freedom of the Student t weights
ITERATIONS = 60
LARGEST_STEP = 1.0
CONVERGED = 1e-9


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
class Problem:
    """The observations as arrays. `names` are the effects; `blocks` the rows of each publisher."""

    names: tuple[str, ...]
    groups: tuple[str, ...]
    log_ms: Matrix
    log_base: Matrix  # [rows, positions]
    design: tuple[Matrix, ...]  # per position [rows, names]
    common: Matrix  # [rows, names]
    blocks: tuple[NDArray[np.intp], ...]
    same_case: tuple[Matrix, ...]  # per block [rows of the block, rows of the block], 1 where the case is the same


def problem_of(observations: Sequence[Observation]) -> Problem:
    """Arrays for the fit. Positions are the terms in the order in which their names first occur."""
    positions: dict[str, int] = {}
    columns: dict[str, int] = {}
    for row in observations:
        for term in row.terms:
            positions.setdefault(term.name, len(positions))
            for name in (*term.effects, *(name for name, _ in term.scaled)):
                columns.setdefault(name, len(columns))
        for name, _ in row.common:
            columns.setdefault(name, len(columns))
    shape = (len(observations), len(columns))
    log_base = np.full((len(observations), len(positions)), -np.inf)
    design = [np.zeros(shape) for _ in positions]
    common = np.zeros(shape)
    for index, row in enumerate(observations):
        for term in row.terms:
            if term.base_ms > 0:
                place = positions[term.name]
                log_base[index, place] = np.log(term.base_ms)
                for name in term.effects:
                    design[place][index, columns[name]] += 1.0
                for name, weight in term.scaled:
                    design[place][index, columns[name]] += weight
        for name, weight in row.common:
            common[index, columns[name]] += weight
    publishers = {name: number for number, name in enumerate(dict.fromkeys(row.publisher for row in observations))}
    cases = {name: number for number, name in enumerate(dict.fromkeys(row.case for row in observations))}
    of_publisher = np.array([publishers[row.publisher] for row in observations])
    of_case = np.array([cases[row.case] for row in observations])
    blocks = tuple(np.flatnonzero(of_publisher == number) for number in range(len(publishers)))
    return Problem(
        names=tuple(columns), groups=tuple(group_of(name) for name in columns),
        log_ms=np.array([row.log_ms for row in observations]), log_base=log_base, design=tuple(design), common=common, blocks=blocks,
        same_case=tuple((of_case[block][:, None] == of_case[block][None, :]).astype(float) for block in blocks),
    )  # fmt: skip


def predicted(problem: Problem, effects: Matrix) -> tuple[Matrix, Matrix]:
    """Log of the predicted ms, shape [rows], and its gradient, shape [rows, names]."""
    exponents = problem.log_base + np.stack([matrix @ effects for matrix in problem.design], axis=1)
    top = exponents.max(axis=1, keepdims=True)
    parts = np.exp(exponents - top)
    total = parts.sum(axis=1, keepdims=True)
    shares = parts / total
    gradient = problem.common.copy()
    for place, matrix in enumerate(problem.design):
        gradient += shares[:, [place]] * matrix
    return (top + np.log(total))[:, 0] + problem.common @ effects, gradient


@dataclass(frozen=True, slots=True)
class Fit:
    """Effects with their standard errors, the spread of each group and what a single row adds of noise."""

    problem: Problem
    effects: Matrix
    errors: Matrix
    spread: Mapping[str, float]
    shared: SharedError


def fit(
    problem: Problem,
    *,
    shared: SharedError,
    spread: Mapping[str, float],
    start: Mapping[str, float] | None = None,
    iterations: int = ITERATIONS,
) -> Fit:
    """The most probable effects, given the spread expected of each group.

    Raises KeyError for a group without a spread and numpy.linalg.LinAlgError where the rows cannot be solved.
    """
    effects = np.array([(start or {}).get(name, 0.0) for name in problem.names])
    precision = np.array([1.0 / spread[group] ** 2 for group in problem.groups])
    effects, covariance = _most_probable(problem, effects, precision=precision, shared=shared, iterations=iterations)
    return Fit(problem, effects, np.sqrt(np.diag(covariance)), dict(spread), shared)


def law_of(result: Fit, *, stretch: Mapping[str, float]) -> Law:
    """What the page needs of a fit; the errors that publishers and cases share become part of a prediction's noise."""
    carried = np.abs(result.problem.common) > 0
    for matrix in result.problem.design:
        carried |= matrix > 0
    counts = carried.sum(axis=0)
    effects = {
        name: Effect(float(value), float(error), int(count))
        for name, value, error, count in zip(result.problem.names, result.effects, result.errors, counts, strict=True)
        if count > 0
    }  # fmt: skip
    noise = float(np.sqrt(result.shared.publisher**2 + result.shared.case**2 + result.shared.row**2))
    return Law(effects=effects, spread=dict(result.spread), noise=noise, stretch=dict(stretch))


def _most_probable(
    problem: Problem, effects: Matrix, *, precision: Matrix, shared: SharedError, iterations: int
) -> tuple[Matrix, Matrix]:
    """Gauss-Newton steps to the maximum of the posterior, and the effects' covariance there.

    Every error, of a row, a case or a publisher, is a draw from a Student t distribution: one that is far off gets a
    larger variance, which is found together with the effects.
    """
    scales: list[Matrix] = [np.ones((3, len(block))) for block in problem.blocks]
    normal: Matrix = np.diag(precision)
    for _ in range(iterations):
        value, gradient = predicted(problem, effects)
        residual = problem.log_ms - value
        normal = np.diag(precision)
        slope: Matrix = -precision * effects
        for place, (block, same) in enumerate(zip(problem.blocks, problem.same_case, strict=True)):
            part, jacobian = residual[block], gradient[block]
            publisher, case, own = scales[place]
            of_case = shared.case**2 * same * np.sqrt(np.outer(case, case))
            common = shared.publisher**2 * publisher[0] + of_case
            solved = _solve(common + np.diag(shared.row**2 * own), np.column_stack([jacobian, part]))
            told: Matrix = solved[:, -1]
            normal = normal + jacobian.T @ solved[:, :-1]
            slope = slope + jacobian.T @ told
            errors = np.stack([
                np.full(len(block), shared.publisher * publisher[0] * told.sum()), of_case @ told / shared.case, shared.row * own * told,
            ])  # fmt: skip
            scales[place] = (FREEDOM + errors**2) / (FREEDOM + 1)
        step = _solve(normal, slope)
        largest = float(np.abs(step).max())
        effects = effects + step * min(1.0, LARGEST_STEP / max(largest, CONVERGED))
        if largest < CONVERGED:
            break
    return effects, _solve(normal, np.eye(len(effects)))


def _solve(left: Matrix, right: Matrix) -> Matrix:
    """x of left x = right, as float64 (the library's own type says less)."""
    return np.asarray(np.linalg.solve(left, right), dtype=np.float64)
