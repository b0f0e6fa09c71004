"""Deductions: when they fall, what is left on the books, and the year of the sale."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.errors import CalculatorError
from calculator.finance.tax import by_table, expensed, fiscal_quarter, fiscal_year_ends, straight_line

HALF_YEAR = (0.2, 0.32, 0.192, 0.1152, 0.1152, 0.0576)


def test_fiscal_years_end_in_their_month() -> None:
    # bought in December 2026, calendar fiscal year: it ends at the end of month 1, then 13, 25, 37
    assert fiscal_year_ends(36, start_month_of_year=12, last_month_of_year=12) == (1, 13, 25, 37)
    # bought in January: 12, 24, 36; in July with a June fiscal year: the same
    assert fiscal_year_ends(36, start_month_of_year=1, last_month_of_year=12)[:3] == (12, 24, 36)
    assert fiscal_year_ends(36, start_month_of_year=7, last_month_of_year=6)[:3] == (12, 24, 36)


def test_table_deducts_at_year_ends_and_half_in_the_year_of_the_sale() -> None:
    # December 2026 to November 2029: 20 % in month 1, 32 % in 13, 19.2 % in 25, half of 11.52 % at the sale in 36
    schedule = by_table(HALF_YEAR, months=36, year_ends=(1, 13, 25, 37), sold_in_year=0.5)
    assert schedule.deductions == ((1, 0.2), (13, 0.32), (25, 0.192), (36, pytest.approx(0.0576)))
    assert schedule.left_fraction == pytest.approx(1 - 0.2 - 0.32 - 0.192 - 0.0576)  # 23.04 %


def test_table_follows_the_quarter_of_the_sale() -> None:
    quarters = (0.125, 0.375, 0.625, 0.875)
    # sold in month 36 of a fiscal year that runs from 26 to 37: its 11th month, the fourth quarter
    schedule = by_table(HALF_YEAR, months=36, year_ends=(1, 13, 25, 37), sold_in_year=quarters)
    assert schedule.deductions[-1] == (36, pytest.approx(0.1152 * 0.875))
    # sold in month 26, the first month of that year
    early = by_table(HALF_YEAR, months=26, year_ends=(1, 13, 25, 37), sold_in_year=quarters)
    assert early.deductions[-1] == (26, pytest.approx(0.1152 * 0.125))


def test_table_that_runs_out_before_the_sale_deducts_everything() -> None:
    schedule = by_table(HALF_YEAR, months=84, year_ends=tuple(range(6, 97, 12)), sold_in_year=0.5)
    assert schedule.left_fraction == pytest.approx(0, abs=1e-9)


def test_machine_sold_in_its_first_fiscal_year_gets_no_deduction() -> None:
    assert by_table(HALF_YEAR, months=12, year_ends=(12, 24), sold_in_year=0.5).deductions == ()


def test_straight_line_deducts_by_months_in_service() -> None:
    # five years, bought one month before the year ends, sold after 36 months: 1/60, 12/60, 12/60, 11/60
    schedule = straight_line(5, months=36, year_ends=(1, 13, 25, 37))
    assert schedule.deductions == ((1, pytest.approx(1 / 60)), (13, 0.2), (25, 0.2), (36, pytest.approx(11 / 60)))
    assert schedule.left_fraction == pytest.approx(24 / 60)
    assert straight_line(2, months=36, year_ends=(12, 24, 36)).left_fraction == pytest.approx(0)


def test_expensing_deducts_everything_at_the_purchase() -> None:
    assert expensed().deductions == ((0, 1.0),)
    assert expensed().left_fraction == 0.0


@given(st.integers(12, 84), st.integers(1, 12), st.integers(1, 12), st.floats(1, 10))
def test_deductions_never_exceed_the_cost(months: int, start: int, last: int, years: float) -> None:
    ends = fiscal_year_ends(months, start_month_of_year=start, last_month_of_year=last)
    for schedule in (
        by_table(HALF_YEAR, months=months, year_ends=ends, sold_in_year=0.5),
        straight_line(years, months=months, year_ends=ends),
    ):
        assert sum(share for _, share in schedule.deductions) + schedule.left_fraction == pytest.approx(1)
        assert all(0 <= month <= months and share >= 0 for month, share in schedule.deductions)


@pytest.mark.parametrize("fractions", [(0.5, 0.4), (1.2, -0.2), ()])
def test_table_that_does_not_sum_to_one_is_refused(fractions: tuple[float, ...]) -> None:
    with pytest.raises(CalculatorError, match="their sum 1"):
        by_table(fractions, months=36, year_ends=(12, 24, 36))


def test_table_beyond_the_known_year_ends_deducts_the_rest_at_the_sale() -> None:
    # two fiscal years are known to end before the sale in month 36; the third is the year of the sale
    schedule = by_table((0.5, 0.25, 0.25), months=36, year_ends=(12, 24), sold_in_year=0.5)
    assert schedule.deductions == ((12, 0.5), (24, 0.25), (36, 0.125))
    assert schedule.left_fraction == pytest.approx(0.125)


def test_year_that_ends_with_the_sale_is_the_year_of_the_sale() -> None:
    schedule = by_table((0.5, 0.5), months=24, year_ends=(12, 24), sold_in_year=0.5)
    assert schedule.deductions == ((12, 0.5), (24, 0.25))


@pytest.mark.parametrize("fractions", [(0.5, 0.5 + 2e-3), (0.5, 0.5 - 2e-3)])
def test_table_of_a_sum_near_one_is_refused(fractions: tuple[float, ...]) -> None:
    with pytest.raises(CalculatorError, match="their sum 1"):
        by_table(fractions, months=36, year_ends=(12, 24, 36))


@pytest.mark.parametrize("years", [0.0, -1.0])
def test_straight_line_over_no_years_is_refused(years: float) -> None:
    with pytest.raises(CalculatorError, match="must be above 0"):
        straight_line(years, months=36, year_ends=(12, 24, 36))


@pytest.mark.parametrize(
    ("start", "last", "quarter"), [(1, 12, 1), (3, 12, 1), (4, 12, 2), (12, 12, 4), (7, 6, 1), (6, 6, 4), (10, 6, 2)]
)
def test_quarter_of_the_purchase_is_that_of_the_fiscal_year(start: int, last: int, quarter: int) -> None:
    assert fiscal_quarter(start_month_of_year=start, last_month_of_year=last) == quarter


def test_table_may_deduct_nothing_in_a_year() -> None:
    schedule = by_table((0.5, 0.0, 0.5), months=48, year_ends=(12, 24, 36, 48))
    assert schedule.deductions == ((12, 0.5), (24, 0.0), (36, 0.5))
    assert schedule.left_fraction == 0
