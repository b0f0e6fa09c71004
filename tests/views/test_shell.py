"""What all pages share: the case of an address, contradictions repaired one by one, and the line that sums it up."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from calculator import Scenario
from calculator.decision.compare import compare
from calculator.scenario.presets import preset
from tests.views.pages import CATALOG, page, scenario_on
from views.decide_words import name_of
from views.link import catalog_with_own, read_link, write_link
from views.look import markdown_text, usd
from views.money import by_cost, shown_usd_of
from views.shell import Case, answer_of, answer_to, scenario_of, show_case_line, start_title

ANSWERS = [
    row
    for row in json.loads((Path(__file__).parents[1] / "fixtures" / "version_1" / "answers.json").read_text("utf-8"))
    if row["name"] in ("default", "article", "growth-buy-another", "lease-tax")
]
CONTRADICTIONS: list[dict[str, Any]] = [
    {"options": ("cloud-h100",), "figures": {"dgx-spark.price_usd": 1.0}},
    {"already_own_usd": {"dgx-spark": 1.0}, "shared_with_other_work": {"dgx-spark": 0.5}},
]


def case_of(**query: str) -> Case:
    link = read_link({name: [value] for name, value in query.items()}, catalog=CATALOG)
    scenario, replaced = scenario_of(link.values, typed=link.typed())
    return Case(link, CATALOG, scenario, replaced)


def test_values_that_agree_are_the_scenario_with_what_was_typed() -> None:
    scenario, replaced = scenario_of({"wage_usd_per_h": 110.0, "months": 48}, typed=["months"])
    assert scenario == Scenario.parse({"wage_usd_per_h": 110.0, "months": 48, "typed": ("months",)})
    assert replaced == {}


@pytest.mark.parametrize("values", CONTRADICTIONS)
def test_values_that_contradict_each_other_lose_the_later_one_with_a_sentence(values: dict[str, Any]) -> None:
    first, second = values
    scenario, replaced = scenario_of({**values, "months": 48}, typed=[])
    assert getattr(scenario, first) == values[first]
    assert getattr(scenario, second) == getattr(Scenario(), second)
    assert scenario.months == 48
    assert list(replaced) == [second]
    assert replaced[second].endswith("It was left out.")


def test_value_replaced_by_its_default_says_which() -> None:
    scenario, replaced = scenario_of({"months": 10_000, "wage_usd_per_h": 110.0}, typed=["months", "wage_usd_per_h"])
    assert replaced["months"].endswith("The page uses the default, 36.")
    assert scenario == Scenario(wage_usd_per_h=110.0)


def test_answer_is_todays_with_all_futures_and_the_speeds_given() -> None:
    from datetime import date

    from calculator.risk.monte_carlo import FULL_COUNT

    found = answer_of(case_of(), [])
    assert (found.prices_as_of, found.draw_count) == (date.today().isoformat(), FULL_COUNT)
    assert answer_of(case_of(prices_as_of="2027-01-02"), []).prices_as_of == "2027-01-02"


@pytest.mark.parametrize(
    "query",
    [
        {"wage_usd_per_h": "111"},
        {"options": "quad", "own_options": '{"quad":{"chip":"nvidia-rtx-3090","chip_count":4,"price_usd":9000}}'},
    ],
)
def test_route_finds_the_answer_that_the_page_was_given(query: dict[str, str]) -> None:
    case = case_of(**query)
    case = replace(case, catalog=catalog_with_own(case.link, CATALOG))
    assert answer_to(case.scenario, CATALOG, []) is answer_of(case, [])


def _line(query: dict[str, str]) -> None:
    from tests.views.test_shell import case_of
    from views.shell import answer_of, show_case_line

    case = case_of(**query)
    show_case_line(case, answer_of(case, []))


def line(**query: str) -> str:
    app = AppTest.from_function(_line, args=(query,), default_timeout=60).run()
    assert not app.exception
    return app.markdown[0].value


@pytest.mark.parametrize("query", [{}, {"money": "cash"}, {"labour": "without"}, {"preset": "team-24-7"}])
def test_line_names_the_leaders_with_the_costs_of_the_money_shown(query: dict[str, str]) -> None:
    case = case_of(**query)
    said = line(**query)
    for option in [row for row in by_cost(answer_of(case, [])) if row.eligible][:3]:
        cost = usd(shown_usd_of(option, case.scenario))
        assert f"**{markdown_text(name_of(option))}** {markdown_text(cost)}" in said


def test_line_says_over_how_long_and_in_which_money_its_costs_are() -> None:
    assert line().startswith("Cost over 36 months in today's money: **")
    assert line(money="cash", months="48", labour="without").startswith(
        "Cost over 48 months in cash, without staff hours: **"
    )


def test_line_says_where_one_started_and_how_much_was_changed() -> None:
    default, article = start_title(case_of().link), preset("article").name
    assert line().endswith(f"example “{markdown_text(default)}”, unchanged")
    assert line(months="48").endswith(f"1 change from “{markdown_text(default)}”")
    assert line(preset="article", months="48", wage_usd_per_h="95").endswith(
        f"2 changes from “{markdown_text(article)}”"
    )


def test_line_says_when_nothing_can_do_the_job() -> None:
    assert line(leaves_house_fraction_max="0", options="cloud-h100").startswith("Nothing here can do the job")


@pytest.mark.parametrize("then", ANSWERS, ids=lambda row: row["name"])
def test_link_of_version_1_opens_as_it_was_meant_and_stays_so(then: dict[str, Any]) -> None:
    app = page(**parse_qs(then["link"], keep_blank_values=True))
    meant = Scenario.parse(then["scenario"])
    assert scenario_on(app) == meant
    assert scenario_on(app.run()) == meant
    again = page(**app.query_params)  # what a reload, or a copy of the address, opens
    assert scenario_on(again) == meant


def test_link_of_version_1_says_with_todays_parameters_what_it_meant() -> None:
    app = page(schema_version="1", wage_usd_per_h="60")
    assert app.query_params["schema_version"] in ("2", ["2"])
    text = write_link(scenario_on(app), catalogue_hash=CATALOG.hash)
    assert scenario_on(page(**parse_qs(text, keep_blank_values=True))) == scenario_on(app)
    assert (scenario_on(app).rules, scenario_on(app).machine_count) == (1, 1)
    assert scenario_on(app).api_host == "cheapest"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("on_days_per_year", 365),
        ("reserved_context_tokens", 8192),
        ("machine_count", 2),
        ("when_down", "buy-from-api"),
        ("off_hours", "idle"),
        ("api_host", "cheapest"),
        ("money", "cash"),
        ("labour", "without"),
        ("weight_class", "best-that-fits"),
        ("leaves_house_fraction_max", 0.0),
    ],
)
def test_field_of_an_address_is_the_scenarios(name: str, value: Any) -> None:
    app = page(**{name: str(value)})
    assert scenario_on(app) == Scenario.parse({name: value})
    assert not app.warning


def test_default_that_a_link_names_without_its_being_typed_is_not() -> None:
    text = write_link(Scenario(), catalogue_hash=CATALOG.hash)
    app = page(**parse_qs(text, keep_blank_values=True))
    assert scenario_on(app.run()) == Scenario()


@pytest.mark.parametrize("model", [*CATALOG.models][:: max(1, len(CATALOG.models) // 6)])
def test_page_answers_for_a_model_of_the_list(model: str) -> None:
    assert scenario_on(page(model=model)).model == model


def test_hosted_model_that_the_address_names_is_compared() -> None:
    named = "api:anthropic/claude-opus-5-5"
    app = page(options=["mac-studio-m5-ultra-96", named])
    assert scenario_on(app).options == ("mac-studio-m5-ultra-96", named)
    assert not app.warning


def test_own_machine_of_the_address_is_in_the_cases_catalogue() -> None:
    own = {"quad": {"chip": "nvidia-rtx-3090", "chip_count": 4, "price_usd": 9000}}
    app = page(options=["quad", "dgx-spark"], own_options=json.dumps(own))
    assert scenario_on(app).options == ("quad", "dgx-spark")
    found = compare(scenario_on(app), CATALOG)
    assert found["quad"].tco is not None
    assert callable(show_case_line)
