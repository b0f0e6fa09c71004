"""The solver: exact gradient, recovery of known constants, shrinkage, and deafness to outliers."""

import math

import numpy as np
import pytest

from calculator.calibration.solver import STEP, Observation, SharedError, fit, law_of, predicted, problem_of
from calculator.physics.speed.law import Term

SHARED = SharedError(publisher=0.02, case=0.02, row=0.05)


SPREAD = {"loss/all": 1.0, "loss/chip": 0.3, "overhead/all": 1.0}


def observation(
    number: int,
    *,
    chip: str,
    weights_ms: float,
    layers: float,
    loss: float,
    chip_effect: float,
    overhead: float,
    factor: float = 1.0,
) -> Observation:
    time_ms = weights_ms + 0.25 * weights_ms * math.exp(loss + chip_effect) + layers * 0.04 * math.exp(overhead)
    terms = (
        Term("weights", weights_ms),
        Term("loss", 0.25 * weights_ms, ("loss/all/1", f"loss/chip/{chip}")),
        Term("overhead", 0.04 * layers, ("overhead/all/1",)),
    )
    return Observation(
        f"row-{number}", math.log(time_ms * factor), terms, (), f"publisher {number % 7}", f"case {number}"
    )


def rows(count: int = 60, outliers: int = 0) -> list[Observation]:
    draw = np.random.default_rng(7)
    found: list[Observation] = []
    for number in range(count):
        chip, effect = ("a", 0.2) if number % 2 else ("b", -0.2)
        found.append(
            observation(
                number,
                chip=chip,
                weights_ms=float(draw.uniform(1, 60)),
                layers=float(draw.integers(16, 90)),
                loss=0.4,
                chip_effect=effect,
                overhead=0.7,
                factor=5.0 if number < outliers else float(np.exp(draw.normal(0, 0.02))),
            )
        )
    return found


def test_predicted_gradient_agrees_with_finite_differences() -> None:
    problem = problem_of(rows(12))
    effects = np.random.default_rng(3).normal(0, 0.3, len(problem.names))
    value, gradient = predicted(problem, effects)
    for column in range(len(problem.names)):
        step = np.zeros(len(effects))
        step[column] = 1e-6
        numeric = (predicted(problem, effects + step)[0] - value) / 1e-6
        assert gradient[:, column] == pytest.approx(numeric, abs=1e-5)


def test_fit_recovers_the_constants_that_made_the_rows() -> None:
    law = law_of(fit(problem_of(rows()), shared=SHARED, spread=SPREAD), stretch={})
    assert law.effects["overhead/all/1"].value == pytest.approx(0.7, abs=0.05)
    assert law.effects["loss/chip/a"].value - law.effects["loss/chip/b"].value == pytest.approx(0.4, abs=0.06)
    assert law.effects["loss/all/1"].value == pytest.approx(0.4, abs=0.1)


def test_fit_outliers_hardly_move_it() -> None:
    clean = law_of(fit(problem_of(rows()), shared=SHARED, spread=SPREAD), stretch={})
    dirty = law_of(fit(problem_of(rows(outliers=6)), shared=SHARED, spread=SPREAD), stretch={})
    assert dirty.effects["overhead/all/1"].value == pytest.approx(clean.effects["overhead/all/1"].value, abs=0.06)


def test_fit_one_row_moves_an_effect_less_than_many() -> None:
    lone = [observation(0, chip="c", weights_ms=20, layers=32, loss=0.4, chip_effect=0.6, overhead=0.7)]
    crowd = [
        observation(n, chip="c", weights_ms=20, layers=32, loss=0.4, chip_effect=0.6, overhead=0.7)
        for n in range(100, 130)
    ]
    of_one = law_of(fit(problem_of([*rows(), *lone]), shared=SHARED, spread=SPREAD), stretch={}).effects["loss/chip/c"]
    of_many = law_of(fit(problem_of([*rows(), *crowd]), shared=SHARED, spread=SPREAD), stretch={}).effects[
        "loss/chip/c"
    ]
    assert 0 < of_one.value < of_many.value
    assert of_one.error > of_many.error


def test_fit_is_deterministic() -> None:
    first = fit(problem_of(rows()), shared=SHARED, spread=SPREAD)
    second = fit(problem_of(rows()), shared=SHARED, spread=SPREAD)
    assert np.array_equal(first.effects, second.effects)


def test_fit_refuses_a_group_without_a_spread() -> None:
    with pytest.raises(KeyError, match="overhead/all"):
        fit(problem_of(rows(4)), shared=SHARED, spread={"loss/all": 1.0, "loss/chip": 0.3})


def test_fit_of_a_part_does_not_remember_the_rows_left_out() -> None:
    whole = fit(problem_of(rows(outliers=4)), shared=SHARED, spread=SPREAD)
    kept = np.array([row.publisher != "publisher 3" for row in whole.problem.rows])
    warm = fit(whole.problem, shared=SHARED, spread=SPREAD, kept=kept, start=whole)
    cold = fit(
        problem_of([row for row in rows(outliers=4) if row.publisher != "publisher 3"]), shared=SHARED, spread=SPREAD
    )
    assert not kept.all()
    ours, alone = law_of(warm, stretch={}), law_of(cold, stretch={})
    assert set(ours.effects) == set(alone.effects)
    for name, effect in alone.effects.items():
        assert ours.effects[name].value == pytest.approx(effect.value, abs=1e-4)
        assert ours.effects[name].error == pytest.approx(effect.error, rel=1e-3)
        assert ours.effects[name].rows == effect.rows


def test_fit_agrees_with_the_dense_equations_of_its_errors() -> None:
    # one Gauss-Newton step from zero, all scales 1: the step that a full covariance matrix gives
    problem = problem_of(rows(40))
    value, gradient = predicted(problem, np.zeros(len(problem.names)))
    same_case = problem.case[:, None] == problem.case[None, :]
    same_publisher = problem.publisher[:, None] == problem.publisher[None, :]
    covariance = SHARED.row**2 * np.eye(40) + SHARED.case**2 * same_case + SHARED.publisher**2 * same_publisher
    precision = np.diag([SPREAD[group] ** -2 for group in problem.groups])
    told = np.asarray(
        np.linalg.solve(covariance, np.column_stack([gradient, problem.log_ms - value])), dtype=np.float64
    )
    normal = precision + gradient.T @ told[:, :-1]
    step = np.asarray(np.linalg.solve(normal, gradient.T @ told[:, -1]), dtype=np.float64)
    found = fit(problem, shared=SHARED, spread=SPREAD, converged=1e9)
    assert found.effects == pytest.approx(STEP * step, rel=1e-6)
