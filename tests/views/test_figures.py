"""Charts of a Comparison: they draw what it holds, and nothing else."""

import io
import math
from typing import Any

import pandas as pd
import pytest

from calculator.report.ledger_csv import tidy_csv
from tests.views.comparison_case import comparison
from views import figures, look


def traces(figure: Any) -> list[Any]:
    """The traces of a plotly figure, whose type plotly does not state."""
    return list(figure.data)


@pytest.mark.parametrize("months", [12, 36, 84])
def test_last_point_of_the_chart_is_the_total_and_the_sum_of_the_csv(months: int) -> None:
    case = comparison(months=months)
    ledger = pd.read_csv(io.StringIO(tidy_csv(case)))
    lines = {trace.name: trace for trace in traces(figures.cumulative_cost(case)) if trace.mode == "lines"}
    costed = [option for option in case.options if option.tco is not None]
    assert set(lines) == {option.name for option in costed}
    for option in costed:
        assert option.tco is not None
        last = lines[option.name].y[-1]
        assert math.isclose(last, option.tco.total_cost_usd, abs_tol=0.005)
        assert math.isclose(last, -ledger.loc[ledger["option"] == option.id, "amount_usd"].sum(), abs_tol=0.005)
        assert len(lines[option.name].y) == months + 1


def test_blocks_of_the_breakdown_sum_to_the_total() -> None:
    case = comparison()
    bars = [trace for trace in traces(figures.cost_breakdown(case)) if trace.type == "bar"]
    costed = [option for option in case.options if option.tco is not None][::-1]
    for position, option in enumerate(costed):
        assert option.tco is not None
        assert math.isclose(sum(bar.x[position] for bar in bars), option.tco.total_cost_usd, abs_tol=0.005)
    assert [bar.name for bar in bars].count("energy") == 1


def test_option_that_cannot_do_the_job_has_no_line_and_no_bar() -> None:
    case = comparison(overloaded="cloud-h100")
    assert case["cloud-h100"].tco is not None
    for figure in (figures.cumulative_cost(case), figures.cost_breakdown(case)):
        assert "Rented H100 80 GB" not in repr(figure.to_dict())
    assert not [trace for trace in traces(figures.cumulative_cost(case)) if "break-even" in (trace.name or "")]


def test_charts_without_staff_hours_sum_to_the_invoices() -> None:
    case = comparison(labour="without")
    costed = [option.tco for option in case.options if option.tco is not None]
    lines = [trace for trace in traces(figures.cumulative_cost(case)) if trace.mode == "lines"]
    assert [line.y[-1] for line in lines] == pytest.approx([tco.hard_cost_usd for tco in costed])
    bars = [trace for trace in traces(figures.cost_breakdown(case)) if trace.type == "bar"]
    assert not {"setup", "administration"} & {bar.name for bar in bars}
    for position, tco in enumerate(costed[::-1]):
        assert sum(bar.x[position] for bar in bars) == pytest.approx(tco.hard_cost_usd)


def test_resale_is_drawn_to_the_left_of_zero() -> None:
    resale = next(trace for trace in traces(figures.cost_breakdown(comparison())) if trace.name == "resale")
    assert min(resale.x) < 0
    assert max(resale.x) <= 0


def test_memory_bars_sum_to_the_peak_and_leave_out_what_has_no_memory() -> None:
    case = comparison(second_tenant_gb=40.0)
    figure = figures.memory_bars(case)
    bars = [trace for trace in traces(figure) if trace.type == "bar"]
    fitted = [option for option in case.options if option.memory is not None][::-1]
    assert len(fitted) == len(case.options) - 1
    for position, option in enumerate(fitted):
        assert option.memory is not None
        assert math.isclose(sum(bar.x[position] for bar in bars) * 1e9, option.memory.peak_bytes, rel_tol=1e-9)
    assert {bar.name for bar in bars} >= {"Weights", "KV cache", "Second tenant"}
    assert "Second tenant" not in {trace.name for trace in traces(figures.memory_bars(comparison()))}


def test_break_even_mark_lies_on_the_purchase_line() -> None:
    case = comparison()
    marks = [trace for trace in traces(figures.cumulative_cost(case)) if trace.mode == "markers"]
    paid_off = [row for row in case.break_even if row.month is not None]
    assert len(marks) == len(paid_off) == 1
    tco = next(option.tco for option in case.options if option.id == paid_off[0].option)
    assert tco is not None
    assert marks[0].x[0] == 7.2
    assert -tco.cumulative_usd[7] <= marks[0].y[0] <= -tco.cumulative_usd[8]


def test_colours_stay_with_the_option_whatever_else_is_compared() -> None:
    import dataclasses

    case = comparison()
    fewer = dataclasses.replace(case, options=case.options[3:])
    colours = {trace.name: trace.line.color for trace in traces(figures.cumulative_cost(case)) if trace.mode == "lines"}
    for trace in traces(figures.cumulative_cost(fewer)):
        if trace.mode == "lines":
            assert trace.line.color == colours[trace.name]
    assert set(colours.values()) <= set(look.HUES.values())


def test_figures_of_nothing_are_empty_not_errors() -> None:
    import dataclasses

    case = comparison()
    none = dataclasses.replace(case, options=(case.options[2],), break_even=case.break_even)
    assert not traces(figures.cumulative_cost(none))
    assert not [trace for trace in traces(figures.cost_breakdown(none)) if trace.type == "bar"]
    assert traces(figures.memory_bars(none))
