"""Lines of people's time: the soft lines of the whole bill, and nothing else reads what only they read."""

from typing import Any

import numpy as np
import pytest

from calculator.catalog.plans import Subscription
from calculator.cost.inputs import Inputs
from calculator.cost.staff_lines import SETUP_H, STAFF_ALONE, can_stand_alone, further_machines, staff_lines
from calculator.cost.tco import charges_of
from calculator.finance.courses import Repeated
from calculator.finance.ledger import Horizon, Line, sums_usd
from calculator.scenario.scenario import Lease, Scenario
from calculator.service.usage import Usage
from tests.calculator.offers import API, CATALOG, CLOUD, MAC, MAC_USAGE, PC, PC_USAGE, SCENARIO, TARIFF

PLAN = CATALOG.option("chatgpt-plus")
assert isinstance(PLAN, Subscription)
OPTIONS: dict[str, tuple[Any, Usage | None]] = {
    "mac": (MAC, MAC_USAGE),
    "pc": (PC, PC_USAGE),
    "three macs": (MAC, Usage(30, 30, 210, machine_count=3)),
    "rented": (CLOUD, PC_USAGE),
    "api": (API, None),
    "seats": (PLAN, None),
    "mixed fleet without machines": (MAC, Usage(0, 0, 0, machine_count=0, setup_h=3.0)),
}
SCENARIOS: dict[str, dict[str, Any]] = {
    "default": {},
    "grows": {"demand_growth_rate": 0.6, "when_full": "buy-another"},
    "owned": {"already_own_usd": {"mac": 900.0}},
    "leased": {"leases": {"mac": Lease(usd_per_month=120.0, in_advance=True)}},
    "tax": {"tax_mode": "straight-line", "demand_growth_rate": 0.6, "when_full": "buy-another"},
    "reserved": {"cloud_rate": "reserved"},
    "an hour without costs": {"downtime_usd_per_h": 40.0},
    "shared": {"shared_with_other_work": {"mac": 0.3}},
    "version 0.1": {"rules": 1},
}
COUNT = 40


def drawn(scenario: Scenario, **changed: Any) -> Inputs:
    """Every number around its own value, each in an order of its own."""
    pick = np.random.default_rng(7)
    names = (
        *("wage_usd_per_h", "care_growth_rate", "wage_escalation_rate", "discount_rate", "requests_per_working_day"),
        *("pc_administration_h_per_year", "mac_administration_h_per_year", "further_care_fraction", "resale_fraction"),
        *("demand_growth_rate", "electricity_usd_per_kwh", "downtime_usd_per_h", "api_administration_h_per_year"),
    )
    given: dict[str, Any] = {name: float(getattr(scenario, name)) * pick.uniform(0.6, 1.5, COUNT) for name in names}
    for values in given.values():
        values.flags.writeable = False
    return Inputs(scenario, {**given, **changed}, CATALOG.tax)


def _asked(scenario: str) -> Scenario:
    return SCENARIO.model_copy(update=SCENARIOS[scenario])


def _bill(option: str, inputs: Inputs) -> tuple[Line, ...]:
    offer, usage = OPTIONS[option]
    return charges_of(offer, inputs=inputs, usage=usage, reference_api=TARIFF).lines


def _sums(lines: list[Line], inputs: Inputs) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
    horizon = Horizon(inputs.scenario.months, inputs.discount_rate, inputs.scenario.timing)
    return [np.broadcast_to(one, (COUNT,)) for one in sums_usd(lines, horizon=horizon)]


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("option", OPTIONS)
def test_they_are_the_soft_lines_of_the_bill_to_the_bit(option: str, scenario: str) -> None:
    inputs = drawn(_asked(scenario))
    soft = [line for line in _bill(option, inputs) if line.hardness == "soft"]
    grows = any(isinstance(term.course, Repeated) for line in soft for term in line.terms)
    bought = further_machines(OPTIONS[option][0], inputs=inputs, usage=OPTIONS[option][1]) if grows else None
    assert (bought is not None) == grows
    offer, usage = OPTIONS[option]
    if not can_stand_alone(offer, inputs=inputs):
        assert scenario == "an hour without costs" or (scenario, offer.id) == ("shared", "mac")
        return
    found = staff_lines(offer, inputs=inputs, usage=usage, purchases=bought)
    assert [line.name for line in found] == [line.name for line in soft]
    for mine, theirs in zip(_sums(found, inputs), _sums(soft, inputs), strict=True):
        assert np.array_equal(mine, theirs)


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name not in ("shared", "an hour without costs")])
@pytest.mark.parametrize("option", OPTIONS)
def test_no_hard_line_reads_what_they_alone_read(option: str, scenario: str) -> None:
    asked = _asked(scenario)

    def hard(**changed: Any) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
        inputs = drawn(asked, **changed)
        return _sums([line for line in _bill(option, inputs) if line.hardness == "hard"], inputs)

    before = hard()
    own = f"{OPTIONS[option][0].id}.{SETUP_H}"
    for name in (*STAFF_ALONE, own):
        for mine, theirs in zip(hard(**{name: 3.21}), before, strict=True):
            assert np.array_equal(mine, theirs), name


def test_each_of_them_moves_a_soft_line_of_some_option() -> None:
    asked = _asked("grows")
    for name in STAFF_ALONE:
        moved = False
        for option in OPTIONS:
            soft = [
                _sums([line for line in _bill(option, inputs) if line.hardness == "soft"], inputs)
                for inputs in (drawn(asked), drawn(asked, **{name: 0.37}))
            ]
            moved |= not np.array_equal(soft[0][0], soft[1][0])
        assert moved, name


def test_account_is_one_whatever_usage_is_given_with_it() -> None:
    inputs = drawn(SCENARIO)
    names = [line.inputs for line in staff_lines(API, inputs=inputs, usage=PC_USAGE)]
    assert "api_administration_h_per_year" in names[1]
