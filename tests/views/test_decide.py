"""The Decide page on the server: what the live body says goes into the address, and the answer is the address's."""

import json
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from calculator import Scenario
from calculator.__main__ import main
from calculator.decision.compare import compare
from calculator.risk.monte_carlo import FULL_COUNT
from calculator.scenario.presets import preset, preset_names
from serving.answers import Answers
from tests.views.pages import CATALOG, change, component, page, scenario_on, texts, warnings_on
from views.bands import answer_names
from views.decide_form import changes
from views.decide_frame import decide_frame
from views.link import read_link
from views.mending import mending
from views.shell import answer_to
from views.whole_mend import whole_mends

SLIDERS = {"requests_per_working_day": 400, "wage_usd_per_h": 110, "electricity_usd_per_kwh": 0.25}
TWO = ("mac-studio-m5-ultra-96", "cloud-h100")


def frame_of(scenario: Scenario) -> dict[str, Any]:
    """What the page must show of a scenario today, as a browser receives it."""
    found = compare(scenario, CATALOG, as_of=date.today().isoformat(), draw_count=FULL_COUNT)
    mends = whole_mends(found, catalog=CATALOG, speeds=())
    return json.loads(json.dumps(decide_frame(found, mends=mends)))


def test_page_opens_with_the_default_scenario_and_its_whole_answer() -> None:
    app = page()
    assert scenario_on(app) == Scenario()
    data = component(app)
    assert data["frame"] == frame_of(Scenario())
    assert data["changes"] == []
    assert (data["preset"], data["address"]) == ("", "")
    assert not app.warning
    assert not app.error


@pytest.mark.parametrize("name", preset_names())
def test_example_opens_in_the_same_tab_as_it_is(name: str) -> None:
    app = change(page(wage_usd_per_h="120"), preset=name)
    assert dict(app.query_params) == {"preset": name}
    assert scenario_on(app) == preset(name)
    data = component(app)
    assert data["preset"] == name
    assert data["changes"] == []
    assert data["frame"] == frame_of(preset(name))
    assert not app.warning


def test_moved_controls_are_in_the_address_the_answer_and_the_list_of_changes() -> None:
    app = change(page(), sequence="1", put=SLIDERS)
    assert {name: float(app.query_params[name]) for name in SLIDERS} == SLIDERS
    assert scenario_on(app) == Scenario(**SLIDERS)
    data = component(app)
    assert data["frame"] == frame_of(Scenario(**SLIDERS))
    assert {name: data["values"][name] for name in SLIDERS} == SLIDERS
    assert {row[0] for row in data["changes"]} == set(SLIDERS)
    app = change(app, sequence="2", reset=["wage_usd_per_h"])
    rest = {name: value for name, value in SLIDERS.items() if name != "wage_usd_per_h"}
    assert scenario_on(app) == Scenario(**rest)
    app = change(app, sequence="3", reset=list(rest))
    assert component(app)["frame"] == frame_of(Scenario())
    assert dict(app.query_params) == {}


def test_value_reset_after_an_example_is_the_examples() -> None:
    app = change(page(preset="article"), put={"wage_usd_per_h": 95})
    assert scenario_on(app).wage_usd_per_h == 95
    assert change(app, reset=["wage_usd_per_h"]) is app
    assert scenario_on(app) == preset("article")


def test_quote_joins_those_that_are_there_and_an_emptied_one_leaves_alone() -> None:
    app = page(options=list(TWO), figures='{"cloud-h100.rate_usd_per_h":2.5}')
    app = change(app, table={"name": "figures", "key": "mac-studio-m5-ultra-96.price_usd", "value": 5000})
    both = {"cloud-h100.rate_usd_per_h": 2.5, "mac-studio-m5-ultra-96.price_usd": 5000}
    assert dict(scenario_on(app).figures) == both
    app = change(app, sequence="2", table={"name": "figures", "key": "cloud-h100.rate_usd_per_h", "value": None})
    assert dict(scenario_on(app).figures) == {"mac-studio-m5-ultra-96.price_usd": 5000}
    app = change(app, sequence="3", table={"name": "already_own_usd", "key": "mac-studio-m5-ultra-96", "value": 3000})
    assert dict(scenario_on(app).already_own_usd) == {"mac-studio-m5-ultra-96": 3000}
    (shown,) = [row for row in component(app)["quotes"]["mac-studio-m5-ultra-96"]["fields"] if row["figure"] == "own"]
    assert shown["value"] == 3000


def test_option_is_left_out_and_added() -> None:
    app = change(page(options=list(TWO)), put={"options": ["cloud-h100"]})
    assert [row["id"] for row in component(app)["frame"]["rows"]] == ["cloud-h100"]
    app = change(app, sequence="2", put={"options": ["cloud-h100", "dgx-spark"]})
    assert {row["id"] for row in component(app)["frame"]["rows"]} == {"cloud-h100", "dgx-spark"}


def test_option_left_out_takes_its_own_figures_along_and_leaves_those_of_the_others() -> None:
    mine = {"cloud-h100.rate_usd_per_h": 2.5, "mac-studio-m5-ultra-96.price_usd": 5000}
    app = page(options=list(TWO), figures=json.dumps(mine))
    app = change(app, put={"options": ["mac-studio-m5-ultra-96"]})
    assert scenario_on(app).options == ("mac-studio-m5-ultra-96",)
    assert dict(scenario_on(app).figures) == {"mac-studio-m5-ultra-96.price_usd": 5000}
    assert not app.warning
    assert not app.error


def test_model_that_no_host_offers_leaves_a_hosted_price_out_with_a_sentence() -> None:
    app = page(figures='{"api-same-model.output_usd_per_mtok": 3.0}')
    assert not app.warning
    hosted = {row.model for row in CATALOG.apis["api-same-model"].tariffs}
    unhosted = next(name for name in CATALOG.models if name not in hosted and not _has_host(name))
    app = change(app, put={"model": unhosted})
    assert scenario_on(app).figures == {}
    assert "no host offers" in " ".join(warnings_on(app))


def _has_host(model: str) -> bool:
    return "no-price" not in {
        reason.code
        for reason in compare(Scenario(model=model), CATALOG, draw_count=0, with_turns=False)[
            "api-same-model"
        ].eligibility.reasons
    }


def test_click_that_mends_a_reason_makes_the_option_able() -> None:
    app = page(leaves_house_fraction_max="0")
    rows = {row["id"]: row for row in component(app)["frame"]["rows"]}
    ((_, _, mend),) = rows["api-same-model"]["reasons"]
    app = change(app, put=mend["put"])
    rows = {row["id"]: row for row in component(app)["frame"]["rows"]}
    assert rows["api-same-model"]["state"] == "yes"
    assert scenario_on(app).leaves_house_fraction_max == 1


def test_one_click_makes_an_option_able_that_misses_several_things() -> None:
    app = page(machine_count="1", requests_per_working_day="5000", first_token_p95_target_s="1")
    rows = {row["id"]: row for row in component(app)["frame"]["rows"]}
    row = rows["mac-studio-m5-ultra-96"]
    assert row["state"] == "no"
    app = change(app, put=json.loads(json.dumps(row["whole"]["put"])))
    assert {row["id"]: row for row in component(app)["frame"]["rows"]}["mac-studio-m5-ultra-96"]["state"] != "no"


def test_mend_of_bits_goes_into_the_address_as_the_component_sends_it() -> None:
    app = page(weight_class="8-bit")
    found = compare(scenario_on(app), CATALOG)["dual-rtx-4090-am5"]
    sent = mending(found.eligibility.reasons[0], found, scenario_on(app))
    assert sent is not None
    app = change(app, put=json.loads(json.dumps(sent["put"])))
    assert dict(scenario_on(app).weight_classes) == {"dual-rtx-4090-am5": "4-bit"}


@pytest.mark.parametrize("money", ["present-value", "cash"])
@pytest.mark.parametrize("labour", ["with", "without"])
def test_switch_of_the_money_changes_all_figures_and_no_input(money: str, labour: str) -> None:
    app = change(page(), put={"money": money, "labour": labour})
    frame = component(app)["frame"]
    assert (frame["money"], frame["labour"]) == (money, labour)
    assert frame == frame_of(Scenario(money=money, labour=labour))  # pyright: ignore[reportArgumentType]
    assert component(app)["frame"]["id"] == Scenario().id()


def test_page_and_command_line_draw_the_same_futures(tmp_path: Path) -> None:
    assert main(["compare", "--json", str(tmp_path / "told.json")]) == 0
    told = json.loads((tmp_path / "told.json").read_text())
    shown = component(page(prices_as_of=told["prices_as_of"]))["frame"]
    for verdict, which in zip(shown["verdicts"], ("mac_or_pc", "overall"), strict=True):
        assert verdict["flips"] == told["verdicts"][which]["flips_sentence"]
    chance = told["verdicts"]["overall"]["chance"]
    assert shown["verdicts"][1]["odds"][0][0] == pytest.approx(chance, abs=0.0006)


@pytest.mark.parametrize("day", ["2027-11-26", "2029-11-26"])
def test_day_of_an_address_is_the_day_of_looking_and_no_option_vanishes(day: str) -> None:
    frame = component(page(prices_as_of=day))["frame"]
    assert frame["as_of"] == day
    assert len([row for row in frame["rows"] if row["state"] != "no"]) == len(
        [row for row in compare(Scenario(), CATALOG).options if row.eligible]
    )


def test_page_looks_at_prices_on_the_day_of_the_clock() -> None:
    app = page()
    assert component(app)["frame"]["as_of"] == date.today().isoformat()
    assert f"prices_as_of={date.today().isoformat()}" in app.code[0].value


def test_name_from_a_link_is_never_read_as_markdown_or_html() -> None:
    app = page(name="![x](https://example.com/x.png)<b>=1+1</b>")
    shown = [part.value for part in (*app.markdown, *app.caption, *app.header, *app.subheader, *app.warning)]
    assert not [text for text in shown if "https://example.com" in text]


@pytest.mark.parametrize(
    "query",
    [
        {"wage_usd_per_h": "NaN", "months": "48"},
        {"figures": "{not json", "months": "48"},
        {"preset": "nobody", "months": "48"},
        {"model": "gpt-9", "months": "48"},
        {"already_own_usd": '{"atlantis": 3}', "months": "48"},
        {"colour": "red", "months": "48"},
        {"own_options": '{"quad": {"chip": "nvidia-rtx-3091", "price_usd": 1}}', "months": "48"},
        {"grid": "atlantis", "months": "48"},
        {"api_host": "atlantis", "months": "48"},
        {"leases": '{"atlantis": {}}', "months": "48"},
        {"schema_version": "7", "months": "48"},
        {"currencies": '{"EUR": {"per_usd": -1}}', "months": "48"},
    ],
)
def test_value_that_cannot_be_used_is_a_sentence_and_the_rest_of_the_address_counts(query: dict[str, str]) -> None:
    app = page(**query)
    name = next(iter(query))
    said = " ".join(warnings_on(app))
    assert name in said or query[name] in said
    assert not app.error
    assert scenario_on(app) == Scenario(months=48)
    assert component(app)["frame"] == frame_of(Scenario(months=48))
    assert app.query_params["months"] in ("48", ["48"])


_QUAD = '{"quad":{"chip":"nvidia-rtx-3090","chip_count":4,"price_usd":9000}}'


@pytest.mark.parametrize(
    ("query", "is_replaced"),
    [
        ({}, False),
        ({"preset": "article", "money": "cash", "labour": "without"}, False),
        ({"wage_usd_per_h": "110", "typed": "wage_usd_per_h", "prices_as_of": "2027-01-02"}, False),
        ({"schema_version": "1", "months": "48"}, False),
        ({"options": "quad", "own_options": _QUAD}, False),
        ({"schema_version": "9", "months": "48"}, True),
        ({"wage_usd_per_h": "NaN", "resale_fraction": "1.4", "colour": "red", "months": "48"}, True),
        ({"options": ["mac-studio-m5-ultra-96", "nothing"], "preset": "article"}, True),
        ({"options": "cloud-h100", "figures": '{"dgx-spark.price_usd": 1}'}, True),
    ],
)
def test_route_reads_the_pages_own_answer_where_the_body_asks_it(query: dict[str, Any], is_replaced: bool) -> None:
    data = component(page(**query))
    assert ("asks" in data) == is_replaced
    asked = parse_qs(data.get("asks", data["address"]), keep_blank_values=True)
    scenario, catalog = Answers(read_link, lambda: ()).scenario(asked)
    found = answer_names(answer_to(scenario, catalog, ()))
    assert found == {name: data["frame"][name] for name in found}


def test_problem_of_the_store_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "m.sqlite"
    broken.write_bytes(b"no database")
    monkeypatch.setenv("MEASUREMENTS_URL", str(broken))
    said = texts(page())
    assert "The file of the measurement store is no database." in said
    assert "Until then no measurement is used." in said
    assert str(tmp_path) not in said


def test_changes_that_the_body_shows_are_those_of_its_link() -> None:
    app = page(preset="article", months="48")
    from views.link import read_link

    link = read_link({"preset": ["article"], "months": ["48"]}, catalog=CATALOG)
    assert [tuple(row) for row in component(app)["changes"]] == changes(link, scenario_on(app))


def test_one_figure_goes_back_to_ours_and_the_others_stay() -> None:
    figures = {"cloud-h100.rate_usd_per_h": 2.5, "mac-studio-m5-ultra-96.price_usd": 5000}
    app = page(options=list(TWO), figures=json.dumps(figures))
    listed = [row[0] for row in component(app)["changes"]]
    assert {f"figures:{name}" for name in figures} <= set(listed)
    app = change(app, reset=["figures:cloud-h100.rate_usd_per_h"])
    assert dict(scenario_on(app).figures) == {"mac-studio-m5-ultra-96.price_usd": 5000}
    app = change(app, reset=["figures:mac-studio-m5-ultra-96.price_usd"])
    assert not scenario_on(app).figures


def test_change_that_was_lost_comes_with_the_next_and_is_taken_once() -> None:
    """What was done while the server was away: the component says it again until its name is told back."""
    rate, own = (
        {"name": "figures", "key": "cloud-h100.rate_usd_per_h", "value": 2.5},
        {"name": "figures", "key": "mac-studio-m5-ultra-96.price_usd", "value": 5000.0},
    )
    lost = [{"id": "a", "put": {"wage_usd_per_h": 80}}, {"id": "b", "table": rate}]
    app = change(page(), sequence="3", id="c", table=own, earlier=lost)
    assert not app.exception
    assert scenario_on(app).wage_usd_per_h == 80
    assert dict(scenario_on(app).figures) == {rate["key"]: 2.5, own["key"]: 5000}
    assert component(app)["taken"] == ["a", "b", "c"]
    app = change(app, sequence="4", id="d", put={"wage_usd_per_h": 90})
    app = change(
        app, sequence="5", id="e", put={"months": 48}, earlier=[lost[0], {"id": "d", "put": {"wage_usd_per_h": 90}}]
    )
    assert (scenario_on(app).wage_usd_per_h, scenario_on(app).months) == (90, 48)
    assert component(app)["taken"] == ["a", "b", "c", "d", "e"]


def test_price_entered_with_tax_is_kept_in_cents() -> None:
    sent = {"name": "figures", "key": f"{TWO[0]}.price_usd", "value": 7000 / 1.0725}
    app = change(page(options=list(TWO)), table=sent)
    assert scenario_on(app).figures[sent["key"]] == 6526.81


def test_row_of_a_table_goes_back_to_what_the_example_had() -> None:
    options = preset("article-workload").weight_classes
    mac = next(iter(options))
    app = change(page(preset="article-workload"), put={"weight_classes": {**options, mac: "4-bit"}})
    assert scenario_on(app).weight_classes[mac] == "4-bit"
    app = change(app, sequence="2", reset=[f"weight_classes:{mac}"])
    assert scenario_on(app).weight_classes == options
