"""Judgement of imported rows: scatter, layers on the processor, parameters of another model."""

import pytest

from measurements.importers.facts import Known
from measurements.importers.judgement import (
    fits_parameters,
    layers_left_out,
    parameters_contradict,
    spread_of,
    spread_remarks,
    status_of,
)
from measurements.records.series import Series

KNOWN = Known(layer_counts={"small": 32, "deep": 126}, parameter_counts={"small": 8_030_000_000})


def test_spread_is_the_deviation_over_the_mean() -> None:
    # 10,802 +- 9,882 token/s: 9882 / 10802 = 0.9148
    assert spread_of(Series.of([10_802.0]), standard_deviation=9_882.0) == pytest.approx(0.9148, abs=1e-4)
    # 100, 300: mean 200, deviation 141.42
    assert spread_of(Series.of([100.0, 300.0])) == pytest.approx(0.7071, abs=1e-4)


@pytest.mark.parametrize(("spread", "status"), [(0.5, "ok"), (0.51, "rejected"), (0.91, "rejected"), (0.0, "ok")])
def test_spread_above_half_is_said_and_not_used(spread: float, status: str) -> None:
    remarks = spread_remarks(spread)
    assert status_of(remarks) == status
    assert all("kept but not used" in remark.text for remark in remarks)


@pytest.mark.parametrize(
    ("layers", "model", "all_there"),
    [
        (None, "small", True),
        (-1, "small", True),
        (99, "small", True),
        (33, "small", True),
        (32, "small", False),
        (0, "small", False),
        (99, "deep", False),
        (127, "deep", True),
        (99, "unknown", True),
        (33, "unknown", False),
    ],
)
def test_layers_count_with_the_output(layers: int | None, model: str, all_there: bool) -> None:
    assert (layers_left_out(layers, model=model, known=KNOWN) == "") is all_there


def test_parameters_of_another_model_contradict() -> None:
    assert parameters_contradict("small", 7.62e9, known=KNOWN) == ""
    assert parameters_contradict("unknown", 7.62e9, known=KNOWN) == ""
    assert not fits_parameters("small", 3.21e9, known=KNOWN)
    assert parameters_contradict("small", 3.21e9, known=KNOWN) == (
        "The row states 3.21 billion parameters, but small has 8.03 billion. Name its own model."
    )
