"""Resale: price, age, market and fee."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.errors import CalculatorError
from calculator.finance.resale import ANCHOR_MONTHS, kept_fraction, net_resale_usd


def test_kept_fraction_goes_through_its_anchors() -> None:
    assert kept_fraction(36, kept_at={36: 0.48}) == pytest.approx(0.48)
    assert kept_fraction(0, kept_at={36: 0.48}) == 1.0
    assert kept_fraction(12, kept_at={36: 0.48}) == pytest.approx(0.48 ** (1 / 3))  # 0.783
    assert kept_fraction(72, kept_at={36: 0.48}) == pytest.approx(0.48**2)  # the last slope goes on


def test_kept_fraction_is_log_linear_between_several_anchors() -> None:
    anchors = {12: 0.5, 36: 0.4}  # half lost in the first year, slow years after it
    assert kept_fraction(6, kept_at=anchors) == pytest.approx(0.5**0.5)
    assert kept_fraction(12, kept_at=anchors) == pytest.approx(0.5)
    assert kept_fraction(24, kept_at=anchors) == pytest.approx((0.5 * 0.4) ** 0.5)
    assert kept_fraction(60, kept_at=anchors) == pytest.approx(0.4 * 0.8)
    assert kept_fraction(np.array([6, 24]), kept_at=anchors) == pytest.approx([0.5**0.5, 0.2**0.5])


def test_kept_fraction_of_scrap_is_nothing_and_warns_of_nothing(recwarn: pytest.WarningsRecorder) -> None:
    assert kept_fraction(36, kept_at={36: 0.0}) == 0.0
    assert kept_fraction(24, kept_at={12: 0.0, 36: 0.0}) == 0.0
    assert kept_fraction(6, kept_at={12: 0.0, 36: 0.0}) == 0.0
    assert not recwarn.list


@given(st.floats(0.01, 1.0), st.integers(0, 120), st.integers(0, 120))
def test_kept_fraction_never_rises_with_age(fraction: float, first: int, second: int) -> None:
    younger, older = sorted((first, second))
    assert kept_fraction(older, kept_at={36: fraction}) <= kept_fraction(younger, kept_at={36: fraction}) + 1e-12


@pytest.mark.parametrize("fraction", [1.4, -0.1])
def test_kept_fraction_out_of_range_is_refused(fraction: float) -> None:
    with pytest.raises(CalculatorError, match=r"must lie in 0\.\.1"):
        kept_fraction(12, kept_at={36: fraction})


def test_kept_fraction_without_an_anchor_is_refused() -> None:
    with pytest.raises(CalculatorError, match="above 0 months"):
        kept_fraction(12, kept_at={})


def test_net_resale_is_price_times_age_market_and_what_the_fee_leaves() -> None:
    # 10,799 * 0.48 * 1.0 * (1 - 0.13) = 4,509.66
    assert net_resale_usd(10799, kept=0.48, market_index=1.0, fee_fraction=0.13) == pytest.approx(4509.66, abs=0.005)
    assert net_resale_usd(10799, kept=0.48, market_index=1.5, fee_fraction=0.13) == pytest.approx(6764.49, abs=0.005)


@given(st.floats(0.01, 1.0), st.integers(0, 120), st.integers(1, 84))
def test_machine_of_any_age_loses_the_same_share_of_its_price(fraction: float, age: int, held: int) -> None:
    kept = {36: fraction}
    of_the_curve = kept_fraction(age + held, kept_at=kept) / kept_fraction(age, kept_at=kept)
    assert of_the_curve == pytest.approx(kept_fraction(held, kept_at=kept))


@pytest.mark.parametrize("kept", [0, 0.0, 0.48, 1])
@pytest.mark.parametrize("age", [0, 1, 36, 83.5])
def test_numbers_alone_keep_what_draws_keep(age: float, kept: float) -> None:
    drawn = kept_fraction(np.array([age]), kept_at={36: np.array([kept])})
    assert kept_fraction(age, kept_at={36: kept}) == pytest.approx(float(np.asarray(drawn)[0]), rel=1e-12)


def test_kept_fraction_of_draws_and_beyond_three_anchors() -> None:
    anchors = {12: 0.5, 36: 0.4, 60: 0.1}
    assert kept_fraction(36, kept_at=anchors) == pytest.approx(0.4)
    assert kept_fraction(48, kept_at=anchors) == pytest.approx(0.2)
    assert kept_fraction(84, kept_at=anchors) == pytest.approx(0.025)
    ages = np.array([0.0, 12.0, 36.0, 60.0, 84.0])
    assert kept_fraction(ages, kept_at=anchors) == pytest.approx([1.0, 0.5, 0.4, 0.1, 0.025])
    drawn = np.array([0.25, 0.49])
    assert kept_fraction(18, kept_at={36: drawn}) == pytest.approx([0.5, 0.7])


@pytest.mark.parametrize("ages", [{}, {0: 1.0}, {-12: 0.5}])
def test_anchor_at_the_start_is_refused(ages: dict[int, float]) -> None:
    with pytest.raises(CalculatorError, match="each must be above 0 months"):
        kept_fraction(12, kept_at=ages)


def test_anchor_of_one_month_is_allowed() -> None:
    assert kept_fraction(2, kept_at={1: 0.5}) == pytest.approx(0.25)


def test_anchors_of_the_scenario_are_after_three_years() -> None:
    assert ANCHOR_MONTHS == 36


@pytest.mark.parametrize("kept", [0.0, 1.0])
def test_all_or_nothing_may_be_kept(kept: float) -> None:
    assert kept_fraction(36, kept_at={36: kept}) == kept
    assert kept_fraction(12, kept_at={12: kept, 36: 0.0}) == kept


def test_net_resale_by_hand() -> None:
    usd = net_resale_usd(10_000, kept=0.4, market_index=0.9, fee_fraction=0.1)
    assert usd == pytest.approx(3_240)
