"""Value today of money in a later month: rates, conventions, annuities.

Months: t = 0 is the purchase, the start of month 1. Rates are nominal, per year and decimal. The monthly rate is the
effective one, (1+r)^(1/12)-1, never r/12. Formulas take floats or NumPy arrays of draws and return the same.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calculator.errors import CalculatorError
from calculator.number import Number
from calculator.units import MONTHS_PER_YEAR, digits, plain_number

Timing = Literal["month-end", "mid-month", "annual-end"]
"""When the money of month m moves: at its end (m), in its middle (m-1/2), or at the end of its year (12 ceil(m/12))."""

_SAYS = {
    "month-end": "payments at month-end",
    "mid-month": "payments in mid-month",
    "annual-end": "payments at year-end",
}


def convention(timing: Timing, annual_rate: float) -> str:
    """The sentence to print under a headline: the rate, how it is turned into a monthly one, and when flows fall."""
    rate = f"{digits(annual_rate * 100, 4)} %"
    return f"Discounted at {rate} a year (nominal, compounded monthly); {_SAYS[timing]}, purchase up front."


def log_growth(annual_rate: Number) -> Number:
    """ln(1 + rate): the exponent of one year's growth.

    Raises CalculatorError at -100 % and below, where nothing would be left to grow or to discount.
    """
    if isinstance(annual_rate, float) and -1 < annual_rate < math.inf:  # the page's case, without NumPy's overhead
        return math.log1p(annual_rate)
    rates = np.asarray(annual_rate)
    if rates.size and not (rates.min() > -1 and rates.max() < np.inf):  # false for a NaN too
        got = rates.min()
        raise CalculatorError(
            f"a rate is {plain_number(got)} a year; it must be a finite number above -1 (-100 %). Enter 0.1 for 10 %."
        )
    return np.log1p(annual_rate)


def monthly_rate(annual_rate: Number) -> Number:
    """Effective rate of one month, (1+r)^(1/12)-1, in 1/month: 12 % a year is 0.9489 % a month, not 1 %."""
    return np.expm1(log_growth(annual_rate) / MONTHS_PER_YEAR)


def discount_months(month: Number, *, timing: Timing) -> Number:
    """At which time (months from the purchase) the flow of `month` (1, 2, ...) is counted; month 0 stays 0."""
    times = np.asarray(month, dtype=float)
    if timing == "month-end":
        return times
    if timing == "mid-month":
        return np.where(times > 0, times - 0.5, 0)
    return np.ceil(times / MONTHS_PER_YEAR) * MONTHS_PER_YEAR


def discount_factor(time_months: Number, *, annual_rate: Number) -> Number:
    """Worth today of one dollar at `time_months`: (1+r)^(-t/12)."""
    return np.exp(-log_growth(annual_rate) * np.asarray(time_months) / MONTHS_PER_YEAR)


def present_value_usd(monthly_usd: Sequence[float], *, annual_rate: float, timing: Timing = "month-end") -> float:
    """Value today of a flow per month 0, 1, 2, ... (signed; month 0 is the purchase): sum CF_m (1+r)^(-t(m)/12)."""
    times = discount_months(np.arange(len(monthly_usd), dtype=float), timing=timing)
    return float(np.dot(np.asarray(monthly_usd, dtype=float), discount_factor(times, annual_rate=annual_rate)))


def net_present_value(flows: Sequence[float], *, rate: float) -> float:
    """Value today of flows one period apart, the first of them now: sum CF_t (1+rate)^(-t).

    Excel's NPV() discounts its first argument by one period too; this does not.
    """
    return float(np.dot(np.asarray(flows, dtype=float), np.exp(-log_growth(rate) * np.arange(len(flows)))))


def annuity_factor(rate: Number, *, periods: Number) -> Number:
    """Value today of 1 at the end of each of `periods`: (1-(1+rate)^-n)/rate, and n at rate 0."""
    log_rate = log_growth(rate)
    return geometric_sum(-log_rate, periods) * np.exp(-log_rate)


def equivalent_annual_cost(present_value: Number, *, factors: NDArray[np.float64]) -> Number:
    """The level cost per year of the same present value: 12 * PV / sum of the discount factors of months 1..N.

    `factors` are those of months 0..N. With flows at year ends it is PV / annuity(r, n). Compares unequal lives.
    """
    return present_value * (MONTHS_PER_YEAR / factors[1:].sum())


def real_rate(nominal_rate: Number, *, inflation_rate: Number) -> Number:
    """Fisher: (1+nominal)/(1+inflation)-1. With the real rate in place of the inflation: the inflation implied."""
    return np.expm1(log_growth(nominal_rate) - log_growth(inflation_rate))


def deflated_usd(monthly_usd: Sequence[float], *, inflation_rate: float) -> tuple[float, ...]:
    """The same flow in money of the purchase month: CF_m (1+inflation)^(-m/12)."""
    factors = discount_factor(np.arange(len(monthly_usd), dtype=float), annual_rate=inflation_rate)
    return tuple(float(value) for value in np.asarray(monthly_usd) * factors)


def geometric_sum(log_ratio: Number, count: Number) -> Number:
    """1 + x + ... + x^(n-1) with x = exp(log_ratio); n where x = 1. Near x = 1 (x^n-1)/(x-1) would lose digits."""
    safe = not_zero(log_ratio)
    return np.expm1(count * safe) / np.expm1(safe)


def not_zero(log_ratio: Number) -> Number:
    """The exponent, moved off 0, so that expm1 of it can be divided by."""
    return log_ratio + (log_ratio == 0) * _TINY


_TINY = 1e-200  # small enough that expm1(n * tiny) / expm1(tiny) is n to the last digit
