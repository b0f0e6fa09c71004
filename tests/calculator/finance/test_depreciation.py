"""Depreciation methods: deductions of each year worked by hand, and sums over the life."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.errors import CalculatorError
from calculator.finance.depreciation import (
    declining_balance_usd,
    declining_then_straight,
    straight_line_usd,
    sum_of_years_usd,
)

YEARS = (1, 2, 3, 4, 5)


def test_deductions_of_ten_thousand_over_five_years_by_hand() -> None:
    # 10,000 with 1,000 left: 9,000/5; 9,000 * 5/15, 4/15 ...; 40 % of the balance, then down to the salvage value
    assert straight_line_usd(10_000, salvage_usd=1_000, years=5) == 1_800
    sums = [sum_of_years_usd(10_000, salvage_usd=1_000, years=5, year=year) for year in YEARS]
    assert sums == pytest.approx([3_000, 2_400, 1_800, 1_200, 600])
    declining = [declining_balance_usd(10_000, salvage_usd=1_000, years=5, year=year) for year in YEARS]
    assert declining == pytest.approx([4_000, 2_400, 1_440, 864, 296])


@given(cost=st.floats(1, 1e6), kept=st.floats(0, 1), years=st.integers(1, 30))
def test_sum_of_years_deducts_cost_less_salvage(cost: float, kept: float, years: int) -> None:
    total = sum(sum_of_years_usd(cost, salvage_usd=kept * cost, years=years, year=year + 1) for year in range(years))
    assert total == pytest.approx(cost * (1 - kept), abs=1e-9 * cost)


@given(years=st.integers(2, 30), first=st.floats(0.05, 1))
def test_declining_then_straight_deducts_everything_once(years: int, first: float) -> None:
    fractions = declining_then_straight(years, first_year=first)
    assert sum(fractions) == pytest.approx(1)
    assert min(fractions) >= 0


@pytest.mark.parametrize("first", [0.0, 1.5])
def test_first_year_outside_a_year_is_refused(first: float) -> None:
    with pytest.raises(CalculatorError, match="first_year is"):
        declining_then_straight(5, first_year=first)
