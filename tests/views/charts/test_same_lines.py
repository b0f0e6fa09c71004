"""No line of a chart hides another: equal ones share their names, and one that runs on another is dashed."""

from views.charts.same_lines import drawn_once, on_top


def test_equal_lines_are_drawn_once_under_all_their_names() -> None:
    assert drawn_once([(1, 2), (1, 3), (1, 2), (1, 2)], list("ABCD")) == [(0, "A,<br>C and<br>D"), (1, "B")]
    assert drawn_once([], []) == []


def test_a_line_that_runs_on_an_earlier_one_is_dashed_and_one_that_only_crosses_it_is_not() -> None:
    first = {1.0: 50.0, 2.0: 40.0, 4.0: 30.0}
    assert on_top([first, {1.0: 50.1, 2.0: 40.0}]) == [False, True]
    assert on_top([first, {1.0: 10.0, 2.0: 40.0, 4.0: 60.0}]) == [False, False]
    assert on_top([{1.0: 50.0}, {1.0: 50.0}]) == [False, False]
    assert on_top([{}, {1.0: 1.0, 2.0: 1.0}, {1.0: 1.0, 2.0: 1.0}]) == [False, False, True]


def test_on_a_logarithmic_axis_small_values_are_as_far_apart_as_they_look() -> None:
    lines = [{1.0: 0.1, 2.0: 0.2, 4.0: 900.0}, {1.0: 0.2, 2.0: 0.4, 4.0: 1.0}]
    assert on_top(lines) == [False, True]
    assert on_top(lines, is_log=True) == [False, False]
