"""Tables and charts as Streamlit draws them on every page: full width, with a text alternative."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal, cast

import plotly.graph_objects as go  # pyright: ignore[reportMissingTypeStubs] - plotly ships no types
import streamlit as st

from calculator.units import digits
from views.charts.layout import CHART_CONFIG
from views.look import markdown_text
from views.navigation import PRINTED
from views.number_columns import number_columns
from views.small_table import small_table

_LETTER_PX, _PADDING_PX, _MOST_PX = 7, 20, 480
_TITLE_ROOM = 2  # letters: what the sort mark and the pencil take
_MEASURED_ROWS = 8
MOST_LETTERS = 60
"""Of a name in a chart: on a phone of 390 px so many letters of 12 px, 5.5 px wide in the mean, stand side by side."""


def draw_table(
    rows: Sequence[Mapping[str, Any]],
    *,
    key: str,
    alt: str,
    height: int | Literal["auto"] = "auto",
    columns: Mapping[str, Any] | None = None,
) -> None:
    """A table of rows with the same keys, which are its columns; `columns` configures them by key."""
    data = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    columns = {**_text_columns(data, numbers=number_columns(rows)), **(columns or {})}
    st.dataframe(  # pyright: ignore[reportUnknownMemberType] - its type names pandas' untyped styler
        data,
        hide_index=True,
        width="stretch",
        height=height,
        key=key,
        alt=alt,
        column_config=columns,
    )
    draw_on_paper(rows, key=key, alt=alt, columns=columns)


def draw_on_paper(
    rows: Sequence[Mapping[str, Any]], *, key: str, alt: str, columns: Mapping[str, Any] | None = None
) -> None:
    """The same table whole, for paper alone: on the screen a table is a picture of the rows in sight."""
    formats = {name: _format_of(column) for name, column in (columns or {}).items()}
    told = [{name: _on_paper(cell, formats.get(name, "")) for name, cell in row.items()} for row in rows]
    with st.container(key=f"{PRINTED} {key}"):
        st.html(small_table(told, alt=alt))


def _format_of(column: Mapping[str, Any]) -> str:
    """The format of a column's numbers; empty where it has none."""
    kind: Mapping[str, Any] | None = column.get("type_config")
    return str(kind.get("format") or "") if kind else ""


def _on_paper(cell: Any, form: str = "") -> Any:
    """A number in its column's format, else without the noise of its last digits.

    >>> _on_paper(28.649, "%.1f"), _on_paper(1234.5678901), _on_paper("4 GB")
    ('28.6', '1,234.57', '4 GB')
    """
    if not isinstance(cell, float):
        return cell
    return form % cell if form.startswith("%") else digits(cell, 6)


def column_px(title: str, cells: Sequence[str]) -> int:
    """Width that shows the title and every cell of a column whole."""
    return _LETTER_PX * max(len(title) + _TITLE_ROOM, *(len(cell) for cell in cells), 0) + _PADDING_PX


def _text_columns(data: Mapping[str, Sequence[Any]], *, numbers: Collection[str]) -> dict[str, Any]:
    """Settings of columns of text: numbers stand at the right, and a column whose longest cell stands below the rows by
    which Streamlit sets the width gets its width here."""
    found: dict[str, Any] = {}
    for name, cells in data.items():
        if not all(isinstance(cell, str) for cell in cells):
            continue
        longest = max((len(cell) for cell in cells), default=0)
        is_late = longest > max((len(cell) for cell in (*cells[:_MEASURED_ROWS], name)), default=0)
        if is_late or name in numbers:
            found[name] = st.column_config.TextColumn(
                width=min(column_px(name, cells), _MOST_PX) if is_late else None,
                alignment="right" if name in numbers else None,
            )
    return found


def draw_small_table(rows: Sequence[Mapping[str, Any]], *, alt: str) -> None:
    """A table of a few rows with the same keys, as text that prints whole and that a screen reader walks."""
    st.html(small_table(rows, alt=alt))


def show_reasons(reasons: Iterable[tuple[str, str]]) -> None:
    """Whole sentences for which a table's cell has no room: a line for each name; one without a sentence has none."""
    lines = [f"- **{markdown_text(name)}:** {markdown_text(text)}" for name, text in reasons if text]
    if lines:
        st.markdown("\n".join(lines))


def shortened(name: str) -> str:
    """A name as long as a chart on a phone has room for.

    >>> shortened("Mac Studio M5 Ultra 96 GB"), shortened("long " * 20)
    ('Mac Studio M5 Ultra 96 GB', 'long long long long long long long long long long long long…')
    """
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1].rstrip()}…"


def draw_chart(figure: go.Figure, *, key: str, alt: str) -> None:
    """A plotly chart without toolbar and zoom; names that a phone would cut off end in an ellipsis."""
    drawn = cast("Any", figure)
    for trace in drawn.data:
        if trace.name:
            trace.name = "<br>".join(shortened(line) for line in trace.name.split("<br>"))
    for note in drawn.layout.annotations:
        note.text = shortened(note.text)
    st.plotly_chart(  # pyright: ignore[reportUnknownMemberType] - its type names plotly's and matplotlib's untyped figures
        figure, key=key, config=CHART_CONFIG, width="stretch", alt=alt
    )
