"""What all figures share: no toolbar and no zoom, texts beside bars, names above them."""

from collections.abc import Collection, Sequence
from typing import Any

import plotly.graph_objects as go  # pyright: ignore[reportMissingTypeStubs] - plotly ships no types

CHART_CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False}
LEGEND: dict[str, Any] = {
    "orientation": "h",
    "yanchor": "bottom",
    "y": 1.02,
    "xanchor": "left",
    "x": 0,
    "traceorder": "normal",
    "itemclick": False,
    "itemdoubleclick": False,
    "maxheight": 1,
}
"""Its names stand whole: on a phone one under the other, in as much of the figure as they need, and it never scrolls."""
LEGEND_ROW_PX, _LEGEND_ROWS = 19, 4
"""Height of a name in the legend, and how many names a figure holds before it grows for them."""
ROW_PX, AXES_PX = 58, 110
_BAR_GAP = 0.62
HALF_BAR = (1 - _BAR_GAP) / 2
NAME_PX = 10
"""From the top of a bar to the middle of its name."""
_LEAST_ROW_PX = 48
BESIDE_BAR = 0.22  # of a row: half a bar and a little; the name begins above it
BELOW_BAR = (-0.48, -0.14)
"""Of a row: from the name under a bar to the value beside it."""
QUIET = "#7a828c"
STREAMLITS_GREY, INK_GREY = "rgb(128, 132, 149)", "rgb(86, 96, 107)"
"""Streamlit's colour of a chart's texts in the light theme (contrast 3.7 on white), and the theme's own grey (6.4)."""
CHART_STYLE = f"""
.main-svg text[style*="fill: {STREAMLITS_GREY}"] {{ fill: {INK_GREY} !important; }}
.main-svg text[style*="fill: rgb(255, 255, 255)"] {{ paint-order: stroke; stroke: #000 !important; stroke-width: 3px !important; }}
"""
"""Texts of plotly's charts on every page, screen and paper: dark enough on white, and white ones, which stand on a map of
colours, with a black edge."""
NUMBERS: dict[str, Any] = {"tickformat": ",~g"}
"""Plain numbers: SI prefixes would write half a second as 500m."""
DOLLARS: dict[str, Any] = {
    "tickformatstops": [{"dtickrange": [None, 0.5], "value": "$,.2f"}, {"dtickrange": [0.5, None], "value": "$~s"}]
}
"""Dollars on a linear axis: $10k, and cents where the steps are less than a dollar."""
TURN = "#e0533d"
"""Red of a line at which an answer turns, or of a target: on white and on near-black."""
LESS, MORE = "#2f7f9e", "#b0578d"
"""Middle tones for "less than now" and "more than now", which stand out from white and near-black alike."""


def texts(x: Sequence[float], y: Sequence[Any], labels: Sequence[str], *, side: str = "middle right") -> go.Scatter:
    """Texts at points; they answer to no mouse and stand in no legend."""
    return go.Scatter(
        x=list(x),
        y=list(y),
        mode="text",
        text=list(labels),
        textposition=side,
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )


def rows_layout(
    names: Sequence[str], *, right_px: int, axis: dict[str, Any], barmode: str = "relative", legend_rows: int = 0
) -> go.Layout:
    """Layout of horizontal bars with the names above them: beside them they would leave no room on a phone.

    `legend_rows`: names in the legend, which on a phone stand one under the other and take the height that they need.
    """
    above = {"xref": "paper", "x": 0, "xanchor": "left", "yshift": NAME_PX, "showarrow": False, "font": {"size": 13}}
    count = max(len(names), 1)
    room = (_LEGEND_ROWS - 1) * LEGEND_ROW_PX + (ROW_PX - _LEAST_ROW_PX) * count
    return go.Layout(
        barmode=barmode,
        height=AXES_PX + ROW_PX * count + max(0, LEGEND_ROW_PX * legend_rows - room),
        margin={"l": 4, "r": right_px, "t": 8, "b": 0},
        legend=LEGEND,
        bargap=_BAR_GAP,
        xaxis={"fixedrange": True, "zeroline": True, **axis},
        yaxis={"fixedrange": True, "showticklabels": False, "range": [-0.5, len(names) - 0.2]},
        annotations=[{**above, "y": place + HALF_BAR, "text": name} for place, name in enumerate(names)],
    )


def plain_layout(
    *, height: int = 380, x: dict[str, Any], y: dict[str, Any], right_px: int = 8, legend_rows: int = 0
) -> go.Layout:
    """Layout of lines over two axes; higher for each name in the legend beyond four."""
    return go.Layout(
        height=height + LEGEND_ROW_PX * max(0, legend_rows - _LEGEND_ROWS),
        margin={"l": 0, "r": right_px, "t": 8, "b": 0},
        hovermode="closest",
        legend=LEGEND,
        xaxis={"fixedrange": True, "zeroline": False, **x},
        yaxis={"fixedrange": True, "zeroline": False, **y},
    )


def add_line(
    figure: go.Figure,
    x: float,
    *,
    colour: str,
    dash: str,
    rows: int = 0,
    width_px: int = 1,
    short_in: Collection[int] | None = None,
) -> None:
    """A vertical line over the whole height; across `rows` rows of bars in pieces, so that it crosses no name.

    Where `short_in` is there, each piece reaches from the name under its bar to the name above it; in these rows it ends
    below the bar, as it would cross the value beside it.
    """
    line = {"color": colour, "width": width_px, "dash": dash}
    low = -BESIDE_BAR if short_in is None else BELOW_BAR[0]
    ends = [BELOW_BAR[1] if place in (short_in or ()) else BESIDE_BAR for place in range(rows)]
    pieces = [(place + low, place + end, "y") for place, end in enumerate(ends)] or [(0.0, 1.0, "paper")]
    for y0, y1, yref in pieces:
        figure.add_shape(  # pyright: ignore[reportUnknownMemberType] - plotly ships no types
            type="line", x0=x, x1=x, y0=y0, y1=y1, yref=yref, line=line
        )
