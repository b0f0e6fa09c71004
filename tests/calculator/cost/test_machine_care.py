"""Care and space of machines: the first one whole, each further one a share, growing with the years of use."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.cost.inputs import Inputs
from calculator.cost.machine_care import administration, space
from calculator.cost.when import When
from calculator.finance.ledger import Line
from calculator.scenario.scenario import Scenario
from tests.calculator.offers import MAC, PC

VALUES: dict[str, Any] = {
    "months": 36,
    "wage_usd_per_h": 60,
    "mac_administration_h_per_year": 10,
    "pc_administration_h_per_year": 24,
    "further_care_fraction": 0.25,
    "space_usd_per_month": 40,
    "care_growth_rate": 0,
    "wage_escalation_rate": 0,
    "inflation_rate": 0,
}


def inputs(**changed: Any) -> Inputs:
    return Inputs(Scenario(**(VALUES | changed)))


def amount(line: Line) -> float:
    (term,) = line.terms
    return float(np.asarray(term.amount_usd))


def test_care_of_one_machine_by_hand() -> None:
    """10 hours a year at 60 dollars are 50 dollars a month; 24 hours of a PC are 120. Hours are soft dollars."""
    line = administration(MAC, inputs(), count=1, when=When(0))
    assert amount(line) == pytest.approx(-50.0)
    assert line.hardness == "soft"
    assert amount(administration(PC, inputs(), count=1, when=When(0))) == pytest.approx(-120.0)


def test_machine_beside_the_first_needs_a_share_of_its_care() -> None:
    assert amount(administration(MAC, inputs(), count=3, when=When(0))) == pytest.approx(-50.0 * 1.5)  # 1 + 2 * 0.25
    assert amount(administration(MAC, inputs(), count=1, when=When(12))) == pytest.approx(-50.0 * 0.25)
    assert amount(administration(MAC, inputs(), count=3, when=When(12))) == pytest.approx(-50.0 * 0.75)


def test_care_grows_with_the_years_of_each_machines_own_use() -> None:
    """At 10 % a year a machine of month 12 begins where the first one did: its course, one year on, is divided by 1.1."""
    first = administration(MAC, inputs(care_growth_rate=0.1), count=1, when=When(0))
    later = administration(MAC, inputs(care_growth_rate=0.1), count=1, when=When(12))
    assert amount(later) == pytest.approx(0.25 * amount(first) / 1.1)


def test_space_is_shared_like_care() -> None:
    assert amount(space(inputs(), count=1, when=When(0))) == pytest.approx(-40.0)
    assert amount(space(inputs(), count=3, when=When(0))) == pytest.approx(-60.0)
    assert amount(space(inputs(), count=2, when=When(6))) == pytest.approx(-20.0)
    assert "further_care_fraction" not in space(inputs(), count=1, when=When(0)).inputs


def test_arithmetic_of_a_later_machine_counts_every_one_as_a_further_one() -> None:
    for first, later in (
        (space(inputs(), count=2, when=When(0)), space(inputs(), count=2, when=When(6))),
        (administration(MAC, inputs(), count=2, when=When(0)), administration(MAC, inputs(), count=2, when=When(6))),
    ):
        assert "* (1 + (machines - 1) * a further one's share)" in first.formula
        assert "* machines * a further one's share" in later.formula


def test_rules_of_version_1_have_one_room_however_many_machines() -> None:
    assert amount(space(inputs(rules=1), count=3, when=When(0))) == pytest.approx(-40.0)
    assert amount(space(inputs(rules=1), count=3, when=When(6))) == pytest.approx(0.0)


@given(count=st.integers(1, 64), fraction=st.floats(0, 1))
def test_care_of_many_lies_between_one_machine_and_as_many_times_one(count: int, fraction: float) -> None:
    line = administration(PC, inputs(further_care_fraction=fraction), count=count, when=When(0))
    assert 120.0 - 1e-9 <= -amount(line) <= 120.0 * count + 1e-9
