"""Mac or PC over the sliders: all three answers occur, and what is said to turn one does, by whole answers.

`bench/grid.py` asks all 500 settings.
"""

from collections import Counter

import pytest

from tests.calculator.two_options import answer, cells, side, unsaid_flips, verdict_of, wrong_flips

SOME = cells()[::13]
"""39 of the 500, each slider at each of its values."""


def test_sliders_reach_all_three_answers() -> None:
    sides = Counter(side(answer(cell, with_turns=False)) for cell in SOME)
    assert set(sides) == {"Mac", "too close", "PC"}, sides


@pytest.mark.parametrize("cell", SOME[::4])
def test_what_is_said_to_turn_the_answer_does_and_nothing_else_alone(cell: dict[str, float]) -> None:
    found = answer(cell)
    assert verdict_of(found).cheapest
    assert list(wrong_flips(found)) == []


@pytest.mark.parametrize("cell", [one for one in SOME if one["wage_usd_per_h"] == 250][:3])
def test_where_no_input_is_named_none_turns_the_answer_within_its_range(cell: dict[str, float]) -> None:
    assert list(unsaid_flips(answer(cell))) == []
