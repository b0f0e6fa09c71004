"""Kept bills: a move of people's time finds the hard lines, and every line tells what it told when made anew."""

from typing import Any

import numpy as np
import pytest

from calculator.cost import kept_bills
from calculator.cost.bill import Charges
from calculator.cost.inputs import Inputs, ScenarioNumbers
from calculator.cost.kept_bills import Bill, bill_of
from calculator.cost.staff_lines import STAFF_ALONE
from calculator.cost.tco import charges_of, cost_of, folded, laid_out
from calculator.finance.kept_draws import KeptDraws, forget_all
from calculator.finance.ledger import Horizon
from calculator.scenario.scenario import Scenario
from tests.calculator.cost.test_staff_lines import OPTIONS, SCENARIOS
from tests.calculator.offers import CATALOG, SCENARIO, TARIFF


def _bill(option: str, scenario: Scenario, made: list[int], **given: float) -> Bill:
    offer, usage = OPTIONS[option]
    inputs = Inputs(scenario, given, CATALOG.tax)

    def charges() -> Charges:
        made.append(1)
        return charges_of(offer, inputs=inputs, usage=usage, reference_api=TARIFF)

    horizon = Horizon(scenario.months, inputs.discount_rate, scenario.timing)
    return bill_of(offer, inputs=inputs, horizon=horizon, usage=usage, reference_api=TARIFF, charges=charges)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("option", OPTIONS)
def test_what_is_found_again_tells_what_is_made_anew(option: str, scenario: str) -> None:
    """Every number of a scenario is moved in turn, and what belongs to the option."""
    asked = SCENARIO.model_copy(update=SCENARIOS[scenario])
    names = [name for name in ScenarioNumbers.__annotations__ if isinstance(getattr(asked, name), float)]
    owner = OPTIONS[option][0].id
    moved = [asked.model_copy(update={name: 0.9 * float(getattr(asked, name)) + 0.01}) for name in names]
    moved += [asked.model_copy(update={"figures": {f"{owner}.setup_h": 9.0}})]
    _bill(option, asked, [])
    for now in moved:
        found = _bill(option, now, [])
        forget_all()
        anew = _bill(option, now, [])
        assert repr(found.charges) == repr(anew.charges)  # courses are told apart as objects
        for mine, theirs in zip(found.flows, anew.flows, strict=True):
            assert all(map(np.array_equal, mine, theirs))
        _bill(option, asked, [])


def test_people_s_time_finds_the_hard_lines() -> None:
    forget_all()
    made: list[int] = []
    first = _bill("mac", SCENARIO, made)
    for name in STAFF_ALONE:
        found = _bill("mac", SCENARIO.model_copy(update={name: float(getattr(SCENARIO, name)) + 0.5}), made)
        for line, before in zip(found.charges.lines, first.charges.lines, strict=True):
            assert (line is before) == (line.hardness == "hard")
    assert len(made) == 1
    _bill("mac", SCENARIO.model_copy(update={"electricity_usd_per_kwh": 0.4}), made)
    _bill("mac", SCENARIO, made, electricity_usd_per_kwh=0.5)
    _bill("mac", SCENARIO, made, electricity_usd_per_kwh=0.5)
    assert len(made) == 4


def test_flows_of_another_horizon_are_made_anew() -> None:
    """Of the same scenario in plain cash, say, where nothing is discounted."""
    offer, usage = OPTIONS["mac"]
    found: list[Bill] = []
    for rate in (SCENARIO.discount_rate, 0.0):
        horizon = Horizon(SCENARIO.months, rate, SCENARIO.timing)
        inputs = Inputs(SCENARIO, {}, CATALOG.tax)
        found.append(laid_out(offer, inputs=inputs, horizon=horizon, usage=usage, reference_api=TARIFF))
    assert any(not np.array_equal(plain, discounted) for plain, discounted in found[0].flows)
    assert all(np.array_equal(plain, discounted) for plain, discounted in found[1].flows)


def test_further_machines_take_time_so_their_bill_is_made_anew() -> None:
    made: list[int] = []
    growing = SCENARIO.model_copy(update={"demand_growth_rate": 3.0, "when_full": "buy-another"})
    assert "further setup" in {line.name for line in _bill("mac", growing, made).charges.lines}
    _bill("mac", growing.model_copy(update={"wage_usd_per_h": 99.0}), made)
    assert len(made) == 2


def test_ledger_of_a_kept_bill_is_that_of_a_new_one() -> None:
    offer, usage = OPTIONS["pc"]
    cost_of(offer, scenario=SCENARIO, usage=usage, reference_api=TARIFF)
    asked = SCENARIO.model_copy(update={"wage_usd_per_h": 77.0})
    found = cost_of(offer, scenario=asked, usage=usage, reference_api=TARIFF)
    charges = charges_of(offer, inputs=Inputs(asked), usage=usage, reference_api=TARIFF)
    assert repr(found) == repr(folded(charges, Horizon(asked.months, asked.discount_rate, asked.timing)))


def test_nobody_can_change_what_is_kept() -> None:
    for plain, discounted in _bill("mac", SCENARIO, []).flows:
        assert not plain.flags.writeable
        assert not discounted.flags.writeable


def test_no_more_is_kept_than_is_allowed_and_all_of_it_can_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_bills, "_BILLS", KeptDraws(most=1, weigh=kept_bills._bytes))  # pyright: ignore[reportPrivateUsage]
    kept_bills.keep_at_most(100_000)
    for price in range(1, 20):
        _bill("mac", SCENARIO.model_copy(update={"electricity_usd_per_kwh": price / 10}), [])
    kept: Any = kept_bills._BILLS  # pyright: ignore[reportPrivateUsage]
    assert 0 < sum(weight for _, weight in kept._kept.values()) <= 100_000
    forget_all()
    assert not len(kept)


def test_bill_weighs_at_least_what_its_flows_hold() -> None:
    bill = _bill("mac", SCENARIO, [])
    flows = sum(plain.nbytes + discounted.nbytes for plain, discounted in bill.flows)
    lines = kept_bills._bytes(bill) - flows  # pyright: ignore[reportPrivateUsage]
    assert 500 * len(bill.flows) <= lines <= 5_000 * len(bill.flows)
