"""Tables and charts: columns, configuration and text alternative reach the page."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest


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
