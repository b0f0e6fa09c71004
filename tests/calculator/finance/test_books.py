"""Books: a purchase written down by fiscal quarter and year, worked by hand."""

from dataclasses import replace

import pytest

from calculator.finance.books import Method, MonthlyFlows, periods


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


@pytest.mark.parametrize(
    ("method", "yearly"),
    [
        ("straight-line", [800, 800, 800]),
        ("sum-of-years", [1_200, 800, 400]),  # 3/6, 2/6, 1/6 of 2,400
        ("declining-balance", [2_000, 400, 0]),  # two thirds of what is left, down to the sale
        ("fixed-share", [1_245, 728.3, 426.7]),  # 1 - (600/3,000)^(1/3) = 0.415 of what is left
    ],
)
def test_books_write_down_each_year_by_the_method(method: Method, yearly: list[float]) -> None:
    flows = _flows(36, capital_usd=3_000, sale_usd=600)
    found = periods(flows, start=(2027, 1), last_month_of_year=12, by_quarter=False, method=method)
    assert [period.depreciation_usd for period in found] == pytest.approx(yearly, abs=0.5)


def test_books_of_a_part_of_a_year_put_the_rest_into_the_last_month() -> None:
    # 16 months are two years of sum-of-years, 2/3 and 1/3 of 2,400; the second is cut after four months
    flows = _flows(16, capital_usd=3_000, sale_usd=600)
    found = periods(flows, start=(2027, 1), last_month_of_year=12, by_quarter=True, method="sum-of-years")
    assert [period.depreciation_usd for period in found] == pytest.approx([400, 400, 400, 400, 200, 600])


def test_purchase_in_the_last_month_of_a_fiscal_year_is_in_that_year() -> None:
    first, second = periods(_flows(12, capital_usd=1_200), start=(2027, 12), last_month_of_year=12, by_quarter=False)
    assert (first.label, first.capital_usd, first.depreciation_usd) == ("FY2027", 1_200, pytest.approx(100))
    assert (second.label, second.capital_usd, second.depreciation_usd) == ("FY2028", 0, pytest.approx(1_100))


def test_books_of_a_later_purchase_begin_in_the_month_after_it() -> None:
    # 1,200 at the start and 600 in month 6 of 12, sold for 180: each is written down to its share of the sale
    flows = _flows(12, capital_usd=1_200, sale_usd=180)
    capital = [1_200.0, *[0.0] * 5, 600.0, *[0.0] * 6]
    flows = replace(flows, capital_usd=capital)
    found = periods(flows, start=(2027, 1), last_month_of_year=12, by_quarter=True)
    assert [period.depreciation_usd for period in found] == pytest.approx([270, 270, 540, 540])
    assert [period.capital_usd for period in found] == [1_200, 600, 0, 0]


def test_books_of_a_purchase_in_the_last_month_write_it_down_at_once() -> None:
    flows = replace(_flows(12, sale_usd=240), capital_usd=[*[0.0] * 12, 1_200.0])
    (found,) = periods(flows, start=(2027, 1), last_month_of_year=12, by_quarter=False)
    assert found.depreciation_usd == pytest.approx(1_200 * (1 - 240 / 1_200))


def test_books_of_a_machine_that_brings_more_than_it_cost_are_written_up_in_equal_parts() -> None:
    flows = _flows(24, capital_usd=1_000, sale_usd=1_240)
    found = periods(flows, start=(2027, 1), last_month_of_year=12, by_quarter=False, method="sum-of-years")
    assert [period.depreciation_usd for period in found] == pytest.approx([-120, -120])


def test_expense_of_a_period_is_running_staff_tax_and_the_write_down() -> None:
    none = [0.0] * 13
    flows = MonthlyFlows([1_200.0, *none[1:]], [5.0] * 13, [3.0] * 13, none, [2.0] * 13)
    (found,) = periods(flows, start=(2027, 1), last_month_of_year=12, by_quarter=False)
    assert (found.operating_usd, found.staff_usd, found.tax_usd) == (65, 39, 26)
    assert found.expense_usd == pytest.approx(65 + 39 + 26 + 1_200)


@pytest.mark.parametrize("method", ["sum-of-years", "declining-balance", "fixed-share"])
def test_books_of_a_machine_that_brings_nothing_are_equal_parts(method: Method) -> None:
    found = periods(
        _flows(24, capital_usd=1_200), start=(2027, 1), last_month_of_year=12, by_quarter=False, method=method
    )
    assert [period.depreciation_usd for period in found] == pytest.approx([600, 600])


def test_purchase_in_the_first_month_of_the_last_fiscal_year_is_written_down_in_that_year() -> None:
    # month 13 is January 2028: 1,200 bought there, a fifth of it sold at once, 960 written down
    flows = replace(_flows(13, sale_usd=240), capital_usd=[*[0.0] * 13, 1_200.0])
    first, second = periods(flows, start=(2027, 1), last_month_of_year=12, by_quarter=False)
    assert (first.capital_usd, first.depreciation_usd) == (0, 0)
    assert (second.capital_usd, second.depreciation_usd) == (1_200, pytest.approx(960))
