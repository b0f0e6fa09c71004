"""Names of dots: towards the middle, and off the dots beside them."""

import time
from dataclasses import replace

from views.charts.names_at_dots import NOWHERE, Dot, name_sides


def test_names_lie_towards_the_middle_where_nothing_is_in_the_way() -> None:
    assert name_sides([Dot(1_000, 5, "left one"), Dot(100_000, 20, "right one")]) == ["top right", "top left"]


def test_name_that_would_run_through_the_next_dot_goes_below() -> None:
    dots = [Dot(6_000, 18), Dot(20_400, 29.0, "RTX PRO 6000 Blackwell PC (96 GB)"), Dot(37_700, 30.6), Dot(245_000, 32)]
    assert name_sides(dots)[1] == "bottom right"


def test_second_name_keeps_off_the_first() -> None:
    first, second, _ = name_sides([Dot(10_000, 10, "one machine"), Dot(10_100, 10.2, "another machine"), Dot(1e6, 30)])
    assert first != second


def test_name_without_room_is_left_out_and_the_others_keep_theirs() -> None:
    """Nine dots in one place have room for the names on their eight sides at most."""
    crowd = [Dot(10_000, 10, f"machine number {place}") for place in range(9)]
    sides = name_sides([*crowd, Dot(1e6, 30, "another")])
    written = [side for side in sides[:9] if side != NOWHERE]
    assert 3 <= len(written) < 9
    assert len(set(written)) == len(written)
    assert sides[9] == "top left"


def test_name_that_would_leave_the_page_on_a_phone_stands_in_the_middle_or_nowhere() -> None:
    long = "A machine with a name of forty-five letters..."
    ends, middle = Dot(1_000, 5), Dot(31_623, 5, long)
    assert name_sides([ends, middle, Dot(1e6, 30)])[1] == "top center"
    assert name_sides([ends, replace(middle, name=2 * long), Dot(1e6, 30)])[1] == NOWHERE


def test_many_names_are_placed_within_a_bounded_search() -> None:
    crowd = [Dot(1_000 * 1.1**place, 10 + place % 5, f"machine number {place}") for place in range(40)]
    begin = time.process_time()
    assert len(name_sides(crowd)) == 40
    assert time.process_time() - begin < 20


def test_no_dots_have_no_names() -> None:
    assert name_sides([]) == []
