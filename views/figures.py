"""Charts of a Comparison: pure functions that draw what it holds and compute nothing new.

Charts of cost show the options that can do the job and no other; they leave people's time out where the scenario does.

go.Figure from plain lists, because importing plotly.express takes a quarter of a second. No chart relies on zoom or
legend state, because Streamlit rebuilds a plotly chart whenever its data change.
"""

from collections.abc import Iterator

import plotly.graph_objects as go  # pyright: ignore[reportMissingTypeStubs] - plotly ships no types

from calculator.cost.tco import Tco
from calculator.decision.comparison import BreakEven, Comparison, OptionResult
from calculator.scenario.scenario import Scenario
from calculator.units import BYTES_PER_GB
from views.look import block_of, gb, line_colour, style_of, usd
from views.money import cheapest_of, cumulative_shown_usd, is_ranked, lines_shown

CHART_CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False}
_MEMORY_PARTS = (
    ("weights_bytes", "Weights", "#5b7fa6"),
    ("kv_cache_bytes", "KV cache", "#bf8016"),
    ("transient_bytes", "Work space", "#b0578d"),
    ("overhead_bytes", "Runtime", "#7a828c"),
    ("second_tenant_bytes", "Second tenant", "#2f9e77"),
)
_ROW_PX, _AXES_PX = 66, 130
_BAR_MARK = {"symbol": "line-ns-open", "size": 20, "color": "#7a828c", "line": {"width": 3}}


def cumulative_cost(comparison: Comparison) -> go.Figure:
    """Chart of the cumulative cost by month, one line per option, with a mark where a purchase has paid for itself.

    The last point of a line is the option's total cost, because the machine is sold in that month. Marks count people's
    time, so there are none where it is left out.
    """
    scenario = comparison.scenario
    cheapest, _ = cheapest_of(comparison.verdict, scenario)
    lines = [
        go.Scatter(
            x=list(range(tco.months + 1)),
            y=list(cumulative_shown_usd(tco, scenario)),
            name=option.name,
            mode="lines",
            line={
                "color": style_of(option.id).code,
                "dash": style_of(option.id).dash,
                "width": 3 if option.id == cheapest else 2,
            },
            hovertemplate=f"{option.name}<br>month %{{x}}: $%{{y:,.0f}}<extra></extra>",
        )
        for option, tco in _costed(comparison)
    ]
    marks = [
        go.Scatter(
            x=[row.month or 0.0],
            y=[_at(tco, row.month or 0.0)],
            mode="markers",
            showlegend=False,
            marker={"symbol": "circle-open", "size": 13, "color": style_of(row.option).code, "line": {"width": 3}},
            name=f"break-even {row.option}",
            hovertemplate=f"{row.reason}<extra></extra>",
        )
        for row, tco in _paid_off(comparison)
        if scenario.labour == "with"
    ]
    layout = go.Layout(
        height=400,
        margin={"l": 0, "r": 8, "t": 8, "b": 0},
        hovermode="closest",
        legend=_LEGEND,
        xaxis={
            "title": "month",
            "dtick": 6 if comparison.scenario.months <= 48 else 12,
            "fixedrange": True,
            "zeroline": False,
        },
        yaxis={"tickformat": "$,.0f", "rangemode": "tozero", "fixedrange": True},
    )
    return go.Figure([*lines, *marks], layout)


def cost_breakdown(comparison: Comparison) -> go.Figure:
    """Chart of what each option's cost is made of: one bar per option, with what comes back (resale) to the left.

    Energy by state and API tokens by kind are one block each; every other line has its own.
    """
    scenario = comparison.scenario
    costed = list(_costed(comparison))[::-1]
    names = [option.name for option, _ in costed]
    blocks = dict.fromkeys(block_of(line) for _, tco in costed[::-1] for line in lines_shown(tco, scenario))
    bars = [
        go.Bar(
            orientation="h",
            name=block,
            y=names,
            x=[_block_usd(tco, block, scenario) for _, tco in costed],
            marker={"color": line_colour(block)},
            hovertemplate=f"%{{y}}<br>{block}: $%{{x:,.0f}}<extra></extra>",
        )
        for block in blocks
    ]
    totals = go.Scatter(
        x=[total_shown_usd(tco, scenario) for _, tco in costed],
        y=names,
        mode="markers",
        name="total",
        marker=_BAR_MARK,
        hovertemplate="%{y}<br>total: $%{x:,.0f}<extra></extra>",
    )
    labels = _labels(
        [_outgoing_usd(tco, scenario) for _, tco in costed],
        names,
        [f" {usd(total_shown_usd(tco, scenario))}" for _, tco in costed],
    )
    return go.Figure(
        [*bars, totals, labels], _bars_layout(names, barmode="relative", right_px=60, axis={"tickformat": "$~s"})
    )


def memory_bars(comparison: Comparison) -> go.Figure:
    """Chart of what fills each machine's memory, against the memory that its GPU may use."""
    fitted = [(option, option.memory) for option in comparison.options if option.memory is not None][::-1]
    names = [option.name for option, _ in fitted]
    parts = [
        (title, colour, [getattr(memory, field) / BYTES_PER_GB for _, memory in fitted])
        for field, title, colour in _MEMORY_PARTS
    ]
    bars = [
        go.Bar(
            orientation="h",
            name=title,
            y=names,
            x=sizes,
            marker={"color": colour},
            hovertemplate=f"%{{y}}<br>{title}: %{{x:,.1f}} GB<extra></extra>",
        )
        for title, colour, sizes in parts
        if any(sizes)
    ]
    usable = go.Scatter(
        x=[memory.usable_bytes / BYTES_PER_GB for _, memory in fitted],
        y=names,
        mode="markers",
        name="usable by the GPU",
        marker=_BAR_MARK,
        hovertemplate="%{y}<br>usable: %{x:,.1f} GB<extra></extra>",
    )
    labels = _labels(
        [max(memory.usable_bytes, memory.peak_bytes) / BYTES_PER_GB for _, memory in fitted],
        names,
        [f"  {gb(memory.peak_bytes)} of {gb(memory.usable_bytes)}" for _, memory in fitted],
    )
    return go.Figure(
        [*bars, usable, labels], _bars_layout(names, barmode="stack", right_px=120, axis={"ticksuffix": " GB"})
    )


_LEGEND = {
    "orientation": "h",
    "yanchor": "bottom",
    "y": 1.02,
    "xanchor": "left",
    "x": 0,
    "traceorder": "normal",
    "itemclick": False,
    "itemdoubleclick": False,
}


def _labels(right_ends: list[float], names: list[str], texts: list[str]) -> go.Scatter:
    """Texts to the right of the bars; they answer to no mouse and stand in no legend."""
    return go.Scatter(
        x=right_ends,
        y=names,
        mode="text",
        text=texts,
        textposition="middle right",
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )


def _bars_layout(names: list[str], *, barmode: str, right_px: int, axis: dict[str, str]) -> go.Layout:
    """Layout with the names above the bars: beside them they would leave no room for the bars on a phone."""
    above = {"xref": "paper", "x": 0, "xanchor": "left", "yshift": 24, "showarrow": False, "font": {"size": 13}}
    return go.Layout(
        barmode=barmode,
        height=_AXES_PX + _ROW_PX * max(len(names), 1),
        margin={"l": 4, "r": right_px, "t": 8, "b": 0},
        legend=_LEGEND,
        bargap=0.6,
        xaxis={"fixedrange": True, "zeroline": True, **axis},
        yaxis={"fixedrange": True, "showticklabels": False, "range": [-0.5, len(names) - 0.4]},
        annotations=[{**above, "y": place, "text": name} for place, name in enumerate(names)],
    )


def total_shown_usd(tco: Tco, scenario: Scenario) -> float:
    """The total of a bar: cash over the horizon, with people's time or without."""
    return tco.total_cost_usd if scenario.labour == "with" else tco.hard_cost_usd


def _outgoing_usd(tco: Tco, scenario: Scenario) -> float:
    """The right end of a bar's stack: everything paid, before what comes back."""
    blocks = dict.fromkeys(block_of(line) for line in lines_shown(tco, scenario))
    return sum(max(_block_usd(tco, block, scenario), 0.0) for block in blocks)


def _block_usd(tco: Tco, block: str, scenario: Scenario) -> float:
    return -sum(amount for line, amount in lines_shown(tco, scenario).items() if block_of(line) == block)


def _costed(comparison: Comparison) -> Iterator[tuple[OptionResult, Tco]]:
    """Options that can do the job, with their cost; a cost of what cannot do it is no cost of the job."""
    return ((option, option.tco) for option in comparison.options if is_ranked(option) and option.tco is not None)


def _paid_off(comparison: Comparison) -> Iterator[tuple[BreakEven, Tco]]:
    costs = {option.id: tco for option, tco in _costed(comparison)}
    rows = (row for row in comparison.break_even if row.option in costs and row.against in costs)
    return ((row, costs[row.option]) for row in rows if row.month is not None)


def _at(tco: Tco, month: float) -> float:
    """The height of the option's own line at a month, interpolated between points so that the mark lies on it."""
    before = min(int(month), tco.months)
    after = min(before + 1, tco.months)
    return -(tco.cumulative_usd[before] + (month - before) * (tco.cumulative_usd[after] - tco.cumulative_usd[before]))
