"""Figures of Fit & speed: limits over bars, dots that say whether they were measured, the frontier's names."""

from calculator import Scenario
from calculator.decision.choose import Wanted, choose
from calculator.number import Range
from calculator.units import BYTES_PER_GB
from tests.views.other_pages import comparison_of, drawn
from tests.views.pages import CATALOG
from views.charts.fit import frontier, memory_bars, speed_curves
from views.fit_curves import Curve


def test_parts_of_a_memory_bar_sum_to_the_peak_and_the_mark_is_the_limit() -> None:
    found = comparison_of(Scenario(second_tenant_gb=10))
    fitted = [option.memory for option in found.options if option.memory is not None][::-1]
    figure = memory_bars(found)
    bars = [trace for trace in drawn(figure) if trace.type == "bar"]
    for place, memory in enumerate(fitted):
        shown = sum(bar.x[place] for bar in bars)
        beside = (
            0
            if memory.peak_bytes
            >= sum(
                (
                    memory.weights_bytes,
                    memory.kv_cache_bytes,
                    memory.transient_bytes,
                    memory.overhead_bytes,
                    memory.second_tenant_bytes,
                )
            )
            else memory.second_tenant_bytes
        )  # a PC's other software lives in its own memory
        assert abs(shown - (memory.peak_bytes + beside) / BYTES_PER_GB) < 0.01
    limit = next(trace for trace in drawn(figure) if trace.name == "what the GPU may use")
    assert list(limit.x) == [memory.usable_bytes / BYTES_PER_GB for memory in fitted]


def test_full_dots_were_measured_and_bands_hold_the_range() -> None:
    speeds = tuple(Range(low, low + 1, low + 2, "tokens/s") for low in (10.0, 5.0))
    band, line = drawn(
        speed_curves([Curve("cloud-h100", "H100", (1, 2), speeds, (True, False))], x_title="x", y_title="y")
    )
    assert list(line.marker.symbol) == ["circle", "circle-open"]
    assert list(line.y) == [11.0, 6.0]
    assert list(band.y) == [12.0, 7.0, 5.0, 10.0]


def test_frontier_names_only_what_nothing_beats_in_cost_and_speed() -> None:
    found = choose(Scenario(), CATALOG, wanted=Wanted())
    rest, best = drawn(frontier(found.choices))
    assert len(rest.x) + len(best.x) == len(found.choices)
    named = {text for text in (*rest.text, *best.text) if text}
    assert named
    for one in found.choices:
        beaten = any(
            other.present_value_usd < one.present_value_usd and other.stream_tokens_per_s > one.stream_tokens_per_s
            for other in found.choices
        )
        label = one.name if one.machine_count == 1 else f"{one.machine_count} x {one.name}"
        assert not (beaten and label in named)


def test_names_on_the_frontier_lie_towards_the_middle() -> None:
    found = choose(Scenario(), CATALOG, wanted=Wanted())
    for trace in drawn(frontier(found.choices)):
        sides = dict(zip(trace.x, trace.textposition, strict=True))
        if len(sides) > 1:
            assert (sides[min(sides)], sides[max(sides)]) == ("top right", "top left")
