"""Level payments and depreciation, against Excel's documentation, the IRS tables and numpy-financial."""

import tomllib
from pathlib import Path
from typing import Any

import numpy_financial as npf
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calculator.errors import CalculatorError
from calculator.finance.depreciation import (
    declining_balance_usd,
    declining_then_straight,
    fixed_share_usd,
    straight_line_usd,
    sum_of_years_usd,
)
from calculator.finance.discounting import net_present_value
from calculator.finance.time_value import (
    effective_rate,
    future_value,
    implied_rate,
    interest_paid,
    level_payment,
    loan_flows,
    period_count,
    value_of_payments,
)

TAX = tomllib.loads((Path(__file__).parents[3] / "calculator" / "catalog" / "tax.toml").read_text("utf-8"))
GOLDEN = tomllib.loads((Path(__file__).parents[2] / "golden" / "finance.toml").read_text("utf-8"))


def _interest(**arguments: Any) -> float:
    return -interest_paid(arguments.pop("value"), **arguments)


def _principal(value: float, *, rate: float, periods: int, first: int, last: int) -> float:
    paid = level_payment(value, rate=rate, periods=periods) * (last - first + 1)
    return paid + interest_paid(value, rate=rate, periods=periods, first=first, last=last)


def _declining_between(cost_usd: float, *, salvage_usd: float, years: float, after: int, until: int) -> float:
    """Whole periods only: a spreadsheet's VDB at fractions of a period is not the tax table's (pitfall 25)."""
    return sum(
        declining_balance_usd(cost_usd, salvage_usd=salvage_usd, years=years, year=period)
        for period in range(after + 1, until + 1)
    )


OURS = {
    "PMT": level_payment,
    "PV": value_of_payments,
    "FV": future_value,
    "RATE": implied_rate,
    "NPER": period_count,
    "EFFECT": effective_rate,
    "CUMIPMT": _interest,
    "CUMPRINC": _principal,
    "SLN": straight_line_usd,
    "SYD": sum_of_years_usd,
    "DDB": declining_balance_usd,
    "DB": fixed_share_usd,
    "VDB": _declining_between,
}
CASES = [case for case in GOLDEN["excel"] if "arguments" in case]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['function']}: {case['source']}")
def test_spreadsheet_function_is_that_of_excels_documentation(case: dict) -> None:
    small = 5e-10 if abs(case["value"]) < 1 else 5.01e-8  # half of the last published digit
    assert OURS[case["function"]](**case["arguments"]) == pytest.approx(case["value"], abs=case.get("tolerance", small))


def test_every_golden_function_is_tested() -> None:
    elsewhere = {"NPV", "IRR", "MIRR", "XNPV", "XIRR"}  # test_discounting.py and test_returns.py
    assert {case["function"] for case in GOLDEN["excel"]} == set(OURS) | elsewhere


@given(st.floats(-0.02, 0.1), st.integers(1, 120), st.floats(1, 1e6), st.booleans())
def test_level_payment_agrees_with_numpy_financial(rate: float, periods: int, value: float, in_advance: bool) -> None:
    assume(abs(rate) > 1e-4)  # numpy-financial divides by the rate and loses its digits below
    when = "begin" if in_advance else "end"
    ours = level_payment(value, rate=rate, periods=periods, in_advance=in_advance)
    assert ours == pytest.approx(float(npf.pmt(rate, periods, value, 0, when)), rel=1e-6)


@given(st.floats(0.0001, 0.05), st.integers(2, 84), st.floats(100, 1e5), st.booleans(), st.floats(0, 50))
def test_implied_rate_gives_back_the_rate_of_the_payment(
    rate: float, periods: int, value: float, in_advance: bool, left: float
) -> None:
    payment = level_payment(value, rate=rate, periods=periods, future=-left, in_advance=in_advance)
    found = implied_rate(value, payment=payment, periods=periods, future=-left, in_advance=in_advance)
    assert found == pytest.approx(rate, abs=1e-9)


@given(st.floats(0.0, 0.05), st.integers(1, 120), st.floats(1, 1e6))
def test_loan_at_the_discount_rate_is_worth_nothing(rate: float, periods: int, value: float) -> None:
    # price-neutral: borrowing at the cost of debt neither makes nor loses money
    assert net_present_value(loan_flows(value, rate=rate, periods=periods), rate=rate) == pytest.approx(
        0, abs=1e-6 * value
    )


def test_loan_discounted_at_a_higher_rate_looks_like_a_gain() -> None:
    # pitfall 22: the same loan flows at the 10 % cost of capital "earn" money; so they never enter the operating study
    flows = loan_flows(10_000, rate=0.005, periods=36)
    assert net_present_value(flows, rate=0.005) == pytest.approx(0, abs=1e-6)
    assert net_present_value(flows, rate=0.00797) > 400


def test_payments_that_never_get_there_are_refused() -> None:
    with pytest.raises(CalculatorError, match="never turn"):
        period_count(10_000, rate=0.01, payment=-50)  # the interest alone is 100
    with pytest.raises(CalculatorError, match="same sign"):
        implied_rate(8000, payment=200, periods=48)


@pytest.mark.parametrize("case", GOLDEN["macrs"], ids=lambda case: case["source"])
def test_macrs_row_is_declining_balance_that_switches(case: dict) -> None:
    ours = declining_then_straight(5, first_year=case["first_year"])
    assert [round(100 * share, 2) for share in ours] == pytest.approx(case["percent"], abs=0.0051)
    assert sum(case["percent"]) == pytest.approx(100, abs=0.005)
    assert [100 * share for share in TAX["macrs"][case["convention"]]] == pytest.approx(case["percent"])


def test_three_year_macrs_row_is_the_algorithms_but_for_one_published_rounding() -> None:
    published = [33.33, 44.45, 14.81, 7.41]  # IRS Pub. 946 table A-1, from memory; the algorithm gives 44.44
    ours = [100 * share for share in declining_then_straight(3, first_year=0.5)]
    assert ours == pytest.approx(published, abs=0.0101)
    assert sum(published) == pytest.approx(100, abs=0.005)


def test_seven_year_macrs_row_is_the_algorithms_but_for_one_published_rounding() -> None:
    published = [14.29, 24.49, 17.49, 12.49, 8.93, 8.92, 8.93, 4.46]  # IRS Pub. 946 table A-1, secondary copies
    ours = [100 * share for share in declining_then_straight(7, first_year=0.5)]
    assert ours == pytest.approx(published, abs=0.0101)
    assert sum(published) == pytest.approx(100, abs=0.005)


@given(st.integers(2, 20), st.floats(0.05, 1.0))
def test_declining_balance_that_switches_deducts_everything(years: int, first_year: float) -> None:
    assert sum(declining_then_straight(years, first_year=first_year)) == pytest.approx(1.0, abs=1e-9)


def test_declining_balance_alone_misses_the_switch() -> None:
    # pitfall 25: a spreadsheet's fractional VDB gives 12.60, 10.80, 5.40 for years 4 to 6 where the table says
    # otherwise
    table = GOLDEN["macrs"][0]["percent"]
    assert table[3:] == [11.52, 11.52, 5.76]
    plain = [declining_balance_usd(100, salvage_usd=0, years=5, year=year) for year in range(1, 6)]
    assert sum(plain) < 100 - 7  # it never deducts everything


def test_first_year_out_of_range_is_refused() -> None:
    with pytest.raises(CalculatorError, match="first_year is 0"):
        declining_then_straight(5, first_year=0)
