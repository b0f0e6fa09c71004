"""Numbers: a float stays a float, an array is treated element by element, and bounds are refused in one sentence."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.errors import ScenarioError
from calculator.number import Number, Picked, Range, exp, larger, log, require, root, smaller, some, where

finite = st.floats(-1e6, 1e6)
draws = st.lists(finite, min_size=1, max_size=8)

TWO_SIDED: dict[str, tuple[Callable[[Number, Number], Number], Callable[[float, float], float]]] = {
    "larger": (larger, max),
    "smaller": (smaller, min),
}
ONE_SIDED: dict[str, tuple[Callable[[Number], Number], Callable[[float], float]]] = {
    "exp": (exp, math.exp),
    "log": (log, math.log),
    "root": (root, math.sqrt),
}


@pytest.mark.parametrize("name", TWO_SIDED)
@given(a=draws, b=finite)
def test_operation_on_two_is_the_same_for_floats_and_for_draws(name: str, a: list[float], b: float) -> None:
    ours, oracle = TWO_SIDED[name]
    expected = [oracle(value, b) for value in a]
    assert np.ravel(ours(np.array(a), b)).tolist() == expected
    assert np.ravel(ours(b, np.array(a))).tolist() == expected
    assert [ours(value, b) for value in a] == expected
    assert all(isinstance(ours(value, b), float) for value in a)


@pytest.mark.parametrize("name", ONE_SIDED)
@given(a=st.lists(st.floats(1e-3, 500), min_size=1, max_size=8))
def test_operation_on_one_is_the_same_for_floats_and_for_draws(name: str, a: list[float]) -> None:
    ours, oracle = ONE_SIDED[name]
    assert [ours(value) for value in a] == [oracle(value) for value in a]
    assert np.ravel(ours(np.array(a))) == pytest.approx([oracle(value) for value in a], rel=1e-14, abs=1e-14)


def test_where_takes_each_draw_from_its_own_side() -> None:
    assert (where(True, 1.0, 2.0), where(False, 1.0, 2.0)) == (1.0, 2.0)
    taken = where(np.array([True, False, True]), np.array([1.0, 2.0, 3.0]), -1.0)
    assert np.ravel(taken).tolist() == [1.0, -1.0, 3.0]


def test_range_is_three_numbers_and_a_unit() -> None:
    found = Range(1.0, 2.0, 4.0, "s")
    assert (found.low, found.central, found.high, found.unit) == (1.0, 2.0, 4.0, "s")
    assert Range(1.0, 2.0, 4.0).unit == ""
    assert found == Range(1.0, 2.0, 4.0, "s") != Range(1.0, 2.0, 4.0, "h")


@pytest.mark.parametrize(
    ("value", "bounds", "sentence"),
    [
        (math.nan, {}, "rate is nan; it must be a finite number."),
        (math.inf, {}, "rate is inf; it must be a finite number."),
        (np.array([1.0, math.nan]), {}, "rate is nan; it must be a finite number."),
        (0.0, {"above": 0}, "rate is 0; it must be above 0."),
        (-0.5, {"low": 0}, "rate is -0.5; it must be at least 0."),
        (np.array([0.5, 1.5]), {"high": 1}, "rate is 1.5; it must be at most 1."),
        (np.array([0.5, -1.0]), {"low": 0, "high": 1}, "rate is -1; it must be at least 0."),
    ],
)
def test_value_out_of_bounds_is_refused_in_one_sentence(value: Number, bounds: dict[str, float], sentence: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        require("rate", value, **bounds)
    assert str(refused.value) == sentence


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_value_within_its_bounds_is_taken(values: list[float]) -> None:
    require("share", np.array(values), low=0, high=1)
    for value in values:
        require("share", value, low=0, high=1)
        require("share", value, above=-1e-9)


def test_picked_values_are_kept_of_arrays_that_nobody_can_change_only() -> None:
    picked = Picked(np.array([0, 2]), np.ones(2), 3)
    values = np.array([1.0, 2.0, 3.0])
    assert picked.of(values).tolist() == [1.0, 3.0]  # type: ignore[union-attr]
    values[2] = 9.0
    assert picked.of(values).tolist() == [1.0, 9.0]  # type: ignore[union-attr]
    values.flags.writeable = False
    assert picked.of(values) is picked.of(values)
    for number in range(200):  # more than are kept, each in the place of one that is gone
        other = np.full(3, float(number))
        other.flags.writeable = False
        assert picked.of(other).tolist() == [number, number]  # type: ignore[union-attr]


def test_what_is_made_of_the_same_arrays_is_kept_and_nothing_of_those_that_may_change() -> None:
    picked, made = Picked(np.array([0, 2]), np.ones(2), 3), list[str]()

    def kept(*values: object) -> int:
        return picked.kept(values, lambda: made.append("") or len(made))

    fixed = np.array([1.0, 2.0, 3.0])
    fixed.flags.writeable = False
    assert (kept("a", fixed, 1.0), kept("a", fixed, 1.0)) == (1, 1)
    assert (kept("a", fixed, 2.0), kept("b", fixed, 1.0)) == (2, 3)
    other = fixed.copy()
    assert (kept("a", other, 1.0), kept("a", other, 1.0)) == (4, 5)
    assert (kept("a", fixed[:2], 1.0), kept("a", fixed[:2], 1.0)) == (6, 7)
    for number in range(40):
        kept("many", number)
    assert kept("a", fixed, 1.0) > 7  # forgotten with the rest


@pytest.mark.parametrize("draw_count", [3, 40])
def test_sums_of_few_are_kept_as_they_are_and_come_to_the_same(draw_count: int) -> None:
    picked, made = Picked(np.array([0, 2, 2]), np.array([1.0, 2.0, 1.0]), draw_count), list[str]()

    def sums(factor: float) -> list[list[float]]:
        def of_each() -> tuple[Number, Number]:
            made.append("")
            return np.array([1.0, 10.0, 100.0]) * factor, factor

        return [one.tolist() for one in picked.sums(("sums", factor), of_each)]

    rest = [0.0] * (draw_count - 3)
    expected = [[2.0, 0.0, 240.0, *rest], [2.0, 0.0, 6.0, *rest]]
    assert (sums(2.0), sums(2.0), len(made)) == (expected, expected, 1)
    assert sums(1.0) != expected
    assert picked.are_few == (draw_count == 40)
    held = [one for _, found in picked._kept.values() for one in found]  # pyright: ignore[reportPrivateUsage]
    assert all(np.size(one) < draw_count or draw_count == 3 for one in held)
    (found,) = picked.sums(("again",), lambda: [1.0])
    assert not found.flags.writeable


def test_forgotten_values_are_picked_again() -> None:
    picked, values = Picked(np.array([0, 2]), np.ones(2), 3), np.array([1.0, 2.0, 3.0])
    values.flags.writeable = False
    first = picked.of(values)
    picked.forget_values()
    assert picked.of(values) is not first
    assert picked.of(values).tolist() == [1.0, 3.0]  # type: ignore[union-attr]


def test_some_is_true_where_one_draw_is_not_nothing() -> None:
    assert not some(0.0)
    assert some(0.1)
    assert not some(np.zeros(3))
    assert some(np.array([0.0, 0.0, 1.0]))
