"""Figures of What if: every bar, dot and line stands where its figure says."""

from functools import partial

import numpy as np
import pytest

from calculator import Scenario
from calculator.analysis.appraisal import exit_curve
from calculator.analysis.bridge import Bridge, Step, bridge
from calculator.decision import input_words
from calculator.risk.sensitivity import Swing, tornado, who_wins
from calculator.scenario.presets import preset
from tests.views.other_pages import comparison_of, drawn, laid_out
from tests.views.pages import CATALOG
from views.charts.layout import TURN
from views.charts.what_if import bridge_chart, exit_chart, tornado_chart, winner_map, worth_chart
from views.look import style_of

FOUND = comparison_of(Scenario(options=("mac-studio-m5-ultra-96", "dual-rtx-4090-am5")))
NAMES = {option.id: option.name for option in FOUND.options}
LABEL = partial(input_words.label, names=NAMES)


def test_bars_of_the_tornado_end_at_the_gaps_of_both_ends() -> None:
    swings = tornado(FOUND.candidates)[:5]
    figure = tornado_chart(swings, base_usd=6_000.0, label=LABEL, value=input_words.value)
    bars = [trace for trace in drawn(figure) if trace.type == "bar"]
    for bar, end in zip(bars, ("gap_at_low_usd", "gap_at_high_usd"), strict=True):
        assert [bar.base + width for width in bar.x] == pytest.approx([getattr(one, end) for one in swings[::-1]])
    said = [text for trace in drawn(figure) if trace.type == "scatter" for text in trace.text]
    assert [bar.name for bar in bars] == [f"with the input at the {end} end of its range" for end in ("low", "high")]
    assert all(bar.showlegend is not False for bar in bars)
    assert laid_out(figure).xaxis.zeroline is False  # it would run through the names
    assert len(said) == 2 * len(swings)


@pytest.mark.parametrize("sign", [1, -1])
def test_two_bars_on_one_side_have_their_labels_apart(sign: int) -> None:
    """Growth of demand: with less and with more of it the gap falls, and both labels lay over one another."""
    near_usd, far_usd = 6_000.0 + sign * 500, 6_000.0 + sign * 2_000
    swing = Swing("growth_per_year", 0.1, 0.2, 0.3, gap_at_low_usd=near_usd, gap_at_high_usd=far_usd)
    figure = tornado_chart([swing], base_usd=6_000.0, label=LABEL, value=lambda _, value: f"{value:.0%}")
    near, far = [trace for trace in drawn(figure) if trace.type == "scatter"]
    outside, inside = ("right", "left") if sign > 0 else ("left", "right")
    assert (near.x[0], near.textposition) == (6_000.0, f"middle {inside}")
    assert (far.x[0], far.textposition) == (far_usd, f"middle {outside}")


def test_map_colours_each_cell_by_its_winner_and_the_dot_is_ours() -> None:
    x, y = np.linspace(0, 400, 5), np.linspace(0, 1000, 4)
    found = who_wins(FOUND.candidates, x=("wage_usd_per_h", x), y=("requests_per_working_day", y))
    figure = winner_map(found, dot=(95.0, 200.0), names=NAMES, titles=("a", "b"), formats=("~g", "~g"))
    heat, dot = drawn(figure)[0], drawn(figure)[-1]
    shown = [trace.name for trace in drawn(figure)[1:-1]]
    winners = [found.options[place] for place in sorted(set(found.winner.ravel().tolist()))]
    assert shown == [NAMES[option] for option in winners]
    assert [[shown[place] for place in row] for row in heat.z] == [
        [NAMES[found.options[p]] for p in row] for row in found.winner.tolist()
    ]
    assert (dot.x[0], dot.y[0]) == (95.0, 200.0)


@pytest.mark.parametrize("most", [3, 40])
def test_walk_ends_at_the_gap_here_however_many_bars_are_shown(most: int) -> None:
    pair = ("mac-studio-m5-ultra-96", "dual-rtx-4090-am5")
    found = bridge(preset("article"), Scenario(), catalog=CATALOG, pair=pair)
    [bars] = drawn(bridge_chart(found, ends=("there", "here"), label=str, most=most))
    assert sum(bars.x[:-1]) == pytest.approx(bars.x[-1], abs=1e-9)
    assert (bars.x[0], bars.x[-1]) == (round(found.start_usd), round(found.end_usd))
    written = [float(text.replace("$", "").replace(",", "").replace("+", "")) for text in bars.text]
    assert sum(written[:-1]) == pytest.approx(written[-1], abs=1e-9)  # as a person adds them up


def test_amounts_of_a_walk_are_whole_dollars_and_what_rounding_leaves_is_called_so() -> None:
    steps = (step("leases: a", 7.04), step("months", 20.4), step("price", 0.2))
    walk = Bridge("a", "b", 100.0, 127.64, steps, (), True, "")
    [bars] = drawn(bridge_chart(walk, ends=("there", "here"), label=str))
    assert list(bars.text) == ["$100", "+$7", "+$20", "+$1", "$128"]
    names = [one.text for one in laid_out(bridge_chart(walk, ends=("there", "here"), label=str)).annotations][::-1]
    assert names[3] == "All the rest"
    exact = Bridge("a", "b", 100.0, 127.8, (step("leases: a", 7.4), step("months", 20.4)), (), True, "")
    figure = bridge_chart(exact, ends=("there", "here"), label=str)
    assert [one.text for one in laid_out(figure).annotations][::-1][3] == "Rounding"
    small = Bridge("a", "b", 2.0, 5.25, (step("months", 3.25),), (), True, "")
    [bars] = drawn(bridge_chart(small, ends=("there", "here"), label=str))
    assert list(bars.text) == ["$2.00", "+$3.25", "$5.25"]


def step(name: str, change_usd: float) -> Step:
    return Step(name, None, None, change_usd, change_usd)


def test_exit_lines_have_the_options_styles_and_costs() -> None:
    exits = {one.option.id: exit_curve(FOUND.candidates, one, months=(12, 36)) for one in FOUND.candidates}
    figure = exit_chart(exits, months=36, names=NAMES)
    for trace, (option, rows) in zip(drawn(figure), exits.items(), strict=True):
        assert trace.line.color == style_of(option).code
        assert list(trace.y) == [one.equivalent_annual_cost_usd for one in rows]


def test_two_options_of_one_cost_share_an_exit_line() -> None:
    [first, *_] = [exit_curve(FOUND.candidates, one, months=(12, 36)) for one in FOUND.candidates]
    [line] = drawn(exit_chart({"a": first, "b": first}, months=36, names={"a": "A", "b": "B"}))
    assert line.name == "A and<br>B"


def test_most_telling_input_stands_on_top() -> None:
    bars, labels = drawn(worth_chart({"wage_usd_per_h": 10.0, "resale_fraction": 99.0}, label=LABEL))
    assert list(bars.x) == [10.0, 99.0]
    assert [text.strip() for text in labels.text] == ["$10", "$99"]


def test_red_line_of_the_tornado_stops_at_the_bar_only_where_a_value_lies_across_zero() -> None:
    near = Swing("growth_per_year", 0.1, 0.2, 0.3, gap_at_low_usd=400.0, gap_at_high_usd=9_000.0)
    far = Swing("months", 24.0, 36.0, 48.0, gap_at_low_usd=5_500.0, gap_at_high_usd=6_500.0)
    figure = tornado_chart([far, near], base_usd=6_000.0, label=LABEL, value=lambda _, value: f"{value:g} a year")
    reds = [one for one in laid_out(figure).shapes if one.line.color == TURN]
    assert [one.x0 for one in reds] == [0.0, 0.0]
    assert [one.y1 > place for place, one in enumerate(reds)] == [False, True]
