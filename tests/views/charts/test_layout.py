"""What all figures share: no zoom, names above bars, texts that answer to no mouse."""

from pathlib import Path
from typing import Any

import plotly.graph_objects as go  # pyright: ignore[reportMissingTypeStubs]

from tests.views.other_pages import laid_out
from views import charts
from views.charts.layout import (
    CHART_CONFIG,
    DOLLARS,
    HALF_BAR,
    LEGEND_ROW_PX,
    NAME_PX,
    NUMBERS,
    ROW_PX,
    add_line,
    plain_layout,
    rows_layout,
    texts,
)


def as_any(drawn: Any) -> Any:
    """Plotly ships no types."""
    return drawn


def test_no_figure_can_be_zoomed_or_loses_a_line_by_a_click() -> None:
    assert CHART_CONFIG["displayModeBar"] is False
    for layout in (as_any(rows_layout(["a", "b"], right_px=8, axis={})), as_any(plain_layout(x={}, y={}))):
        assert layout.xaxis.fixedrange
        assert layout.yaxis.fixedrange
        assert layout.legend.itemclick is False


def test_each_name_stands_above_its_bar_in_order() -> None:
    layout = as_any(rows_layout(["low", "high"], right_px=8, axis={}))
    assert [(one.text, one.y) for one in layout.annotations] == [("low", HALF_BAR), ("high", 1 + HALF_BAR)]
    assert layout.height > as_any(rows_layout(["low"], right_px=8, axis={})).height


def test_legend_never_scrolls_and_its_names_leave_the_plot_its_height() -> None:
    """Twelve names, the most that are compared, one under the other on a phone; one bar with every part of memory."""
    for rows, least_px in ((1, 300), (4, 240), (12, 240)):
        layout = as_any(plain_layout(x={}, y={}, legend_rows=rows))
        assert layout.legend.maxheight == 1
        assert layout.height - rows * LEGEND_ROW_PX - 60 >= least_px
    for count, rows in ((1, 7), (2, 7), (6, 5), (24, 7)):
        layout = as_any(rows_layout(["a"] * count, right_px=8, axis={}, legend_rows=rows))
        plot_px = layout.height - rows * LEGEND_ROW_PX - 46
        assert plot_px / (count + 0.3) >= 29  # a bar of 11 px with its name above it
        assert layout.height == as_any(rows_layout(["a"] * count, right_px=8, axis={})).height or count < 6


def test_texts_are_quiet_and_lines_cross_the_whole_height() -> None:
    label = as_any(texts([1.0], [0], ["a"]))
    assert (label.hoverinfo, label.showlegend) == ("skip", False)
    figure = go.Figure()
    add_line(figure, 3.0, colour="#000", dash="dot")
    [line] = laid_out(figure).shapes
    assert (line.x0, line.x1, line.yref, line.y0, line.y1) == (3.0, 3.0, "paper", 0, 1)


def test_line_across_rows_of_bars_leaves_the_names_alone() -> None:
    figure = go.Figure()
    add_line(figure, 3.0, colour="#000", dash="dot", rows=3)
    pieces = laid_out(figure).shapes
    assert [(one.y0 + one.y1) / 2 for one in pieces] == [0, 1, 2]
    names_begin = HALF_BAR + (NAME_PX - 13 * 0.6) / ROW_PX  # the middle of a name less half a line of 13 px
    assert all(one.y1 - round(one.y1) < names_begin for one in pieces)


def test_long_line_leaves_names_alone_and_the_values_it_would_cross() -> None:
    figure = go.Figure()
    add_line(figure, 0.0, colour="#000", dash="solid", rows=3, width_px=3, short_in={1})
    pieces = laid_out(figure).shapes
    half_value = 12 / 2 / ROW_PX  # a value is one line of 12 px, level with its bar
    name_ends = HALF_BAR + (NAME_PX + 13 * 0.6) / ROW_PX - 1  # of the row below
    name_begins = HALF_BAR + (NAME_PX - 13 * 0.6) / ROW_PX
    for place, one in enumerate(pieces):
        assert place + name_ends <= one.y0 < one.y1 < place + name_begins
        assert one.line.width == 3
    assert pieces[1].y1 < 1 - half_value
    assert all(pieces[place].y1 - pieces[place].y0 > 0.6 for place in (0, 2))  # of a row: a line, not a row of dots


def test_no_axis_writes_half_of_something_as_500m() -> None:
    folder = Path(charts.__file__).parent
    written = [line for file in folder.glob("*.py") for line in file.read_text("utf-8").splitlines() if "~s" in line]
    assert all('"$~s"' in line for line in written)
    assert NUMBERS == {"tickformat": ",~g"}
    cents, thousands = DOLLARS["tickformatstops"]
    assert cents["dtickrange"][1] == thousands["dtickrange"][0] < 1
    assert (cents["value"], thousands["value"]) == ("$,.2f", "$~s")
