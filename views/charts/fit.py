"""Figures of the Fit & speed page: memory, speeds with their ranges, the models that fit, the frontier."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go  # pyright: ignore[reportMissingTypeStubs] - plotly ships no types

from calculator.decision.choose import Choice
from calculator.decision.eligibility import seconds_text
from calculator.decision.words import option_name
from calculator.physics.memory.memory_fit import MemoryFit
from calculator.units import BYTES_PER_GB
from views.charts.layout import LEGEND, NUMBERS, QUIET, TURN, plain_layout, rows_layout, texts
from views.charts.names_at_dots import NOWHERE, Dot, name_sides
from views.charts.same_lines import dashes, drawn_once
from views.fit_curves import Curve
from views.look import gb, style_of

_MEMORY_PARTS = (
    ("weights_bytes", "Weights", "#5b7fa6"),
    ("kv_cache_bytes", "KV cache", "#bf8016"),
    ("transient_bytes", "Work space", "#b0578d"),
    ("overhead_bytes", "Runtime", "#7a828c"),
    ("second_tenant_bytes", "Other software", "#2f9e77"),
)
_OTHER = "Other software"
_TABLE = "Embedding table, kept off the card"
_PARTS = (*((title, colour) for _, title, colour in _MEMORY_PARTS), (_TABLE, "#8d6bb8"))
_LIMIT = {"symbol": "diamond-tall", "size": 20, "color": "#ffffff", "line": {"color": "#000000", "width": 2}}
_BAND_OPACITY = 0.14
_MOST_SPAN = 60
"""Dearest over cheapest machine: beyond it the marks at 2 and 5 would touch on a phone."""
FULL_DOT = "no machine beats it in cost, speed and memory taken together"
HOLLOW_DOT = "another is as good in all three and better in one"


@dataclass(frozen=True, slots=True)
class Filled:
    """A machine's name and what fills its memory."""

    name: str
    memory: MemoryFit


@dataclass(frozen=True, slots=True)
class _Pool:
    """One bar: the parts that fill a pool of memory, by title, and how much there is; None where nobody knows."""

    name: str
    parts: dict[str, int]
    usable_bytes: int | None


def _pools(one: Filled) -> list[_Pool]:
    """What the GPU may use and, where something lies beside the cards, the system RAM."""
    memory = one.memory
    parts = {title: int(getattr(memory, field)) for field, title, _ in _MEMORY_PARTS}
    parts[_OTHER] -= memory.second_tenant_beside_bytes
    pools = [_Pool(one.name, parts, memory.usable_bytes)]
    if memory.second_tenant_beside_bytes:
        kept = {_OTHER: memory.second_tenant_beside_bytes}
        kept[_TABLE] = memory.host_needed_bytes - memory.second_tenant_beside_bytes
        pools.append(_Pool(f"{one.name}: system RAM", kept, memory.host_usable_bytes))
    return pools


def memory_bars(filled: Sequence[Filled]) -> go.Figure:
    """What fills each pool of memory, against what may be used of it: a white mark with a black
    edge, which stands out from white, from near-black and from every part of a bar.

    Other software stands in the pool in which it lies: with the model in unified memory, else beside the cards.
    """
    pools = [pool for one in filled for pool in _pools(one)][::-1]
    names = [pool.name for pool in pools]
    places = list(range(len(names)))
    bars = [
        go.Bar(
            orientation="h",
            name=title,
            y=places,
            x=[pool.parts.get(title, 0) / BYTES_PER_GB for pool in pools],
            marker={"color": colour},
            hovertemplate=f"{title}: %{{x:,.1f}} GB<extra></extra>",
        )
        for title, colour in _PARTS
        if any(pool.parts.get(title) for pool in pools)
    ]
    known = [(place, pool.usable_bytes) for place, pool in enumerate(pools) if pool.usable_bytes is not None]
    limit = go.Scatter(
        x=[there / BYTES_PER_GB for _, there in known],
        y=[place for place, _ in known],
        mode="markers",
        name="usable memory",
        marker=_LIMIT,
        hovertemplate="limit: %{x:,.1f} GB<extra></extra>",
    )
    ends = [max(pool.usable_bytes or 0, sum(pool.parts.values())) / BYTES_PER_GB for pool in pools]
    said = [
        f"\u2003{gb(sum(pool.parts.values()))}" + ("" if pool.usable_bytes is None else f" of {gb(pool.usable_bytes)}")
        for pool in pools
    ]
    axis = {"ticksuffix": " GB"}
    layout = rows_layout(names, right_px=120, axis=axis, barmode="stack", legend_rows=len(bars) + 1)
    return go.Figure([*bars, limit, texts(ends, places, said)], layout)


def speed_curves(
    curves: Sequence[Curve], *, x_title: str, y_title: str, target: float | None = None, falls: bool = True
) -> go.Figure:
    """One line per option with its 80 % range as a band; full dots were measured, hollow ones are estimated.

    Options with the same speeds share a line and its entry in the legend.
    """
    shown = drawn_once([(one.x, one.speeds, one.measured) for one in curves], [one.name for one in curves])
    different = [curves[place] for place, _ in shown]
    points = [dict(zip(one.x, (speed.central for speed in one.speeds), strict=True)) for one in different]
    traces: list[go.Scatter] = []
    for curve, (_, name), dash in zip(different, shown, dashes(points, is_log=not falls), strict=True):
        style = style_of(curve.option)
        xs = list(curve.x)
        band = go.Scatter(
            x=[*xs, *xs[::-1]],
            y=[*(one.high for one in curve.speeds), *(one.low for one in curve.speeds[::-1])],
            fill="toself",
            fillcolor=style.code,
            opacity=_BAND_OPACITY,
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
            showlegend=False,
        )
        line = go.Scatter(
            x=xs,
            y=[one.central for one in curve.speeds],
            name=name,
            mode="lines+markers",
            line={"color": style.code, "dash": dash or style.dash, "width": 2},
            marker={
                "size": 9,
                "symbol": ["circle" if known else "circle-open" for known in curve.measured],
                "color": style.code,
            },
            customdata=[[one.low, one.high] for one in curve.speeds],
            hovertemplate=f"{name}<br>%{{x:,}}: %{{y:,.3~r}} (%{{customdata[0]:,.3~r}} to %{{customdata[1]:,.3~r}})<extra></extra>",
        )
        traces += [band, line]
    every = sorted({x for curve in curves for x in curve.x})
    figure = go.Figure(
        traces,
        plain_layout(
            height=420,
            legend_rows=len(curves),
            x={"title": x_title, "type": "log", "tickvals": every, "ticktext": [f"{x:,.0f}" for x in every]},
            y={"title": y_title, "type": "log" if not falls else "linear", "rangemode": "tozero", **NUMBERS},
        ),
    )
    if target:
        figure.add_shape(  # pyright: ignore[reportUnknownMemberType] - plotly ships no types
            type="line",
            x0=0,
            x1=1,
            xref="paper",
            y0=target,
            y1=target,
            line={"color": TURN, "width": 2, "dash": "dash"},
        )
    return figure


@dataclass(frozen=True, slots=True)
class Frontier:
    """The chart, and the machines that nothing beats in cost and speed and whose names it has no room for."""

    figure: go.Figure
    nameless: tuple[str, ...]


def frontier(choices: Sequence[Choice], *, months: int) -> Frontier:
    """Every machine that does the job: its cost against the speed one person sees; full dots nothing beats in cost, speed
    and memory together."""
    best = [one for one in choices if not one.is_dominated]
    rest = [one for one in choices if one.is_dominated]
    dots = _dots(choices)
    sides = name_sides(dots)
    side = dict(zip((id(one) for one in choices), sides, strict=True))
    name = {id(one): dot.name if side[id(one)] != NOWHERE else "" for one, dot in zip(choices, dots, strict=True)}
    traces = [
        go.Scatter(
            x=[one.present_value_usd for one in rows],
            y=[one.stream_tokens_per_s for one in rows],
            mode="markers+text",
            name=FULL_DOT if is_best else HOLLOW_DOT,
            text=[name[id(one)] for one in rows],
            textposition=[side[id(one)] or "top center" for one in rows],
            textfont={"size": 11},
            cliponaxis=False,
            marker={
                "size": 11 if is_best else 8,
                "symbol": "circle" if is_best else "circle-open",
                "color": "#2f7f9e" if is_best else QUIET,
            },
            customdata=[[counted_name(one), _spare(one), seconds_text(one.first_token_p95_s)] for one in rows],
            hovertemplate="%{customdata[0]}<br>$%{x:,.0f}, %{y:,.0f} tokens/s<br>%{customdata[1]}, first word in %{customdata[2]}<extra></extra>",
        )
        for rows, is_best in ((rest, False), (best, True))
    ]
    costs = [one.present_value_usd for one in choices]
    step = "D2" if max(costs) <= _MOST_SPAN * min(costs) else 1  # $10k $20k $50k $100k, or $10k $100k
    layout = plain_layout(
        height=460,
        x={"title": f"cost over {months} months, in today's money", "type": "log", "tickformat": "$~s", "dtick": step},
        y={"title": "tokens a second for one person, busy hour", "rangemode": "tozero"},
        right_px=60,
    )
    layout.legend = LEGEND
    nameless = tuple(dot.name for dot, where in zip(dots, sides, strict=True) if dot.name and where == NOWHERE)
    return Frontier(go.Figure(traces, layout), nameless)


def _spare(one: Choice) -> str:
    return f"{one.headroom_gb:,.1f} GB spare {one.spare_words}".strip()


def counted_name(one: Choice) -> str:
    """A machine with its number, as chart, list and spoken text have it."""
    return option_name(one.name, machine_count=one.machine_count)


def _dots(choices: Sequence[Choice]) -> list[Dot]:
    """The frontier's dots, with a name where no machine is both cheaper and faster."""
    named = [one for one in choices if not (one.is_dominated or any(_beats(other, one) for other in choices))]
    return [
        Dot(one.present_value_usd, one.stream_tokens_per_s, counted_name(one) if one in named else "")
        for one in choices
    ]


def _beats(other: Choice, one: Choice) -> bool:
    """Cheaper and faster for one person; a machine that has only more memory keeps its dot, without a name."""
    return other.present_value_usd < one.present_value_usd and other.stream_tokens_per_s > one.stream_tokens_per_s
