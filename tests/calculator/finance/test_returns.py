"""Payback, internal rate, savings ratios: published results, oracles, and when there is no answer."""

import tomllib
from pathlib import Path

import numpy as np
import numpy_financial as npf
import pytest
import pyxirr
from hypothesis import assume, given
from hypothesis import strategies as st

from calculator.finance.discounting import annuity_factor, discount_factor, net_present_value
from calculator.finance.returns import (
    Payback,
    Rate,
    adjusted_internal_rate,
    internal_rate,
    modified_internal_rate,
    payback,
    savings_to_investment_ratio,
    sign_changes,
    value_profile,
)

GOLDEN = tomllib.loads((Path(__file__).parents[2] / "golden" / "finance.toml").read_text("utf-8"))


def _excel(name: str) -> list[dict]:
    return [case for case in GOLDEN["excel"] if case["function"] == name]


def _nist(side: str) -> tuple[float, float]:
    """Present value of running costs and of capital (investment, replacement, less residual), unrounded."""
    study = GOLDEN["blcc"]
    case, rate = study[side], study["rate"]
    value = {
        key: sum(usd / (1 + rate) ** year for year, usd in case[key]) for key in ("once", "replacement", "residual")
    }
    running = case["energy_value"] + case["yearly"] * annuity_factor(rate, periods=study["years"]) + value["once"]
    return running, case["investment"] + value["replacement"] - value["residual"]


@given(st.lists(st.floats(-1e5, 1e5), min_size=3, max_size=40))
def test_internal_rate_is_given_only_where_it_is_the_only_one(flows: list[float]) -> None:
    # pitfall 6: on a fine grid of rates a flow with an internal rate crosses zero there and nowhere else
    found = internal_rate(flows)
    if found.rate is None or not -0.5 < found.rate < 3:
        return
    grid = np.linspace(-0.6, 4, 400)
    values = np.array([np.dot(flows, (1 + rate) ** -np.arange(len(flows))) for rate in grid])
    away = np.abs(grid - found.rate) > 0.02
    sides = np.sign(values[away]) * np.sign(grid[away] - found.rate)
    assert len(set(sides[np.abs(values[away]) > 1e-6])) <= 1


@pytest.mark.parametrize("case", GOLDEN["project"], ids=lambda case: case["source"])
def test_project_of_the_textbook_gives_its_printed_answers(case: dict) -> None:
    flows = case["flows"]
    for rate, value in case["net_present_value"].items():
        assert net_present_value(flows, rate=float(rate)) == pytest.approx(value, abs=case["tolerance"])
    assert internal_rate(flows).rate == pytest.approx(case["internal_rate"], abs=5e-5)
    index = net_present_value(flows, rate=0.11) / -flows[0]
    assert index == pytest.approx(case["profitability_index"], abs=5e-5)
    assert payback(np.cumsum(flows).tolist()).period == pytest.approx(case["payback"])


def test_project_ranking_reverses_at_fishers_rate() -> None:
    a, b = (case["flows"] for case in GOLDEN["project"])
    difference = [y - x for x, y in zip(a, [*b, 0], strict=True)]  # B - A: 0, 20, 20, 20, -80
    assert internal_rate(difference).rate == pytest.approx(0.1509, abs=5e-5)


@pytest.mark.parametrize("case", _excel("IRR"), ids=lambda case: case["source"])
def test_internal_rate_is_that_of_excels_documentation(case: dict) -> None:
    assert internal_rate(case["flows"]).rate == pytest.approx(case["value"], abs=5e-10)


def test_internal_rate_of_dated_flows_is_that_of_excels_documentation() -> None:
    (case,) = _excel("XIRR")
    times = [day / 365 for day in case["days"]]
    assert internal_rate(case["flows"], times=times).rate == pytest.approx(case["value"], abs=5e-9)


def test_net_present_value_of_dated_flows_is_that_of_excels_documentation() -> None:
    (case,) = _excel("XNPV")
    months = np.array(case["days"]) / 365 * 12
    value = float(np.dot(case["flows"], discount_factor(months, annual_rate=case["rate"])))
    assert value == pytest.approx(case["value"], abs=1e-9)


@pytest.mark.parametrize("case", _excel("MIRR"), ids=lambda case: case["source"])
def test_modified_rate_is_that_of_excels_documentation(case: dict) -> None:
    found = modified_internal_rate(
        case["flows"], finance_rate=case["finance_rate"], reinvest_rate=case["reinvest_rate"]
    )
    assert found.rate == pytest.approx(case["value"], abs=5e-10)


@given(st.floats(1, 1e6), st.lists(st.floats(0.1, 1e5), min_size=1, max_size=40))
def test_internal_rate_makes_the_flow_worth_nothing(outlay: float, income: list[float]) -> None:
    flows = [-outlay, *income]
    assume(sum(income) / outlay > 1e-3)
    rate = internal_rate(flows).rate
    assert rate is not None
    oracle = pyxirr.irr(flows, silent=True)
    at_oracle = pyxirr.npv(oracle, flows) if oracle is not None else None
    if at_oracle is not None and abs(at_oracle) < 1e-6 * outlay:
        assert rate == pytest.approx(oracle, rel=1e-6, abs=1e-6)
    assert net_present_value(flows, rate=rate) == pytest.approx(
        0, abs=1e-6 * sum(map(abs, flows)) * max(1, (1 + rate) ** -len(income))
    )


@given(st.floats(0.01, 100), st.lists(st.floats(1, 1e5), min_size=2, max_size=20))
def test_internal_rate_does_not_depend_on_the_currency(factor: float, income: list[float]) -> None:
    flows = [-1e5, *income]
    assert internal_rate([factor * flow for flow in flows]).rate == pytest.approx(internal_rate(flows).rate, abs=1e-9)


def test_internal_rate_is_refused_where_two_exist() -> None:
    # pitfall 6: pyxirr finds 40 %, numpy-financial 10 %: both are roots
    flows = [-1000, 2500, -1540]
    assert value_profile(flows, rates=[0.10, 0.40]) == pytest.approx([0, 0], abs=1e-9)
    found = internal_rate(flows)
    assert found.rate is None
    assert "changes its sign 2 times" in found.reason
    oracle = pyxirr.irr(flows)
    assert oracle is not None
    assert {round(oracle, 6), round(float(npf.irr(flows)), 6)} <= {0.1, 0.4}


@pytest.mark.parametrize("flows", [[-1, -2, -3], [1, 2], [0, 0]])
def test_internal_rate_is_refused_where_all_flows_have_one_sign(flows: list[float]) -> None:
    assert internal_rate(flows) == Rate(None, "all flows have the same sign, so no rate makes them worth nothing")


def test_sign_changes_ignore_zeros() -> None:
    assert sign_changes([-1, 0, 0, 2, 0, 3]) == 1
    assert sign_changes([0, -1, 0, 1, -1]) == 2


def test_savings_ratio_and_adjusted_rate_are_nists() -> None:
    study = GOLDEN["blcc"]
    (base_running, base_capital), (running, capital) = _nist("base"), _nist("alternative")
    savings, investment = base_running - running, capital - base_capital
    ratio = savings_to_investment_ratio(savings, investment_value=investment)
    assert (savings, investment) == (pytest.approx(3443, abs=0.5), pytest.approx(861, abs=0.5))
    assert savings - investment == pytest.approx(study["net_savings"], abs=1)
    assert ratio.rate == pytest.approx(study["savings_to_investment"], abs=0.005)
    yearly = adjusted_internal_rate(ratio, discount_rate=study["rate"], years=study["years"])
    assert yearly.rate == pytest.approx(study["adjusted_internal_rate"], abs=5e-5)


def test_savings_ratio_from_rounded_lines_misses_nists() -> None:
    # pitfall 5: from the report's own rounded lines the ratio is 3443/862 = 3.994, and no longer prints as 4.00
    base, other = (GOLDEN["blcc"][side] for side in ("base", "alternative"))
    savings = base["energy_value"] + base["yearly_value"] - other["energy_value"] - other["yearly_value"]
    capital = [case["investment"] + case["replacement_value"] + case["residual_value"] for case in (base, other)]
    assert savings / (capital[1] - capital[0]) < 3.995


def test_payback_is_nists_with_its_energy_taken_as_level() -> None:
    # the report gives present values only: (13,784 - 9,419) / a_15 = 365.6 a year, less 50 more upkeep; outlay 1,500
    study = GOLDEN["blcc"]
    saved = (13784 - 9419) / annuity_factor(0.03, periods=15) - 50
    flows = [-1500.0, *[saved] * 15]
    simple = payback(np.cumsum(flows).tolist()).period
    valued = payback(np.cumsum(np.array(flows) * 1.03 ** -np.arange(16)).tolist()).period
    assert simple is not None
    assert valued is not None
    assert int(np.ceil(simple)) == study["simple_payback_year"]
    assert int(np.ceil(valued)) == study["discounted_payback_year"]


def test_ratios_are_refused_where_their_denominator_is_nothing() -> None:
    # pitfall 21
    assert savings_to_investment_ratio(100, investment_value=0).rate is None
    assert savings_to_investment_ratio(100, investment_value=-5).rate is None
    assert adjusted_internal_rate(Rate(-0.5), discount_rate=0.1, years=3).rate is None
    assert adjusted_internal_rate(Rate(None, "none"), discount_rate=0.1, years=3) == Rate(None, "none")
    assert modified_internal_rate([-1, -2], finance_rate=0.1, reinvest_rate=0.1).rate is None


def test_payback_is_the_last_crossing() -> None:
    # pitfall 7: positive in month 2, negative again in month 3 (a repair), positive for good at 4 + 50/150
    found = payback([-100, -50, 20, -120, -50, 100, 160])
    assert found.period == pytest.approx(4 + 50 / 150)
    assert payback([-100, 0, 100]).period == pytest.approx(1)


def test_payback_that_never_comes_says_why() -> None:
    falls_back = payback([-1000, -700, -500, -420, -450, -600])
    assert falls_back.period is None
    assert (falls_back.best, falls_back.best_period) == (-420, 3)
    assert "nearest in month 3 ($420 short) and then falls back: $600 short after 5 months" in falls_back.reason
    assert "only grows" in payback([-1000, -1100, -1200]).reason
    assert "closes too slowly: $800 short after 2 months" in payback([-1000, -900, -800]).reason


def test_payback_by_resale_alone_is_said() -> None:
    assert payback([-1000, -990, -980, -970, 500]).reason == "only by the resale at the end"
    assert payback([10, 20]).period == 0.0


@given(st.lists(st.floats(-1000, 1000), min_size=2, max_size=60))
def test_payback_brackets_the_sign_change(flows: list[float]) -> None:
    cumulative = np.cumsum([-500.0, *flows]).tolist()
    found = payback(cumulative)
    if found.period is None:
        assert cumulative[-1] < 0
    else:
        assert all(value >= 0 for value in cumulative[int(np.ceil(found.period)) :])
        assert found.period == 0 or cumulative[int(np.ceil(found.period)) - 1] <= 0


@pytest.mark.parametrize(
    ("cumulative", "reason"),
    [
        ([-10, -20, -30], "never, because the difference only grows: $30 short after 2 months"),
        (
            [-100, -120, -140, -90],
            "never, because the difference grows until the sale, which does not make up for it: $90 short after 3 "
            "months",
        ),
        (
            [-100, -40, -60, -90],
            "never, because it comes nearest in month 1 ($40 short) and then falls back: $90 short after 3 months",
        ),
        ([-100, -80, -60, -40], "never within the horizon, because it closes too slowly: $40 short after 3 months"),
        ([-100, -90], "never within the horizon, because it closes too slowly: $90 short after 1 months"),
    ],
)
def test_reason_of_a_payback_that_never_comes_names_the_month_and_what_is_missing(
    cumulative: list[float], reason: str
) -> None:
    found = payback(cumulative)
    assert found.period is None
    assert found.reason == reason
    assert found.best == max(cumulative)
    assert found.best_period == cumulative.index(max(cumulative))


@pytest.mark.parametrize(
    ("cumulative", "is_resale"),
    [
        ([-100, -90, -80, 50], True),  # 130 after steps of 10
        ([-100, -90, -80, -49.9, 100], True),
        ([-100, -60, -20, 10], False),  # 30 after steps of 40
        ([-100, -90, -10, 230], False),  # 240, just three times the step of 80
        ([-100, -90, -10, 231], True),
        ([-100, 50], False),  # nothing came before
        ([-100, -90, 50], True),
        ([-100, -90, -80, -70, -60, 50], True),
        ([-100, -10, -9, -8, 1], True),
        ([-100, -80, -50, -8, 30], False),  # 38 after 42
        ([-100, -90, 40, 50], False),  # not at the end
    ],
)
def test_payback_by_the_resale_alone_is_a_step_more_than_three_times_the_last(
    cumulative: list[float], is_resale: bool
) -> None:
    found = payback(cumulative, what="owning")
    assert found.reason == ("only by the resale at the end" if is_resale else "owning stays positive from then on")


def test_payback_is_interpolated_within_its_month() -> None:
    assert payback([-100, -30, 90, 80]).period == pytest.approx(1.25)
    assert payback([-100, 20, -30, 90]).period == pytest.approx(2.25)  # a later loss takes the first crossing back
    assert payback([0, 5]) == Payback(0.0, "the difference is never negative: there is nothing to pay back", 5.0, 1)


def test_ratio_and_yield_are_refused_where_nothing_is_invested_or_saved() -> None:
    assert savings_to_investment_ratio(5, investment_value=0).rate is None
    assert savings_to_investment_ratio(5, investment_value=2).rate == 2.5
    refused = savings_to_investment_ratio(5, investment_value=-1)
    assert adjusted_internal_rate(refused, discount_rate=0.1, years=3) is refused
    assert adjusted_internal_rate(Rate(0.0), discount_rate=0.1, years=3).rate is None
    assert adjusted_internal_rate(Rate(8.0), discount_rate=0.1, years=3).rate == pytest.approx(1.2)


def test_modified_rate_of_cents_is_one() -> None:
    assert modified_internal_rate([-0.5, 0.6], finance_rate=0.1, reinvest_rate=0.1).rate == pytest.approx(0.2)


@pytest.mark.parametrize("flows", [[-1.0, -2.0], [1.0, 2.0]])
def test_modified_rate_needs_money_in_both_directions(flows: list[float]) -> None:
    assert modified_internal_rate(flows, finance_rate=0.1, reinvest_rate=0.1).rate is None


@pytest.mark.parametrize("periods", [2, 40, 100, 360])
@pytest.mark.parametrize("sign", [1, -1])
def test_rate_of_one_late_flow_by_hand_however_late_it_is(periods: int, sign: int) -> None:
    """0.5 now against 0.55 then, invested or borrowed: 1.1^(1/n) - 1."""
    for end in (0.55, 0.45):
        found = internal_rate([-sign * 0.5, *[0.0] * (periods - 1), sign * end]).rate
        assert found == pytest.approx((end / 0.5) ** (1 / periods) - 1, abs=1e-12)
    dated = internal_rate([-sign * 0.5, sign * 0.55], times=[0.0, float(periods)]).rate
    assert dated == pytest.approx(1.1 ** (1 / periods) - 1, abs=1e-12)


def test_ratios_of_cents_and_halves_are_ratios() -> None:
    assert savings_to_investment_ratio(5, investment_value=0.5).rate == 10
    assert adjusted_internal_rate(Rate(0.5), discount_rate=0.0, years=1).rate == pytest.approx(-0.5)


def test_payback_at_the_last_cent() -> None:
    assert payback([-100, 0]).period == 1
    assert payback([-100, 0.25]).period == pytest.approx(100 / 100.25)
    assert payback([-100, -0.25]).period is None


@pytest.mark.parametrize("cumulative", [[-100, -100, -50], [-100, -120, -90], [-100, -90, -110, -50]])
def test_never_by_the_sale_alone_is_said_from_the_second_month_on(cumulative: list[float]) -> None:
    assert "grows until the sale, which does not make up for it" in payback(cumulative).reason


def test_rate_of_a_hundred_years_of_months_is_that_of_the_annuity() -> None:
    # 1 dollar lent at 1 % a month and paid back in 1,200 level payments: 0.01 / (1 - 1.01^-1200) each
    payment = 0.01 / (1 - 1.01**-1200)
    found = internal_rate([-1.0, *[payment] * 1_200])
    assert found.rate == pytest.approx(0.01, rel=1e-9)
