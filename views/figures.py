"""How is a Comparison drawn? Pure functions from Comparison to plotly figures; they draw what it holds and compute nothing new.

go.Figure from plain lists: plotly.express costs a quarter of a second at import. No chart relies on zoom or legend state,
because Streamlit builds a plotly chart anew whenever its data change.
"""

from collections.abc import Iterator

import plotly.graph_objects as go

from calculator.cost.tco import Tco
from calculator.decision.comparison import BreakEven, Comparison, OptionResult
from calculator.units import BYTES_PER_GB
from views.look import block_of, gb, line_colour, style_of, usd

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
    """What has been spent by each month, per option, with a mark where a purchase has paid for itself.

    The last point of a line is the option's total cost: the machine is sold in that month.
    """
    figure = go.Figure()
    for option, tco in _costed(comparison):
        style = style_of(option.id)
        figure.add_scatter(
            x=list(range(tco.months + 1)),
            y=[-amount for amount in tco.cumulative_usd],
            name=option.name,
            mode="lines",
            line={
                "color": style.code,
                "dash": style.dash,
                "width": 3 if option.id == comparison.verdict.cheapest else 2,
            },
            hovertemplate=f"{option.name}<br>month %{{x}}: $%{{y:,.0f}}<extra></extra>",
        )
    for row, tco in _paid_off(comparison):
        month = row.month or 0.0
        figure.add_scatter(
            x=[month],
            y=[_at(tco, month)],
            mode="markers",
            showlegend=False,
            marker={"symbol": "circle-open", "size": 13, "color": style_of(row.option).code, "line": {"width": 3}},
            name=f"break-even {row.option}",
            hovertemplate=f"{row.reason}<extra></extra>",
        )
    figure.update_layout(
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
    return figure


def cost_breakdown(comparison: Comparison) -> go.Figure:
    """What each option's cost is made of: one bar per option; what comes back (resale) to the left.

    Energy by state and API tokens by kind are one block each; every other line has its own.
    """
    costed = list(_costed(comparison))[::-1]
    names = [option.name for option, _ in costed]
    figure = go.Figure()
    blocks = dict.fromkeys(block_of(line) for _, tco in costed[::-1] for line in tco.lines)
    for block in blocks:
        figure.add_bar(
            orientation="h",
            name=block,
            y=names,
            x=[_block_usd(tco, block) for _, tco in costed],
            marker={"color": line_colour(block)},
            hovertemplate=f"%{{y}}<br>{block}: $%{{x:,.0f}}<extra></extra>",
        )
    figure.add_scatter(
        x=[tco.total_cost_usd for _, tco in costed],
        y=names,
        mode="markers",
        name="total",
        marker=_BAR_MARK,
        hovertemplate="%{y}<br>total: $%{x:,.0f}<extra></extra>",
    )
    figure.add_scatter(
        x=[_outgoing_usd(tco) for _, tco in costed],
        y=names,
        mode="text",
        text=[f" {usd(tco.total_cost_usd)}" for _, tco in costed],
        textposition="middle right",
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )
    figure.update_layout(barmode="relative", **_bars_layout(names, right_px=60))
    figure.update_xaxes(tickformat="$~s")
    return figure


def memory_bars(comparison: Comparison) -> go.Figure:
    """What fills each machine's memory, against what the GPU may have."""
    fitted = [(option, option.memory) for option in comparison.options if option.memory is not None][::-1]
    names = [option.name for option, _ in fitted]
    figure = go.Figure()
    for field, title, colour in _MEMORY_PARTS:
        sizes = [getattr(memory, field) / BYTES_PER_GB for _, memory in fitted]
        if any(sizes):
            figure.add_bar(
                orientation="h",
                name=title,
                y=names,
                x=sizes,
                marker={"color": colour},
                hovertemplate=f"%{{y}}<br>{title}: %{{x:,.1f}} GB<extra></extra>",
            )
    figure.add_scatter(
        x=[memory.usable_bytes / BYTES_PER_GB for _, memory in fitted],
        y=names,
        mode="markers",
        name="usable by the GPU",
        marker=_BAR_MARK,
        hovertemplate="%{y}<br>usable: %{x:,.1f} GB<extra></extra>",
    )
    figure.add_scatter(
        x=[max(memory.usable_bytes, memory.peak_bytes) / BYTES_PER_GB for _, memory in fitted],
        y=names,
        mode="text",
        text=[f"  {gb(memory.peak_bytes)} of {gb(memory.usable_bytes)}" for _, memory in fitted],
        textposition="middle right",
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )
    figure.update_layout(barmode="stack", **_bars_layout(names, right_px=120))
    figure.update_xaxes(ticksuffix=" GB")
    return figure


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


def _bars_layout(names: list[str], *, right_px: int) -> dict[str, object]:
    """Bars with their names above them, not beside them: on a phone the names would leave no room for the bars."""
    above = {"xref": "paper", "x": 0, "xanchor": "left", "yshift": 24, "showarrow": False, "font": {"size": 13}}
    return {
        "height": _AXES_PX + _ROW_PX * max(len(names), 1),
        "margin": {"l": 4, "r": right_px, "t": 8, "b": 0},
        "legend": _LEGEND,
        "bargap": 0.6,
        "xaxis": {"fixedrange": True, "zeroline": True},
        "yaxis": {"fixedrange": True, "showticklabels": False, "range": [-0.5, len(names) - 0.4]},
        "annotations": [{**above, "y": place, "text": name} for place, name in enumerate(names)],
    }


def _outgoing_usd(tco: Tco) -> float:
    """Where the stack of a bar ends to the right: everything paid, before what comes back."""
    blocks = dict.fromkeys(block_of(line) for line in tco.lines)
    return sum(max(_block_usd(tco, block), 0.0) for block in blocks)


def _block_usd(tco: Tco, block: str) -> float:
    return -sum(amount for line, amount in tco.lines.items() if block_of(line) == block)


def _costed(comparison: Comparison) -> Iterator[tuple[OptionResult, Tco]]:
    return ((option, option.tco) for option in comparison.options if option.tco is not None)


def _paid_off(comparison: Comparison) -> Iterator[tuple[BreakEven, Tco]]:
    costs = {option.id: tco for option, tco in _costed(comparison)}
    return ((row, costs[row.option]) for row in comparison.break_even if row.month is not None and row.option in costs)


def _at(tco: Tco, month: float) -> float:
    """The height of the option's own line at a month between two points, so that the mark lies on it."""
    before = min(int(month), tco.months)
    after = min(before + 1, tco.months)
    return -(tco.cumulative_usd[before] + (month - before) * (tco.cumulative_usd[after] - tco.cumulative_usd[before]))
