"""The scenario: every knob is bounded and explained, ids and order stay, and a wrong value is one sentence."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
