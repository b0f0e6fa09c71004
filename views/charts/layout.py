"""What all figures share: no toolbar and no zoom, texts beside bars, names above them."""

from collections.abc import Sequence
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
}
ROW_PX, AXES_PX = 58, 110
QUIET = "#7a828c"
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


def rows_layout(names: Sequence[str], *, right_px: int, axis: dict[str, Any], barmode: str = "relative") -> go.Layout:
    """Layout of horizontal bars with the names above them: beside them they would leave no room on a phone."""
    above = {"xref": "paper", "x": 0, "xanchor": "left", "yshift": 21, "showarrow": False, "font": {"size": 13}}
    return go.Layout(
        barmode=barmode,
        height=AXES_PX + ROW_PX * max(len(names), 1),
        margin={"l": 4, "r": right_px, "t": 8, "b": 0},
        legend=LEGEND,
        bargap=0.62,
        xaxis={"fixedrange": True, "zeroline": True, **axis},
        yaxis={"fixedrange": True, "showticklabels": False, "range": [-0.5, len(names) - 0.2]},
        annotations=[{**above, "y": place, "text": name} for place, name in enumerate(names)],
    )


def plain_layout(*, height: int = 380, x: dict[str, Any], y: dict[str, Any], right_px: int = 8) -> go.Layout:
    """Layout of lines over two axes."""
    return go.Layout(
        height=height,
        margin={"l": 0, "r": right_px, "t": 8, "b": 0},
        hovermode="closest",
        legend=LEGEND,
        xaxis={"fixedrange": True, "zeroline": False, **x},
        yaxis={"fixedrange": True, "zeroline": False, **y},
    )


def add_line(figure: go.Figure, x: float, *, colour: str, dash: str) -> None:
    """A vertical line over the whole height."""
    line = {"color": colour, "width": 1, "dash": dash}
    figure.add_shape(  # pyright: ignore[reportUnknownMemberType] - plotly ships no types
        type="line", x0=x, x1=x, y0=0, y1=1, yref="paper", line=line
    )
