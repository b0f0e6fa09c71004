"""Decision page: verdict, currencies and the same futures as on the command line."""

import json
from pathlib import Path

from streamlit.testing.v1 import AppTest

from calculator import Scenario, compare
from calculator.__main__ import main
from tests.views.pages import CATALOG, page, scenario_on


def test_page_opens_with_the_default_scenario_and_says_the_verdict(default_page: AppTest) -> None:
    assert scenario_on(default_page) == Scenario()
    sentence = compare(Scenario(), CATALOG).verdict.sentence
    assert sentence in [header.value.replace("\\", "") for header in default_page.header]
    assert not default_page.warning
    assert not default_page.error


def test_page_shows_the_answer_without_peoples_time_and_in_another_currency() -> None:
    app = page(currencies=json.dumps({"EUR": {"per_usd": 0.5, "as_of": "2026-11-01"}}))
    shown = [markdown.value.replace("\\", "") for markdown in app.markdown]
    comparison = compare(scenario_on(app), CATALOG)
    assert comparison.verdict.without_soft in shown
    (converted,) = [
        text for text in shown if text.startswith("Shown in EUR at your rate of 0.5 EUR per dollar (2026-11-01)")
    ]
    for row in comparison.options:
        assert row.tco is not None
        assert f"{row.name} EUR {row.tco.present_value_cost_usd * 0.5:,.0f}" in converted


def test_page_and_command_line_draw_the_same_futures(default_page: AppTest, tmp_path: Path) -> None:
    assert main(["compare", "--json", str(tmp_path / "told.json")]) == 0
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["verdict"]["detail"] in [markdown.value.replace("\\", "") for markdown in default_page.markdown]


def test_name_from_a_link_is_never_read_as_markdown_or_html() -> None:
    app = page(name="![x](https://example.com/x.png)<b>=1+1</b>")
    texts = [element.value for element in (*app.markdown, *app.caption, *app.header, *app.subheader, *app.warning)]
    assert not [text for text in texts if "https://example.com" in text]
