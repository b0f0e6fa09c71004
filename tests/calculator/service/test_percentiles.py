"""Percentiles: a Weibull's mean, the quantile of an exponential, and the tail at a time."""

import math

import numpy as np
import pytest

from calculator.service.percentiles import LATE, quantile, rarely_later, weibull


def test_weibull_has_the_mean_asked_for() -> None:
    for variance in (0.1, 1.0, 4.0):
        scale, shape = weibull(2.0, variance, 1e-9)
        assert float(scale) * math.gamma(1 + 1 / float(shape)) == pytest.approx(2.0)


def test_quantile_of_an_exponential_is_its_logarithm() -> None:
    assert quantile([(1.0, 3.0, 1.0)], exceeded=LATE) == pytest.approx(3 * math.log(20))
    assert quantile([(0.5, 3.0, 1.0)], exceeded=LATE) == pytest.approx(3 * math.log(10))
    assert quantile([(0.04, 3.0, 1.0)], exceeded=LATE) == 0.0


def test_rarely_later_turns_at_the_percentile_and_never_holds_for_a_time_that_is_over() -> None:
    p95 = 3 * math.log(20)
    times = np.array([-1.0, 0.0, p95 * 0.999, p95 * 1.001])
    assert np.asarray(rarely_later([(1.0, 3.0, 1.0)], times)).tolist() == [False, False, False, True]
    assert np.asarray(rarely_later([(0.01, 3.0, 1.0)], times)).tolist() == [False, True, True, True]
