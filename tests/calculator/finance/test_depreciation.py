"""Depreciation methods: worked by hand, against Excel's documentation and the IRS tables, and sums over the life."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.errors import CalculatorError
from calculator.finance.depreciation import (
    declining_balance_usd,
    declining_then_straight,
    fixed_share_usd,
    straight_line_usd,
    sum_of_years_usd,
)

YEARS = (1, 2, 3, 4, 5)
TAX = tomllib.loads((Path(__file__).parents[3] / "calculator" / "catalog" / "tax.toml").read_text("utf-8"))
GOLDEN = tomllib.loads((Path(__file__).parents[2] / "golden" / "finance.toml").read_text("utf-8"))


def _declining_between(cost_usd: float, *, salvage_usd: float, years: float, after: int, until: int) -> float:
    """Whole periods only: a spreadsheet's VDB at fractions of a period is not the tax table's (pitfall 25)."""
    return sum(
        declining_balance_usd(cost_usd, salvage_usd=salvage_usd, years=years, year=period)
        for period in range(after + 1, until + 1)
    )


OURS = {
    "SLN": straight_line_usd,
    "SYD": sum_of_years_usd,
    "DDB": declining_balance_usd,
    "DB": fixed_share_usd,
    "VDB": _declining_between,
}
CASES = [case for case in GOLDEN["excel"] if case["function"] in OURS]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['function']}: {case['source']}")
def test_spreadsheet_function_is_that_of_excels_documentation(case: dict[str, Any]) -> None:
    small = 5e-10 if abs(case["value"]) < 1 else 5.01e-8  # half of the last published digit
    assert OURS[case["function"]](**case["arguments"]) == pytest.approx(case["value"], abs=case.get("tolerance", small))


def test_every_method_has_a_published_case() -> None:
    assert {case["function"] for case in CASES} == set(OURS)


def test_deductions_of_ten_thousand_over_five_years_by_hand() -> None:
    # 10,000 with 1,000 left: 9,000/5; 9,000 * 5/15, 4/15 ...; 40 % of the balance, then down to the salvage value
    assert straight_line_usd(10_000, salvage_usd=1_000, years=5) == 1_800
    sums = [sum_of_years_usd(10_000, salvage_usd=1_000, years=5, year=year) for year in YEARS]
    assert sums == pytest.approx([3_000, 2_400, 1_800, 1_200, 600])
    declining = [declining_balance_usd(10_000, salvage_usd=1_000, years=5, year=year) for year in YEARS]
    assert declining == pytest.approx([4_000, 2_400, 1_440, 864, 296])


@given(cost=st.floats(1, 1e6), kept=st.floats(0, 1), years=st.integers(1, 30))
def test_sum_of_years_deducts_cost_less_salvage(cost: float, kept: float, years: int) -> None:
    total = sum(sum_of_years_usd(cost, salvage_usd=kept * cost, years=years, year=year + 1) for year in range(years))
    assert total == pytest.approx(cost * (1 - kept), abs=1e-9 * cost)


@given(years=st.integers(2, 30), first=st.floats(0.05, 1))
def test_declining_then_straight_deducts_everything_once(years: int, first: float) -> None:
    fractions = declining_then_straight(years, first_year=first)
    assert sum(fractions) == pytest.approx(1, abs=1e-9)
    assert min(fractions) >= 0


@pytest.mark.parametrize("first", [0.0, 1.5])
def test_first_year_outside_a_year_is_refused(first: float) -> None:
    with pytest.raises(CalculatorError, match="first_year is"):
        declining_then_straight(5, first_year=first)


@pytest.mark.parametrize("case", GOLDEN["macrs"], ids=lambda case: case["source"])
def test_macrs_row_is_declining_balance_that_switches(case: dict) -> None:
    ours = declining_then_straight(5, first_year=case["first_year"])
    assert [round(100 * share, 2) for share in ours] == pytest.approx(case["percent"], abs=0.0051)
    assert sum(case["percent"]) == pytest.approx(100, abs=0.005)
    assert [100 * share for share in TAX["macrs"][case["convention"]]] == pytest.approx(case["percent"])


def test_three_year_macrs_row_is_the_algorithms_but_for_one_published_rounding() -> None:
    published = [33.33, 44.45, 14.81, 7.41]  # IRS Pub. 946 table A-1, from memory; the algorithm gives 44.44
    ours = [100 * share for share in declining_then_straight(3, first_year=0.5)]
    assert ours == pytest.approx(published, abs=0.0101)
    assert sum(published) == pytest.approx(100, abs=0.005)


def test_seven_year_macrs_row_is_the_algorithms_but_for_one_published_rounding() -> None:
    published = [14.29, 24.49, 17.49, 12.49, 8.93, 8.92, 8.93, 4.46]  # IRS Pub. 946 table A-1, secondary copies
    ours = [100 * share for share in declining_then_straight(7, first_year=0.5)]
    assert ours == pytest.approx(published, abs=0.0101)
    assert sum(published) == pytest.approx(100, abs=0.005)


def test_declining_balance_alone_misses_the_switch() -> None:
    # pitfall 25: a spreadsheet's fractional VDB gives 12.60, 10.80, 5.40 for years 4 to 6 where the table says
    # otherwise
    table = GOLDEN["macrs"][0]["percent"]
    assert table[3:] == [11.52, 11.52, 5.76]
    plain = [declining_balance_usd(100, salvage_usd=0, years=5, year=year) for year in range(1, 6)]
    assert sum(plain) < 100 - 7  # it never deducts everything


def test_fixed_share_of_a_part_first_year_by_hand() -> None:
    # 10,000 to 1,000 in three years: share round(1 - 0.1^(1/3), 3) = 0.536; seven months in the first year, five after
    usd = [fixed_share_usd(10_000, salvage_usd=1_000, years=3, year=year, first_months=7) for year in (1, 2, 3, 4)]
    first = 10_000 * 0.536 * 7 / 12
    second = (10_000 - first) * 0.536
    third = (10_000 - first - second) * 0.536
    fourth = (10_000 - first - second - third) * 0.536 * 5 / 12
    assert usd == pytest.approx([first, second, third, fourth])
    whole = [fixed_share_usd(10_000, salvage_usd=1_000, years=3, year=year) for year in (1, 2, 3, 4)]
    assert whole == pytest.approx([5_360, 2_487.04, 1_153.99, 0.0], abs=0.01)


def test_declining_then_straight_of_half_a_year_by_hand() -> None:
    # five years, 40 % a year: half of it, then 40 % of what is left until the straight line deducts more
    fractions = declining_then_straight(5, first_year=0.5)
    assert fractions == pytest.approx((0.2, 0.32, 0.192, 0.1152, 0.1152, 0.0576))
    single = declining_then_straight(5, first_year=0.5, factor=1.0)
    assert single == pytest.approx((0.1, 0.2, 0.2, 0.2, 0.2, 0.1))
