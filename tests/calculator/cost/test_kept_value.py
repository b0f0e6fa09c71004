"""Value kept between today and the sale: a Mac as one, a PC as cards and the rest, a typed share for the whole box."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog.options import Machine
from calculator.cost.inputs import Inputs
from calculator.cost.kept_value import KeptValue, kept_value
from calculator.cost.when import When
from calculator.scenario.scenario import Scenario
from tests.calculator.offers import MAC, PC, known

# Cards are 3/4 of the price.
CARDS = PC.model_copy(update={"gpu_price_fraction": known(0.75, "1")})
SHARES: dict[str, Any] = {"resale_fraction": 0.512, "gpu_resale_fraction": 0.216, "pc_rest_resale_fraction": 0.343}
"""What is left after 36 months, each the cube of what is left after twelve: 0.8, 0.6, 0.7."""


def kept(machine: Machine, *, held: Any, age: Any = 0, typed: tuple[str, ...] = (), **values: Any) -> KeptValue:
    inputs = Inputs(Scenario(typed=typed, **(SHARES | values)))
    return kept_value(machine, inputs=inputs, when=When(36 - held), age_months=age)


def test_mac_keeps_the_cube_root_of_its_share_after_a_year() -> None:
    assert kept(MAC, held=12).fraction == pytest.approx(0.8)
    assert kept(MAC, held=36).fraction == pytest.approx(0.512)
    assert kept(MAC, held=24).seen == {
        "resale_fraction": 0.512,
        "held_months": 24,
        "kept_fraction": pytest.approx(0.64),
    }


def test_pc_keeps_what_its_cards_and_the_rest_keep() -> None:
    found = kept(CARDS, held=12)
    assert found.fraction == pytest.approx(0.75 * 0.6 + 0.25 * 0.7)  # 0.625
    assert "cards" in found.says
    assert kept(CARDS, held=36).fraction == pytest.approx(0.75 * 0.216 + 0.25 * 0.343)  # 0.24775


def test_share_that_a_person_typed_holds_for_the_whole_box() -> None:
    assert kept(CARDS, held=12, typed=("gpu_resale_fraction",)).fraction == pytest.approx(0.6)
    ranged = kept(CARDS, held=36, ranges={"gpu_resale_fraction": (0.1, 0.216, 0.4)})
    assert ranged.fraction == pytest.approx(0.216)


def test_pc_whose_cards_are_not_priced_apart_keeps_one_share() -> None:
    assert kept(PC, held=12).fraction == pytest.approx(0.6)


def test_age_at_the_purchase_counts_once_as_the_price_has_it_already() -> None:
    assert kept(MAC, held=24, age=36).fraction == kept(MAC, held=24).fraction


def test_rules_of_version_1_count_the_age_from_new_and_one_share() -> None:
    assert kept(MAC, held=24, age=12, rules=1).fraction == pytest.approx(0.512)  # 36 months old when it is sold
    assert kept(CARDS, held=24, age=12, rules=1).fraction == pytest.approx(0.216)


def test_machine_sold_at_once_keeps_all_and_one_worth_nothing_keeps_none() -> None:
    for machine in (MAC, PC, CARDS):
        assert kept(machine, held=0).fraction == pytest.approx(1.0)
    assert kept(MAC, held=36, resale_fraction=0.0).fraction == 0.0


def test_months_may_be_draws() -> None:
    assert kept(CARDS, held=np.array([0.0, 12.0])).fraction == pytest.approx([1.0, 0.625])


QUARTERS = st.integers(0, 480).map(lambda quarters: quarters / 4)
"""Months that are subtracted without rounding."""


@given(held=QUARTERS, more=QUARTERS, cards=st.floats(0, 1), rest=st.floats(0, 1))
def test_kept_value_never_rises_and_lies_between_its_parts(held: float, more: float, cards: float, rest: float) -> None:
    shares: dict[str, Any] = {"gpu_resale_fraction": cards, "pc_rest_resale_fraction": rest}
    now, later = (kept(CARDS, held=months, **shares).fraction for months in (held, held + more))
    assert later <= now + 1e-12
    parts = sorted(share ** (held / 36) for share in (cards, rest))
    assert parts[0] - 1e-12 <= now <= parts[1] + 1e-12
