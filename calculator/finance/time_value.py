"""Level payments: the five quantities of a loan or a lease, each from the other four.

Signs as in a spreadsheet: money received is positive, paid is negative; payment, value and balance add up to zero:
value (1+i)^n + payment (1 + i * in_advance) ((1+i)^n - 1)/i + future = 0. `rate` is per period.
"""

import math

from calculator.errors import CalculatorError
from calculator.finance.discounting import annuity_factor, geometric_sum, log_growth
from calculator.units import plain_number


def level_payment(value: float, *, rate: float, periods: float, future: float = 0.0, in_advance: bool = False) -> float:
    """Payment per period that turns `value` today into `future`."""
    growth, factor = _growth_and_factor(rate, periods, in_advance)
    return -(value * growth + future) / factor


def value_of_payments(
    payment: float, *, rate: float, periods: float, future: float = 0.0, in_advance: bool = False
) -> float:
    """Value today of level payments and of what is left at the end."""
    level = payment * float(annuity_factor(rate, periods=periods)) * (1 + rate * in_advance)
    return -(level + future * math.exp(-periods * float(log_growth(rate))))


def future_value(value: float, *, rate: float, periods: float, payment: float, in_advance: bool = False) -> float:
    """Balance at the end."""
    growth, factor = _growth_and_factor(rate, periods, in_advance)
    return -(value * growth + payment * factor)


def period_count(value: float, *, rate: float, payment: float, future: float = 0.0, in_advance: bool = False) -> float:
    """How many periods it takes; raises CalculatorError where the payments never get there."""
    if rate == 0:
        return -(value + future) / payment
    due = payment * (1 + rate * in_advance) / rate
    ratio = (due - future) / (due + value)
    if ratio <= 0:
        raise CalculatorError(
            f"payments of {plain_number(payment)} never turn {plain_number(value)} into {plain_number(future)} at "
            f"{plain_number(rate)}. Pay more."
        )
    return math.log(ratio) / float(log_growth(rate))


def implied_rate(value: float, *, payment: float, periods: int, future: float = 0.0, in_advance: bool = False) -> float:
    """Rate per period that is hidden in level payments: the lessor's return. Halving of ln(1+rate) to 1e-15.

    Raises CalculatorError where value and payments have the same sign.
    """
    if value * payment >= 0:
        raise CalculatorError(
            f"value {plain_number(value)} and payment {plain_number(payment)} have the same sign; one is received, one "
            "paid."
        )
    low, high = -1.0, 5.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        balance = future_value(value, rate=math.expm1(middle), periods=periods, payment=payment, in_advance=in_advance)
        short = (balance - future) * math.copysign(1, value) > 0
        low, high = (middle, high) if short else (low, middle)
    return math.expm1(0.5 * (low + high))


def effective_rate(nominal: float, *, compounded: int) -> float:
    """Yearly rate that a nominal one comes to when it is compounded so many times a year."""
    return (1 + nominal / compounded) ** compounded - 1


def interest_paid(value: float, *, rate: float, periods: int, first: int, last: int) -> float:
    """Interest in payments `first` to `last` (1 is the first) of a loan with level payments at period ends."""
    payment = level_payment(value, rate=rate, periods=periods)
    owed = (-future_value(value, rate=rate, periods=when - 1, payment=payment) for when in range(first, last + 1))
    return sum(balance * rate for balance in owed)


def loan_flows(value: float, *, rate: float, periods: int) -> tuple[float, ...]:
    """What the borrower receives and pays: the loan now, level payments after each period."""
    return (value, *(level_payment(value, rate=rate, periods=periods) for _ in range(periods)))


def _growth_and_factor(rate: float, periods: float, in_advance: bool) -> tuple[float, float]:
    log_rate = log_growth(rate)
    return math.exp(periods * log_rate), float(geometric_sum(log_rate, periods)) * (1 + rate * in_advance)


_HALVINGS = 200
