"""The scenario: every knob is bounded and explained, ids and order stay, and a wrong value is one sentence."""

import math
import pickle
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from calculator import Scenario, load_catalog
from calculator.errors import ScenarioError
from calculator.scenario.scenario import knobs

NUMBERS = sorted(name for name, knob in knobs().items() if math.isfinite(knob.low) and math.isfinite(knob.high))


MAC = "mac-studio-m5-ultra-256"


PYDANTIC = ("nput should", "tuple", "dictionary", "valid string", "instance of", "after validation")


def test_every_default_of_the_catalogue_is_a_field_and_lies_in_its_bounds() -> None:
    for name, quantity in load_catalog().defaults.items():
        assert getattr(Scenario(), name) == quantity.central, name
        knob = knobs()[name]
        assert knob.low <= quantity.low <= quantity.high <= knob.high, name


def test_every_knob_is_labelled_and_explained() -> None:
    for knob in knobs().values():
        assert knob.label, knob.name
        assert knob.help.endswith((".", "?")), knob.name
        assert knob.step > 0, knob.name


def test_scenario_id_changes_with_any_value_and_with_nothing_else() -> None:
    assert Scenario().id() == Scenario().id()
    assert (
        len({Scenario().id(), Scenario(months=48).id(), Scenario(name="x").id(), Scenario(model="llama-3-8b").id()})
        == 4
    )


@given(st.sampled_from(NUMBERS), st.floats())
def test_a_number_is_either_in_bounds_or_refused_by_name(name: str, value: float) -> None:
    knob = knobs()[name]
    try:
        accepted = getattr(Scenario.parse({name: value}), name)
    except ScenarioError as error:
        assert name in str(error)
        assert "validation error" not in str(error)
    else:
        assert knob.low <= accepted <= knob.high
        assert math.isfinite(accepted)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"prompt_tokens": 2_000_000}, "it must lie in 1..1,000,000."),
        ({"downtime_usd_per_h": -1}, "it must lie in 0..100,000."),
        ({"leases": "x"}, "leases is 'x'; it must be a table"),
        ({"leases": {MAC: 1}}, "must be a table"),
        ({"leases": {MAC: {"usd_per_month": 300, "in_advance": "maybe"}}}, "true or false"),
        ({"leases": {MAC: {"usd_per_month": 1e308}}}, "at most"),
        ({"leases": {MAC: {"usd_per_month": 300, "buyout_usd": 1e308}}}, "at most"),
        ({"already_own_usd": {MAC: 1e300}}, "at most"),
        ({"already_own_usd": {MAC: 3000}, "leases": {MAC: {"usd_per_month": 300}}}, "owned already or leased"),
        ({"depreciation_fractions": 1.0}, "it must be a list"),
        ({"options": "cloud-h100"}, "it must be a list"),
        ({"options": []}, "at least 1"),
        ({"options": [1]}, "options.0 is 1; it must be text"),
        ({"options": ["cloud-h100"] * 13}, "at most 12"),
        ({"model": 10**400}, "it must be text"),
        ({"name": "\udcff"}, "it must be text"),
        ({"name": "x" * 121}, "at most 120"),
        ({"wage_usd_per_h": True}, "wage_usd_per_h is True"),
        ({"concurrent_request_count": False}, "concurrent_request_count is False"),
        ({"figures": {f"{MAC}.price_usd": True}}, "price_usd is True"),
        ({"currencies": {"EUR": {"per_usd": 0.9, "as_of": "2026-13-45"}}}, "a date YYYY-MM-DD"),
        ({"currencies": {"=cmd": {"per_usd": 0.9, "as_of": "2026-01-01"}}}, "three capital letters"),
        ({"currencies": {"EUR": 1}}, "must be a table"),
        ({"ranges": {"wage_usd_per_h": [1, 2]}}, "missing"),
        ({"ranges": {"wage_usd_per_h": "x"}}, "must be a list"),
        ({"ranges": {"resale_fraction": [0, 1, float("inf")]}}, "finite number"),
        ({"ranges": {"resale_fraction": [-5, 0.5, 0.9]}}, "it must lie in 0..1"),
        ({"ranges": {"wage_usd_per_h": [1e308, 1e308, 1e308]}}, "it must lie in 0..1000"),
        ({"cases": {"resale_fraction": []}}, "at least one value with its weight"),
        ({"cases": {"resale_fraction": [[float("nan"), 1]]}}, "finite number"),
        ({"cases": {"resale_fraction": [[0.5, float("nan")]]}}, "finite number"),
        ({"cases": {"resale_fraction": [[5, 1]]}}, "it must lie in 0..1"),
        ({"cases": {"requests_per_working_day": [[-2, 1]]}}, "it must lie in 0..1,000,000"),
        ({"cases": {"resale_fraction": [[0.5, 0]]}}, "weights"),
        ({"cases": {"resale_fraction": [[0.5, 2], [0.7, -1]]}}, "weights"),
    ],
)
def test_scenario_refuses_in_plain_words(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        Scenario.parse(values)
    text = str(refused.value)
    assert says in text
    assert not any(word in text for word in PYDANTIC), text
    assert len(text) < 500


GOLDEN = tomllib.loads((Path(__file__).parents[2] / "golden" / "scenario.toml").read_text("utf-8"))


def test_fields_keep_their_order_on_the_page_and_in_the_link() -> None:
    assert list(Scenario.model_fields) == GOLDEN["fields"]
    assert list(Scenario().model_dump()) == GOLDEN["fields"]


def test_knobs_keep_order_section_unit_bounds_step_and_default() -> None:
    found = {
        name: [knob.section, knob.unit, knob.low, knob.high, knob.step, knob.shown, knob.default]
        for name, knob in knobs().items()
    }
    assert found == GOLDEN["knobs"]
    assert list(found) == list(GOLDEN["knobs"])


def test_scenario_id_of_the_defaults_is_that_of_links_sent_before() -> None:
    assert Scenario().id() == GOLDEN["default_id"]


@pytest.mark.parametrize("build", [Scenario, lambda **values: Scenario.parse(values), Scenario().changed])
def test_wrong_value_is_a_sentence_however_the_scenario_is_made(build: Callable[..., Scenario]) -> None:
    with pytest.raises(ScenarioError) as refused:
        build(wage_usd_per_h=-1)
    assert str(refused.value) == "wage_usd_per_h is -1; it must lie in 0..1000."


def test_every_wrong_value_has_its_own_sentence() -> None:
    with pytest.raises(ScenarioError) as refused:
        Scenario(wage_usd_per_h=-1, months=1, moths=3)  # pyright: ignore[reportCallIssue]
    assert str(refused.value) == (
        "wage_usd_per_h is -1; it must lie in 0..1000. months is 1; it must lie in 12..84. "
        "moths is not a known key. Did you mean months?"
    )


def test_start_month_that_is_no_month_is_refused_with_its_help() -> None:
    with pytest.raises(ScenarioError, match="Month of purchase, YYYY-MM"):
        Scenario(start_month="December")


def test_scenario_travels_to_another_process_and_back_unchanged() -> None:
    mine = Scenario(months=48, figures={f"{MAC}.price_usd": 5000}, options=(MAC,))
    back = pickle.loads(pickle.dumps(mine))
    assert back == mine
    assert back.id() == mine.id()


def test_scenario_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Scenario().months = 48


def test_context_is_prompt_retrieved_text_and_answer() -> None:
    mine = Scenario(prompt_tokens=100, retrieved_tokens=2000, answer_tokens=30)
    assert (mine.input_tokens(), mine.context_tokens()) == (2100, 2130)


@given(factor=st.floats(1, 24), hours=st.floats(0.5, 24))
def test_busiest_hour_holds_no_more_than_the_day(factor: float, hours: float) -> None:
    ratio = Scenario(peak_factor_ratio=factor, on_h_per_day=hours).busiest_hour_ratio()
    assert 1 <= ratio <= max(1, min(factor, hours))


def test_typed_are_the_values_given_and_change_the_id_even_where_they_equal_the_default() -> None:
    wage = Scenario().wage_usd_per_h
    mine = Scenario(wage_usd_per_h=wage)
    assert mine.typed == ("wage_usd_per_h",)
    assert mine.wage_usd_per_h == Scenario().wage_usd_per_h
    assert mine.id() != Scenario().id()


def test_tables_names_and_settings_of_the_view_are_not_typed() -> None:
    mine = Scenario(
        name="x",
        options=(MAC,),
        money="cash",
        labour="without",
        prices_as_of="2027-01-01",
        machine_counts={MAC: 2},
        ranges={"wage_usd_per_h": (1, 2, 3)},
    )
    assert mine.typed == ()


def test_value_given_as_a_range_is_not_typed() -> None:
    assert Scenario.parse({"wage_usd_per_h": [60, 95, 200], "months": 48}).typed == ("months",)


def test_order_of_typing_changes_no_id() -> None:
    one, other = Scenario().changed(months=36).changed(wage_usd_per_h=95), Scenario(wage_usd_per_h=95, months=36)
    assert one == other
    assert one.id() == other.id()
    assert Scenario(typed=("months", "wage_usd_per_h", "months")).id() == other.id()


@pytest.mark.parametrize("typed", [("moths",), ("name",), ("figures",), ("typed",), 3, (3,), ([],)])
def test_typed_that_names_no_value_is_refused(typed: Any) -> None:
    with pytest.raises(ScenarioError, match=r"^typed"):
        Scenario.parse({"typed": typed})


def test_id_is_the_questions_whatever_is_shown_first_and_on_whatever_day() -> None:
    assert Scenario(money="cash", labour="without", prices_as_of="2029-12-01").id() == Scenario().id()


@pytest.mark.parametrize("day", ["2026-02-31", "2027-02-29", "2026-13-01", "yesterday", "2026-1-1"])
def test_day_of_looking_that_is_no_day_is_refused(day: str) -> None:
    with pytest.raises(ScenarioError, match=r"^prices_as_of is "):
        Scenario(prices_as_of=day)


def test_context_held_is_the_reserved_one_where_that_is_more() -> None:
    assert Scenario(reserved_context_tokens=32_768).context_tokens() == 32_768
    assert Scenario(reserved_context_tokens=100).context_tokens() == Scenario().context_tokens()


def test_precision_of_one_option_goes_before_that_of_all() -> None:
    mine = Scenario(weight_class="best-that-fits", weight_classes={MAC: "8-bit"})
    assert (mine.weight_class_of(MAC), mine.weight_class_of("cloud-h100")) == ("8-bit", "best-that-fits")


def test_json_schema_carries_what_the_page_shows() -> None:
    wage = Scenario.model_json_schema()["properties"]["wage_usd_per_h"]
    knob = knobs()["wage_usd_per_h"]
    assert (wage["minimum"], wage["maximum"], wage["default"]) == (knob.low, knob.high, knob.default)
    assert (wage["label"], wage["help"], wage["unit"]) == (knob.label, knob.help, knob.unit)
    assert all(field["description"] for field in Scenario.model_json_schema()["properties"].values())
    assert not [
        name
        for name, field in Scenario.model_json_schema()["properties"].items()
        if "\n" in field["description"] or "\n" in field.get("help", "")
    ]
