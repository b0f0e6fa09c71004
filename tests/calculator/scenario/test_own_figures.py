"""A person's own figures, ranges, cases, leases and currency: bounds, and what they change."""

import pytest

from calculator import Scenario, compare, load_catalog

CATALOG = load_catalog()
MAC = "mac-studio-m5-ultra-256"


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


def test_own_range_sets_the_value_and_a_contradiction_is_said() -> None:
    own = Scenario.parse({"ranges": {"wage_usd_per_h": [10, 20, 30]}})
    assert own.wage_usd_per_h == 20
    assert not [row for row in compare(own, CATALOG).remarks if row.code == "range-beside-value"]
    apart = Scenario.parse({"wage_usd_per_h": 95, "ranges": {"wage_usd_per_h": [10, 20, 30]}})
    assert apart.wage_usd_per_h == 95
    (said,) = [row.text for row in compare(apart, CATALOG).remarks if row.code == "range-beside-value"]
    assert "wage_usd_per_h is 95" in said
    assert "P50 of its range is 20" in said
