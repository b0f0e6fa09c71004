"""Is every wrong scenario refused in one plain sentence: which value, what was given, what is allowed?"""

import json
from pathlib import Path
from typing import Any

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.__main__ import main
from calculator.errors import CalculatorError, ScenarioError

CATALOG = load_catalog()
MAC = "mac-studio-m5-ultra-256"
PYDANTIC = ("nput should", "tuple", "dictionary", "valid string", "instance of", "after validation")


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


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"grid": "atlantis"}, "grid 'atlantis'"),
        ({"leases": {"nope": {"usd_per_month": 3}}}, "'nope' is not in the catalogue"),
        ({"leases": {"cloud-h100": {"usd_per_month": 3}}}, "leases.cloud-h100"),
        ({"already_own_usd": {"nope": 3}}, "'nope' is not in the catalogue"),
        ({"already_own_usd": {"api-same-model": 3}}, "already_own_usd.api-same-model"),
        ({"figures": {"cloud-h100.price_usd": 5}}, "figures.cloud-h100.price_usd"),
        ({"figures": {"api-same-model.rate_usd_per_h": 5}}, "figures.api-same-model.rate_usd_per_h"),
        ({"figures": {f"{MAC}.input_usd_per_mtok": 5}}, f"figures.{MAC}.input_usd_per_mtok"),
        ({"figures": {"foo/bar.input_usd_per_mtok": 5}}, "figures.foo/bar.input_usd_per_mtok"),
    ],
)
def test_comparison_refuses_what_would_change_nothing(values: dict[str, Any], says: str) -> None:
    with pytest.raises(CalculatorError, match=says.replace("'", ".")):
        compare(Scenario.parse(values), CATALOG)


@pytest.mark.parametrize(
    "text",
    ['{"months": ' + "1" * 5000 + "}", "[" * 100_000, '{"a":' * 100_000, '{"name": "\\ud800"}'],
    ids=["digits", "deep list", "deep table", "surrogate"],
)
def test_scenario_file_that_breaks_the_reader_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text, "utf-8")
    assert main(["compare", str(path)]) == 2
    assert 0 < len(capsys.readouterr().err) < 400


@pytest.mark.parametrize("text", ["months = " + "1" * 5000, "a = " + "[" * 50_000], ids=["digits", "deep list"])
def test_toml_that_breaks_the_reader_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text, "utf-8")
    assert main(["compare", str(path)]) == 2
    assert 0 < len(capsys.readouterr().err) < 400


@pytest.mark.parametrize("name", ["x" * 300, "x" * 5000, "a\0b"])
def test_scenario_path_that_no_system_takes_is_refused(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["compare", name]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_text_says_nothing_of_a_cost_per_token_where_none_is_served(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--set", "requests_per_working_day=0"]) == 0
    assert "nan" not in capsys.readouterr().out


def test_the_age_that_a_person_gives_counts_for_a_new_machine_too() -> None:
    # 0.48^((24+36)/36) = 0.294 of the list price instead of 0.48
    aged = compare(Scenario(options=(MAC,), figures={f"{MAC}.age_when_bought_years": 2}), CATALOG).options[0]
    young = compare(Scenario(options=(MAC,)), CATALOG).options[0]
    assert aged.tco is not None
    assert young.tco is not None
    assert aged.tco.lines["resale"] / young.tco.lines["resale"] == pytest.approx(0.48 ** (24 / 36))


def test_a_machine_one_has_keeps_its_worth_whatever_the_selling_fee() -> None:
    # worth is after fees: 4000 * 0.48^(36/36) = 1920, also where a sale would bring nothing
    for fee in (0.0, 0.13, 1.0):
        row = compare(Scenario(options=(MAC,), already_own_usd={MAC: 4000}, resale_fee_fraction=fee), CATALOG).options[
            0
        ]
        assert row.tco is not None
        assert row.tco.lines["resale"] == pytest.approx(1920.0)


def test_json_of_a_comparison_is_a_scenario_file_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["compare", "--json", "-", "--set", "months=48"]) == 0
    answer = json.loads(capsys.readouterr().out)
    path = tmp_path / "again.json"
    path.write_text(json.dumps(answer), "utf-8")
    assert main(["compare", str(path), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["scenario_id"] == answer["scenario_id"]


def test_own_range_sets_the_value_and_a_contradiction_is_said() -> None:
    own = Scenario.parse({"ranges": {"wage_usd_per_h": [10, 20, 30]}})
    assert own.wage_usd_per_h == 20
    assert not [row for row in compare(own, CATALOG).remarks if row.code == "range-beside-value"]
    apart = Scenario.parse({"wage_usd_per_h": 95, "ranges": {"wage_usd_per_h": [10, 20, 30]}})
    assert apart.wage_usd_per_h == 95
    (said,) = [row.text for row in compare(apart, CATALOG).remarks if row.code == "range-beside-value"]
    assert "wage_usd_per_h is 95" in said
    assert "P50 of its range is 20" in said
