"""Stretching: ranges cover four of five left-out rows, overall and in each cell."""

import math

import numpy as np
import pytest

from calculator.calibration.accuracy import Compared
from calculator.calibration.rows import PublishedRow, rows_of
from calculator.calibration.stretching import SMALLEST_SAMPLE, deviations_off, stretches
from calculator.physics.speed.ranges import INTERVAL_DEVIATIONS


def row() -> PublishedRow:
    record = {
        "id": "x-1",
        "device_id": "nvidia-rtx-4090",
        "device_count": "1",
        "model_id": "llama-3-8b",
        "runtime_id": "llama.cpp",
        "format_id": "q4_k_m",
        "batch": "1",
        "decode_tok_s": "130",
        "source": "github.com/new/one",
    }
    return rows_of([record])[0]


def compared(log_error: float, *cells: str, standing: str = "chip") -> Compared:
    predicted = 100.0 * math.exp(log_error)
    return Compared(row(), 100.0, predicted, None, None, deviation=0.1, standing=standing, cells=cells)


def test_stretches_cover_four_of_five_left_out_rows() -> None:
    """Errors of 1 to 10 tenths at a deviation of 0.1: the 80th percentile, 0.82, is 0.82 / 0.12816 = 6.398
    deviations.
    """
    found = stretches([compared((number + 1) / 10) for number in range(10)], [])
    assert found["chip"] == pytest.approx(0.82 / 0.12816, rel=1e-6)
    assert found["family"] == found["vendor"] == found["chip"]  # too few rows of their own


def test_stretches_are_wider_in_cells_that_err_more_and_cover_each() -> None:
    random = np.random.default_rng(1)
    rows = [compared(error, "runtime/calm") for error in random.normal(0, 0.05, 400)]
    rows += [compared(error, "runtime/wild") for error in random.normal(0, 0.4, 200)]
    found = stretches(rows, [])
    for cell in ("runtime/calm", "runtime/wild"):
        mine = [one for one in rows if cell in one.cells]
        inside = np.mean([deviations_off(one) <= found["chip"] * found[cell] for one in mine])
        assert 0.78 <= inside <= 0.82
    assert found["runtime/wild"] > 4 * found["runtime/calm"]


def test_stretches_leave_cells_of_few_rows_alone() -> None:
    rows = [compared(0.1, "family/common") for _ in range(100)]
    rows += [compared(2.0, "family/rare") for _ in range(SMALLEST_SAMPLE - 1)]
    assert "family/rare" not in stretches(rows, [])


def test_a_chip_never_measured_is_never_said_to_be_known_better() -> None:
    known = [compared(0.3) for _ in range(30)]
    unknown = [compared(0.1, standing="family") for _ in range(30)]
    found = stretches(known, unknown)
    assert found["family"] == found["chip"] == pytest.approx(0.3 / (INTERVAL_DEVIATIONS * 0.1))
