"""Accuracy on the page: the figures are those of the shipped rows."""

import pytest

from calculator.calibration.left_out import LeftOut, read_left_out
from tests.views.other_pages import opened, sources_script
from tests.views.pages import texts, widget
from views.accuracy import errors


def row(predicted: float) -> LeftOut:
    return LeftOut("prefill", "nvidia-rtx-4090", 1, "vllm", "m", 100.0, predicted, 80.0, 120.0, "p")


def test_errors_are_median_and_ninetieth_percentile() -> None:
    rows = [row(100 + step) for step in range(11)]
    assert errors(rows) == pytest.approx((0.05, 0.09))
    assert errors([row(150)]) == pytest.approx((0.5, 0.5))
    assert row(90).is_inside


def test_page_says_what_the_rows_say() -> None:
    app = opened(sources_script)
    widget(app, "sources view").set_value("Accuracy").run()
    assert not app.exception
    rows = [one for one in read_left_out() if one.kind == "decode, one stream"]
    half, _ = errors(rows)
    assert f"{len(rows):,} published figures" in texts(app)
    assert f"{half:.0%}".replace("%", " %") in texts(app)
    shown = next(one.value for one in app.dataframe if "Range held" in one.value.columns)
    widget(app, "accuracy group").set_value("by model").run()
    other = next(one.value for one in app.dataframe if "Range held" in one.value.columns)
    assert list(other["Group"]) != list(shown["Group"])
