"""Resale value of a machine: today's price, months held, market and fee, each on its own.

A curve says what share of the price is kept after so many months; between its anchors the logarithm is linear, beyond
the last one the last slope goes on. With one anchor a machine loses the same share in every month, whatever its age:
what is bought used follows the curve from there, curve(age + months) / curve(age) = curve(months). The market index is
the price of a new replacement at the sale against today's: the memory shortage of 2026 made boxes dearer, a glut would
make them cheaper. Sales tax is not resold.
"""

from collections.abc import Mapping

import numpy as np

from calculator.errors import CalculatorError
from calculator.number import Number
from calculator.units import plain_number

ANCHOR_MONTHS = 36
"""The months after which the scenario's resale fractions are stated; part of their definition, not a constant of
nature."""


def kept_fraction(age_months: Number, *, kept_at: Mapping[int, Number]) -> Number:
    """Share of the price kept at an age (months) or after so many months, log-linear through age 0 -> 1 and the anchors
    `kept_at`.

    With the one anchor {36: f} this is f^(age/36): 0.48 after three years is 0.783 after one. An anchor of 0 makes the
    machine worthless from the first month after the anchor before it. Raises CalculatorError outside 0..1.

    >>> round(float(kept_fraction(12, kept_at={36: 0.48})), 3)
    0.783
    """
    ages = sorted(kept_at)
    if not ages or ages[0] <= 0:
        raise CalculatorError(
            f"age curve has anchors at {ages}; each must be above 0 months. Age 0 keeps 1 by definition."
        )
    kept = kept_at[ages[0]]
    least, most = (kept.min(), kept.max()) if isinstance(kept, np.ndarray) else (kept, kept)
    if len(ages) == 1 and least >= 0 and most <= 1:
        return kept ** (age_months / ages[0])
    start = 0
    kept_before: Number = 1.0
    age = np.asarray(age_months)
    result: Number = 1.0
    for position, end in enumerate(ages):
        kept = kept_at[end]
        if np.any(np.asarray(kept) < 0) or np.any(np.asarray(kept) > 1):
            raise CalculatorError(
                f"kept fraction at {end} months is {plain_number(np.max(kept))}; it must lie in 0..1. Enter 0.7 for 70 "
                "%."
            )
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(np.asarray(kept_before) > 0, np.divide(kept, kept_before), 0.0)
            value = kept_before * slope ** ((age - start) / (end - start))
        beyond = position == len(ages) - 1
        inside = age >= start if beyond else (age >= start) & (age <= end)
        result = np.where(inside, value, result) if start else value
        start, kept_before = end, kept
    return result


def net_resale_usd(price_usd: Number, *, kept: Number, market_index: Number, fee_fraction: Number) -> Number:
    """What the sale brings after the marketplace's fee: price * kept fraction * market index * (1 - fee)."""
    return price_usd * kept * market_index * (1 - fee_fraction)
