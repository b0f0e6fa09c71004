"""Does the page, run as a whole, ask every question, use every answer and show the same number everywhere?"""

import io
import json
import math
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from calculator import Scenario, compare, load_catalog
from calculator.__main__ import main
from calculator.report.ledger_csv import tidy_csv
from calculator.scenario.presets import preset, preset_names
from calculator.scenario.scenario import ANOTHER_SIZE, knobs
from views.link import read_link

APP = Path(__file__).parents[2] / "app.py"
CATALOG = load_catalog()


def page(**query: str | list[str]) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def scenario_on(app: AppTest) -> Scenario:
    """The scenario that the page used, read back from its permanent link."""
    query = parse_qs(app.code[0].value.partition("?")[2], keep_blank_values=True)
    link = read_link(query, catalog=CATALOG)
    assert not link.problems
    return Scenario.parse(link.values)


def warnings_on(app: AppTest) -> list[str]:
    return [warning.value.replace("\\", "") for warning in app.warning]


@pytest.fixture(scope="module")
def default_page() -> AppTest:
    return page()


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


def test_metric_chart_and_csv_are_the_same_number(default_page: AppTest) -> None:
    comparison = compare(Scenario(), CATALOG)
    ledger = pd.read_csv(io.StringIO(tidy_csv(comparison)), comment="#")
    traces = json.loads(default_page.get("plotly_chart")[0].proto.spec)["data"]
    last = {trace["name"]: trace["y"][-1] for trace in traces if trace["mode"] == "lines"}
    assert len(default_page.metric) == len(comparison.options)
    for option, metric in zip(comparison.options, default_page.metric, strict=True):
        if option.tco is None:
            assert option.name not in last
            continue
        csv_total = -ledger.loc[ledger["option"] == option.id, "amount_usd"].sum()
        for shown in (float(metric.value), last[option.name], csv_total):
            assert math.isclose(shown, option.tco.total_cost_usd, abs_tol=0.005)


def test_every_knob_has_a_widget_and_every_widget_reaches_the_scenario() -> None:
    app = page()
    expected: dict[str, Any] = {}
    for name, knob in knobs().items():
        if name == "model":
            continue
        widget = app.get_by_key(name)
        annotation = Scenario.model_fields[name].annotation
        if widget.type == "selectbox":
            expected[name] = next(choice for choice in widget.options if choice != knob.default)
        elif annotation is str:
            expected[name] = "2027-03"
        else:
            low, high = getattr(widget, "min"), getattr(widget, "max")  # noqa: B009
            expected[name] = annotation(low + (high - low) / 4) if annotation else None  # pyright: ignore[reportCallIssue]
        widget.set_value(expected[name])
    app.get_by_key("name").set_value("Board meeting")
    app.get_by_key("options").set_value(["dual-rtx-4090-threadripper", "cloud-h100"])
    app.run()
    assert not app.exception
    scenario = scenario_on(app)
    for name, value in expected.items():
        assert getattr(scenario, name) == value, name
    assert scenario.name == "Board meeting"
    assert scenario.options == ("dual-rtx-4090-threadripper", "cloud-h100")


@pytest.mark.parametrize("name", ["wage_usd_per_h", "electricity_usd_per_kwh"])
def test_primary_slider_changes_the_costs(default_page: AppTest, name: str) -> None:
    app = page()
    before = [metric.value for metric in app.metric]
    app.slider(key=name).set_value(2 * knobs()[name].default).run()
    assert not app.exception
    after = [metric.value for metric in app.metric]
    assert after != before
    expected = compare(Scenario().changed(**{name: 2 * knobs()[name].default}), CATALOG)
    assert [float(value) for value in after if value != "—"] == [
        o.tco.total_cost_usd for o in expected.options if o.tco
    ]


@pytest.mark.parametrize("model", [*CATALOG.models][:: max(1, len(CATALOG.models) // 6)])
def test_page_answers_for_a_model_of_the_list(model: str) -> None:
    app = page(model=model)
    assert scenario_on(app).model == model


def test_another_size_asks_for_its_parameters() -> None:
    app = page()
    app.selectbox(key="model").set_value(ANOTHER_SIZE).run()
    assert not app.exception
    app.number_input(key="another_size_b").set_value(3000.0).run()
    assert not app.exception
    assert scenario_on(app).another_size_b == 3000.0
    assert scenario_on(app).model == ANOTHER_SIZE


def test_address_fills_the_widgets_in_the_models_own_units() -> None:
    app = page(resale_fraction="0.333", wage_usd_per_h="137.3", months="48", options=["cloud-h100", "api-same-model"])
    scenario = scenario_on(app)
    assert (scenario.resale_fraction, scenario.wage_usd_per_h, scenario.months) == (0.333, 137.3, 48)
    assert scenario.options == ("cloud-h100", "api-same-model")
    assert not app.warning


def test_value_beyond_the_sliders_end_widens_it() -> None:
    app = page(wage_usd_per_h="750")
    assert scenario_on(app).wage_usd_per_h == 750.0
    assert app.slider(key="wage_usd_per_h").max == 1000.0
    assert not app.warning


@pytest.mark.parametrize(
    ("name", "text"),
    [("wage_usd_per_h", "NaN"), ("wage_usd_per_h", "5000"), ("model", "gpt-9"), ("months", "36.5"), ("start_month", "2026-13"), ("resale_fraction", "70"), ("site", "moon")],
)  # fmt: skip
def test_unusable_value_in_the_address_is_named_and_the_default_used(name: str, text: str) -> None:
    app = page(**{name: text})
    assert scenario_on(app) == Scenario()
    said = warnings_on(app)
    assert len(said) == 1
    assert said[0].startswith(name)
    assert "used instead" in said[0]


def test_notice_stays_until_something_is_changed() -> None:
    app = page(wage_usd_per_h="NaN")
    app.run()
    assert len(app.warning) == 1
    app.slider(key="wage_usd_per_h").set_value(120.0).run()
    assert not app.warning
    assert scenario_on(app).wage_usd_per_h == 120.0


def test_slider_moved_after_opening_a_link_is_not_reported_as_a_mismatch() -> None:
    app = page(wage_usd_per_h="120")
    app.slider(key="wage_usd_per_h").set_value(150.0).run()
    assert not app.warning


def test_no_option_chosen_says_what_is_compared() -> None:
    app = page()
    app.get_by_key("options").set_value([]).run()
    assert not app.exception
    assert "Choose at least one option" in app.warning[0].value
    assert scenario_on(app).options == Scenario().options


@pytest.mark.parametrize("name", preset_names())
def test_preset_opens_as_it_is(default_page: AppTest, name: str) -> None:
    scenario = preset(name)
    start = next(text.value for text in default_page.markdown if "Start from: " in text.value)
    address = next(
        part for part in start.split("](?")[1:] if parse_qs(part.split(")")[0])["name"] == [scenario.name]
    ).split(")")[0]
    app = page(**parse_qs(address, keep_blank_values=True))
    assert scenario_on(app) == scenario
    assert not app.warning
    expected = compare(scenario, CATALOG)
    assert [float(m.value) for m in app.metric if m.value != "—"] == [
        o.tco.total_cost_usd for o in expected.options if o.tco
    ]


def test_table_about_an_option_no_longer_compared_is_left_out_with_a_sentence() -> None:
    app = page(figures='{"cloud-h100.rate_usd_per_h": 1.5}')
    assert scenario_on(app).figures == {"cloud-h100.rate_usd_per_h": 1.5}
    app.get_by_key("options").set_value(["api-same-model"]).run()
    assert not app.exception
    assert warnings_on(app)[0].startswith("figures")
    assert scenario_on(app).figures == {}
    assert scenario_on(app).options == ("api-same-model",)


def test_name_from_a_link_is_never_read_as_markdown_or_html() -> None:
    app = page(name="![x](https://example.com/x.png)<b>=1+1</b>")
    texts = [element.value for element in (*app.markdown, *app.caption, *app.header, *app.subheader, *app.warning)]
    assert not [text for text in texts if "https://example.com" in text]


def test_assumptions_are_marked_and_changed_values_are_yours() -> None:
    app = page(wage_usd_per_h="120")
    inputs = app.dataframe[0].value.set_index("input")
    assert inputs.loc["Hourly rate", "basis"] == ["yours"]
    assert inputs.loc["Hourly rate", "value"] == "120"
    assert inputs.loc["Care of a Mac", "basis"] == ["assumption"]
    assert inputs.loc["Resale value: Mac or mini PC", "range"] == "30 to 65"
    assert [text for text in app.markdown if "badge[assumption]" in text.value]
    for _, row in pd.concat([app.dataframe[0].value, app.dataframe[1].value]).iterrows():
        assert row["date"]
        assert row["source"] or next(iter(row["basis"])) in ("assumption", "yours")
