"""No line of a chart hides another: equal ones share their names, and those that run together are each seen."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from views.charts import same_lines
from views.charts.same_lines import dashes, drawn_once

FIRST = {1.0: 50.0, 2.0: 40.0, 4.0: 30.0}


def seen_px(patterns: list[str], *, shifts: list[int], length: int = 4_096) -> list[int]:
    """Pixels of each line that no later one covers; each begins its dashes anew after its shift."""
    seen = [0] * len(patterns)
    steps = [[int(part.removesuffix("px")) for part in one.split(",")] if "px" in one else [1, 0] for one in patterns]
    for pixel in range(length):
        for place in reversed(range(len(patterns))):
            at, on = (pixel + shifts[place]) % sum(steps[place]), True
            for step in steps[place]:
                if at < step:
                    break
                at, on = at - step, not on
            if on:
                seen[place] += 1
                break
    return seen


def test_equal_lines_are_drawn_once_under_all_their_names() -> None:
    assert drawn_once([(1, 2), (1, 3), (1, 2), (1, 2)], list("ABCD")) == [(0, "A,<br>C and<br>D"), (1, "B")]
    assert drawn_once([], []) == []
    assert not doctest.testmod(same_lines).failed


def test_a_line_that_runs_on_an_earlier_one_is_dashed_and_one_that_only_crosses_it_is_not() -> None:
    assert dashes([FIRST, {1.0: 50.1, 2.0: 40.0}]) == ["solid", "8px,8px"]
    assert dashes([FIRST, {1.0: 10.0, 2.0: 40.0, 4.0: 60.0}]) == ["", ""]
    assert dashes([{1.0: 50.0}, {1.0: 50.0}]) == ["", ""]
    assert dashes([{}, {1.0: 1.0, 2.0: 1.0}, {1.0: 1.0, 2.0: 1.0}]) == ["", "solid", "8px,8px"]


def test_on_a_logarithmic_axis_small_values_are_as_far_apart_as_they_look() -> None:
    lines = [{1.0: 0.1, 2.0: 0.2, 4.0: 900.0}, {1.0: 0.2, 2.0: 0.4, 4.0: 1.0}]
    assert dashes(lines) == ["solid", "8px,8px"]
    assert dashes(lines, is_log=True) == ["", ""]


@pytest.mark.parametrize("count", range(2, 13))
def test_lines_that_run_together_are_each_seen_as_long_as_the_others(count: int) -> None:
    patterns = dashes([{x: y + place / 100 for x, y in FIRST.items()} for place in range(count)])
    assert patterns[0] == "solid"
    seen = seen_px(patterns, shifts=[0] * count, length=8 * count * 20)
    assert seen == [160] * count


@given(st.integers(2, 6).flatmap(lambda count: st.lists(st.integers(0, 511), min_size=count, max_size=count)))
def test_lines_that_meet_later_are_each_seen_wherever_their_dashes_begin(shifts: list[int]) -> None:
    lines = [{0.5: 10.0 * place, **FIRST} for place in range(len(shifts))]
    patterns = dashes(lines)
    assert "" not in patterns
    assert min(seen_px(patterns, shifts=shifts)) >= 4_096 // 2 ** len(shifts)


def test_line_that_no_earlier_one_lies_under_stays_whole_whatever_runs_on_it_later() -> None:
    ends = {1.0: 10.0, 2.0: 10.0, 4.0: 30.0, 8.0: 20.0}
    joined = {1.0: 50.0, 2.0: 40.0, 4.0: 30.0, 8.0: 20.0}
    apart = {1.0: 5.0, 2.0: 5.0, 4.0: 5.0}
    found = dashes([FIRST, ends, apart, joined, dict(apart)])
    assert found == ["solid", "solid", "solid", "8px,8px", "8px,8px"]
