"""Books: a purchase written down by fiscal quarter and year, worked by hand."""

import pytest

from calculator.finance.books import MonthlyFlows, periods


def _flows(months: int, *, capital_usd: float = 0.0, sale_usd: float = 0.0, operating_usd: float = 0.0) -> MonthlyFlows:
    none = [0.0] * (months + 1)
    return MonthlyFlows(
        capital_usd=[capital_usd, *none[1:]],
        operating_usd=[0.0, *([operating_usd] * months)],
        staff_usd=none,
        sale_usd=[*none[1:], sale_usd],
        tax_usd=none,
    )


def test_books_of_two_calendar_years_are_equal_parts() -> None:
    # 2,400 bought in January 2027, sold for 240 after 24 months: 90 a month is written down
    flows = _flows(24, capital_usd=2_400, sale_usd=240, operating_usd=10)
    first, second = periods(flows, start=(2027, 1), last_month_of_year=12, by_quarter=False)
    assert (first.label, second.label) == ("FY2027", "FY2028")
    assert (first.capital_usd, second.capital_usd) == (2_400, 0)
    assert (first.depreciation_usd, second.depreciation_usd) == pytest.approx((1_080, 1_080))
    assert first.expense_usd == pytest.approx(12 * 10 + 1_080)
    assert second.sale_usd == 240


def test_books_by_quarter_follow_the_fiscal_year() -> None:
    # a year that ends in June: October to December is its second quarter
    found = periods(_flows(12, capital_usd=1_200), start=(2026, 10), last_month_of_year=6, by_quarter=True)
    assert [period.label for period in found] == ["FY2027 Q2", "FY2027 Q3", "FY2027 Q4", "FY2028 Q1"]
    assert [period.depreciation_usd for period in found] == pytest.approx([300] * 4)


@pytest.mark.parametrize("method", ["straight-line", "sum-of-years", "declining-balance", "fixed-share"])
def test_books_write_down_cost_less_sale_by_every_method(method: str) -> None:
    flows = _flows(30, capital_usd=3_000, sale_usd=600)
    found = periods(flows, start=(2027, 4), last_month_of_year=12, by_quarter=False, method=method)  # pyright: ignore
    assert sum(period.depreciation_usd for period in found) == pytest.approx(2_400)


def test_books_of_a_sale_without_a_purchase_are_written_up() -> None:
    found = periods(_flows(12, sale_usd=120), start=(2027, 1), last_month_of_year=12, by_quarter=False)
    assert [period.depreciation_usd for period in found] == pytest.approx([-120])
