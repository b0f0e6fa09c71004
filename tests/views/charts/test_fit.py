"""Figures of Fit & speed: limits over bars, dots that say whether they were measured, the frontier's names."""

import math
from dataclasses import replace
from itertools import combinations

import pytest

from calculator import Scenario
from calculator.decision.choose import Choice, Wanted, choose
from calculator.number import Range
from calculator.scenario.presets import preset, preset_names
from calculator.units import BYTES_PER_GB
from tests.views.other_pages import comparison_of, drawn, laid_out
from tests.views.pages import CATALOG
from views.charts.fit import Filled, counted_name, frontier, memory_bars, speed_curves
from views.fit_curves import Curve


def test_parts_of_a_memory_bar_sum_to_the_peak_and_the_mark_is_the_limit() -> None:
    found = comparison_of(Scenario(second_tenant_gb=10))
    filled = [Filled(option.name, option.memory) for option in found.options if option.memory is not None]
    figure = memory_bars(filled)
    names = [note.text for note in laid_out(figure).annotations]
    bars = [trace for trace in drawn(figure) if trace.type == "bar"]
    sums = {name: sum(bar.x[place] for bar in bars) for place, name in enumerate(names)}
    limit = next(trace for trace in drawn(figure) if trace.name == "usable memory")
    limits = dict(zip([names[place] for place in limit.y], limit.x, strict=True))
    for one in filled:
        assert abs(sums[one.name] - one.memory.peak_bytes / BYTES_PER_GB) < 0.01
        assert limits[one.name] == one.memory.usable_bytes / BYTES_PER_GB


def test_other_software_of_a_pc_fills_its_own_memory_and_not_the_cards() -> None:
    found = comparison_of(Scenario(second_tenant_gb=40, options=("mac-studio-m5-ultra-256", "dual-rtx-4090-am5")))
    filled = [Filled(option.name, option.memory) for option in found.options if option.memory is not None]
    figure = memory_bars(filled)
    names = [note.text for note in laid_out(figure).annotations]
    other = next(trace for trace in drawn(figure) if trace.name == "Other software")
    sizes = dict(zip(names, other.x, strict=True))
    cards = filled[1].name
    assert sizes == {filled[0].name: 40, cards: 0, f"{cards}: system RAM": 40}
    table = next(trace for trace in drawn(figure) if trace.name == "Embedding table, kept off the card")
    kept = ((filled[1].memory.host_needed_bytes or 0) - 40 * BYTES_PER_GB) / BYTES_PER_GB
    assert dict(zip(names, table.x, strict=True)) == {filled[0].name: 0, cards: 0, f"{cards}: system RAM": kept}
    limit = next(trace for trace in drawn(figure) if trace.name == "usable memory")
    room = dict(zip([names[place] for place in limit.y], limit.x, strict=True))[f"{cards}: system RAM"]
    assert room == (filled[1].memory.host_usable_bytes or 0) / BYTES_PER_GB > 40


def test_memory_of_a_pc_that_nobody_knows_has_no_limit_mark() -> None:
    found = comparison_of(Scenario(second_tenant_gb=40, options=("dual-rtx-4090-am5",)))
    assert found.options[0].memory is not None
    unknown = Filled("PC", replace(found.options[0].memory, host_usable_bytes=None))
    limit = next(trace for trace in drawn(memory_bars([unknown])) if trace.name == "usable memory")
    assert list(limit.y) == [1]  # the cards', above the PC's own memory


def test_full_dots_were_measured_and_bands_hold_the_range() -> None:
    speeds = tuple(Range(low, low + 1, low + 2, "tokens/s") for low in (10.0, 5.0))
    band, line = drawn(
        speed_curves([Curve("cloud-h100", "H100", (1, 2), speeds, (True, False))], x_title="x", y_title="y")
    )
    assert list(line.marker.symbol) == ["circle", "circle-open"]
    assert list(line.y) == [11.0, 6.0]
    assert list(band.y) == [12.0, 7.0, 5.0, 10.0]


def test_two_machines_of_one_speed_share_a_line_and_one_that_runs_on_another_is_dashed() -> None:
    def curve(option: str, *speeds: float) -> Curve:
        ranges = tuple(Range(one, one, one, "tokens/s") for one in speeds)
        return Curve(option, option, tuple(map(float, range(1, len(speeds) + 1))), ranges, (False,) * len(speeds))

    curves = [curve("cloud-h100", 9, 5, 2), curve("api-frontier", 9, 5, 2), curve("dual-rtx-4090-am5", 9, 5)]
    figure = speed_curves(curves, x_title="x", y_title="y")
    lines = [trace for trace in drawn(figure) if trace.name]
    assert [line.name for line in lines] == ["cloud-h100 and<br>api-frontier", "dual-rtx-4090-am5"]
    assert [line.line.dash for line in lines] == ["solid", "8px,8px"]
    assert len(drawn(figure)) == 4  # two bands


def _beats(other: Choice, one: Choice) -> bool:
    return other.present_value_usd < one.present_value_usd and other.stream_tokens_per_s > one.stream_tokens_per_s


def test_frontier_names_only_what_nothing_beats_in_cost_and_speed() -> None:
    found = choose(Scenario(), CATALOG, wanted=Wanted())
    figure = frontier(found.choices, months=36).figure
    assert figure.to_dict()["layout"]["xaxis"]["title"]["text"] == "cost over 36 months, in today's money"
    rest, best = drawn(figure)
    assert len(rest.x) + len(best.x) == len(found.choices)
    assert all(word in best.name for word in ("cost", "speed", "memory"))
    cheaper_and_faster = [one for one in found.best() if any(_beats(other, one) for other in found.choices)]
    assert cheaper_and_faster  # a full dot may be beaten in two of the three
    named = {text for text in (*rest.text, *best.text) if text}
    assert named
    for one in found.choices:
        beaten = any(_beats(other, one) for other in found.choices)
        assert not (beaten and counted_name(one) in named)


@pytest.mark.parametrize("name", preset_names())
def test_no_two_names_on_the_frontier_of_a_preset_meet_and_the_cheapest_and_the_fastest_have_theirs(name: str) -> None:
    """On the plot of a phone, of a wide page and between; letters of 11 px were measured as 4.7 px wide at most."""
    found = choose(preset(name), CATALOG, wanted=Wanted())
    chart = frontier(found.choices, months=36)
    rest, best = drawn(chart.figure)
    assert not any(rest.text)
    shown = [one for one in zip(best.x, best.y, best.text, best.textposition, strict=True) if one[2]]
    logs = [math.log10(one.present_value_usd) for one in found.choices]
    most = max(one.stream_tokens_per_s for one in found.choices)
    for width_px in (240, 400, 700, 950):
        boxes: list[tuple[float, float, float, float]] = []
        for x, y, text, side in shown:
            across = width_px * (math.log10(x) - min(logs)) / (max(logs) - min(logs))
            rise, lies = side.split()
            start = {"right": 8, "left": -8 - 4.7 * len(text), "center": -2.35 * len(text)}[lies] + across
            low = {"top": 10, "middle": -6, "bottom": -19}[rise] + 335 * y / most
            boxes.append((start, start + 4.7 * len(text), low, low + 12))
        for one, other in combinations(boxes, 2):
            assert one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2], (
                width_px,
                name,
            )
    lost = chart.nameless
    assert len(lost) <= 1
    written = {text for *_, text, _ in shown}
    assert not written & set(lost)
    beside = {one for one in found.best() if not any(_beats(other, one) for other in found.choices)}
    assert written | set(lost) == {counted_name(one) for one in beside}
    for end in (min(found.best(), key=lambda one: one.present_value_usd), max(found.best(), key=_speed)):
        assert counted_name(end) not in lost


def _speed(one: Choice) -> float:
    return one.stream_tokens_per_s


def test_names_on_the_frontier_lie_towards_the_middle() -> None:
    found = choose(Scenario(), CATALOG, wanted=Wanted())
    for trace in drawn(frontier(found.choices, months=36).figure):
        sides = dict(zip(trace.x, trace.textposition, strict=True))
        if len(sides) > 1:
            assert (sides[min(sides)].split()[1], sides[max(sides)].split()[1]) == ("right", "left")
