"""Tables and charts as Streamlit draws them on every page: full width, with a text alternative."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import plotly.graph_objects as go  # pyright: ignore[reportMissingTypeStubs] - plotly ships no types
import streamlit as st

from views.charts.layout import CHART_CONFIG
from views.look import markdown_text


def draw_table(
    rows: Sequence[Mapping[str, Any]],
    *,
    key: str,
    alt: str,
    height: int | Literal["auto"] = "auto",
    columns: Mapping[str, Any] | None = None,
    select: bool = False,
) -> int | None:
    """A table of rows with the same keys, which are its columns; `columns` configures them by key.

    `select`: a person may select a row, whose place is returned; None where none is.
    """
    data = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    found: Any = st.dataframe(  # pyright: ignore[reportUnknownMemberType] - its type names pandas' untyped styler
        data,
        hide_index=True,
        width="stretch",
        height=height,
        key=key,
        alt=alt,
        column_config=columns,
        on_select="rerun" if select else "ignore",
        selection_mode="single-row",
    )
    chosen: list[int] = found["selection"]["rows"] if select else []
    return chosen[0] if chosen else None


def draw_small_table(rows: Sequence[Mapping[str, Any]], *, alt: str) -> None:
    """A table of a few rows with the same keys, as text that prints whole and that a screen reader walks."""
    cells = {name: [_cell(row[name]) for row in rows] for name in rows[0]} if rows else {}
    st.table(cells, hide_index=True, border="horizontal", alt=alt)  # pyright: ignore[reportUnknownMemberType] - its type names pandas' untyped styler


def show_reasons(reasons: Iterable[tuple[str, str]]) -> None:
    """Whole sentences for which a table's cell has no room: a line for each name; one without a sentence has none."""
    lines = [f"- **{markdown_text(name)}:** {markdown_text(text)}" for name, text in reasons if text]
    if lines:
        st.markdown("\n".join(lines))


def _cell(value: Any) -> str:
    """A cell as text; what is not there is a dash that Markdown does not take for a list."""
    return "–" if value in ("", "-", None) else markdown_text(str(value))


def draw_chart(figure: go.Figure, *, key: str, alt: str) -> None:
    """A plotly chart without toolbar and zoom."""
    st.plotly_chart(  # pyright: ignore[reportUnknownMemberType] - its type names plotly's and matplotlib's untyped figures
        figure, key=key, config=CHART_CONFIG, width="stretch", alt=alt
    )
