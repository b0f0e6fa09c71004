"""The fit: exact gradient, recovery of known constants, shrinkage, and deafness to outliers."""

import math

import numpy as np
import pytest

from calculator.physics.calibration import Term
from calculator.physics.fit import Observation, SharedError, fit, law_of, predicted, problem_of

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
        Term("weights", weights_ms), Term("loss", 0.25 * weights_ms, ("loss/all/1", f"loss/chip/{chip}")), Term("overhead", 0.04 * layers, ("overhead/all/1",)),
    )  # fmt: skip
    return Observation(
        f"row-{number}", math.log(time_ms * factor), terms, (), f"publisher {number % 7}", f"case {number}"
    )


def rows(count: int = 60, outliers: int = 0) -> list[Observation]:
    draw = np.random.default_rng(7)
    found: list[Observation] = []
    for number in range(count):
        chip, effect = ("a", 0.2) if number % 2 else ("b", -0.2)
        found.append(observation(
            number, chip=chip, weights_ms=float(draw.uniform(1, 60)), layers=float(draw.integers(16, 90)), loss=0.4, chip_effect=effect, overhead=0.7,
            factor=5.0 if number < outliers else float(np.exp(draw.normal(0, 0.02))),
        ))  # fmt: skip
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
