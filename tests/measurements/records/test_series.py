"""Repeated readings: deciles, the normal law, drift."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.records import record as m
from measurements.records.series import trial_remarks

finite = st.floats(allow_nan=False, allow_infinity=False, width=32)


def test_series_of_five_samples_has_the_hand_worked_deciles() -> None:
    # sorted 10 20 30 40 50: p10 lies at rank 0.4 -> 10 + 0.4*10 = 14, p90 at rank 3.6 -> 40 + 0.6*10 = 46
    series = m.Series.of([50, 10, 30, 20, 40])
    assert (series.central, series.low, series.high, series.reading_count) == (
        30,
        pytest.approx(14),
        pytest.approx(46),
        5,
    )
    assert series.samples == (50, 10, 30, 20, 40)
    assert series.spread_fraction() == pytest.approx((46 - 14) / 30)


@given(st.lists(finite, min_size=1, max_size=30))
def test_series_agrees_with_numpy_percentiles(samples: list[float]) -> None:
    series = m.Series.of(samples)
    assert series.low <= series.central <= series.high
    scale = max(1.0, *(abs(value) for value in samples))
    for value, percent in ((series.low, 10), (series.central, 50), (series.high, 90)):
        assert value == pytest.approx(float(np.percentile(np.array(samples, dtype=float), percent)), abs=1e-9 * scale)


def test_series_of_mean_uses_the_normal_law() -> None:
    # p10 and p90 of N(100, 5): 100 -+ 1.2815516*5 = 93.592 and 106.408
    series = m.Series.of_mean(100, standard_deviation=5, reading_count=3)
    assert (series.low, series.high) == (pytest.approx(93.592, abs=1e-3), pytest.approx(106.408, abs=1e-3))
    assert m.Series.of_mean(7).spread_fraction() == 0


def test_series_drift_compares_last_third_with_first() -> None:
    # first third mean 100, last third 90, median 95 -> -10.5 %
    series = m.Series.of([100, 100, 95, 95, 90, 90])
    assert series.drift_fraction() == pytest.approx(-10 / 95)
    assert [remark.code for remark in trial_remarks(series, name="decode")] == ["spread", "drift"]
    assert trial_remarks(m.Series.of([100, 100.1, 99.9]), name="decode") == ()


def test_series_of_nothing_is_refused() -> None:
    with pytest.raises(m.MeasurementError, match="at least one"):
        m.Series.of([])
