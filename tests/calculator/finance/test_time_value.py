"""Level payments, loans and rates, against Excel's documentation and numpy-financial."""

import tomllib
from pathlib import Path
from typing import Any

import numpy_financial as npf
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calculator.errors import CalculatorError
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

GOLDEN = tomllib.loads((Path(__file__).parents[2] / "golden" / "finance.toml").read_text("utf-8"))


def _interest(**arguments: Any) -> float:
    return -interest_paid(arguments.pop("value"), **arguments)


def _principal(value: float, *, rate: float, periods: int, first: int, last: int) -> float:
    paid = level_payment(value, rate=rate, periods=periods) * (last - first + 1)
    return paid + interest_paid(value, rate=rate, periods=periods, first=first, last=last)


OURS = {
    "PMT": level_payment,
    "PV": value_of_payments,
    "FV": future_value,
    "RATE": implied_rate,
    "NPER": period_count,
    "EFFECT": effective_rate,
    "CUMIPMT": _interest,
    "CUMPRINC": _principal,
}
CASES = [case for case in GOLDEN["excel"] if case["function"] in OURS]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['function']}: {case['source']}")
def test_spreadsheet_function_is_that_of_excels_documentation(case: dict) -> None:
    small = 5e-10 if abs(case["value"]) < 1 else 5.01e-8  # half of the last published digit
    assert OURS[case["function"]](**case["arguments"]) == pytest.approx(case["value"], abs=case.get("tolerance", small))


def test_every_golden_function_is_tested() -> None:
    elsewhere = {"NPV", "IRR", "MIRR", "XNPV", "XIRR"}  # test_discounting.py and test_returns.py
    elsewhere |= {"SLN", "SYD", "DDB", "DB", "VDB"}  # test_depreciation.py
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


def test_quantities_without_interest_are_plain_sums() -> None:
    assert period_count(1_000, rate=0, payment=-100, future=-400) == pytest.approx(6)
    assert period_count(1_000, rate=0, payment=-100) == pytest.approx(10)
    assert level_payment(1_000, rate=0, periods=4, future=-200) == pytest.approx(-200)
    assert future_value(1_000, rate=0, periods=4, payment=-200) == pytest.approx(-200)
    assert value_of_payments(-200, rate=0, periods=4, future=-200) == pytest.approx(1_000)


@pytest.mark.parametrize("in_advance", [False, True])
def test_value_of_payments_is_that_of_each_of_them(in_advance: bool) -> None:
    start = 0 if in_advance else 1
    value = sum(100 / 1.01**month for month in range(start, start + 12)) + 500 / 1.01**12
    assert value_of_payments(-100, rate=0.01, periods=12, future=-500, in_advance=in_advance) == pytest.approx(value)
    assert level_payment(value, rate=0.01, periods=12, future=-500, in_advance=in_advance) == pytest.approx(-100)
    assert period_count(value, rate=0.01, payment=-100, future=-500, in_advance=in_advance) == pytest.approx(12)
    assert future_value(value, rate=0.01, periods=12, payment=-100, in_advance=in_advance) == pytest.approx(-500)
