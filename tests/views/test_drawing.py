"""Tables and charts: columns, configuration and text alternative reach the page."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from views.charts.fit import FULL_DOT, HOLLOW_DOT
from views.drawing import MOST_LETTERS, column_px, shortened


def _drawn(script: Any) -> AppTest:
    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    return app


def test_table_has_a_column_per_key_in_order_and_its_alternative_text() -> None:
    def script() -> None:
        import streamlit as st

        from views.drawing import draw_table

        rows = [{"model": "a", "peak GB": 1.25}, {"model": "b", "peak GB": 20.0}]
        columns = {"peak GB": st.column_config.NumberColumn(format="%.1f")}
        draw_table(rows, key="models", alt="Two models", columns=columns)

    [table] = _drawn(script).dataframe
    assert list(table.value.columns) == ["model", "peak GB"]
    assert table.value.to_dict("list") == {"model": ["a", "b"], "peak GB": [1.25, 20.0]}
    assert json.loads(table.proto.columns)["peak GB"]["type_config"]["format"] == "%.1f"


def test_table_without_rows_is_empty_and_no_error() -> None:
    def script() -> None:
        from views.drawing import draw_table

        draw_table([], key="nothing", alt="No rows")

    [table] = _drawn(script).dataframe
    assert table.value.empty


def test_chart_shows_the_figures_traces_without_a_toolbar() -> None:
    def script() -> None:
        import plotly.graph_objects as go

        from views.drawing import draw_chart

        draw_chart(go.Figure([go.Bar(x=[1, 2], y=[3, 4], name="cost")]), key="chart", alt="Cost by year")

    [chart] = _drawn(script).get("plotly_chart")
    [trace] = json.loads(chart.proto.spec)["data"]
    assert (trace["name"], trace["type"]) == ("cost", "bar")
    assert json.loads(chart.proto.config)["displayModeBar"] is False


def test_column_of_text_shows_its_longest_cell_whole_wherever_it_stands() -> None:
    assert column_px("Range", ["0 to 1", "0.12 to 0.215"]) >= 13 * 6 + 16  # letters of 6 px between 8 px of room
    assert column_px("A long title", ["1"]) > column_px("A", ["1"])
    assert column_px("Empty", []) == column_px("Empty", [""])


def test_longest_cell_below_the_first_rows_widens_its_column_alone() -> None:
    def script() -> None:
        from views.drawing import draw_table

        names = [*("short" for _ in range(12)), "DeepSeek V4 Flash 284B-A13E"]
        draw_table([{"name": name, "count": 1, "same": "text"} for name in names], key="late", alt="late")

    [found] = _drawn(script).dataframe
    columns = json.loads(found.proto.columns)
    assert set(columns) == {"_index", "name"}  # Streamlit hides the first
    assert columns["name"]["width"] == column_px("name", ["DeepSeek V4 Flash 284B-A13E"])


def test_text_that_is_a_number_stands_at_the_right() -> None:
    def script() -> None:
        from views.drawing import draw_table

        rows = [{"name": "a", "cost": "$5", "wait": "5 s", "note": "2 of 3"}, {"name": "b", "cost": "-", "wait": "2 h"}]
        draw_table([{"note": "", **row} for row in rows], key="numbers", alt="numbers")

    [found] = _drawn(script).dataframe
    columns = json.loads(found.proto.columns)
    assert {name for name, column in columns.items() if column.get("alignment") == "right"} == {"cost"}


def test_names_that_a_phone_would_cut_off_end_in_an_ellipsis() -> None:
    def script() -> None:
        import plotly.graph_objects as go

        from views.drawing import draw_chart

        long = "Our refurbished tower with four very old but still reliable RTX 3090 cards"
        bars = [go.Bar(x=[1], y=[2], name=long), go.Bar(x=[1], y=[2], name=f"short and<br>{long}")]
        draw_chart(go.Figure(bars, go.Layout(annotations=[{"text": long}])), key="chart", alt="long")

    [chart] = _drawn(script).get("plotly_chart")
    spec = json.loads(chart.proto.spec)
    cut = shortened("Our refurbished tower with four very old but still reliable RTX 3090 cards")
    assert cut.endswith("…")
    assert MOST_LETTERS - 2 <= len(cut) <= MOST_LETTERS
    assert [trace["name"] for trace in spec["data"]] == [cut, f"short and<br>{cut}"]
    assert spec["layout"]["annotations"][0]["text"] == cut
    assert {shortened(name) for name in (FULL_DOT, HOLLOW_DOT)} == {FULL_DOT, HOLLOW_DOT}  # the longest of our own
