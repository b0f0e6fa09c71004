"""A person's own figures, ranges, cases, leases and currency: bounds, and what they change."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator import Scenario, compare, load_catalog
from calculator.errors import ScenarioError
from calculator.scenario.own_figures import (
    FIGURE_BOUNDS,
    FIGURE_LABELS,
    NOT_DRAWN,
    ExchangeRate,
    cases_problem,
    currency_problem,
    range_problem,
)

CATALOG = load_catalog()
MAC = "mac-studio-m5-ultra-256"


@pytest.mark.parametrize(
    ("version", "ratio"),
    [
        (1, 0.48 ** (24 / 36)),  # 0.48^((24+36)/36) = 0.294 of the list price instead of 0.48
        (2, 1.0),  # 0.48^((24+36)/36) / 0.48^(24/36) = 0.48 of today's price, as of a new one
    ],
)
def test_age_that_a_person_gives_counts_by_the_rules_of_its_version(version: int, ratio: float) -> None:
    old = {"schema_version": version, "options": (MAC,)}
    aged = compare(Scenario.parse({**old, "figures": {f"{MAC}.age_when_bought_years": 2}}), CATALOG).options[0]
    young = compare(Scenario.parse(old), CATALOG).options[0]
    assert aged.tco is not None
    assert young.tco is not None
    assert aged.tco.lines["resale"] / young.tco.lines["resale"] == pytest.approx(ratio)


def test_the_age_that_a_person_gives_counts_for_a_new_machine_too() -> None:
    # it fails as one of two years does, 1.13^2 times as often; its price is what it costs today, whatever its age
    aged = compare(Scenario(options=(MAC,), figures={f"{MAC}.age_when_bought_years": 2}), CATALOG).options[0]
    young = compare(Scenario(options=(MAC,)), CATALOG).options[0]
    assert aged.tco is not None
    assert young.tco is not None
    assert aged.tco.lines["repair"] / young.tco.lines["repair"] == pytest.approx(1.13**2)
    assert aged.tco.lines["resale"] == young.tco.lines["resale"]


def test_a_machine_one_has_keeps_its_worth_whatever_the_selling_fee() -> None:
    # worth is after fees: 4000 * 0.48^(36/36) = 1920, also where a sale would bring nothing
    for fee in (0.0, 0.13, 1.0):
        row = compare(Scenario(options=(MAC,), already_own_usd={MAC: 4000}, resale_fee_fraction=fee), CATALOG).options[
            0
        ]
        assert row.tco is not None
        assert row.tco.lines["resale"] == pytest.approx(1920.0)


def test_own_range_sets_the_value_and_a_contradiction_is_said() -> None:
    own = Scenario.parse({"ranges": {"wage_usd_per_h": [10, 20, 30]}})
    assert own.wage_usd_per_h == 20
    assert not [row for row in compare(own, CATALOG).remarks if row.code == "range-beside-value"]
    apart = Scenario.parse({"wage_usd_per_h": 95, "ranges": {"wage_usd_per_h": [10, 20, 30]}})
    assert apart.wage_usd_per_h == 95
    (said,) = [row.text for row in compare(apart, CATALOG).remarks if row.code == "range-beside-value"]
    assert said.startswith("Hourly rate is $95 an hour, but the middle of its range is $20 an hour. ")
    mac = Scenario.parse({"figures": {f"{MAC}.price_usd": 5000}, "ranges": {f"{MAC}.price_usd": [1000, 2000, 3000]}})
    (said,) = [row.text for row in compare(mac, CATALOG).remarks if row.code == "range-beside-value"]
    assert said.startswith(
        "Price of Mac Studio M5 Ultra 256 GB before tax is $5,000, but the middle of its range is $2,000. "
    )


def test_every_figure_has_bounds_in_order() -> None:
    assert all(low < high for low, high in FIGURE_BOUNDS.values())
    assert FIGURE_LABELS.keys() - FIGURE_BOUNDS.keys() == {"prefill_watt_ratio", "decode_watt_ratio", "idle_watt_ratio"}


@pytest.mark.parametrize("figure", FIGURE_BOUNDS)
def test_figure_beyond_its_bounds_is_refused_by_name(figure: str) -> None:
    low, high = FIGURE_BOUNDS[figure]
    for value in (low - 1, high * 2):
        with pytest.raises(ScenarioError, match=rf"^figures\.{MAC}\.{figure} is .*; it must lie in "):
            Scenario(options=(MAC,), figures={f"{MAC}.{figure}": value})


def test_value_that_has_no_range_says_why() -> None:
    for name, reason in NOT_DRAWN.items():
        with pytest.raises(ScenarioError, match=f"^{name} {reason}, so it has no range of its own. Give one value.$"):
            Scenario(ranges={name: (12, 12, 12)})


@given(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)))
def test_range_is_right_where_it_is_in_order_and_within_bounds(given_range: tuple[float, float, float]) -> None:
    problem = range_problem("resale_fraction", (0, 1), given_range)
    assert (problem is None) == (list(given_range) == sorted(given_range))


def test_absent_range_and_cases_have_no_problem() -> None:
    assert range_problem("x", (0, 1), None) is None
    assert cases_problem("x", (0, 1), None) is None


@pytest.mark.parametrize(
    ("cases", "says"),
    [
        ([], "cases.x is empty"),
        ([(0.5, 0)], "weights"),
        ([(0.5, 2), (0.7, -1)], "weights"),
        ([(3, 1)], "cases.x holds 3; it must lie in 0..1."),
    ],
)
def test_wrong_cases_are_said_with_the_repair(cases: list[tuple[float, float]], says: str) -> None:
    assert says in str(cases_problem("x", (0, 1), cases))


@pytest.mark.parametrize("name", ["euro", "EURO", "eur", "E1R", "\u00c9UR"])
def test_currency_is_three_capital_letters(name: str) -> None:
    rate = ExchangeRate(per_usd=0.92, as_of="2026-11-20")
    assert "three capital letters" in str(currency_problem(name, rate))
    assert currency_problem("EUR", rate) is None


@pytest.mark.parametrize("per_usd", [1e-300, 9e-7, 1.1e6, 1e300])
def test_rate_that_no_currency_has_is_refused_with_the_bounds(per_usd: float) -> None:
    with pytest.raises(ScenarioError, match=r"lie in 0\.000001\.\.1,000,000\. Write how many XAU one dollar"):
        Scenario.parse({"currencies": {"XAU": {"per_usd": per_usd, "as_of": "2026-11-20"}}})


@pytest.mark.parametrize("per_usd", [1e-6, 0.0002, 1e6])
def test_rates_at_both_ends_and_of_gold_are_read(per_usd: float) -> None:
    scenario = Scenario.parse({"currencies": {"XAU": {"per_usd": per_usd, "as_of": "2026-11-20"}}})
    assert scenario.currencies["XAU"].per_usd == per_usd


def test_machine_cannot_be_owned_and_leased() -> None:
    with pytest.raises(ScenarioError, match="is owned already or leased, not both"):
        Scenario.parse({"leases": {MAC: {"usd_per_month": 1}}, "already_own_usd": {MAC: 1}})


@pytest.mark.parametrize(
    "table",
    ["own_models", "own_options", "routing", "figures", "ranges", "cases", "machine_counts", "leases", "currencies"],
)
@pytest.mark.parametrize("row", [None, 1, {}, [1]])
def test_key_of_any_length_is_refused_shortly(table: str, row: Any) -> None:
    with pytest.raises(ScenarioError, match="holds a key of 3,000 characters; at most 200 are read") as refused:
        Scenario.parse({table: {"x" * 3_000: row}})
    assert len(str(refused.value)) < 200
    with pytest.raises(ScenarioError, match="holds a key of 3,000 characters"):
        Scenario.parse({table: {"a": [{"b": {"x" * 3_000: row}}]}})
