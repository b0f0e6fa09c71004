"""Percentiles of waiting times: Weibulls of a given mean and variance, and the time that a mixture of them exceeds."""

import math
from collections.abc import Sequence

import numpy as np

from calculator.number import Condition, Number, exp, larger, log, root, where

LATE = 0.05
"""Share of the requests that a p95 leaves out."""
Mixture = list[tuple[Number, Number, Number]]
"""Weight, scale and shape of each Weibull."""
_HALVINGS = 45  # of an interval: 3e-14 of its width


def weibull(mean: Number, variance: Number, smallest: Number) -> tuple[Number, Number]:
    """Scale and shape of a Weibull: shape = (deviation/mean)^-1.086 (Justus), scale = mean / Gamma(1 + 1/shape)."""
    mean = larger(mean, smallest)
    variation = root(larger(variance, 0.0)) / mean
    shape = larger(variation, 0.15) ** -1.086
    shape = larger(shape, 0.2)
    return mean / _gamma_of_one_plus(1.0 / shape), shape


def _gamma_of_one_plus(x: Number) -> Number:
    """Gamma(1 + x) for x >= 0: Stirling's series at x + 8, divided down by the recurrence; error below 1e-10."""
    z = x + 8.0
    product = 1.0
    for i in range(1, 8):
        product = product * (x + i)
    series = 1.0 / (12.0 * z) - 1.0 / (360.0 * z**3) + 1.0 / (1260.0 * z**5)
    return exp((z - 0.5) * log(z) - z + 0.5 * math.log(2.0 * math.pi) + series) / product


def rarely_later(parts: Mixture, time_s: Number) -> Condition:
    """Whether at most one in twenty of the mixture is later than this; never where the time is over already."""
    over = larger(time_s, 0.0)
    late: Number = 0.0
    for weight, scale, shape in parts:
        late = late + weight * exp(-((over / scale) ** shape))
    return (late <= LATE) & (time_s >= 0.0)


def quantile(parts: Mixture, *, exceeded: float) -> Number:
    """The time exceeded with the given probability by a mixture of (weight, scale, shape); 0 where rarer than that."""
    plain = [
        (weight, scale, shape)
        for weight, scale, shape in parts
        if not (isinstance(weight, np.ndarray) or isinstance(scale, np.ndarray) or isinstance(shape, np.ndarray))
    ]
    if len(plain) == len(parts):
        return _quantile_of_floats(plain, exceeded=exceeded)
    low: Number = 0.0
    high: Number = 0.0
    total: Number = 0.0
    for weight, scale, shape in parts:
        high = larger(high, scale * math.log(len(parts) / exceeded) ** (1.0 / shape))
        total = total + weight
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        tail: Number = 0.0
        for weight, scale, shape in parts:
            tail = tail + weight * exp(-((middle / scale) ** shape))
        above = tail > exceeded
        low, high = where(above, middle, low), where(above, high, middle)
    return where(total > exceeded, high, 0.0)


def _quantile_of_floats(parts: Sequence[tuple[float, float, float]], *, exceeded: float) -> float:
    """The same arithmetic without arrays: a third of the time, and a page asks sixty times for one answer."""
    low = high = total = 0.0
    for weight, scale, shape in parts:
        high = max(high, scale * math.log(len(parts) / exceeded) ** (1.0 / shape))
        total += weight
    if total <= exceeded:
        return 0.0
    exponential = math.exp
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        tail = 0.0
        for weight, scale, shape in parts:
            tail += weight * exponential(-((middle / scale) ** shape))
        if tail > exceeded:
            low = middle
        else:
            high = middle
    return high
