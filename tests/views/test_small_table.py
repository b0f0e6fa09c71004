"""Small tables: whole cells, escaped, with a name for each column, row and the table itself."""

import re

from streamlit.testing.v1 import AppTest

from tests.views.pages import cells_of, small_tables
from views.navigation import _STYLE  # pyright: ignore[reportPrivateUsage]
from views.small_table import TABLE_STYLE, small_table


def test_table_has_a_column_per_key_in_order_and_a_row_per_row() -> None:
    shown = cells_of(small_table([{"Option": "a", "Needs": "44.0 GB"}, {"Option": "b", "Needs": 2}], alt="Two"))
    assert shown.to_dict("list") == {"Option": ["a", "b"], "Needs": ["44.0 GB", "2"]}


def test_every_column_and_row_has_its_head_and_the_table_a_name_and_the_keyboards_focus() -> None:
    html = small_table([{"Option": "a", "Needs": "1"}], alt='Memory of "each" option')
    assert re.findall(r'<th scope="(\w+)"', html) == ["col", "col", "row"]
    assert html.startswith('<div class="small-table" role="region" tabindex="0" aria-label="Memory of &quot;each&quot;')


def test_numbers_and_their_heads_stand_at_the_right_and_words_at_the_left() -> None:
    rows = [{"Option": "a", "Fits": "yes", "Needs": "44.0 GB"}, {"Option": "b", "Fits": "no", "Needs": "-"}]
    html = small_table(rows, alt="Right")
    assert re.findall(r'<(\w+)[^>]* class="number"><span>([^<]*)', html) == [
        ("th", "Needs"),
        ("td", "44.0\N{NO-BREAK SPACE}GB"),
        ("td", "–"),
    ]
    assert ".number { text-align: right; }" in TABLE_STYLE


def test_what_is_not_there_is_a_dash_and_zero_is_zero() -> None:
    shown = cells_of(small_table([{"a": "", "b": "-", "c": None, "d": 0}], alt="Dashes"))
    assert shown.iloc[0].tolist() == ["–", "–", "–", "0"]


def test_a_name_from_elsewhere_stays_text() -> None:
    name = '<img src=x onerror="named()">&amp;'
    html = small_table([{name: name}], alt=name)
    assert "<img" not in html
    assert cells_of(html).to_dict("list") == {name: [name]}


def test_a_number_keeps_its_unit_on_its_line() -> None:
    html = small_table([{"a": "3.3 GB by the fullest card", "b": "27 s", "c": "2 people"}], alt="Units")
    assert [text.replace("\N{NO-BREAK SPACE}", "_") for text in re.findall(r"<span>([^<]*)</span>", html)[3:]] == [
        "3.3_GB by the fullest card",
        "27_s",
        "2 people",
    ]


def test_table_without_rows_is_empty_and_no_error() -> None:
    def script() -> None:
        from views.drawing import draw_small_table

        draw_small_table([], alt="No rows")

    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    [shown] = small_tables(app)
    assert shown.empty


def test_its_style_is_on_every_page() -> None:
    assert TABLE_STYLE in _STYLE
