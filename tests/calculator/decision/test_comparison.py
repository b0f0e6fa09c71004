"""Comparison: one frozen answer whose parts are those of its scenario."""

import dataclasses
import hashlib

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.errors import UnknownIdError

CATALOG = load_catalog()
FOUND = compare(Scenario(), CATALOG)


def test_comparison_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        FOUND.version = "another"  # pyright: ignore[reportAttributeAccessIssue]


def test_candidates_are_the_options_with_a_cost_under_the_same_scenario_and_rules() -> None:
    assert [one.option.id for one in FOUND.candidates] == [row.id for row in FOUND.options if row.tco is not None]
    assert FOUND.candidates.scenario is FOUND.scenario
    assert FOUND.candidates.rules is CATALOG.distributions
    assert FOUND.candidates.tax_tables is CATALOG.tax


def test_cost_of_each_candidate_is_the_options() -> None:
    rows = {row.id: row.tco for row in FOUND.options}
    for one in FOUND.candidates:
        tco = rows[one.option.id]
        assert tco is not None
        assert FOUND.candidates.cost(one).total_cost_usd == tco.total_cost_usd


def test_hash_of_the_measurements_names_each_once_in_any_order_and_is_empty_where_all_is_predicted() -> None:
    assert FOUND.measurements_hash == ""
    first, second, *others = FOUND.options
    assert first.decode is not None
    assert second.decode is not None
    measured = [
        dataclasses.replace(row, decode=dataclasses.replace(speed, record_ids=ids))
        for row, speed, ids in ((first, first.decode, ("b", "a")), (second, second.decode, ("b",)))
    ]
    for rows in (measured, measured[::-1]):
        found = dataclasses.replace(FOUND, options=(*rows, *others))
        assert found.measurements_hash == hashlib.sha256(b"a\nb").hexdigest()[:12]


def test_option_prints_its_cost_or_why_it_has_none() -> None:
    able = next(row for row in FOUND.options if row.eligible and row.tco is not None)
    assert able.tco is not None
    usd = able.tco.present_value_cost_usd
    assert repr(able) == f"{able.name}: ${usd:,.0f} in present value over 36 months."
    assert repr(dataclasses.replace(able, tco=None)) == f"{able.name}: no cost, see its remarks."
    large = compare(Scenario.parse({"model": "deepseek-v3-671b"}), CATALOG, draw_count=0).options[0]
    assert repr(large) == f"{large.name}: cannot do the job. {large.eligibility.reasons[0].text}"


def test_option_is_found_by_its_id_and_another_id_is_refused_with_those_compared() -> None:
    for row in FOUND.options:
        assert FOUND[row.id] is row
    with pytest.raises(UnknownIdError, match=FOUND.options[0].id):
        FOUND["no-such-option"]


def test_ranges_of_an_option_lie_around_the_ledgers_own_sums_and_are_none_without_money() -> None:
    for row in FOUND.options:
        assert row.tco is not None
        flows = [(entry.amount_usd, entry.hardness == "hard") for entry in row.tco.ledger]
        for found, usd in (
            (row.total_usd, -sum(usd for usd, _ in flows)),
            (row.hard_total_usd, -sum(usd for usd, is_hard in flows if is_hard)),
            (row.present_value_usd, -row.tco.discounted_usd[-1]),
            (row.hard_present_value_usd, row.tco.hard_present_value_cost_usd),
        ):
            assert found is not None
            assert found.central == pytest.approx(usd, abs=1e-6)
            assert found.low <= found.high
        bare = dataclasses.replace(row, money=None)
        assert bare.total_usd is bare.present_value_usd is bare.hard_present_value_usd is bare.hard_total_usd is None
