"""Figures of the What if page: tornado, who wins where, the walk between two scenarios, cost by exit month."""

import math
from collections.abc import Callable, Mapping, Sequence

import plotly.graph_objects as go  # pyright: ignore[reportMissingTypeStubs] - plotly ships no types

from calculator.analysis.appraisal import Exit
from calculator.analysis.bridge import Bridge
from calculator.risk.sensitivity import Swing, WinnerMap
from views.charts.layout import DOLLARS, LESS, MORE, QUIET, TURN, add_line, plain_layout, rows_layout, texts
from views.charts.same_lines import dashes, drawn_once
from views.look import shown_usd, style_of, usd

Words = Callable[[str], str]
ValueWords = Callable[[str, float], str]
_ROOM = 1.18
_LETTER_PX, _PHONE_PX = 7, 330
_CENTS_BELOW = 10.0  # dollars
_LEAST_USD = 0.5  # a smaller change is no bar of its own


def tornado_chart(swings: Sequence[Swing], *, base_usd: float, label: Words, value: ValueWords) -> go.Figure:
    """How far each input moves the gap between the two ends of its range, widest first; both ends are labelled."""
    rows = list(swings)[::-1]
    names = [label(swing.name) for swing in rows]
    bars: list[go.Bar | go.Scatter] = []
    ends = [gap for swing in rows for gap in (swing.gap_at_low_usd, swing.gap_at_high_usd)]
    low, high = min([*ends, base_usd, 0.0]), max([*ends, base_usd])
    room = (high - low) * 0.28 or 1.0
    usd_per_letter = _LETTER_PX * (high - low + 2 * room) / _PHONE_PX
    crossed = set[int]()
    for end, colour in (("low", LESS), ("high", MORE)):
        gaps = [getattr(swing, f"gap_at_{end}_usd") for swing in rows]
        values = [value(swing.name, getattr(swing, f"{end}_value")) for swing in rows]
        bars.append(
            go.Bar(
                orientation="h",
                base=base_usd,
                x=[gap - base_usd for gap in gaps],
                y=list(range(len(rows))),
                marker={"color": colour},
                name=f"with the input at the {end} end of its range",
                hovertemplate=[
                    f"{name} at {said}<br>gap {usd(gap)}<extra></extra>"
                    for name, said, gap in zip(names, values, gaps, strict=True)
                ],
            )
        )
        for place, (swing, gap, said) in enumerate(zip(rows, gaps, values, strict=True)):
            at, side = _label_place(gap, _other(swing, end), base_usd=base_usd)
            bars.append(texts([at], [place], [f" {said} "], side=side))
            written = (len(said) + 2) * usd_per_letter * (1 if side == "middle right" else -1)
            if min(at, at + written) <= 0.0 <= max(at, at + written):
                crossed.add(place)
    figure = go.Figure(
        bars,
        rows_layout(
            names,
            right_px=12,
            axis={**DOLLARS, "zeroline": False, "range": [low - room, high + room]},
            barmode="overlay",
        ),
    )
    add_line(figure, base_usd, colour=QUIET, dash="solid", rows=len(rows))
    add_line(figure, 0.0, colour=TURN, dash="solid", rows=len(rows), width_px=3, short_in=crossed)
    return figure


def _other(swing: Swing, end: str) -> float:
    return swing.gap_at_high_usd if end == "low" else swing.gap_at_low_usd


def _label_place(gap: float, other: float, *, base_usd: float) -> tuple[float, str]:
    """Where an end's value is written: outside its bar; beyond the base for the shorter of two bars on one side."""
    is_right = gap >= base_usd
    if is_right == (other >= base_usd) and abs(gap - base_usd) < abs(other - base_usd):
        return base_usd, "middle left" if is_right else "middle right"
    return gap, "middle right" if is_right else "middle left"


def winner_map(
    found: WinnerMap,
    *,
    dot: tuple[float, float],
    names: Mapping[str, str],
    titles: tuple[str, str],
    formats: tuple[str, str],
) -> go.Figure:
    """Who is cheapest at each pair of two inputs, one colour per option, and where the scenario stands."""
    shown = [option for place, option in enumerate(found.options) if (found.winner == place).any()]
    order = {found.options.index(option): place for place, option in enumerate(shown)}
    grid = [[order[place] for place in row] for row in found.winner.tolist()]
    colours = [style_of(option).code for option in shown]
    count = max(len(shown), 1)
    scale = [[edge / count, colours[place]] for place in range(count) for edge in (place, place + 1)]
    heat = go.Heatmap(
        x=found.x,
        y=found.y,
        z=grid,
        zmin=-0.5,
        zmax=count - 0.5,
        colorscale=scale,
        showscale=False,
        opacity=0.8,
        customdata=[
            [[names[found.options[int(place)]], usd(float(gap))] for place, gap in zip(row, gaps, strict=True)]
            for row, gaps in zip(found.winner, found.gap_usd, strict=True)
        ],
        hovertemplate="%{customdata[0]}, by %{customdata[1]}<extra></extra>",
    )
    legend = [
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=names[option],
            marker={"symbol": "square", "size": 12, "color": style_of(option).code},
        )
        for option in shown
    ]
    here = go.Scatter(
        x=[dot[0]],
        y=[dot[1]],
        mode="markers+text",
        text=["you are here"],
        textposition="top center",
        textfont={"color": "#ffffff", "size": 13},
        showlegend=False,
        marker={"size": 13, "color": "#ffffff", "line": {"color": "#000000", "width": 2}},
        hoverinfo="skip",
    )
    layout = plain_layout(
        height=430,
        legend_rows=len(shown),
        x={"title": titles[0], "tickformat": formats[0]},
        y={"title": titles[1], "tickformat": formats[1]},
    )
    return go.Figure([heat, *legend, here], layout)


def bridge_chart(found: Bridge, *, ends: tuple[str, str], label: Words, most: int = 10) -> go.Figure:
    """The walk from one scenario's gap to the other's, one bar for each changed assumption; small ones are summed.

    The amounts, as they are written, sum to the gap at the end as it is written; in whole dollars unless all are small.
    """
    is_whole = (
        max(abs(found.start_usd), abs(found.end_usd), *(abs(step.change_usd) for step in found.steps)) >= _CENTS_BELOW
    )
    shown: Callable[[float], float] = round if is_whole else shown_usd
    telling = [step for step in found.steps if abs(shown(step.change_usd)) >= _LEAST_USD]
    largest = sorted(telling, key=lambda step: -abs(step.change_usd))[:most]
    kept = [step for step in found.steps if step in largest]
    written = math.fsum(shown(step.change_usd) for step in kept)
    rest = round(shown(found.end_usd) - shown(found.start_usd) - written, 2)
    others = ["Rounding" if len(kept) == len(found.steps) else "All the rest"] if rest else []
    names = [ends[0], *(label(step.name) for step in kept), *others, ends[1]]
    walked = [*(step.change_usd for step in kept), *([rest] if rest else [])]
    changes = [float(shown(amount)) for amount in (found.start_usd, *walked, found.end_usd)]
    amount_text = _whole_usd if is_whole else usd
    kinds = ["absolute", *["relative"] * (len(changes) - 2), "total"]
    bars = go.Waterfall(
        orientation="h",
        width=0.4,
        y=list(range(len(names)))[::-1],
        x=changes,
        measure=kinds,
        text=[
            amount_text(change) if kind != "relative" else f"{'+' if change >= 0 else ''}{amount_text(change)}"
            for change, kind in zip(changes, kinds, strict=True)
        ],
        textposition="outside",
        cliponaxis=False,
        increasing={"marker": {"color": LESS}},
        decreasing={"marker": {"color": MORE}},
        totals={"marker": {"color": QUIET}},
        connector={"visible": False},  # it would cross the names
        hovertemplate="%{text}<extra></extra>",
    )
    return go.Figure([bars], rows_layout(names[::-1], right_px=70, axis=DOLLARS))


def _whole_usd(amount: float) -> str:
    return f"{'-' if amount < 0 else ''}${abs(amount):,.0f}"


def exit_chart(exits: Mapping[str, Sequence[Exit]], *, months: int, names: Mapping[str, str]) -> go.Figure:
    """What each option costs per year, in the money shown, by the month in which one stops and sells."""
    courses = [tuple((one.month, one.equivalent_annual_cost_usd) for one in rows) for rows in exits.values()]
    shown = drawn_once(courses, [names[option] for option in exits])
    different = [list(exits.items())[place] for place, _ in shown]
    dashed = dashes([dict(courses[place]) for place, _ in shown])
    lines = [
        go.Scatter(
            x=[one.month for one in rows],
            y=[one.equivalent_annual_cost_usd for one in rows],
            name=name,
            mode="lines+markers",
            line={"color": style_of(option).code, "dash": dash or style_of(option).dash, "width": 2},
            hovertemplate=f"{name}<br>stop after month %{{x}}: $%{{y:,.0f}} a year<extra></extra>",
        )
        for (option, rows), (_, name), dash in zip(different, shown, dashed, strict=True)
    ]
    figure = go.Figure(
        lines,
        plain_layout(
            x={"title": "stop after month", "dtick": 12},
            y={"tickformat": "$,.0f", "rangemode": "tozero"},
            legend_rows=len(exits),
        ),
    )
    add_line(figure, months, colour=QUIET, dash="dot")
    return figure


def worth_chart(worth: Mapping[str, float], *, label: Words) -> go.Figure:
    """What it would be worth to know each input for certain, the most telling first."""
    rows = sorted(worth.items(), key=lambda row: row[1])
    names = [label(name) for name, _ in rows]
    bars = go.Bar(
        orientation="h",
        x=[amount for _, amount in rows],
        y=list(range(len(rows))),
        marker={"color": LESS},
        showlegend=False,
        hoverinfo="skip",
    )
    labels = texts([amount for _, amount in rows], list(range(len(rows))), [f" {usd(amount)}" for _, amount in rows])
    return go.Figure([bars, labels], rows_layout(names, right_px=70, axis={**DOLLARS, "rangemode": "tozero"}))
