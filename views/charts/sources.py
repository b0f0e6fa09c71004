"""Figure of the Sources page: predicted against measured, publishers left out."""

from collections.abc import Sequence

import plotly.graph_objects as go  # pyright: ignore[reportMissingTypeStubs] - plotly ships no types

from calculator.calibration.left_out import LeftOut
from views.charts.layout import NUMBERS, QUIET, plain_layout

_FAMILIES = (
    ("apple", "Apple", "#1f77b4"),
    ("nvidia", "NVIDIA", "#2f9e77"),
    ("amd", "AMD", "#b0578d"),
    ("", "others", "#bf8016"),
)


def accuracy_scatter(rows: Sequence[LeftOut], *, names: dict[str, str]) -> go.Figure:
    """One dot per published figure; on the line the prediction was right, between the dotted ones within 25 %."""
    traces: list[go.Scatter] = []
    left = list(rows)
    for start, title, colour in _FAMILIES:
        mine = [row for row in left if row.device.startswith(start)]
        left = [row for row in left if not row.device.startswith(start)]
        if mine:
            traces.append(
                go.Scatter(
                    x=[row.measured for row in mine],
                    y=[row.predicted for row in mine],
                    mode="markers",
                    name=title,
                    marker={"size": 6, "color": colour, "opacity": 0.55},
                    customdata=[
                        [names.get(row.device, row.device), row.model, row.runtime, row.low, row.high] for row in mine
                    ],
                    hovertemplate="%{customdata[1]} on %{customdata[0]}, %{customdata[2]}<br>measured %{x:,.3~r}, predicted %{y:,.3~r} (%{customdata[3]:,.3~r} to %{customdata[4]:,.3~r})<extra></extra>",
                )
            )
    ends = [min(row.measured for row in rows) / 1.5, max(row.measured for row in rows) * 1.5] if rows else [1, 10]
    for factor, dash in ((1.0, "solid"), (1.25, "dot"), (0.8, "dot")):
        traces.append(
            go.Scatter(
                x=ends,
                y=[end * factor for end in ends],
                mode="lines",
                line={"color": QUIET, "width": 1, "dash": dash},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    axis = {"type": "log", "dtick": 1, **NUMBERS}
    return go.Figure(
        traces,
        plain_layout(
            height=520,
            x={"title": "measured, tokens a second", **axis},
            y={"title": "predicted, tokens a second", **axis},
        ),
    )
