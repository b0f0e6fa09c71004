"""The accuracy scatter: every row is one dot of its maker's colour."""

from calculator.calibration.left_out import LeftOut
from tests.views.other_pages import drawn
from views.charts.sources import accuracy_scatter


def row(device: str, measured: float, predicted: float) -> LeftOut:
    return LeftOut("prefill", device, 1, "vllm", "m", measured, predicted, 0.0, 1.0, "p")


def test_every_row_is_drawn_once() -> None:
    rows = [row("apple-m1", 10, 11), row("nvidia-h100", 20, 19), row("intel-b70", 5, 5), row("apple-m2", 7, 8)]
    figure = accuracy_scatter(rows, names={"apple-m1": "Apple M1"})
    dots = {trace.name: (list(trace.x), list(trace.y)) for trace in drawn(figure) if trace.mode == "markers"}
    assert dots == {"Apple": ([10, 7], [11, 8]), "NVIDIA": ([20], [19]), "others": ([5], [5])}
    diagonal = next(trace for trace in drawn(figure) if trace.mode == "lines")
    assert list(diagonal.x) == list(diagonal.y)


def test_nothing_to_draw_is_an_empty_figure() -> None:
    assert not [trace for trace in drawn(accuracy_scatter([], names={})) if trace.mode == "markers"]
