"""Names of dots: towards the middle, and off the dots beside them."""

from views.charts.names_at_dots import Dot, name_sides


def test_names_lie_towards_the_middle_where_nothing_is_in_the_way() -> None:
    assert name_sides([Dot(1_000, 5, "left one"), Dot(100_000, 20, "right one")]) == ["top right", "top left"]


def test_name_that_would_run_through_the_next_dot_goes_below() -> None:
    dots = [Dot(6_000, 18), Dot(20_400, 29.0, "RTX PRO 6000 Blackwell PC (96 GB)"), Dot(37_700, 30.6), Dot(245_000, 32)]
    assert name_sides(dots)[1] == "bottom right"


def test_second_name_keeps_off_the_first() -> None:
    first, second, _ = name_sides([Dot(10_000, 10, "one machine"), Dot(10_100, 10.2, "another machine"), Dot(1e6, 30)])
    assert first != second


def test_no_dots_have_no_names() -> None:
    assert name_sides([]) == []
