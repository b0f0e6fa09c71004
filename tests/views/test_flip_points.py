"""Flip points: what "Set it" sets, and which values are worth a line. What if's own tests set each and ask the engine."""

import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.risk.sensitivity import SwitchPoint
from views.flip_points import beyond, flip_points, verdict_on


def point(now: float, at: float, *, bounds: tuple[float, float] = (0.0, 1e9)) -> SwitchPoint:
    return SwitchPoint("wage_usd_per_h", now, at, "a", in_range=False, bounds=bounds)


@pytest.mark.parametrize(
    ("now", "at", "set_to"),
    [
        (5499.0, 14318.0, 14400.0),
        (9600.0, 6002.0, 6000.0),
        (200.0, 331.0, 332.0),
        (6.0, 29.87, 29.9),
        (15.0, 5.446, 5.44),
        (0.0, 0.2081, 0.209),
        (1.0, 0.0, -0.001),
    ],
)
def test_set_it_takes_the_next_three_digits_beyond_the_switching_value(now: float, at: float, set_to: float) -> None:
    assert beyond(point(now, at, bounds=(-1.0, 1e9))) == pytest.approx(set_to, abs=1e-12)


def test_set_it_stays_within_the_inputs_bounds() -> None:
    assert beyond(point(10.0, 99.99, bounds=(0.0, 100.0))) == 100.0
    assert beyond(point(10.0, 0.0, bounds=(0.0, 100.0))) == 0.0


def test_points_are_within_their_range_or_at_most_five_times_away_and_the_verdicts_own() -> None:
    found = compare(Scenario(), load_catalog(), draw_count=256)
    pair = found.verdicts.mac_or_pc
    assert pair is not None
    both = (str(pair.cheapest), str(pair.next))
    assert verdict_on(both, found) is pair
    assert verdict_on((both[1], both[0]), found) is None
    every = found.candidates
    points = flip_points(every.only(both), every, pair, pair=(both[0], both[1]))
    assert points
    for one in points:
        assert one.value is not None
        assert one.in_range or 0.2 <= one.value / one.central_value <= 5.0
    assert f"{both[0]}.price_usd" not in {one.name for one in points}


def test_verdicts_that_count_staff_hours_say_nothing_of_a_page_that_leaves_them_out() -> None:
    found = compare(Scenario(labour="without"), load_catalog(), draw_count=64)
    assert verdict_on((str(found.verdict.cheapest), str(found.verdict.next)), found) is None
