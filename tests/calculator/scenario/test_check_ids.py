"""Ids and figures that a scenario mentions: refused where they would change nothing."""

from typing import Any

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.catalog.api_quotes import tariff_key
from calculator.errors import CalculatorError, ScenarioError
from calculator.scenario.check_ids import FIGURES_OF_KIND, carbon_of, refuse_unknown
from calculator.scenario.own_figures import FIGURE_BOUNDS
from calculator.scenario.presets import preset, preset_names

CATALOG = load_catalog()
MAC = "mac-studio-m5-ultra-256"


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
        ({"machine_counts": {"nope": 3}}, "'nope' is not in the catalogue"),
        ({"machine_counts": {"api-same-model": 3}}, "machine_counts.api-same-model"),
        ({"weight_classes": {"nope": "8-bit"}}, "'nope' is not in the catalogue"),
        ({"weight_classes": {"api-same-model": "8-bit"}}, "weight_classes.api-same-model"),
        (
            {"figures": {f"{MAC}.list_price_usd": 5}},
            "changes nothing: resale is a share of what the same thing costs today",
        ),
        ({"figures": {"foo/bar.input_usd_per_mtok": 5}}, "figures.foo/bar.input_usd_per_mtok"),
    ],
)
def test_comparison_refuses_what_would_change_nothing(values: dict[str, Any], says: str) -> None:
    with pytest.raises(CalculatorError, match=says.replace("'", ".")):
        compare(Scenario.parse(values), CATALOG)


def test_shipped_presets_name_only_what_exists() -> None:
    for name in preset_names():
        refuse_unknown(preset(name), CATALOG)


def test_lease_of_a_rented_machine_is_refused_with_its_name() -> None:
    rented = Scenario.parse({"leases": {"cloud-h100": {"usd_per_month": 3}}})
    with pytest.raises(ScenarioError) as refused:
        refuse_unknown(rented, CATALOG)
    assert str(refused.value).startswith(f"leases.cloud-h100: {CATALOG.clouds['cloud-h100'].name} is not a machine, so")
    assert str(refused.value).endswith("cannot be leased. Remove it.")


def test_tariffs_figure_is_taken_under_provider_and_model() -> None:
    key = tariff_key(CATALOG.apis["api-same-model"].tariffs[0])
    refuse_unknown(Scenario.parse({"figures": {f"{key}.input_usd_per_mtok": 1}}), CATALOG)
    with pytest.raises(ScenarioError, match=r"has no price_usd\. It has: "):
        refuse_unknown(Scenario.parse({"figures": {f"{key}.price_usd": 1}}), CATALOG)


def test_figure_of_every_kind_of_option_is_bounded() -> None:
    for known in FIGURES_OF_KIND.values():
        assert known <= FIGURE_BOUNDS.keys()


def test_carbon_is_that_of_the_grid_named() -> None:
    assert carbon_of("us", CATALOG) == CATALOG.grid_carbon["us"].carbon_g_per_kwh
    with pytest.raises(CalculatorError, match=r"'atlantis' is not in the catalogue\. Known grids: "):
        carbon_of("atlantis", CATALOG)


def test_list_price_of_ones_own_counts_by_the_rules_of_version_1() -> None:
    refuse_unknown(Scenario.parse({"rules": 1, "figures": {f"{MAC}.list_price_usd": 5}}), CATALOG)
