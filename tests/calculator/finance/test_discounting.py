"""Rates, conventions, present values: published results, independent oracles, and the classical slips."""

import math
import tomllib
from pathlib import Path

import numpy as np
import numpy_financial as npf
import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st

from calculator.errors import CalculatorError
from calculator.finance.courses import Course
from calculator.finance.discounting import (
    Timing,
    annuity_factor,
    convention,
    deflated_usd,
    discount_factor,
    discount_months,
    equivalent_annual_cost,
    geometric_sum,
    log_growth,
    monthly_rate,
    net_present_value,
    present_value_usd,
    real_rate,
)
from calculator.finance.ledger import Horizon

GOLDEN = tomllib.loads((Path(__file__).parents[2] / "golden" / "finance.toml").read_text("utf-8"))
EXCEL_NPV = [case for case in GOLDEN["excel"] if case["function"] == "NPV"]
rates = st.floats(-0.3, 0.6)
money = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=85)


def test_monthly_rate_is_effective_and_not_a_twelfth() -> None:
    # pitfall 1: 1.12^(1/12) - 1 = 0.0094888, not 0.01
    assert monthly_rate(0.12) == pytest.approx(0.009488792934583046, abs=1e-15)
    assert (1 + monthly_rate(0.12)) ** 12 == pytest.approx(1.12, abs=1e-14)


@pytest.mark.parametrize("case", EXCEL_NPV, ids=lambda case: case["source"])
def test_net_present_value_is_that_of_excels_documentation(case: dict) -> None:
    # pitfall 2: Excel's NPV() discounts its first argument too, so the golden flows begin with what stands outside it
    assert net_present_value(case["flows"], rate=case["rate"]) == pytest.approx(case["value"], abs=1e-9)


def test_net_present_value_counts_the_first_flow_as_today() -> None:
    flows = [-10000, 3000, 4200, 6800]
    excel = pyxirr.npv(0.10, flows, start_from_zero=False)
    assert excel is not None
    assert net_present_value(flows, rate=0.10) == pytest.approx(excel * 1.10, abs=1e-9)
    assert net_present_value(flows, rate=0.10) != pytest.approx(excel, rel=1e-3)


@given(money, rates)
def test_net_present_value_agrees_with_two_libraries(flows: list[float], rate: float) -> None:
    scale = max(1.0, sum(abs(flow) for flow in flows) * max(1.0, (1 + rate) ** -len(flows)))
    ours = net_present_value(flows, rate=rate)
    assert ours == pytest.approx(pyxirr.npv(rate, flows), abs=1e-9 * scale)
    assert ours == pytest.approx(float(npf.npv(rate, flows)), abs=1e-9 * scale)


@given(money, rates)
def test_present_value_of_year_end_flows_is_the_same_by_month_and_by_year(flows: list[float], rate: float) -> None:
    by_month = [0.0] * (12 * (len(flows) - 1) + 1)
    by_month[::12] = flows
    scale = max(1.0, sum(map(abs, flows)) * max(1.0, (1 + rate) ** -len(flows)))
    assert present_value_usd(by_month, annual_rate=rate) == pytest.approx(
        net_present_value(flows, rate=rate), abs=1e-9 * scale
    )


@given(money)
def test_present_value_at_no_rate_is_the_sum(flows: list[float]) -> None:
    assert present_value_usd(flows, annual_rate=0.0) == pytest.approx(sum(flows), abs=1e-6)


@given(money, money, st.floats(-5, 5), rates)
def test_present_value_is_linear(first: list[float], second: list[float], factor: float, rate: float) -> None:
    size = min(len(first), len(second))
    mixed = [factor * one + other for one, other in zip(first[:size], second[:size], strict=True)]
    parts = factor * present_value_usd(first[:size], annual_rate=rate) + present_value_usd(
        second[:size], annual_rate=rate
    )
    assert present_value_usd(mixed, annual_rate=rate) == pytest.approx(parts, abs=1e-3)


@given(money, rates, st.floats(-0.05, 0.15))
def test_present_value_is_the_same_nominal_and_real(flows: list[float], rate: float, inflation: float) -> None:
    # pitfall 4: nominal flows go with the nominal rate, deflated flows with the real one, never crosswise
    nominal = present_value_usd(flows, annual_rate=rate)
    real = present_value_usd(
        deflated_usd(flows, inflation_rate=inflation), annual_rate=float(real_rate(rate, inflation_rate=inflation))
    )
    assert nominal == pytest.approx(real, abs=1e-6 * max(1.0, sum(map(abs, flows))))


def test_present_value_mixing_nominal_flows_with_a_real_rate_is_far_off() -> None:
    flows = [0.0] + [1000.0] * 120
    right = present_value_usd(flows, annual_rate=0.10)
    mixed = present_value_usd(flows, annual_rate=float(real_rate(0.10, inflation_rate=0.03)))
    assert mixed / right - 1 > 0.12  # ten years at 3 %: an error of 13 %


@pytest.mark.parametrize("case", GOLDEN["fisher"], ids=lambda case: case["source"])
def test_inflation_implied_by_omb_rates_is_fishers(case: dict) -> None:
    assert real_rate(case["nominal"], inflation_rate=case["real"]) == pytest.approx(case["inflation"], abs=1e-12)
    assert real_rate(case["nominal"], inflation_rate=case["inflation"]) == pytest.approx(case["real"], abs=1e-12)


def year_ends(rate: float, years: int) -> np.ndarray:
    """Discount factors of months 0..N with flows at year ends."""
    return Horizon(12 * years, rate, "annual-end").factors()


@pytest.mark.parametrize("case", GOLDEN["equivalent_annual_cost"], ids=lambda case: case["source"])
def test_equivalent_annual_cost_is_the_textbooks(case: dict) -> None:
    value = -net_present_value(case["flows"], rate=case["rate"])
    years = len(case["flows"]) - 1
    assert value == pytest.approx(case["present_value"], abs=case["tolerance"])
    annual = equivalent_annual_cost(value, factors=year_ends(case["rate"], years))
    assert annual == pytest.approx(case["annual"], abs=case["tolerance"])


def test_equivalent_annual_cost_ranks_unequal_lives_where_present_value_misleads() -> None:
    # pitfall 19: machine A has the higher present value (28.37 > 21.00) and the lower cost a year (10.61 < 11.45)
    a, b = (case for case in GOLDEN["equivalent_annual_cost"][:2])
    values = [-net_present_value(case["flows"], rate=case["rate"]) for case in (a, b)]
    annual = [
        equivalent_annual_cost(value, factors=year_ends(0.06, len(case["flows"]) - 1))
        for value, case in zip(values, (a, b), strict=True)
    ]
    assert values[0] > values[1]
    assert annual[0] < annual[1]
    # and it is the replacement chain: A three times, B four times, over 12 / 6 years the same ranking
    chains = [
        value * sum(1.06 ** -(life * turn) for turn in range(6 // life * 2))
        for value, life in zip(values, (3, 2), strict=True)
    ]
    assert chains[0] < chains[1]


@given(st.floats(0, 1e6), st.floats(-0.2, 0.5), st.integers(1, 20))
def test_equivalent_annual_cost_times_annuity_is_present_value(value: float, rate: float, years: int) -> None:
    annual = equivalent_annual_cost(value, factors=year_ends(rate, years))
    assert annual * annuity_factor(rate, periods=years) == pytest.approx(value, rel=1e-12)
    if abs(rate) > 1e-4:  # numpy-financial divides by the rate and loses its digits below
        assert -float(npf.pmt(rate, years, value)) == pytest.approx(annual, rel=1e-6, abs=1e-9)


def test_conventions_differ_as_worked_by_hand() -> None:
    # 1,000 a month for three years at 10 %: month-end 1000 (1 - 1.1^-3)/r_m = 31,186; year-end 12,000 a_3 = 29,842
    golden = GOLDEN["conventions"]
    month_end = 1000 * Horizon(36, 0.10).present_value(Course())
    assert month_end == pytest.approx(golden["month_end"], abs=0.5)
    assert 1000 * Horizon(36, 0.10, "annual-end").present_value(Course()) == pytest.approx(
        golden["annual_end"], abs=0.5
    )
    assert 1.1**0.5 * net_present_value([0, 12000, 12000, 12000], rate=0.10) == pytest.approx(
        golden["mid_year"], abs=0.5
    )
    mid_month = 1000 * Horizon(36, 0.10, "mid-month").present_value(Course())
    assert mid_month == pytest.approx(month_end * 1.1 ** (0.5 / 12), rel=1e-12)


def test_present_value_of_a_rounded_flow_is_not_the_rounded_present_value() -> None:
    # pitfall 5: rounding each month to dollars before discounting moves the sum; we never do
    flows = [0.0] + [12.49] * 36
    exact = present_value_usd(flows, annual_rate=0.10)
    rounded = present_value_usd([float(round(flow)) for flow in flows], annual_rate=0.10)
    assert abs(exact - rounded) > 15


@given(st.floats(-0.5, 0.5), st.integers(0, 200))
def test_geometric_sum_is_the_sum(log_ratio: float, count: int) -> None:
    expected = sum(np.exp(log_ratio * index) for index in range(count))
    assert geometric_sum(log_ratio, count) == pytest.approx(expected, rel=1e-10)


def test_geometric_sum_of_ones_is_the_count() -> None:
    assert geometric_sum(0.0, 36) == 36.0
    assert geometric_sum(1e-17, 36) == pytest.approx(36.0, rel=1e-14)
    assert geometric_sum(np.array([0.0, 1e-12]), 36) == pytest.approx([36.0, 36.0], rel=1e-9)


@pytest.mark.parametrize("rate", [-1.0, -2.0, float("nan"), float("inf")])
def test_rate_of_minus_100_percent_is_refused_in_a_sentence(rate: float) -> None:
    with pytest.raises(CalculatorError, match=r"above -1 \(-100 %\)"):
        discount_factor(12, annual_rate=rate)
    with pytest.raises(CalculatorError, match="must be a finite number"):
        monthly_rate(np.array([0.1, rate]))


def test_growth_of_draws_is_that_of_each() -> None:
    of_draws = log_growth(np.array([0.1, 0.0, -0.5]))
    assert of_draws == pytest.approx([math.log(1.1), 0.0, -math.log(2)])
    assert of_draws == pytest.approx([log_growth(rate) for rate in (0.1, 0.0, -0.5)])


def test_study_of_forrester_gives_its_printed_values() -> None:
    study = GOLDEN["forrester"]
    costs, benefits = (net_present_value(study[side], rate=study["rate"]) for side in ("costs", "benefits"))
    assert costs == pytest.approx(study["costs_value"], abs=1)
    assert benefits == pytest.approx(study["benefits_value"], abs=1)
    assert costs + benefits == pytest.approx(study["net_value"], abs=1)
    assert (costs + benefits) / -costs == pytest.approx(study["return_on_investment"], abs=0.005)


@pytest.mark.parametrize("side", ["base", "alternative"])
def test_study_of_nist_gives_its_printed_lines(side: str) -> None:
    study = GOLDEN["blcc"]
    case, rate, years = study[side], study["rate"], study["years"]
    value = {
        key: sum(usd * discount_factor(12 * year, annual_rate=rate) for year, usd in case[key])
        for key in ("once", "replacement", "residual")
    }
    yearly = case["yearly"] * annuity_factor(rate, periods=years) + value["once"]
    assert yearly == pytest.approx(
        case["yearly_value"], abs=1
    )  # the alternative is 1,667.44: the report rounds each line up
    assert value["replacement"] == pytest.approx(case["replacement_value"], abs=1)
    assert -value["residual"] == pytest.approx(case["residual_value"], abs=1)
    total = case["investment"] + case["energy_value"] + yearly + value["replacement"] - value["residual"]
    assert total == pytest.approx(case["total"], abs=1)


@pytest.mark.parametrize(
    ("timing", "times"),
    [
        ("month-end", [0, 1, 2, 12, 13]),
        ("mid-month", [0, 0.5, 1.5, 11.5, 12.5]),
        ("annual-end", [0, 12, 12, 12, 24]),
    ],
)
def test_flow_of_a_month_is_counted_at_the_time_of_its_convention(timing: Timing, times: list[float]) -> None:
    assert discount_months(np.array([0, 1, 2, 12, 13]), timing=timing) == pytest.approx(times)
    value = present_value_usd([100.0, 10.0], annual_rate=0.1, timing=timing)
    assert value == pytest.approx(100 + 10 * 1.1 ** (-times[1] / 12))


@pytest.mark.parametrize(
    ("timing", "when"),
    [("month-end", "at month-end"), ("mid-month", "in mid-month"), ("annual-end", "at year-end")],
)
def test_convention_says_the_rate_and_when_flows_fall(timing: Timing, when: str) -> None:
    assert convention(timing, 0.0725) == (
        f"Discounted at 7.25 % a year (nominal, compounded monthly); payments {when}, purchase up front."
    )
