"""Returns of a dearer purchase: payback, internal rate, savings-to-investment, each refused where it has no meaning.

Flows are signed and one period apart, the first of them now, unless times are given. Nothing is rounded before it is
summed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calculator.finance.discounting import log_growth, net_present_value


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of return per period, or None and the reason why there is none."""

    rate: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Payback:
    """When a running difference turns positive for good: `period` (with its fraction), or None and the reason.

    `best` is the highest point that it ever reaches, at `best_period`: how near a "never" came.
    """

    period: float | None
    reason: str
    best: float
    best_period: int


def sign_changes(flows: Sequence[float]) -> int:
    """How often the flow changes its sign, zeros left out."""
    signs = np.sign([flow for flow in flows if flow != 0])
    return int(np.sum(signs[1:] != signs[:-1]))


def internal_rate(flows: Sequence[float], *, times: Sequence[float] | None = None) -> Rate:
    """The rate at which the flow is worth nothing today, if there is exactly one.

    A flow whose sign changes once has one such rate above -100 %; one that changes twice may have two, and libraries
    then disagree (-1000, 2500, -1540 has 10 % and 40 %), so it is refused: use `modified_internal_rate` or the profile.
    `times` in periods (years, for dated flows); 0, 1, 2, ... if left out. Solved by halving ln(1+rate) to 1e-14.
    """
    changes = sign_changes(flows)
    if changes == 0:
        return Rate(None, "all flows have the same sign, so no rate makes them worth nothing")
    if changes > 1:
        return Rate(
            None, f"the flow changes its sign {changes} times, so several rates may exist; see the modified rate"
        )
    values = np.asarray(flows, dtype=float)
    when = np.arange(len(values)) if times is None else np.asarray(times, dtype=float)
    rises = values[np.flatnonzero(values)[0]] < 0  # invest first: value falls with the rate
    low, high = -_WIDEST, _WIDEST
    while high - low > _PRECISION:
        middle = 0.5 * (low + high)
        value = float(values @ np.exp(-middle * when)) if abs(middle) * when[-1] < _OVERFLOW else None
        too_low = (value > 0) == rises if value is not None else middle < 0
        low, high = (middle, high) if too_low else (low, middle)
    return Rate(float(np.expm1(0.5 * (low + high))))


def modified_internal_rate(flows: Sequence[float], *, finance_rate: float, reinvest_rate: float) -> Rate:
    """(future value of inflows, at `reinvest_rate` / present value of outflows, at `finance_rate`)^(1/n) - 1."""
    values, periods = np.asarray(flows, dtype=float), len(flows) - 1
    outgoing = -net_present_value(np.minimum(values, 0.0).tolist(), rate=finance_rate)
    incoming = net_present_value(np.maximum(values, 0.0).tolist(), rate=reinvest_rate)
    if outgoing <= 0 or incoming <= 0:
        return Rate(None, "the modified rate needs money that goes out and money that comes in")
    log_ratio = np.log(incoming / outgoing) / periods + log_growth(reinvest_rate)
    return Rate(float(np.expm1(log_ratio)))


def value_profile(flows: Sequence[float], *, rates: Sequence[float]) -> tuple[float, ...]:
    """Net present value at each rate: what to show where no single internal rate exists."""
    return tuple(net_present_value(flows, rate=rate) for rate in rates)


def savings_to_investment_ratio(savings_value: float, *, investment_value: float) -> Rate:
    """Present value of the running savings per dollar of additional investment (NIST Handbook 135), if any is made."""
    if investment_value <= 0:
        return Rate(None, "no additional investment is made, so savings per dollar invested do not exist")
    return Rate(savings_value / investment_value)


def adjusted_internal_rate(ratio: Rate, *, discount_rate: float, years: float) -> Rate:
    """(1+r) * SIR^(1/n) - 1: the yearly yield if savings are reinvested at the discount rate (NIST Handbook 135)."""
    if ratio.rate is None:
        return ratio
    if ratio.rate <= 0:
        return Rate(None, "the savings are not positive, so they yield nothing")
    return Rate((1 + discount_rate) * ratio.rate ** (1 / years) - 1)


def payback(cumulative: Sequence[float], *, what: str = "the difference") -> Payback:
    """The last crossing of a cumulative difference (savings minus extra outlay) into the positive, if it stays there.

    A later negative month takes an earlier crossing back. Between two periods the crossing is interpolated in a
    straight line. The reason says when it is paid back, or why never: the best position and where it stands at the
    end.
    """
    values = np.asarray(cumulative, dtype=float)
    last, best = len(values) - 1, int(np.argmax(values))
    if values[-1] < 0:
        return Payback(None, _why_never(values, best, what), float(values[best]), best)
    below = np.flatnonzero(values < 0)
    if below.size == 0:
        return Payback(0.0, f"{what} is never negative: there is nothing to pay back", float(values[best]), best)
    before = int(below[-1])
    period = before + float(-values[before] / (values[before + 1] - values[before]))
    at_the_end = before + 1 == last and last > 1
    reason = "only by the resale at the end" if at_the_end and _jumps(values) else f"{what} stays positive from then on"
    return Payback(period, reason, float(values[best]), best)


def _why_never(values: np.ndarray, best: int, what: str) -> str:
    last = len(values) - 1
    gap = f"${-values[-1]:,.0f} short after {last} months"
    if best == 0:
        return f"never, because {what} only grows: {gap}"
    if best == last and last > 1 and values[-2] <= values[0]:
        return f"never, because {what} grows until the sale, which does not make up for it: {gap}"
    if best < last:
        return (
            f"never, because it comes nearest in month {best} (${-values[best]:,.0f} short) and then falls back: {gap}"
        )
    return f"never within the horizon, because it closes too slowly: {gap}"


def _jumps(values: np.ndarray) -> bool:
    """Whether the last step is far larger than the one before it: a resale."""
    return bool(abs(values[-1] - values[-2]) > _JUMP * abs(values[-2] - values[-3]))


_WIDEST = 50.0  # ln(1+rate): any rate between -100 % and 5e21
_PRECISION = 1e-14
_OVERFLOW = 700.0  # exp() of more is infinite
_JUMP = 3.0
